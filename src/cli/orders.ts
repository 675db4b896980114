/** `reload`, `up`, `down`, `restart`: orders to the running daemon. */

import type { ReloadOutcome } from "../daemon/daemon.ts";
import type { CommandAction } from "./command.ts";
import { answerError, daemonOf } from "./control_client.ts";
import { formatDifferences } from "./layout.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** `longwire up|down|restart NAME`. */
export function connectionOrder(action: "up" | "down" | "restart"): CommandAction {
  return async (invocation) => {
    const [name = ""] = invocation.positionals;
    const path = `/connections/${encodeURIComponent(name)}/${action}`;
    const answer = await daemonOf(invocation).ask("POST", path);
    if (answer.status === 200) return EXIT.done;
    invocation.terminal.err(`longwire: ${answerError(answer)}\n`);
    return answer.status === 404 ? EXIT.noSuchObject : EXIT.failed;
  };
}

/** `longwire reload`. */
export const reload: CommandAction = async (invocation) => {
  const answer = await daemonOf(invocation).ask("POST", "/reload");
  if (answer.status !== 200) throw new Error(answerError(answer));
  return tellOutcome(answer.body as ReloadOutcome, "nothing has changed", invocation.terminal);
};

/** Tells what a reload has done or would do. */
export function tellOutcome(outcome: ReloadOutcome, none: string, terminal: Terminal): ExitCode {
  for (const mistake of outcome.mistakes) terminal.err(`${mistake}\n`);
  if (!outcome.ok) {
    terminal.err("longwire: the daemon goes on with the configuration that it has\n");
    return EXIT.configurationInvalid;
  }
  terminal.out(formatDifferences(outcome.differences, none));
  return EXIT.done;
}

/** `reload`, `up`, `down`, `restart`, `debug`: orders to the running daemon. */

import { duration } from "../config/forms.ts";
import { LONGEST_CONFIRMATION_MS } from "../daemon/confirmation.ts";
import type { ReloadOutcome } from "../daemon/daemon.ts";
import { type CommandAction, type Invocation, UsageError } from "./command.ts";
import { answerError, daemonOf } from "./control_client.ts";
import { formatDifferences } from "./layout.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** Less than this nobody can type. */
const SHORTEST_CONFIRMATION_MS = 1_000;

/** `longwire up|down|restart|debug NAME`. */
export function connectionOrder(action: "up" | "down" | "restart" | "debug"): CommandAction {
  return async (invocation) => {
    const [name = ""] = invocation.positionals;
    const off = invocation.has("off") ? "?off" : "";
    const path = `/connections/${encodeURIComponent(name)}/${action}${off}`;
    const answer = await daemonOf(invocation).ask("POST", path);
    if (answer.status === 200) return EXIT.done;
    invocation.terminal.err(`longwire: ${answerError(answer)}\n`);
    return answer.status === 404 ? EXIT.noSuchObject : EXIT.failed;
  };
}

/** `longwire reload`. */
export const reload: CommandAction = async (invocation) => {
  const daemon = daemonOf(invocation);
  const within = confirmationTime(invocation);
  if (invocation.has("confirm")) {
    if (within !== undefined) throw new UsageError("--confirm and --confirm-within are two steps");
    const answer = await daemon.ask("POST", "/reload/confirm");
    if (answer.status !== 200) throw new Error(answerError(answer));
    return EXIT.done;
  }
  const path = within === undefined ? "/reload" : `/reload?confirmWithin=${within}`;
  const answer = await daemon.ask("POST", path);
  if (answer.status !== 200) throw new Error(answerError(answer));
  return tellOutcome(answer.body as ReloadOutcome, "nothing has changed", invocation.terminal);
};

/** `--confirm-within` in milliseconds. */
function confirmationTime({ value }: Invocation): number | undefined {
  const text = value("confirm-within");
  if (text === undefined) return undefined;
  const reading = duration(SHORTEST_CONFIRMATION_MS, LONGEST_CONFIRMATION_MS).read(text);
  if ("wrong" in reading) throw new UsageError(`--confirm-within: ${reading.wrong}`);
  return reading.value;
}

/** Tells what a reload has done or would do. */
export function tellOutcome(outcome: ReloadOutcome, none: string, terminal: Terminal): ExitCode {
  for (const mistake of outcome.mistakes) terminal.err(`${mistake}\n`);
  if (!outcome.ok) {
    terminal.err("longwire: the daemon goes on with the configuration that it has\n");
    return EXIT.configurationInvalid;
  }
  terminal.out(formatDifferences(outcome.differences, none));
  if (outcome.takenBackAt !== undefined) {
    terminal.out(`taken back at ${outcome.takenBackAt}, unless: longwire reload --confirm\n`);
  }
  return EXIT.done;
}

/** `longwire trace [NAME]`: control messages in words, as they pass. */

import type { TraceRecord } from "../daemon/control_trace.ts";
import type { CommandAction } from "./command.ts";
import { DaemonNotReachable, daemonOf } from "./control_client.ts";
import { missedText } from "./events.ts";
import { EXIT } from "./exit_code.ts";
import { untilInterrupted } from "./interrupt.ts";
import { printable, printableJson } from "../daemon/printable.ts";

/** `longwire trace [NAME]`. */
export const trace: CommandAction = (invocation) =>
  untilInterrupted(async (signal) => {
    const { terminal, positionals: [name] } = invocation;
    const format = invocation.has("json") ? printableJson : formatTrace;
    const daemon = daemonOf(invocation);
    const path = name === undefined ? "/trace" : `/trace?name=${encodeURIComponent(name)}`;
    for await (const { type, data } of daemon.listen(path, signal)) {
      if (type === "trace") terminal.out(`${format(data as TraceRecord)}\n`);
      else terminal.err(`longwire: ${missedText(data)}\n`);
    }
    if (signal.aborted) return EXIT.done;
    throw new DaemonNotReachable(`the daemon on ${daemon.socket} has ended`);
  });

const ARROWS = { sent: "->", received: "<-", dropped: "<x" } as const;

/** One message on one line: when, whose, to or from whom, and what it says. */
export function formatTrace({ at, connection, direction, remote, text }: TraceRecord): string {
  return printable(`${at}  ${connection ?? "-"}  ${ARROWS[direction]} ${remote}  ${text}`);
}

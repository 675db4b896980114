/** `longwire events`: what happens, as it happens. */

import type { DaemonEvent } from "../daemon/event.ts";
import { type CommandAction, UsageError } from "./command.ts";
import { DaemonNotReachable, daemonOf } from "./control_client.ts";
import { EXIT } from "./exit_code.ts";
import { untilInterrupted } from "./interrupt.ts";
import { printable, printableJson } from "../daemon/printable.ts";

/** `longwire events`. */
export const events: CommandAction = (invocation) =>
  untilInterrupted(async (signal) => {
    const { terminal } = invocation;
    const recent = invocation.value("recent") ?? "0";
    if (!/^\d+$/.test(recent)) throw new UsageError(`--recent: "${recent}" is no number`);
    const format = invocation.has("json") ? printableJson : formatEvent;
    const daemon = daemonOf(invocation);
    for await (const { type, data } of daemon.listen(`/events?recent=${recent}`, signal)) {
      if (type === "event") terminal.out(`${format(data as DaemonEvent)}\n`);
      else terminal.err(`longwire: ${missedText(data)}\n`);
    }
    if (signal.aborted) return EXIT.done;
    throw new DaemonNotReachable(`the daemon on ${daemon.socket} has ended`);
  });

/** One event on one line: when, whose, what and why. */
export function formatEvent({ at, connection, text }: DaemonEvent): string {
  return printable(`${at}  ${connection ?? "-"}  ${text}`);
}

/** Tells that the reader was too slow. */
export function missedText(data: unknown): string {
  const { missed } = data as { readonly missed: number };
  return `${missed} records were missed: they came faster than they were read`;
}

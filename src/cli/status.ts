/** `longwire status`: connections and sessions, for people or as JSON. */

import type { DaemonStatus } from "../daemon/status.ts";
import type { PaintState } from "./aligned_rows.ts";
import type { CommandAction, Invocation } from "./command.ts";
import { answerError, daemonOf } from "./control_client.ts";
import { formatDetail } from "./detail_layout.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { formatStatus } from "./layout.ts";
import { formatRates, RateHistory } from "./rates.ts";
import { printableJson } from "../daemon/printable.ts";
import { paint, type Terminal } from "./terminal.ts";

const WATCH_INTERVAL_MS = 1_000;
/** Cursor home, and everything below it gone: less flicker than clearing the screen first. */
const HOME = "\x1b[H";
const CLEAR_BELOW = "\x1b[J";

/** `longwire status`. */
export const status: CommandAction = async (invocation) => {
  if (invocation.has("watch")) return await watch(invocation);
  return await show(invocation);
};

async function show(invocation: Invocation, history?: RateHistory): Promise<ExitCode> {
  const answer = await daemonOf(invocation).ask("GET", "/status");
  if (answer.status !== 200) throw new Error(answerError(answer));
  const current = answer.body as DaemonStatus;
  invocation.terminal.out(render(invocation, current));
  const rates = history?.add(current, performance.now());
  if (rates !== undefined && !invocation.has("json")) {
    invocation.terminal.out(`\n${formatRates(rates)}`);
  }
  return invocation.has("check") && isDegraded(current) ? EXIT.degraded : EXIT.done;
}

async function watch(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const stop = Promise.withResolvers<void>();
  const onInterrupt = () => stop.resolve();
  Deno.addSignalListener("SIGINT", onInterrupt);
  const history = new RateHistory();
  let stopped = false;
  void stop.promise.then(() => stopped = true);
  try {
    while (!stopped) {
      if (terminal.interactive) terminal.out(HOME);
      await show(invocation, history);
      if (terminal.interactive) terminal.out(CLEAR_BELOW);
      const pause = Promise.withResolvers<void>();
      const timer = setTimeout(pause.resolve, WATCH_INTERVAL_MS);
      await Promise.race([pause.promise, stop.promise]);
      clearTimeout(timer);
    }
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
  return EXIT.done;
}

function render(invocation: Invocation, current: DaemonStatus): string {
  // One line each time when watched: JSON lines for whoever reads the pipe.
  const indent = invocation.has("watch") ? undefined : 2;
  if (invocation.has("json")) return `${printableJson(current, indent)}\n`;
  if (invocation.has("names")) return current.connections.map(({ name }) => `${name}\n`).join("");
  const format = invocation.has("detail") ? formatDetail : formatStatus;
  return format(current, Date.now(), statePaint(invocation.terminal));
}

function statePaint(terminal: Terminal): PaintState {
  return (state, text) => {
    if (state === "established") return paint(terminal, 32, text);
    return paint(terminal, state === "idle" || state === "waiting" ? 31 : 33, text);
  };
}

/** Whether something that is configured does not work now. */
function isDegraded({ connections, static: statics }: DaemonStatus): boolean {
  const sessions = [...connections.flatMap((connection) => connection.sessions), ...statics];
  return [...connections, ...sessions].some(({ state }) => state !== "established") ||
    sessions.some(({ circuit }) => circuit.local === "down" || circuit.remote === "down");
}

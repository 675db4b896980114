/**
 * The command line's entry: `deno run -A src/main.ts COMMAND …`, or installed, `longwire COMMAND …`.
 */

import { listenEarly } from "./daemon/process_signals.ts";
import { prepareWorker } from "./dataplane/worker_thread.ts";

/** The command whose worker takes as long to load as its configuration. */
const DAEMON_COMMAND = "run";
/** The commands that go on until a signal ends them, in order. */
const SERVICE_COMMANDS: ReadonlySet<string | undefined> = new Set([DAEMON_COMMAND, "link"]);

async function main(): Promise<void> {
  if (SERVICE_COMMANDS.has(Deno.args[0])) listenEarly();
  if (Deno.args[0] === DAEMON_COMMAND) prepareWorker();
  // Loaded after the worker has begun to load, so that both do at the same time.
  const { runCommandLine } = await import("./cli/command_line.ts");
  // An exit, and not a return: threads that wait in the kernel would keep the process alive.
  Deno.exit(await runCommandLine(Deno.args));
}

if (import.meta.main) await main();

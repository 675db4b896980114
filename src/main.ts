/**
 * The command line's entry: `deno run -A src/main.ts COMMAND …`, or installed, `longwire COMMAND …`.
 *
 * In a bundle it is the entry of the data plane's workers too, because there it is the only file.
 */

import { runCommandLine } from "./cli/command_line.ts";
import { prepareWorkers } from "./dataplane/worker.ts";

/** The command whose workers take as long to load as its configuration. */
const DAEMON_COMMAND = "run";

async function main(): Promise<void> {
  if ("WorkerGlobalScope" in globalThis) {
    await import("./dataplane/worker.ts");
    return;
  }
  if (Deno.args[0] === DAEMON_COMMAND) prepareWorkers();
  // An exit, and not a return: threads that wait in the kernel would keep the process alive.
  Deno.exit(await runCommandLine(Deno.args));
}

if (import.meta.main) await main();

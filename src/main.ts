/**
 * The command line's entry: `deno run -A src/main.ts COMMAND …`, or installed, `longwire COMMAND …`.
 *
 * In a bundle it is the entry of the data plane's workers too, because there it is the only file.
 */

import { runCommandLine } from "./cli/command_line.ts";

if (import.meta.main) {
  if ("WorkerGlobalScope" in globalThis) await import("./dataplane/worker.ts");
  // An exit, and not a return: threads that wait in the kernel would keep the process alive.
  else Deno.exit(await runCommandLine(Deno.args));
}

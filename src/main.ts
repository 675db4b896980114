/**
 * The command line's entry: `deno run -A src/main.ts COMMAND …`, or installed, `longwire COMMAND …`.
 *
 * The data plane's workers are files of their own, src/dataplane/worker.ts: what bundles this
 * program has to take that file along.
 */

import { runCommandLine } from "./cli/command_line.ts";

if (import.meta.main) {
  // An exit, and not a return: threads that wait in the kernel would keep the process alive.
  Deno.exit(await runCommandLine(Deno.args));
}

/**
 * What an installed longwire may do, as options of `deno run` and `deno compile`.
 *
 * Native code is called in the C library alone, nothing is imported, and no question is asked. A
 * file, an address and a program cannot be known before the configuration is read: the fence around
 * those is the service manager's (packaging/systemd/longwire.service).
 */

import configuration from "../deno.json" with { type: "json" };

/** The options. */
export const PERMISSIONS: readonly string[] = [
  `--allow-ffi=${configuration.permissions.daemon.ffi.join(",")}`,
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
  "--deny-import",
  "--no-prompt",
];

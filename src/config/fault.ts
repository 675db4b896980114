/**
 * A rule of the configuration that is broken, before its place in the file is known.
 */

import type { Mistake } from "./mistake.ts";
import type { KeyPath } from "./yaml_source.ts";

/** One broken rule, at the value of a path. */
export interface Fault {
  readonly severity: Mistake["severity"];
  readonly path: KeyPath;
  readonly message: string;
}

/** A fault that is a mistake. */
export function error(path: KeyPath, message: string): Fault {
  return { severity: "error", path, message };
}

/** A fault that is merely unwise. */
export function warning(path: KeyPath, message: string): Fault {
  return { severity: "warning", path, message };
}

/** `@std/cli`: argument parsing, typed here because npm `deno-std` ships the code without its types. */
import { parseArgs as untypedParseArgs } from "deno-std/cli/parse_args.js";

/** The options of `parseArgs` that this project uses; see `@std/cli` for the rest. */
export interface ParseArgsOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  alias?: Record<string, string | readonly string[]>;
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  "--"?: boolean;
  /** Called for each argument that is not declared; answer `false` to leave it out. */
  unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}
/** What `parseArgs` answers: positional arguments in `_`, options by name. */
export type ParsedArgs = { _: (string | number)[] } & Record<string, unknown>;

export const parseArgs: (args: string[], options?: ParseArgsOptions) => ParsedArgs =
  untypedParseArgs;

/** `@std/toml`: reading TOML, typed here (npm `deno-std` ships no types). */
import { parse as untypedParse } from "deno-std/toml/parse.js";

export const parse: (text: string) => Record<string, unknown> = untypedParse;

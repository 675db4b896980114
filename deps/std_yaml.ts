/** `@std/yaml`: writing YAML (reading is npm `yaml`), typed here (npm `deno-std` ships no types). */
import { stringify as untypedStringify } from "deno-std/yaml/stringify.js";

export const stringify: (
  data: unknown,
  options?: { indent?: number; lineWidth?: number; skipInvalid?: boolean; sortKeys?: boolean },
) => string = untypedStringify;

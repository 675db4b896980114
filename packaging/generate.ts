/**
 * `deno task generate`: what is made from the program's own tables and kept with the sources:
 * manual pages, completions, and the configuration's JSON Schema for editors.
 */

import { dirname } from "node:path";
import { COMMANDS } from "../src/cli/command_table.ts";
import { completionScript } from "../src/cli/completion.ts";
import { configurationJsonSchema } from "../src/config/json_schema.ts";
import { configurationManual, programManual } from "./manual.ts";
import { ROOT } from "./program.ts";

/** Every generated file: its path in the checkout, and what is to be in it. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = configurationJsonSchema();
  return new Map([
    ["packaging/man/longwire.8", programManual(COMMANDS)],
    ["packaging/man/longwire.yaml.5", configurationManual(schema)],
    ["packaging/completions/longwire", completionScript("bash", COMMANDS)],
    ["packaging/completions/_longwire", completionScript("zsh", COMMANDS)],
    ["packaging/completions/longwire.fish", completionScript("fish", COMMANDS)],
    ["packaging/longwire.schema.json", `${JSON.stringify(schema, undefined, 2)}\n`],
  ]);
}

if (import.meta.main) {
  for (const [path, text] of generatedFiles()) {
    await Deno.mkdir(dirname(ROOT + path), { recursive: true });
    await Deno.writeTextFile(ROOT + path, text);
    console.log(path);
  }
}

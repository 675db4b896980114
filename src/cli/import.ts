/**
 * `longwire import FILE`: another system's static sessions as a configuration of this one, checked
 * like any other.
 */

import { stringify } from "@std/yaml";
import { readConfiguration } from "../config/load.ts";
import { type CommandAction, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { readInputFile } from "./input_file.ts";
import { formatOf, type Imported, type ImportFormat, readSource } from "./import_source.ts";

const FORMATS: readonly ImportFormat[] = ["ip-l2tp", "networkd", "go-l2tp"];

/** `longwire import FILE`. */
export const importConfiguration: CommandAction = async (invocation) => {
  const { positionals: [file = ""], terminal } = invocation;
  const text = file === "-"
    ? await new Response(Deno.stdin.readable).text()
    : new TextDecoder().decode(await readInputFile(file));
  const given = invocation.value("from");
  const format = FORMATS.find((each) => each === given) ?? formatOf(text);
  if (format === undefined || (given !== undefined && format !== given)) {
    throw new UsageError(`--from is needed, one of ${FORMATS.join(", ")}: ${file} tells none`);
  }
  const imported = read(file, text, format);
  for (const note of imported.notes) terminal.err(`longwire: ${file}: ${note}\n`);
  const output = configurationText(imported, `# From ${file} (${format}).\n`);
  const out = invocation.value("out");
  if (out === undefined) terminal.out(output);
  else await Deno.writeTextFile(out, output, { mode: 0o600 });
  const { mistakes } = readConfiguration(out ?? "imported", output);
  const errors = mistakes.filter(({ severity }) => severity === "error");
  // The text may be on its way into a file: what is wrong with it is told apart, by key alone.
  for (const { key, message } of errors) terminal.err(`longwire: ${key}: ${message}\n`);
  return errors.length > 0 ? EXIT.configurationInvalid : EXIT.done;
};

function read(file: string, text: string, format: ImportFormat): Imported {
  let imported: Imported;
  try {
    imported = readSource(text, format);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`${file}: ${error.message}`, { cause: error });
  }
  if (imported.sessions.length > 0) return imported;
  throw new Error([`${file}: there is no session in it`, ...imported.notes].join("; "));
}

function configurationText({ sessions }: Imported, head: string): string {
  const named = sessions.map(({ name, session }) => [name, session] as const);
  return head + stringify({ static: Object.fromEntries(named) });
}

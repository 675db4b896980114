/** `longwire run CONFIG`: the daemon, in the foreground. */

import { resolve } from "node:path";
import { loadConfiguration } from "../config/load.ts";
import { countMistakes, formatMistake } from "../config/mistake.ts";
import { runService } from "../daemon/service.ts";
import { SystemError } from "../endpoint/errors.ts";
import type { CommandAction } from "./command.ts";
import { EXIT } from "./exit_code.ts";

/** `longwire run CONFIG`. */
export const run: CommandAction = async ({ positionals: [file = ""], terminal }) => {
  const { configuration, mistakes } = loadConfiguration(file);
  for (const mistake of mistakes) terminal.err(`${formatMistake(mistake)}\n`);
  if (configuration === undefined) {
    terminal.err(`longwire: ${file} has ${countMistakes(mistakes)}; nothing was started\n`);
    return EXIT.configurationInvalid;
  }
  try {
    await runService({ configuration, file: resolve(file), write: (line) => terminal.err(line) });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const hint = `longwire doctor ${file} tells what repairs it`;
    throw new Error(`${error.message}; ${hint}`, { cause: error });
  }
  return EXIT.done;
};

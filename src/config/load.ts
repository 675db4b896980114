/**
 * From a file to a checked, frozen configuration, or to every mistake in it.
 *
 * The steps: YAML with positions, the schema, the rules across keys, the secrets. Each step goes
 * on past the mistakes of the one before, so that all are told at once.
 */

import { dirname, resolve } from "node:path";
import { type CheckedSource, checkSource, type TellMistake } from "./checked_source.ts";
import { captureFileFaults } from "./capture_files.ts";
import { compose } from "./compose.ts";
import { type Configuration, deepFreeze } from "./configuration.ts";
import { compareMistakes, type Mistake } from "./mistake.ts";
import { userFaults } from "./ppp_rules.ts";
import { Draft } from "./draft.ts";
import { findFaults } from "./rules.ts";
import { CONFIGURATION_SCHEMA, type ConfigurationDraft } from "./schema.ts";
import { fileProblem, readSecret, type Secret } from "./secret.ts";
import { readUsers, type UserConfiguration } from "./users.ts";
import { YamlSource } from "./yaml_source.ts";

/** What loading gave. There is a configuration exactly where no mistake is an error. */
export interface LoadedConfiguration {
  readonly configuration: Configuration | undefined;
  /** Errors before warnings, each in the order of the file. */
  readonly mistakes: readonly Mistake[];
  /** Places in the file, for what is found out later (`check --pair`). */
  readonly source: YamlSource;
}

/** Reads and checks a configuration file. */
export function loadConfiguration(file: string): LoadedConfiguration {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (problem) {
    const source = new YamlSource(file, "");
    const place = source.valuePlace([]);
    const message = `cannot read the configuration: ${fileProblem(problem)}`;
    return {
      configuration: undefined,
      mistakes: [{ severity: "error", place, key: "", message }],
      source,
    };
  }
  return readConfiguration(file, text);
}

/** Checks a configuration's text; secret files are looked for beside `file`. */
export function readConfiguration(file: string, text: string): LoadedConfiguration {
  const source = new YamlSource(file, text);
  if (source.mistakes.length > 0) {
    return { configuration: undefined, mistakes: source.mistakes, source };
  }
  const checked = checkSource(source, CONFIGURATION_SCHEMA);
  const { output, isValid, faulty, mistakes, tell } = checked;
  const draft = new Draft(output, faulty);
  const users = readUsersOf(draft, dirname(file), checked);
  for (const { severity, path, message } of userFaults(draft, users)) {
    tell(severity, path, message);
  }
  const faults = [...findFaults(draft), ...captureFileFaults(draft, dirname(file))];
  for (const { severity, path, message } of faults) tell(severity, path, message);
  const secrets = readSecrets(draft, dirname(file), tell);
  mistakes.sort(compareMistakes);
  const parts = { secrets, users, directory: dirname(file) };
  const failed = mistakes.some((mistake) => mistake.severity === "error");
  return {
    configuration: failed || !isValid
      ? undefined
      : deepFreeze(compose(output as ConfigurationDraft, parts)),
    mistakes,
    source,
  };
}

function readSecrets(
  draft: Draft,
  directory: string,
  tell: TellMistake,
): ReadonlyMap<string, readonly Secret[]> {
  const secrets = new Map<string, readonly Secret[]>();
  for (const [path, sources] of draft.secrets()) {
    const read = sources.flatMap((source, index) => {
      const at = [...path, "secret", index, source.kind];
      const reading = readSecret(source, directory);
      if ("wrong" in reading) {
        tell("error", at, reading.wrong);
        return [];
      }
      if (reading.warning !== undefined) tell("warning", at, reading.warning);
      return [reading.secret];
    });
    secrets.set(path.join(), read);
  }
  return secrets;
}

/** The users of the file that `users` names; its mistakes go with the configuration's. */
function readUsersOf(
  draft: Draft,
  directory: string,
  { mistakes, tell }: Pick<CheckedSource, "mistakes" | "tell">,
): readonly UserConfiguration[] {
  const file = draft.usersFile();
  if (file === undefined) return [];
  const reading = readUsers(resolve(directory, file));
  if ("wrong" in reading) {
    tell("error", ["users", "file"], reading.wrong);
    return [];
  }
  mistakes.push(...reading.mistakes);
  return reading.users;
}

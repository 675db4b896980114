/**
 * From a file to a checked, frozen configuration, or to every mistake in it.
 *
 * The steps: YAML with positions, the schema, the rules across keys, the secrets. Each step goes
 * on past the mistakes of the one before, so that all are told at once.
 */

import { dirname } from "node:path";
import * as v from "valibot";
import {
  type Configuration,
  type ConnectionConfiguration,
  deepFreeze,
  type SessionConfiguration,
  type StaticSessionConfiguration,
  type TapConfiguration,
} from "./configuration.ts";
import { compareMistakes, formatKey, type Mistake } from "./mistake.ts";
import { Draft, findFaults } from "./rules.ts";
import { CONFIGURATION_SCHEMA, type ConfigurationDraft } from "./schema.ts";
import { missingKey, misspeltKey } from "./schema_parts.ts";
import { fileProblem, readSecret, type Secret } from "./secret.ts";
import { type KeyPath, YamlSource } from "./yaml_source.ts";

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
  const mistakes: Mistake[] = [];
  const tell = (severity: Mistake["severity"], path: KeyPath, message: string, atKey = false) => {
    const place = atKey ? source.keyPlace(path) : source.valuePlace(path);
    mistakes.push({ severity, place, key: formatKey(source.written(path)), message });
  };
  const value = source.value === null || source.value === "" ? {} : source.value;
  const result = v.safeParse(CONFIGURATION_SCHEMA, value);
  const faulty: KeyPath[] = [];
  for (const { path, message, atKey } of distinctIssues(result.issues ?? [])) {
    tell("error", path, message, atKey);
    faulty.push(path);
  }
  const draft = new Draft(result.output, faulty);
  for (const { severity, path, message } of findFaults(draft)) tell(severity, path, message);
  const secrets = readSecrets(draft, dirname(file), tell);
  mistakes.sort(compareMistakes);
  const failed = mistakes.some((mistake) => mistake.severity === "error");
  return {
    configuration: failed || !result.success
      ? undefined
      : deepFreeze(compose(result.output, secrets)),
    mistakes,
    source,
  };
}

interface SchemaFault {
  readonly path: KeyPath;
  readonly message: string;
  readonly atKey: boolean;
}

/** The schema's faults; a key that is missing because it is misspelt is told as misspelt alone. */
function distinctIssues(issues: readonly v.BaseIssue<unknown>[]): SchemaFault[] {
  const faults = issues.map((issue): SchemaFault => ({
    path: (issue.path ?? []).map((item) =>
      typeof item.key === "number" ? item.key : String(item.key)
    ),
    message: issue.message,
    atKey: issue.type === "raw_check" || issue.path?.at(-1)?.origin === "key",
  }));
  return faults.filter(({ path, message }) => {
    const above = path.slice(0, -1).join();
    return message !== missingKey(String(path.at(-1))) ||
      !faults.some((other) =>
        other.message === misspeltKey(String(path.at(-1))) &&
        other.path.slice(0, -1).join() === above
      );
  });
}

type SecretsByConnection = ReadonlyMap<string, readonly Secret[]>;

function readSecrets(
  draft: Draft,
  directory: string,
  tell: (severity: Mistake["severity"], path: KeyPath, message: string) => void,
): SecretsByConnection {
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
    secrets.set(String(path.at(-1)), read);
  }
  return secrets;
}

function compose(draft: ConfigurationDraft, secrets: SecretsByConnection): Configuration {
  const { connections, static: statics, listen, ...rest } = draft;
  const overIp = Object.values(connections).some(({ encapsulation }) => encapsulation === "ip");
  return {
    ...rest,
    listen: listen ?? defaultListen(overIp),
    connections: Object.entries(connections).map(([name, connection]): ConnectionConfiguration => {
      const { secret: _, version, sessions, ...same } = connection;
      return {
        name,
        ...same,
        version: version === "auto" ? version : version === "2" ? 2 : 3,
        secrets: secrets.get(name) ?? [],
        sessions: Object.entries(sessions).map(([session, value]): SessionConfiguration => ({
          name: session,
          ...value,
          remoteEndId: value.remoteEndId ?? session,
          attach: value.attach satisfies TapConfiguration,
        })),
      };
    }),
    static: Object.entries(statics).map(([name, value]): StaticSessionConfiguration => ({
      name,
      ...value,
    })),
  };
}

/** UDP for everybody, and IP protocol 115 where a connection uses it. */
function defaultListen(overIp: boolean): readonly string[] {
  const udp = ["udp://0.0.0.0:1701", "udp://[::]:1701"];
  return overIp ? [...udp, "ip://0.0.0.0", "ip://[::]"] : udp;
}

/**
 * A YAML file held against a schema: what came out, and every mistake with its place.
 */

import * as v from "valibot";
import { formatKey, type Mistake } from "./mistake.ts";
import { missingKey, misspeltKey } from "./schema_parts.ts";
import type { KeyPath, YamlSource } from "./yaml_source.ts";

/** Notes a mistake at a path of the file; `atKey` means the key rather than its value. */
export type TellMistake = (
  severity: Mistake["severity"],
  path: KeyPath,
  message: string,
  atKey?: boolean,
) => void;

/** What a schema made of a file. */
export interface CheckedSource {
  /** Of the schema's output type where it is valid; else whatever could be read. */
  readonly output: unknown;
  readonly isValid: boolean;
  /** Where something is wrong. */
  readonly faulty: readonly KeyPath[];
  /** What has been told so far; `tell` adds to it. */
  readonly mistakes: Mistake[];
  readonly tell: TellMistake;
}

/** Reads a file that is YAML at least. */
export function checkSource(source: YamlSource, schema: v.GenericSchema): CheckedSource {
  const mistakes: Mistake[] = [];
  const tell: TellMistake = (severity, path, message, atKey = false) => {
    const place = atKey ? source.keyPlace(path) : source.valuePlace(path);
    mistakes.push({ severity, place, key: formatKey(source.written(path)), message });
  };
  const value = source.value === null || source.value === "" ? {} : source.value;
  const { output, issues, success } = v.safeParse(schema, value);
  const faults = distinctIssues(issues ?? []);
  for (const { path, message, atKey } of faults) tell("error", path, message, atKey);
  return { output, isValid: success, faulty: faults.map(({ path }) => path), mistakes, tell };
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

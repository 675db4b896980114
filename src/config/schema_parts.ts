/**
 * What the schema is built of: single values, lists, blocks of known keys, maps of chosen names; each
 * says what is wrong with what stands in its place.
 *
 * Read forms.ts first: what a single value may be is said there.
 */

import * as v from "valibot";
import { type Form, type JsonSchema, listWords, nearestWord } from "./forms.ts";

/** What `json_schema.ts` finds beside a value that it cannot describe by itself. */
export type SchemaMetadata = {
  readonly json?: JsonSchema;
  /** A map whose keys are all known. */
  readonly closed?: boolean;
};

/** A key with nothing behind it, as when all below it is commented out, is an empty block. */
const emptyIsBlock = v.transform((value: unknown): unknown => value === "" ? {} : value);

/** Whether a value is a map of keys. */
export function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A single value. */
export function leaf<T>(form: Form<T>, description: string) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const { value } = dataset;
      if (typeof value === "object") {
        const found = Array.isArray(value) ? "a list" : "a block of keys";
        addIssue({ message: `one value is expected here, not ${found}` });
        return NEVER;
      }
      if (value === "") {
        addIssue({ message: "nothing is written here; give a value or leave the key out" });
        return NEVER;
      }
      const reading = form.read(String(value));
      if ("value" in reading) return reading.value;
      addIssue({ message: reading.wrong });
      return NEVER;
    }),
    v.metadata({ json: form.json } satisfies SchemaMetadata),
    v.description(description),
  );
}

/** One value or a list of them; always a list afterwards. */
export function oneOrMany<T>(form: Form<T>, description: string) {
  return v.pipe(
    v.unknown(),
    v.transform((value): unknown[] => Array.isArray(value) ? value : [value]),
    v.array(leaf(form, description)),
    v.minLength(1, "the list is empty; give a value or leave the key out"),
    v.metadata(
      {
        json: { anyOf: [form.json, { type: "array", items: form.json }] },
      } satisfies SchemaMetadata,
    ),
    v.description(description),
  );
}

/** A map with known keys; every other key is a mistake, each one with the nearest known. */
export function block<const E extends v.ObjectEntries>(entries: E, description: string) {
  const known = Object.keys(entries);
  return v.pipe(
    v.unknown(),
    emptyIsBlock,
    v.check(isBlock, "keys are expected here, one to a line"),
    v.looseObject(entries, (issue) => missingKey(issue.expected.slice(1, -1))),
    v.rawCheck(({ dataset, addIssue }) => {
      const value: unknown = dataset.value;
      if (!isBlock(value)) return;
      for (const key of Object.keys(value)) {
        if (known.includes(key)) continue;
        addIssue({
          message: unknownKey(key, known),
          path: [{ type: "object", origin: "key", input: value, key, value: value[key] }],
        });
      }
    }),
    v.metadata({ closed: true } satisfies SchemaMetadata),
    v.description(description),
  );
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = nearestWord(key, known);
  return nearest === undefined
    ? `unknown key; known here: ${listWords([...known].sort())}`
    : misspeltKey(nearest);
}

/** What is said of a key that must be there. */
export function missingKey(key: string): string {
  return `${key} is missing`;
}

/** What is said of an unknown key that is near a known one. */
export function misspeltKey(meant: string): string {
  return `unknown key; did you mean ${meant}?`;
}

const NAME: v.RegexAction<string, string> = v.regex(
  /^[\w][\w.-]{0,62}$/,
  "is no name; write letters, digits, dot, dash and underscore, at most 63",
);

/** A map from names that the user chooses. */
export function named<const S extends v.GenericSchema>(
  item: S,
  description: string,
  form: v.RegexAction<string, string> = NAME,
) {
  const name = v.pipe(v.string(), form);
  return v.pipe(
    v.unknown(),
    emptyIsBlock,
    v.check(isBlock, "names are expected here, one to a line, each with its keys below"),
    v.record(name, item),
    v.description(description),
  );
}

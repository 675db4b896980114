/**
 * Where secrets are kept, as the configuration's keys say it. The configuration itself holds none.
 */

import * as v from "valibot";
import { type JsonSchema, text } from "./forms.ts";
import { block, isBlock, leaf, type SchemaMetadata } from "./schema_parts.ts";
import type { SecretSource } from "./secret.ts";

const SECRET_KEYS = {
  file: leaf(text(4_095), "File that holds the secret; relative to the configuration"),
  credential: leaf(
    text(255, /^[^/]+$/, "is no credential's name; a name without slash"),
    "Name of a systemd credential",
  ),
  environment: leaf(
    text(255, /^\w+$/, "is no variable's name"),
    "Environment variable that holds the secret",
  ),
};

const NOT_A_SECRET = "secrets are not written into the configuration; " +
  "write { file: PATH }, { credential: NAME } or { environment: VARIABLE }";

const secretSource = v.pipe(
  block(
    {
      file: v.exactOptional(SECRET_KEYS.file),
      credential: v.exactOptional(SECRET_KEYS.credential),
      environment: v.exactOptional(SECRET_KEYS.environment),
    },
    "Where a secret is kept",
  ),
  v.rawTransform(({ dataset, addIssue, NEVER }): SecretSource => {
    const { file, credential, environment } = dataset.value;
    const sources: SecretSource[] = [
      ...(file === undefined ? [] : [{ kind: "file" as const, path: file }]),
      ...(credential === undefined ? [] : [{ kind: "credential" as const, name: credential }]),
      ...(environment === undefined
        ? []
        : [{ kind: "environment" as const, variable: environment }]),
    ];
    const [source, ...others] = sources;
    if (source !== undefined && others.length === 0) return source;
    addIssue({ message: "one of file, credential and environment is expected here" });
    return NEVER;
  }),
);

const SECRET_JSON: JsonSchema = {
  oneOf: ["file", "credential", "environment"].map((kind) => ({
    type: "object",
    properties: { [kind]: { type: "string", minLength: 1 } },
    required: [kind],
    additionalProperties: false,
  })),
};

/** One secret, or two of a rollover; always a list afterwards. */
export const SECRETS = v.pipe(
  v.unknown(),
  v.transform((value): unknown[] => Array.isArray(value) ? value : [value]),
  v.array(v.pipe(v.unknown(), v.check(isBlock, NOT_A_SECRET), secretSource)),
  v.minLength(1, "the list is empty; give a secret or leave the key out"),
  v.maxLength(2, "at most two secrets: the one to send with, and the other of a rollover"),
  v.metadata(
    {
      json: { anyOf: [SECRET_JSON, { type: "array", items: SECRET_JSON, maxItems: 2 }] },
    } satisfies SchemaMetadata,
  ),
  v.description("Shared secret; of two, the first is sent and both are accepted"),
);

/** One secret, the proof of one name. */
export const PASSWORD_SOURCE = v.pipe(
  v.unknown(),
  v.check(isBlock, NOT_A_SECRET),
  secretSource,
  v.metadata({ json: SECRET_JSON } satisfies SchemaMetadata),
  v.description("Our password"),
);

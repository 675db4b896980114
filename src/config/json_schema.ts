/**
 * The configuration's JSON Schema, for editors: `longwire check --schema`.
 *
 * It is derived from the schema that checks, so the two cannot disagree about keys.
 */

import { toJsonSchema } from "@valibot/to-json-schema";
import type { JsonSchema } from "./forms.ts";
import { CONFIGURATION_SCHEMA } from "./schema.ts";
import type { SchemaMetadata } from "./schema_parts.ts";

/** JSON Schema (draft 7) of a configuration file. */
export function configurationJsonSchema(): JsonSchema {
  return {
    ...toJsonSchema(CONFIGURATION_SCHEMA, {
      // What forms and rules check beyond JSON Schema's means is told by `longwire check` alone.
      errorMode: "ignore",
      overrideAction: ({ valibotAction, jsonSchema }) => {
        if (!("metadata" in valibotAction)) return undefined;
        const { json, closed } = valibotAction.metadata as SchemaMetadata;
        if (json !== undefined) return { ...json };
        const { closed: _, ...block } = jsonSchema as JsonSchema;
        return closed ? { ...block, additionalProperties: false } : undefined;
      },
    }),
    title: "longwire configuration",
  };
}

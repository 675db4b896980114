/** The JSON Schema for editors: complete, closed, and honest about what must be there. */

import { assert, assertEquals } from "@std/assert";
import { parse } from "yaml";
import { configurationJsonSchema } from "../../src/config/json_schema.ts";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
}

const SCHEMA = configurationJsonSchema() as Schema;

function blockOf(...keys: readonly string[]): Schema {
  return keys.reduce<Schema>((schema, key) => {
    const next = schema.properties?.[key] ?? schema.additionalProperties;
    assert(typeof next === "object", `${key} is not in the schema`);
    return next;
  }, SCHEMA);
}

Deno.test("what must be there is remote, and the ids of static sessions", () => {
  assertEquals(SCHEMA.required ?? [], []);
  assertEquals(blockOf("connections", "x").required, ["remote"]);
  assertEquals(blockOf("static", "x").required, ["remote", "localSessionId", "remoteSessionId"]);
});

Deno.test("values have their types, defaults and words", () => {
  assertEquals(blockOf("connections", "x", "encapsulation"), {
    enum: ["udp", "ip"],
    default: "udp",
    description: "Over UDP, or IP protocol 115",
  });
  assertEquals(blockOf("connections", "x", "receiveWindow").default, 16);
  assertEquals(blockOf("connections", "x", "initiate").type, "boolean");
});

Deno.test("every block is closed, and every key is described", () => {
  const walk = (schema: Schema, path: string): void => {
    for (const [key, below] of Object.entries(schema.properties ?? {})) {
      assertEquals(schema.additionalProperties, false, path);
      assert(below.description !== undefined, `${path}.${key} is not described`);
      walk(below, `${path}.${key}`);
    }
    if (typeof schema.additionalProperties === "object") {
      walk(schema.additionalProperties, `${path}.*`);
    }
  };
  walk(SCHEMA, "");
});

Deno.test("every key of the documented configuration is in the schema", () => {
  const text = Deno.readTextFileSync(new URL("golden/documented.yaml", import.meta.url));
  const walk = (value: unknown, schema: Schema): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    if (schema.anyOf !== undefined) return;
    for (const [key, below] of Object.entries(value)) {
      const next = schema.properties?.[key] ?? schema.additionalProperties;
      assert(typeof next === "object", `${key} is not in the schema`);
      walk(below, next);
    }
  };
  walk(parse(text), SCHEMA);
});

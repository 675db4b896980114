/** What others have said, for terminals. */

import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { printable, printableJson } from "../../src/daemon/printable.ts";

const GRAPHIC = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u;

Deno.test("text is one line that a terminal shows and does not obey", () => {
  assertEquals(printable("alice\n\x9b2J\u202e!"), "alice??2J?!");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assertMatch(printable(text), GRAPHIC);
  }));
});

Deno.test("JSON means the same, and shows nothing that a terminal would obey", () => {
  assertEquals(printableJson({ user: "\x9b2J" }), '{"user":"\\u009b2J"}');
  fc.assert(fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
    const text = printableJson(value);
    assertMatch(text, GRAPHIC);
    assertEquals(text, printableJson(JSON.parse(text)));
    assertEquals(JSON.parse(text), JSON.parse(JSON.stringify(value)));
  }));
});

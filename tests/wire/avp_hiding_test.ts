/** Hiding and revealing of AVP values, against the vectors of REQUIREMENTS section 15. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hidingKey } from "../../src/crypto/digest.ts";
import { hideValue, revealValue } from "../../src/wire/avp_hiding.ts";
import { fieldOf, type RfcVector, rfcVectors } from "../vectors/rfc_vectors.ts";

const VECTORS = rfcVectors(/-hidden-/);

function keyOf(vector: RfcVector): Uint8Array {
  const secret = fieldOf(vector, "secret");
  return String(vector.name).startsWith("v3") ? hidingKey(secret) : secret;
}

for (const vector of VECTORS) {
  Deno.test(`${vector.name} hides and reveals [V3-HID-04, V3-HID-06, V2-HID-03, V2-HID-04]`, () => {
    const key = keyOf(vector);
    const randomVector = fieldOf(vector, "random_vector");
    const padding = fieldOf(vector, "padding");
    const attribute = vector.attr as number;
    const hidden = hideValue(attribute, fieldOf(vector, "cleartext"), {
      key,
      randomVector,
      padding,
    });
    assertEquals(hidden.toHex(), vector.hidden_value);
    const value = revealValue(attribute, hidden, key, randomVector);
    assertEquals(value?.toHex(), vector.cleartext);
  });
}

Deno.test("any value comes back, at any length of value, padding and vector [V3-HID-05, V3-HID-11]", () => {
  const octets = (maxLength: number) => fc.uint8Array({ maxLength });
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 0xffff }),
    octets(1015),
    octets(40),
    octets(80),
    octets(64),
    (attribute, value, key, randomVector, padding) => {
      const hidden = hideValue(attribute, value, { key, randomVector, padding });
      const revealed = revealValue(attribute, hidden, key, randomVector);
      assertEquals(revealed?.toHex(), value.toHex());
    },
  ));
});

Deno.test("an inner length beyond the octets present is refused [V3-HID-13]", () => {
  const key = Uint8Array.of(1);
  const randomVector = Uint8Array.of(2);
  const hidden = hideValue(8, Uint8Array.of(3, 4, 5), { key, randomVector });
  for (let length = 0; length < hidden.length; length++) {
    assertEquals(revealValue(8, hidden.subarray(0, length), key, randomVector), undefined);
  }
});

Deno.test("padding never makes an AVP too long for its Length [V3-AVP-03]", () => {
  const hiding = {
    key: Uint8Array.of(1),
    randomVector: Uint8Array.of(2),
    padding: new Uint8Array(64),
  };
  assertEquals(hideValue(8, new Uint8Array(1000), hiding).length, 1017);
});

/** The hashes and derived keys, against the vectors of REQUIREMENTS section 15. */

import { assert, assertEquals } from "@std/assert";
import {
  challengeResponse,
  constantTimeEqual,
  digestKey,
  hidingKey,
} from "../../src/crypto/digest.ts";
import { fieldOf, rfcVectors } from "../vectors/rfc_vectors.ts";

const [KEYS] = rfcVectors(/^v3-derived-keys$/);
const [EMPTY_SECRET] = rfcVectors(/^v3-derived-key-empty-secret$/);

Deno.test("hiding and digests have keys of their own, made from the secret [V3-HID-03, V3-AUTH-11]", () => {
  const secret = fieldOf(KEYS!, "secret");
  assertEquals(hidingKey(secret).toHex(), KEYS!.key_hiding_1);
  assertEquals(digestKey(secret).toHex(), KEYS!.key_digest_2);
});

Deno.test("the key of an integrity check alone is made from an empty secret [V3-AUTH-23]", () => {
  assertEquals(digestKey(new Uint8Array(0)).toHex(), EMPTY_SECRET!.key_digest_2);
});

Deno.test("a challenge is answered with the MD5 of id, secret and challenge [V2-AUTH-03]", () => {
  for (const vector of rfcVectors(/^v2-challenge-response/)) {
    const secret = fieldOf(vector, "secret");
    const response = challengeResponse(
      vector.chap_id as number,
      secret,
      fieldOf(vector, "challenge"),
    );
    assertEquals(response.toHex(), vector.response, String(vector.name));
  }
});

Deno.test("comparison tells equal from different, at any length and any place", () => {
  const octets = Uint8Array.of(1, 2, 3, 4);
  assert(constantTimeEqual(octets, octets.slice()));
  assert(constantTimeEqual(new Uint8Array(0), new Uint8Array(0)));
  assert(!constantTimeEqual(octets, octets.subarray(0, 3)));
  for (let at = 0; at < octets.length; at++) {
    const other = octets.slice();
    other[at]! ^= 0x80;
    assert(!constantTimeEqual(octets, other), `octet ${at}`);
  }
});

/** The hashes and derived keys, against the vectors of REQUIREMENTS section 15. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createHash, createHmac } from "node:crypto";
import {
  challengeResponse,
  constantTimeEqual,
  digestKey,
  hidingKey,
  hmac,
  md5,
  sha1,
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

Deno.test("short input and long, in whatever parts, gives what the runtime's streams give", () => {
  const octets = (maxLength: number) => fc.uint8Array({ maxLength });
  // About a block's length, and about what is put together at most.
  const lengths = fc.constantFrom(0, 1, 63, 64, 65, 4095, 4096, 4097, 4160, 4161, 70_000);
  const algorithms = fc.constantFrom("md5" as const, "sha1" as const);
  fc.assert(
    fc.property(algorithms, octets(70), lengths, octets(9), (algorithm, key, length, more) => {
      const parts = [new Uint8Array(length).fill(0xa5), more];
      const code = createHmac(algorithm, key);
      const plain = createHash(algorithm);
      for (const part of parts) {
        code.update(part);
        plain.update(part);
      }
      assertEquals(hmac(algorithm, key, parts).toHex(), code.digest("hex"));
      const digest = algorithm === "md5" ? md5(...parts) : sha1(...parts);
      assertEquals(digest.toHex(), plain.digest("hex"));
    }),
  );
});

/** DES with keys of 7 octets, by vectors that everybody has. */

import { assertEquals } from "@std/assert";
import { desEncrypt } from "../../src/crypto/des.ts";

function encrypt(clear: string, key: string): string {
  return desEncrypt(Uint8Array.fromHex(clear), Uint8Array.fromHex(key)).toHex();
}

Deno.test("DES by known vectors; their keys are without parity bits here", () => {
  // Key 133457799BBCDFF1 of the textbooks, in its 56 bits.
  assertEquals(encrypt("0123456789abcdef", "12695bc9b7b7f8"), "85e813540f0ab405");
  // NIST SP 800-17, variable plaintext: key 0101010101010101.
  assertEquals(encrypt("8000000000000000", "00000000000000"), "95f8a5e5dd31d900");
  assertEquals(encrypt("0000000000000001", "00000000000000"), "166b40b44aba4bd6");
});

/**
 * One block of DES, which MS-CHAPv2 is made of. Read RFC 2759 §8.6 and §9.3 first.
 *
 * The platform has DES three times over only; with one key for all three it is DES itself.
 */

import { createCipheriv } from "node:crypto";

const BLOCK_OCTETS = 8;

/** Encrypts 8 octets by a key of 7. */
export function desEncrypt(clear: Uint8Array, key: Uint8Array): Uint8Array {
  const once = withParityBits(key);
  const thrice = Uint8Array.from([...once, ...once, ...once]);
  const cipher = createCipheriv("des-ede3-cbc", thrice, new Uint8Array(BLOCK_OCTETS));
  cipher.setAutoPadding(false);
  const block = new Uint8Array(cipher.update(clear));
  // There is nothing left to encrypt, but the cipher is the platform's until it is told so.
  cipher.final();
  return block;
}

/** Seven bits an octet; the eighth is for parity, which nobody looks at. */
function withParityBits(key: Uint8Array): Uint8Array {
  const octets = new Uint8Array(BLOCK_OCTETS);
  for (let index = 0; index < BLOCK_OCTETS; index++) {
    const before = index === 0 ? 0 : key[index - 1]! << (8 - index);
    const own = (key[index] ?? 0) >> index;
    octets[index] = (before | own) & 0xfe;
  }
  return octets;
}

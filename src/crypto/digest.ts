/**
 * The hashes of L2TP's control plane and of PPP's authentication, and the keys made from a shared secret. All synchronous.
 *
 * Read RFC 3931 §4.3, §5.3 and §5.4.1 (Message Digest), and RFC 2661 §4.4.3 (Challenge Response).
 * MD5 and SHA-1 are what the RFCs ask for; there is nothing newer to negotiate.
 */

import { createHash, createHmac, hash, timingSafeEqual } from "node:crypto";

/** The algorithm of a Message Digest AVP: HMAC-MD5 (type 0) or HMAC-SHA-1 (type 1). */
export type DigestAlgorithm = "md5" | "sha1";

/** The block of MD5 and of SHA-1, which HMAC fills up with its key (RFC 2104 §2). */
const BLOCK = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * Where short input is put together, to be hashed by one call: that takes a quarter of the time of
 * an object that is told of each part. What may be secret is wiped after.
 */
const joined = new Uint8Array(BLOCK + 4096);

/** MD5 over the parts, one after the other: 16 octets. */
export function md5(...parts: Uint8Array[]): Uint8Array {
  return hashOf("md5", parts);
}

/** SHA-1 over the parts, one after the other: 20 octets. */
export function sha1(...parts: Uint8Array[]): Uint8Array {
  return hashOf("sha1", parts);
}

/** MD4 (RFC 1320): 16 octets. MS-CHAPv2 and what Windows keeps of passwords need it. */
export function md4(octets: Uint8Array): Uint8Array {
  return createHash("md4").update(octets).digest();
}

/** HMAC (RFC 2104) over the parts: 16 octets for MD5, 20 for SHA-1. */
export function hmac(algorithm: DigestAlgorithm, key: Uint8Array, parts: Uint8Array[]): Uint8Array {
  if (key.length > BLOCK || BLOCK + lengthOf(parts) > joined.length) {
    const code = createHmac(algorithm, key);
    for (const part of parts) code.update(part);
    return code.digest();
  }
  putPad(key, INNER_PAD);
  const inner = oneHash(algorithm, join(BLOCK, parts));
  putPad(key, OUTER_PAD);
  const outer = oneHash(algorithm, join(BLOCK, [inner]));
  joined.fill(0, 0, BLOCK);
  return outer;
}

/** Whether two octet strings are equal, in a time that does not tell where they differ. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The key that hides AVPs in L2TPv3; L2TPv2 uses the bare secret (RFC 3931 §5.3, V3-HID-03). */
export function hidingKey(secret: Uint8Array): Uint8Array {
  return hmac("md5", secret, [Uint8Array.of(1)]);
}

/** The key of Message Digests, whatever their algorithm (RFC 3931 §5.4.1, V3-AUTH-11). */
export function digestKey(secret: Uint8Array): Uint8Array {
  return hmac("md5", secret, [Uint8Array.of(2)]);
}

/**
 * The answer to an L2TPv2 Challenge (RFC 2661 §4.4.3, V2-AUTH-03).
 *
 * @param messageType Number of the message that carries the answer: 2 (SCCRP) or 3 (SCCCN).
 */
export function challengeResponse(
  messageType: number,
  secret: Uint8Array,
  challenge: Uint8Array,
): Uint8Array {
  return md5(Uint8Array.of(messageType), secret, challenge);
}

function hashOf(algorithm: DigestAlgorithm, parts: Uint8Array[]): Uint8Array {
  if (lengthOf(parts) > joined.length) {
    const streamed = createHash(algorithm);
    for (const part of parts) streamed.update(part);
    return streamed.digest();
  }
  const octets = join(0, parts);
  const digest = oneHash(algorithm, octets);
  octets.fill(0);
  return digest;
}

/** The runtime's way by hexadecimal text is the faster one. */
function oneHash(algorithm: DigestAlgorithm, octets: Uint8Array): Uint8Array {
  return Uint8Array.fromHex(hash(algorithm, octets, "hex"));
}

function lengthOf(parts: Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** Puts the parts behind what is there already; everything up to their end. */
function join(at: number, parts: Uint8Array[]): Uint8Array {
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined.subarray(0, at);
}

function putPad(key: Uint8Array, pad: number): void {
  joined.fill(pad, 0, BLOCK);
  for (let at = 0; at < key.length; at++) joined[at]! ^= key[at]!;
}

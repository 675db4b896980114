/**
 * The hashes of L2TP's control plane and of PPP's authentication, and the keys made from a shared secret. All synchronous.
 *
 * Read RFC 3931 §4.3, §5.3 and §5.4.1 (Message Digest), and RFC 2661 §4.4.3 (Challenge Response).
 * MD5 and SHA-1 are what the RFCs ask for; there is nothing newer to negotiate.
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** The algorithm of a Message Digest AVP: HMAC-MD5 (type 0) or HMAC-SHA-1 (type 1). */
export type DigestAlgorithm = "md5" | "sha1";

/** MD5 over the parts, one after the other: 16 octets. */
export function md5(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** SHA-1 over the parts, one after the other: 20 octets. */
export function sha1(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** MD4 (RFC 1320): 16 octets. MS-CHAPv2 and what Windows keeps of passwords need it. */
export function md4(octets: Uint8Array): Uint8Array {
  return createHash("md4").update(octets).digest();
}

/** HMAC (RFC 2104) over the parts: 16 octets for MD5, 20 for SHA-1. */
export function hmac(algorithm: DigestAlgorithm, key: Uint8Array, parts: Uint8Array[]): Uint8Array {
  const code = createHmac(algorithm, key);
  for (const part of parts) code.update(part);
  return code.digest();
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

/**
 * Message Digest AVPs: where they stand in a message, and what they are computed over.
 *
 *     SCCRQ:  HMAC(key, message)        any other:  HMAC(key, sender's nonce + other nonce + message)
 *
 * with the digests' own octets zero, and the message from its header to its end.
 * Read RFC 3931 §4.3 and §5.4.1 first.
 */

import { constantTimeEqual, type DigestAlgorithm, hmac } from "../crypto/digest.ts";
import { AvpCursor, MAX_AVP_VALUE, type RawAvp } from "./avp.ts";
import type { MessageDigest } from "./avp_formats.ts";
import { AVPS } from "./avp_registry.ts";
import { CONTROL_HEADER_LENGTH, decodeControlHeader } from "./control_header.ts";
import { isFailure } from "./decode_failure.ts";
import { MESSAGE_TYPES } from "./message_rules.ts";

/** Digest types on the wire and the octets of each (V3-AUTH-10, A-02). */
const DIGESTS: Readonly<Record<DigestAlgorithm, { type: number; octets: number }>> = {
  md5: { type: 0, octets: 16 },
  sha1: { type: 1, octets: 20 },
};

/** At most this many Message Digest AVPs follow Message Type (V3-AUTH-18, V3-AUTH-19). */
const MAX_DIGESTS = 2;

/** Where a digest begins in its AVP's value: after the type. */
export const DIGEST_OFFSET = 1;

/** What stands for a digest while one is computed. */
const ZEROS = new Uint8Array(MAX_AVP_VALUE);

/** What both ends put into a digest, seen from this side. */
export interface DigestContext {
  /**
   * `digestKey(secret)` of every secret: the first makes our digests, any may have made the
   * peer's (V3-AUTH-21). An integrity check alone is `digestKey` of the empty secret.
   */
  readonly keys: readonly Uint8Array[];
  /** Nonces of this side and of the peer; empty while unknown and for integrity alone. */
  readonly localNonce: Uint8Array;
  readonly remoteNonce: Uint8Array;
}

/** What a received message's digests say. */
export type DigestVerdict =
  /** `key` is the index of the key that made it: the secret that also hid AVPs. */
  | { readonly kind: "valid"; readonly key: number }
  | { readonly kind: "invalid" }
  /** None directly after Message Type (V3-AUTH-07). */
  | { readonly kind: "absent" };

/**
 * Checks a received message's digests, before anything in it is used (V3-AUTH-16).
 *
 * With two digests or two secrets, any valid pair of them will do (V3-AUTH-20, V3-AUTH-21).
 */
export function verifyDigest(
  octets: Uint8Array,
  offset: number,
  context: DigestContext,
): DigestVerdict {
  const header = decodeControlHeader(octets, offset);
  if (isFailure(header)) return { kind: "absent" };
  const message = octets.subarray(offset, offset + header.length);
  const cursor = new AvpCursor(message, CONTROL_HEADER_LENGTH);
  const type = cursor.next();
  // Whatever is wrong with the Message Type itself, only an authentic message is told so.
  if (type?.attribute !== AVPS.messageType.attribute) return { kind: "absent" };
  const values = digestValues(cursor);
  if (values.length === 0) return { kind: "absent" };
  const nonces = noncesOf(type, context.remoteNonce, context.localNonce);
  const input = [...nonces, ...withoutDigests(message, values)];
  for (const [key, digestKey] of context.keys.entries()) {
    for (const value of values) {
      if (isValid(value, digestKey, input)) return { kind: "valid", key };
    }
  }
  return { kind: "invalid" };
}

/** A Message Digest AVP whose digest is still to be computed. */
export function emptyDigest(algorithm: DigestAlgorithm): MessageDigest {
  const { type, octets } = DIGESTS[algorithm];
  return { type, digest: new Uint8Array(octets) };
}

/** Computes our digest into a message that has a zeroed one at `at` (V3-AUTH-12). */
export function writeDigest(
  message: Uint8Array,
  at: number,
  algorithm: DigestAlgorithm,
  context: DigestContext,
): void {
  const key = context.keys[0];
  if (key === undefined) throw new TypeError("a message with a digest needs a key");
  const type = new AvpCursor(message, CONTROL_HEADER_LENGTH).next()!;
  const nonces = noncesOf(type, context.localNonce, context.remoteNonce);
  message.set(hmac(algorithm, key, [...nonces, message]), at);
}

/** The values of the Message Digest AVPs that follow, as views of the message. */
function digestValues(cursor: AvpCursor): Uint8Array[] {
  const values: Uint8Array[] = [];
  while (values.length < MAX_DIGESTS) {
    const avp = cursor.next();
    if (avp === undefined || !isPlain(avp, AVPS.messageDigest.attribute)) break;
    values.push(avp.value);
  }
  return values;
}

/** The message in parts, with zeros where its digests are, whichever is checked (V3-AUTH-22). */
function withoutDigests(message: Uint8Array, values: readonly Uint8Array[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const value of values) {
    const digest = value.subarray(DIGEST_OFFSET);
    const at = digest.byteOffset - message.byteOffset;
    parts.push(message.subarray(end, at), ZEROS.subarray(0, digest.length));
    end = at + digest.length;
  }
  return [...parts, message.subarray(end)];
}

function isPlain(avp: RawAvp, attribute: number): boolean {
  return avp.vendor === 0 && avp.attribute === attribute && !avp.hidden;
}

/** The sender's nonce, then the other's; none in an SCCRQ (V3-AUTH-13, V3-AUTH-14). */
function noncesOf(type: RawAvp, sender: Uint8Array, other: Uint8Array): Uint8Array[] {
  const [high, low] = type.value;
  const isSccrq = isPlain(type, AVPS.messageType.attribute) && high === 0 &&
    low === MESSAGE_TYPES.SCCRQ;
  return isSccrq ? [] : [sender, other];
}

/** Whether a Message Digest AVP's value is right; one of another length never is (V3-AUTH-10). */
function isValid(value: Uint8Array, key: Uint8Array, input: Uint8Array[]): boolean {
  for (const [algorithm, { type, octets }] of Object.entries(DIGESTS)) {
    if (value[0] !== type || value.length !== DIGEST_OFFSET + octets) continue;
    const computed = hmac(algorithm as DigestAlgorithm, key, input);
    return constantTimeEqual(value.subarray(DIGEST_OFFSET), computed);
  }
  return false;
}

/**
 * Hiding and revealing AVP values with a shared secret.
 *
 *     hidden = {original length (2), value, padding} XOR b1 b2 …
 *     b1 = MD5(attribute number (2) + key + random vector), bi = MD5(key + hidden block i-1)
 *
 * Read RFC 3931 §5.3 and RFC 2661 §4.3 first (A-19: the number, not the value). The key is
 * `hidingKey(secret)` in L2TPv3 and the bare secret in L2TPv2 (V3-HID-03, V2-HID-03).
 */

import { md5 } from "../crypto/digest.ts";
import { MAX_AVP_VALUE } from "./avp.ts";

const BLOCK = 16;

/** Octets of the original length in front of the value. */
const HIDDEN_LENGTH_OCTETS = 2;

/** What the sender of hidden AVPs chose. */
export interface Hiding {
  readonly key: Uint8Array;
  /** The Random Vector AVP's value: cryptographically random, 16 octets or more (V3-HID-10). */
  readonly randomVector: Uint8Array;
  /** Random octets put after each hidden value, so that its length does not show (V3-HID-05); clipped. */
  readonly padding?: Uint8Array;
}

/** The hidden form of a value (V3-HID-04, V3-HID-06). */
export function hideValue(attribute: number, value: Uint8Array, hiding: Hiding): Uint8Array {
  const room = Math.max(0, MAX_AVP_VALUE - HIDDEN_LENGTH_OCTETS - value.length);
  const padding = hiding.padding?.subarray(0, room) ?? new Uint8Array(0);
  const subformat = new Uint8Array(HIDDEN_LENGTH_OCTETS + value.length + padding.length);
  subformat[0] = value.length >>> 8;
  subformat[1] = value.length;
  subformat.set(value, HIDDEN_LENGTH_OCTETS);
  subformat.set(padding, HIDDEN_LENGTH_OCTETS + value.length);
  return chain(attribute, hiding.key, hiding.randomVector, subformat, "hide");
}

/** The value that was hidden, or `undefined` where its length does not fit (V3-HID-13). */
export function revealValue(
  attribute: number,
  hidden: Uint8Array,
  key: Uint8Array,
  randomVector: Uint8Array,
): Uint8Array | undefined {
  if (hidden.length < HIDDEN_LENGTH_OCTETS) return undefined;
  const subformat = chain(attribute, key, randomVector, hidden, "reveal");
  const length = subformat[0]! << 8 | subformat[1]!;
  if (length > subformat.length - HIDDEN_LENGTH_OCTETS) return undefined;
  return subformat.subarray(HIDDEN_LENGTH_OCTETS, HIDDEN_LENGTH_OCTETS + length);
}

/** XORs with the chained blocks; the chain runs over the hidden side, whichever that is. */
function chain(
  attribute: number,
  key: Uint8Array,
  randomVector: Uint8Array,
  input: Uint8Array,
  direction: "hide" | "reveal",
): Uint8Array {
  const output = new Uint8Array(input.length);
  const hidden = direction === "hide" ? output : input;
  let block = md5(Uint8Array.of(attribute >>> 8, attribute), key, randomVector);
  for (let start = 0; start < input.length; start += BLOCK) {
    if (start > 0) block = md5(key, hidden.subarray(start - BLOCK, start));
    const end = Math.min(start + BLOCK, input.length);
    for (let at = start; at < end; at++) output[at] = input[at]! ^ block[at - start]!;
  }
  return output;
}

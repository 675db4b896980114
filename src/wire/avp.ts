/**
 * AVP framing: the six octets in front of every attribute's value, and walking a message's body.
 *
 *     M H 0000 Length (10 bits, all included) | Vendor ID (2) | Attribute Type (2) | value
 *
 * Read RFC 3931 §5.1 and RFC 2661 §4.1 first.
 */

import type { ByteWriter } from "./byte_writer.ts";

/** Octets of an AVP's header. */
export const AVP_HEADER_LENGTH = 6;

/** The most that a whole AVP may have, and the mask of its Length (V3-AVP-03, A-07). */
const MAX_AVP_LENGTH = 0x3ff;

/** The most octets that a value may have. */
export const MAX_AVP_VALUE = MAX_AVP_LENGTH - AVP_HEADER_LENGTH;

const M_BIT = 0x8000;
const H_BIT = 0x4000;
const RESERVED_BITS = 0x3c00;

/** An AVP as it is on the wire: nothing of it is understood yet. */
export interface RawAvp {
  readonly mandatory: boolean;
  readonly hidden: boolean;
  /** Whether any reserved bit is 1: ignored in v3 (V3-AVP-02), not in v2 (V2-AVP-02). */
  readonly reserved: boolean;
  readonly vendor: number;
  readonly attribute: number;
  /** A view of the message's octets. */
  readonly value: Uint8Array;
  /** Where the AVP begins in the message. */
  readonly offset: number;
}

/** Walks the AVPs of a message; it cannot lose its place nor leave the message. */
export class AvpCursor {
  readonly #message: Uint8Array;
  #at: number;
  #broken = false;

  /** @param message The message's octets, to its end. @param at Where the first AVP begins. */
  constructor(message: Uint8Array, at: number) {
    this.#message = message;
    this.#at = at;
  }

  /** Where the next AVP begins, or where the walk broke off. */
  get offset(): number {
    return this.#at;
  }

  /** Whether a Length makes no sense, so that what follows cannot be found. */
  get broken(): boolean {
    return this.#broken;
  }

  /** The next AVP, or `undefined` at the end and where the walk breaks off. */
  next(): RawAvp | undefined {
    const message = this.#message;
    const offset = this.#at;
    if (this.#broken || offset === message.length) return undefined;
    const word = offset + AVP_HEADER_LENGTH <= message.length
      ? message[offset]! << 8 | message[offset + 1]!
      : 0;
    const end = offset + (word & MAX_AVP_LENGTH);
    if (end < offset + AVP_HEADER_LENGTH || end > message.length) {
      this.#broken = true;
      return undefined;
    }
    this.#at = end;
    return {
      mandatory: (word & M_BIT) !== 0,
      hidden: (word & H_BIT) !== 0,
      reserved: (word & RESERVED_BITS) !== 0,
      vendor: message[offset + 2]! << 8 | message[offset + 3]!,
      attribute: message[offset + 4]! << 8 | message[offset + 5]!,
      value: message.subarray(offset + AVP_HEADER_LENGTH, end),
      offset,
    };
  }
}

/** Writes one AVP; a value that the 10-bit Length cannot tell is our own mistake and throws. */
export function writeAvp(
  writer: ByteWriter,
  avp: Pick<RawAvp, "mandatory" | "hidden" | "vendor" | "attribute" | "value">,
): void {
  if (avp.value.length > MAX_AVP_VALUE) {
    throw new RangeError(
      `the value of AVP ${avp.attribute} has ${avp.value.length} octets; ${MAX_AVP_VALUE} at most`,
    );
  }
  const bits = (avp.mandatory ? M_BIT : 0) | (avp.hidden ? H_BIT : 0);
  writer.u16(bits | AVP_HEADER_LENGTH + avp.value.length);
  writer.u16(avp.vendor);
  writer.u16(avp.attribute);
  writer.octets(avp.value);
}

/**
 * The formats that AVP values come in, each as a decoder and an encoder. The registry says which
 * attribute has which.
 *
 * Read RFC 3931 §5.4 and RFC 2661 §4.4 first. A decoder reads straight through a `ByteReader`:
 * too few octets, or octets left over, are found by the caller.
 */

import type { Accm, Q931Cause } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import { MAX_AVP_VALUE } from "./avp.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";

/** How the value of an AVP is read and written. Decoded values borrow nothing from the message. */
export interface AvpFormat<T> {
  /** Reads the value; whether the octets were too few or too many is asked of the reader. */
  decode(reader: ByteReader, version: ProtocolVersion): T;
  /** Writes the value; one that does not fit its field throws a `RangeError`. */
  encode(writer: ByteWriter, value: T, version: ProtocolVersion): void;
  /** Whether a value of the right length is in range; where absent, every value is. */
  inRange?(value: T): boolean;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** No value at all: the AVP's presence says it. */
export const flag: AvpFormat<true> = {
  decode: () => true,
  encode: () => {},
};

/** An unsigned 16-bit number. */
export const uint16: AvpFormat<number> = {
  decode: (reader) => reader.u16(),
  encode: (writer, value) => writer.u16(value),
};

/** An unsigned 32-bit number. */
export const uint32: AvpFormat<number> = {
  decode: (reader) => reader.u32(),
  encode: (writer, value) => writer.u32(value),
};

/** An unsigned 64-bit number. */
export const uint64: AvpFormat<bigint> = {
  decode: (reader) => reader.u64(),
  encode: (writer, value) => writer.u64(value),
};

/** Any number of octets, none included. */
export const octets: AvpFormat<Uint8Array> = {
  decode: (reader) => reader.rest().slice(),
  encode: (writer, value) => writer.octets(value),
};

/** At least one octet: with none, the length is wrong. */
export const someOctets: AvpFormat<Uint8Array> = {
  ...octets,
  decode: (reader) => atLeastOne(reader).slice(),
};

/** UTF-8, or its subset US-ASCII; octets that are neither become U+FFFD. */
export const text: AvpFormat<string> = {
  decode: (reader) => utf8.decode(reader.rest()),
  encode: (writer, value) => writer.octets(utf8Encoder.encode(value)),
};

/** Text of at least one octet (V3-CC-06, V2-CC-13). */
export const someText: AvpFormat<string> = {
  ...text,
  decode: (reader) => utf8.decode(atLeastOne(reader)),
};

/** 16-bit numbers, as many as there are. */
export const uint16List: AvpFormat<readonly number[]> = {
  decode: (reader) => {
    const numbers: number[] = [];
    while (reader.remaining > 0) numbers.push(reader.u16());
    return numbers;
  },
  encode: (writer, value) => value.forEach((number) => writer.u16(number)),
};

/** 32-bit numbers, one or more. */
export const uint32List: AvpFormat<readonly number[]> = {
  decode: (reader) => {
    const numbers = [reader.u32()];
    while (reader.remaining > 0) numbers.push(reader.u32());
    return numbers;
  },
  encode: (writer, value) => value.forEach((number) => writer.u32(number)),
};

/** Exactly `length` octets. */
export function octetsOf(length: number): AvpFormat<Uint8Array> {
  return {
    decode: (reader) => reader.octets(length).slice(),
    encode: (writer, value) => {
      if (value.length !== length) throw new RangeError(`${length} octets, not ${value.length}`);
      writer.octets(value);
    },
  };
}

/** A number that may not be zero. */
export function nonZero(format: AvpFormat<number>): AvpFormat<number> {
  return { ...format, inRange: (value) => value !== 0 };
}

/** A number that may not exceed `most`. */
export function atMost(most: number, format: AvpFormat<number>): AvpFormat<number> {
  return { ...format, inRange: (value) => value <= most };
}

/** Assigned Cookie: none, 4 or 8 octets (V3-DP-03, V3-DP-04). */
export const cookie: AvpFormat<Uint8Array> = {
  decode: (reader) =>
    reader.octets(reader.remaining >= 8 ? 8 : reader.remaining >= 4 ? 4 : 0).slice(),
  encode: octets.encode,
};

/** Result Code AVP: what its Length says is present (RFC 3931 §5.4.2, V3-MSG-20). */
export interface ResultCode {
  readonly result: number;
  readonly error?: number;
  /** For people; clipped where an AVP cannot hold it. */
  readonly text?: string;
}

/** Result Code AVP: 2, 4 or more octets. */
export const resultCode: AvpFormat<ResultCode> = {
  decode: (reader) => {
    const result = reader.u16();
    if (reader.remaining === 0) return { result };
    const error = reader.u16();
    if (reader.remaining === 0) return { result, error };
    return { result, error, text: text.decode(reader, 3) };
  },
  encode: (writer, { result, error, text: words }) => {
    writer.u16(result);
    if (error === undefined && words === undefined) return;
    writer.u16(error ?? 0);
    if (words !== undefined) writer.octets(clippedUtf8(words, MAX_AVP_VALUE - 4));
  },
};

/** Protocol Version AVP: 1.0 in every L2TPv2 message that has it (V2-CC-14). */
export interface ProtocolRevision {
  readonly version: number;
  readonly revision: number;
}

/** Protocol Version AVP: two octets. */
export const protocolRevision: AvpFormat<ProtocolRevision> = {
  decode: (reader) => ({ version: reader.u8(), revision: reader.u8() }),
  encode: (writer, value) => {
    writer.u8(value.version);
    writer.u8(value.revision);
  },
};

/** Message Digest AVP: the algorithm's number and the digest, not judged here (V3-AUTH-20). */
export interface MessageDigest {
  readonly type: number;
  readonly digest: Uint8Array;
}

/** Message Digest AVP: a type and what follows. */
export const messageDigest: AvpFormat<MessageDigest> = {
  decode: (reader) => ({ type: reader.u8(), digest: reader.rest().slice() }),
  encode: (writer, value) => {
    writer.u8(value.type);
    writer.octets(value.digest);
  },
};

/** Q.931 Cause Code AVP: two numbers and text. */
export const q931Cause: AvpFormat<Q931Cause> = {
  decode: (reader) => ({
    cause: reader.u16(),
    message: reader.u8(),
    advisory: utf8.decode(reader.rest()),
  }),
  encode: (writer, value) => {
    writer.u16(value.cause);
    writer.u8(value.message);
    writer.octets(utf8Encoder.encode(value.advisory));
  },
};

/** Sent with six counters, Length 32; accepted with RFC 3931's four as well, Length 24 (A-04). */
export const circuitErrors: AvpFormat<CircuitErrors> = {
  decode: (reader) => {
    reader.u16();
    const hasLinkErrors = reader.remaining !== 16;
    return {
      crc: hasLinkErrors ? reader.u32() : 0,
      framing: hasLinkErrors ? reader.u32() : 0,
      hardwareOverruns: reader.u32(),
      bufferOverruns: reader.u32(),
      timeouts: reader.u32(),
      alignment: reader.u32(),
    };
  },
  encode: (writer, value) => {
    writer.u16(0);
    writer.u32(value.crc);
    writer.u32(value.framing);
    writer.u32(value.hardwareOverruns);
    writer.u32(value.bufferOverruns);
    writer.u32(value.timeouts);
    writer.u32(value.alignment);
  },
};

/** ACCM AVP: a reserved word and two maps. */
export const accm: AvpFormat<Accm> = {
  decode: (reader) => {
    reader.u16();
    return { send: reader.u32(), receive: reader.u32() };
  },
  encode: (writer, value) => {
    writer.u16(0);
    writer.u32(value.send);
    writer.u32(value.receive);
  },
};

/** Extended Vendor ID AVP: an AVP inside an AVP, for 32-bit vendors (V3-AVP-16). */
export interface ExtendedVendorAvp {
  readonly vendor: number;
  readonly attribute: number;
  readonly value: Uint8Array;
}

/** Extended Vendor ID AVP: vendor, attribute and what follows. */
export const extendedVendor: AvpFormat<ExtendedVendorAvp> = {
  decode: (reader) => ({
    vendor: reader.u32(),
    attribute: reader.u16(),
    value: reader.rest().slice(),
  }),
  encode: (writer, value) => {
    writer.u32(value.vendor);
    writer.u16(value.attribute);
    writer.octets(value.value);
  },
};

function atLeastOne(reader: ByteReader): Uint8Array {
  return reader.octets(Math.max(1, reader.remaining));
}

/** UTF-8 of at most `most` octets, cut between characters. */
function clippedUtf8(words: string, most: number): Uint8Array {
  const whole = utf8Encoder.encode(words);
  if (whole.length <= most) return whole;
  const clipped = new Uint8Array(most);
  return clipped.subarray(0, utf8Encoder.encodeInto(words, clipped).written);
}

/** Builds control messages octet by octet, right or wrong: what an encoder would never send. */

import { ByteWriter } from "../../src/wire/byte_writer.ts";
import { decodeControlMessage, type DecodedMessage } from "../../src/wire/control_message.ts";
import { isFailure } from "../../src/wire/decode_failure.ts";

/** An AVP as it should stand on the wire. */
export interface AvpSpec {
  readonly attribute: number;
  /** Hexadecimal. */
  readonly value?: string;
  readonly m?: boolean;
  readonly h?: boolean;
  readonly vendor?: number;
  /** The four reserved bits. */
  readonly reserved?: number;
  /** What Length says, if not the truth. */
  readonly length?: number;
}

/** One AVP's octets. */
export function rawAvp(spec: AvpSpec): Uint8Array {
  const value = Uint8Array.fromHex(spec.value ?? "");
  const bits = (spec.m ?? true ? 0x8000 : 0) | (spec.h ? 0x4000 : 0) | (spec.reserved ?? 0) << 10;
  const writer = new ByteWriter();
  writer.u16(bits | (spec.length ?? 6 + value.length));
  writer.u16(spec.vendor ?? 0);
  writer.u16(spec.attribute);
  writer.octets(value);
  return writer.finish();
}

/** A whole message with these AVPs, its own Length right. */
export function rawMessage(version: 2 | 3, avps: readonly AvpSpec[]): Uint8Array {
  const writer = new ByteWriter();
  writer.octets(Uint8Array.of(0xc8, version, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0));
  for (const avp of avps) writer.octets(rawAvp(avp));
  const message = writer.finish();
  new DataView(message.buffer).setUint16(2, message.length);
  return message;
}

/** Message Type AVP of a number. */
export function typeAvp(type: number, m = true): AvpSpec {
  return { attribute: 0, value: type.toString(16).padStart(4, "0"), m };
}

/** Decodes what must decode. */
export function decoded(octets: Uint8Array, hidingKey?: Uint8Array): DecodedMessage {
  const message = decodeControlMessage(octets, 0, hidingKey);
  if (isFailure(message)) throw new Error(`${message.failure} at ${message.offset}`);
  return message;
}

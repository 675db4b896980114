/**
 * Numbers as the values of options. Read RFC 1661 §6.
 */

import { ByteReader } from "../wire/byte_reader.ts";
import { ByteWriter } from "../wire/byte_writer.ts";
import type { ConfigurationOption } from "./control_packet.ts";

/** An option without a value: it is there, or it is not. */
export function flag(type: number): ConfigurationOption {
  return { type, value: new Uint8Array(0) };
}

/** An option that holds 16 bits. */
export function uint16Option(type: number, number: number): ConfigurationOption {
  const writer = new ByteWriter(2);
  writer.u16(number);
  return { type, value: writer.finish() };
}

/** An option that holds 32 bits. */
export function uint32Option(type: number, number: number): ConfigurationOption {
  const writer = new ByteWriter(4);
  writer.u32(number);
  return { type, value: writer.finish() };
}

/** The 16 bits of an option; `undefined` where it has another length. */
export function readUint16({ value }: ConfigurationOption): number | undefined {
  return value.length === 2 ? new ByteReader(value).u16() : undefined;
}

/** The 32 bits of an option; `undefined` where it has another length. */
export function readUint32({ value }: ConfigurationOption): number | undefined {
  return value.length === 4 ? new ByteReader(value).u32() : undefined;
}

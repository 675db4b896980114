/**
 * The packets of LCP and the network control protocols, which PAP and CHAP share the header of, and
 * the options in them.
 *
 *     code (1) | identifier (1) | length (2) | data
 *     option:  type (1) | length (1) | value
 *
 * Read RFC 1661 §5 and §6 first.
 */

import { ByteReader } from "../wire/byte_reader.ts";
import { ByteWriter } from "../wire/byte_writer.ts";

export const CONFIGURE_REQUEST = 1;
export const CONFIGURE_ACK = 2;
export const CONFIGURE_NAK = 3;
export const CONFIGURE_REJECT = 4;
export const TERMINATE_REQUEST = 5;
export const TERMINATE_ACK = 6;
export const CODE_REJECT = 7;

const HEADER_OCTETS = 4;
const OPTION_HEADER_OCTETS = 2;

/** A packet. */
export interface ControlPacket {
  readonly code: number;
  readonly identifier: number;
  /** What follows the header, as a view. */
  readonly data: Uint8Array;
}

/** An option of a Configure packet. */
export interface ConfigurationOption {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Reads a packet; octets behind its length are padding. `undefined` where it is cut short. */
export function readControlPacket(octets: Uint8Array): ControlPacket | undefined {
  const reader = new ByteReader(octets);
  const code = reader.u8();
  const identifier = reader.u8();
  const length = reader.u16();
  if (reader.overrun || length < HEADER_OCTETS) return undefined;
  const data = reader.octets(length - HEADER_OCTETS);
  return reader.overrun ? undefined : { code, identifier, data };
}

/** Writes a packet. */
export function composeControlPacket({ code, identifier, data }: ControlPacket): Uint8Array {
  const writer = new ByteWriter(HEADER_OCTETS + data.length);
  writer.u8(code);
  writer.u8(identifier);
  writer.u16(HEADER_OCTETS + data.length);
  writer.octets(data);
  return writer.finish();
}

/** Reads the options of a Configure packet; `undefined` where they do not fill it exactly. */
export function readOptions(octets: Uint8Array): ConfigurationOption[] | undefined {
  const reader = new ByteReader(octets);
  const options: ConfigurationOption[] = [];
  while (reader.remaining > 0) {
    const type = reader.u8();
    const length = reader.u8();
    if (length < OPTION_HEADER_OCTETS) return undefined;
    const value = reader.octets(length - OPTION_HEADER_OCTETS);
    if (reader.overrun) return undefined;
    options.push({ type, value });
  }
  return options;
}

/** Writes the options of a Configure packet. */
export function composeOptions(options: readonly ConfigurationOption[]): Uint8Array {
  const writer = new ByteWriter(64);
  for (const { type, value } of options) {
    writer.u8(type);
    writer.u8(OPTION_HEADER_OCTETS + value.length);
    writer.octets(value);
  }
  return writer.finish();
}

/** Whether two options say the same. */
export function isSameOption(a: ConfigurationOption, b: ConfigurationOption): boolean {
  return a.type === b.type && isSameOctets(a.value, b.value);
}

/** Whether two octet strings are the same; not for secrets. */
export function isSameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}

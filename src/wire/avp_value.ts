/**
 * One AVP value, by its row of the registry: read, checked; or written, and checked in the same way,
 * for leniency on receipt is no licence to send what is malformed (V3-AVP-23, V2-AVP-16).
 *
 * Read RFC 3931 §7.1 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { AvpDefinition } from "./avp_registry.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";

/** A value, or what is wrong with it. */
export type AvpValueResult =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "wrong-length" }
  | { readonly kind: "out-of-range" };

/** Reads a value in clear; the octets are not kept. */
export function decodeAvpValue(
  row: AvpDefinition<unknown>,
  octets: Uint8Array,
  version: ProtocolVersion,
): AvpValueResult {
  const reader = new ByteReader(octets);
  const value = row.format.decode(reader, version);
  if (reader.overrun || reader.remaining > 0) return { kind: "wrong-length" };
  if (row.format.inRange?.(value) === false) return { kind: "out-of-range" };
  return { kind: "value", value };
}

/** Making a typed array costs more than filling it, so every value is written into this one. */
const scratch = new ByteWriter();

/**
 * Writes a value in clear; the octets hold until the next call.
 *
 * @throws {RangeError} We would not accept it ourselves.
 */
export function encodeAvpValue(
  row: AvpDefinition<unknown>,
  value: unknown,
  version: ProtocolVersion,
): Uint8Array {
  scratch.clear();
  row.format.encode(scratch, value, version);
  const octets = scratch.view();
  const { kind } = decodeAvpValue(row, octets, version);
  if (kind !== "value") throw new RangeError(`the value for AVP ${row.attribute}: ${kind}`);
  return octets;
}

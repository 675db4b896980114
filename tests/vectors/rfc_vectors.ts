/**
 * The computed vectors of REQUIREMENTS section 15 (`rfc_vectors.json`), by name.
 *
 * They were made with Python's hashlib and hmac straight from the RFCs' formulas.
 */

import vectors from "./rfc_vectors.json" with { type: "json" };

/** A vector: text fields, of which all but the name are hexadecimal (or `ascii:` and text). */
export type RfcVector = Readonly<Record<string, string | number>>;

/** The vectors whose name matches. */
export function rfcVectors(pattern: RegExp): RfcVector[] {
  const found = (vectors as RfcVector[]).filter(({ name }) => pattern.test(String(name)));
  if (found.length === 0) throw new Error(`no vector matches ${pattern}`);
  return found;
}

/** A field as octets. */
export function fieldOf(vector: RfcVector, field: string): Uint8Array {
  const value = vector[field];
  if (typeof value !== "string") throw new Error(`${vector.name} has no octets ${field}`);
  return value.startsWith("ascii:")
    ? new TextEncoder().encode(value.slice("ascii:".length))
    : Uint8Array.fromHex(value);
}

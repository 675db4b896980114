/** Vectors are written as lines of hexadecimal with a comment behind each field. */

/** Octets of a listing: everything from `;` to the end of a line is comment. */
export function octetsOf(listing: string): Uint8Array {
  return Uint8Array.fromHex(listing.replaceAll(/;.*$/gm, "").replaceAll(/\s+/g, ""));
}

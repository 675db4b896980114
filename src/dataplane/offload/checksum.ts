/**
 * The Internet checksum, for whole segments at a time.
 *
 * Read RFC 1071 §2 first: the sum does not mind the order of octets, so it is taken over words as
 * processors read them, and turned round once at the end. Sums are folded to 16 bits.
 */

import type { SummingMemory } from "./summing_memory.ts";

/** The one's complement sum of `length` octets, at most 65,536, as 16-bit words in network order. */
export function sumOctets(memory: SummingMemory, start: number, length: number): number {
  return swap(fold(memory.sum(start, start + length)));
}

/** Folds a sum of up to 32 bits to 16. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Two octets the other way round. */
function swap(sum: number): number {
  return ((sum & 0xff) << 8) | (sum >>> 8);
}

/** What goes into a checksum field whose other octets have this sum. */
export function complement(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/**
 * The Internet checksum, for whole segments at a time.
 *
 * Read RFC 1071 §2 first: the sum does not mind the order of octets, so it is taken over words as
 * the machine reads them, and turned round once at the end. Sums are folded to 16 bits.
 */

import type { FrameMemory } from "../frame_batch.ts";

/** Ethernet type and length words are summed one by one below this; not worth a loop over words. */
const SHORT_OCTETS = 16;

/** The one's complement sum of `length` octets, at most 65,536, as 16-bit words in network order. */
export function sumOctets(memory: FrameMemory, start: number, length: number): number {
  if (length < SHORT_OCTETS) return sumShort(memory.octets, start, length);
  const end = start + length;
  const firstWord = (start + 3) >> 2;
  const endWord = end >> 2;
  const inside = sumWords(memory.words, firstWord, endWord);
  const edges = sumEdge(memory.octets, start, firstWord << 2) +
    sumEdge(memory.octets, endWord << 2, end);
  const sum = fold((inside & 0xffff) + (inside >>> 16) + edges);
  return (start & 1) === 0 ? swap(sum) : sum;
}

/** Adds two halves of each word as 32-bit integers: 16,384 words cannot overflow one. */
function sumWords(words: Int32Array, first: number, end: number): number {
  let sum = 0;
  for (let at = first; at < end; at++) {
    const word = words[at]!;
    sum = (sum + (word & 0xffff) + (word >>> 16)) | 0;
  }
  return sum;
}

/** The octets before the first whole word and after the last, where the machine would read them. */
function sumEdge(octets: Uint8Array, first: number, end: number): number {
  let sum = 0;
  for (let at = first; at < end; at++) sum += octets[at]! << ((at & 1) << 3);
  return sum;
}

function sumShort(octets: Uint8Array, start: number, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at++) sum += octets[start + at]! << (8 - ((at & 1) << 3));
  return fold(sum);
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

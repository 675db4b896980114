/**
 * An IPv4 packet that is too long for the path is cut before it is encapsulated: each fragment is a
 * frame of its own, with the link header of the whole.
 *
 * Read RFC 791 §2.3 and §3.2 (fragmentation, and which options are in later fragments), and
 * RFC 3931 §4.1.4. Nothing is copied but headers: the payload stays where it is.
 */

import { complement } from "../offload/checksum.ts";
import type { FrameBatch } from "../frame_batch.ts";
import {
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_HEADER_OCTETS,
  IPV4_TOTAL_LENGTH,
  sumFields,
} from "../offload/inner_headers.ts";
import { IPV4_FRAGMENT_OFFSET, IPV4_MORE_FRAGMENTS, ipv4HeaderLength } from "./inner_ip.ts";

/** What is in later fragments, too: the copied flag of an option's kind. */
const COPIED = 0x80;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

/**
 * Cuts the packet whose IPv4 header is at `ip`, of a frame in one piece that begins at `start`, into
 * frames of at most `longest` octets: the first frames of `spare`, which shares the batch's memory.
 *
 * @returns how many; 0 where it cannot be done.
 */
export function fragmentIpv4(
  spare: FrameBatch,
  start: number,
  length: number,
  ip: number,
  longest: number,
): number {
  const { view } = spare;
  const header = ipv4HeaderLength(view, ip);
  const payload = view.getUint16(ip + IPV4_TOTAL_LENGTH) - header;
  const heads = ip + header - start;
  const room = (longest - heads) & ~7;
  if (payload <= 0 || heads + payload > length || room <= 0) return 0;
  const count = Math.ceil(payload / room);
  if (count > spare.slots) return 0;
  for (let index = 0; index < count; index++) {
    const done = index * room;
    const head = spare.headStart(index);
    spare.octets.copyWithin(head, start, start + heads);
    spare.locate(index, head, heads);
    spare.bodyStarts[index] = start + heads + done;
    spare.bodyLengths[index] = Math.min(room, payload - done);
    stampHeader(spare, head + ip - start, header, done, index === count - 1, index);
  }
  return count;
}

/** Length, place and checksum; a packet that is a fragment itself is cut into fragments of the whole. */
function stampHeader(
  spare: FrameBatch,
  ip: number,
  header: number,
  done: number,
  isLast: boolean,
  index: number,
): void {
  const { view } = spare;
  if (done > 0 && header > IPV4_HEADER_OCTETS) blankOptions(view, ip, header);
  const field = view.getUint16(ip + IPV4_FRAGMENT);
  const more = isLast ? field & IPV4_MORE_FRAGMENTS : IPV4_MORE_FRAGMENTS;
  const offset = (field & IPV4_FRAGMENT_OFFSET) + (done >> 3);
  view.setUint16(ip + IPV4_TOTAL_LENGTH, header + spare.bodyLengths[index]!);
  view.setUint16(ip + IPV4_FRAGMENT, more | offset);
  view.setUint16(ip + IPV4_CHECKSUM, 0);
  view.setUint16(ip + IPV4_CHECKSUM, complement(sumFields(view, ip, header)));
}

/** Options that only the first fragment has become No Operation, and the header stays as long. */
function blankOptions(view: DataView, ip: number, header: number): void {
  const end = ip + header;
  for (let at = ip + IPV4_HEADER_OCTETS; at < end;) {
    const kind = view.getUint8(at);
    if (kind === END_OF_OPTIONS) return;
    const stated = kind === NO_OPERATION || at + 1 === end ? 1 : view.getUint8(at + 1);
    const next = Math.min(at + Math.max(stated, 1), end);
    if ((kind & COPIED) === 0) {
      for (let blank = at; blank < next; blank++) view.setUint8(blank, 1);
    }
    at = next;
  }
}

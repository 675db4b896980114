/**
 * The header of an L2TPv2 data packet, as functions of offsets: fields that its flags leave out
 * take no space.
 *
 *     flags, version (2) | [Length (2)] | Tunnel ID (2) | Session ID (2) | [Ns (2) Nr (2)]
 *     | [Offset Size (2), that many octets] | frame
 *
 * Read RFC 2661 §3.1 first (V2-HDR-01, V2-HDR-11, V2-HDR-13). Reserved bits are not looked at
 * (V2-HDR-07), nor is Nr (V2-HDR-15). Everywhere the header begins at `start`; before anything else
 * is asked, `v2FrameStart` and `v2FrameEnd` must have found that it fits.
 */

const L_BIT = 0x40;
const S_BIT = 0x08;
const O_BIT = 0x02;

/** Octets of the flags, of a field, and of the two fields that S brings. */
const FLAGS_LENGTH = 2;
const FIELD_LENGTH = 2;
const SEQUENCE_LENGTH = 4;

/** Of the first 16 bits of what we send: Length always, Ns and Nr where packets are numbered. */
const LENGTH_FLAG = 0x4000;
const SEQUENCE_FLAG = 0x0800;
const VERSION = 2;

/** The P bit among the first 16 (V2-HDR-14). */
export const V2_PRIORITY_FLAG = 0x0100;
/** Where Length is, in a header that has it. */
export const V2_LENGTH_OFFSET: number = FLAGS_LENGTH;

/** What the header of a session's packets is made of. */
export interface V2DataHeader {
  /** The recipient's (V2-HDR-12). */
  readonly tunnelId: number;
  readonly sessionId: number;
  /** Whether the last four octets are Ns and Nr. */
  readonly numbered: boolean;
}

/** The header of a session's packets, a multiple of 4 octets; Length and Ns are yet to be written. */
export function encodeV2DataHeader({ tunnelId, sessionId, numbered }: V2DataHeader): Uint8Array {
  const octets = new Uint8Array(numbered ? 12 : 8);
  const view = new DataView(octets.buffer);
  view.setUint16(0, LENGTH_FLAG | (numbered ? SEQUENCE_FLAG : 0) | VERSION);
  view.setUint16(4, tunnelId);
  view.setUint16(6, sessionId);
  return octets;
}

/** Where the frame begins, or -1 where the header does not fit before `end`. */
export function v2FrameStart(octets: Uint8Array, start: number, end: number): number {
  if (start + FLAGS_LENGTH > end) return -1;
  const afterSequence = sequenceOffset(octets, start) +
    (has(octets, start, S_BIT) ? SEQUENCE_LENGTH : 0);
  if (!has(octets, start, O_BIT)) return afterSequence <= end ? afterSequence : -1;
  if (afterSequence + FIELD_LENGTH > end) return -1;
  const frameStart = afterSequence + FIELD_LENGTH + readUint16(octets, afterSequence);
  return frameStart <= end ? frameStart : -1;
}

/** Where the frame ends: where Length says, if there is one; -1 where that is beyond `end`. */
export function v2FrameEnd(octets: Uint8Array, start: number, end: number): number {
  if (!has(octets, start, L_BIT)) return end;
  const frameEnd = start + readUint16(octets, start + FLAGS_LENGTH);
  return frameEnd <= end ? frameEnd : -1;
}

/** Tunnel ID: the recipient's. */
export function v2TunnelId(octets: Uint8Array, start: number): number {
  return readUint16(octets, identifiersOffset(octets, start));
}

/** Session ID: the recipient's. */
export function v2SessionId(octets: Uint8Array, start: number): number {
  return readUint16(octets, identifiersOffset(octets, start) + FIELD_LENGTH);
}

/** The sequence number Ns, or -1 in a packet that has none. */
export function v2Ns(octets: Uint8Array, start: number): number {
  return has(octets, start, S_BIT) ? readUint16(octets, sequenceOffset(octets, start)) : -1;
}

function has(octets: Uint8Array, start: number, bit: number): boolean {
  return (octets[start]! & bit) !== 0;
}

function identifiersOffset(octets: Uint8Array, start: number): number {
  return start + FLAGS_LENGTH + (has(octets, start, L_BIT) ? FIELD_LENGTH : 0);
}

function sequenceOffset(octets: Uint8Array, start: number): number {
  return identifiersOffset(octets, start) + 2 * FIELD_LENGTH;
}

function readUint16(octets: Uint8Array, offset: number): number {
  return octets[offset]! << 8 | octets[offset + 1]!;
}

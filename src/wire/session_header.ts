/**
 * The header of an L2TPv3 data packet, as offsets and words: the data path builds no objects.
 *
 *     over IP:                      Session ID (4) | Cookie (0, 4, 8) | [Sublayer (4)] | frame
 *     over UDP:   00 03 00 00 (4) | Session ID (4) | Cookie (0, 4, 8) | [Sublayer (4)] | frame
 *
 * Read RFC 3931 §4.1.1.1, §4.1.2.1 and §4.6 first.
 */

import type { Encapsulation } from "../model/path.ts";

/** Where the Session ID is: over UDP after flags, version and a reserved word. */
export const SESSION_ID_OFFSET: Readonly<Record<Encapsulation, number>> = { udp: 4, ip: 0 };

/** Where the cookie is, or what follows where there is none. */
export const COOKIE_OFFSET: Readonly<Record<Encapsulation, number>> = { udp: 8, ip: 4 };

/** Octets of the Default L2-Specific Sublayer, and its word: S, and 24 bits of sequence number. */
export const SUBLAYER_LENGTH = 4;
/** S: the sequence number is valid (V3-DP-11, V3-DP-12). */
export const SUBLAYER_S_BIT = 0x4000_0000;
export const SUBLAYER_SEQUENCE_BITS = 0x00ff_ffff;

/** Flags, version and reserved word of a data packet over UDP: all 0 but Ver (V3-UDP-01..04). */
const UDP_DATA_WORD = 0x0003_0000;

/** What the header of a session's packets is made of. */
export interface SessionHeader {
  readonly encapsulation: Encapsulation;
  /** The recipient's Session ID (V3-DP-32). */
  readonly sessionId: number;
  /** The cookie that the recipient assigned: 0, 4 or 8 octets (V3-DP-02). */
  readonly cookie: Uint8Array;
  /** Whether the recipient asked for the Default L2-Specific Sublayer (V3-DP-07). */
  readonly hasSublayer: boolean;
}

/** Octets in front of the frame; a multiple of 4. */
export function sessionHeaderLength(
  encapsulation: Encapsulation,
  cookieLength: number,
  hasSublayer: boolean,
): number {
  return COOKIE_OFFSET[encapsulation] + cookieLength + (hasSublayer ? SUBLAYER_LENGTH : 0);
}

/** The header of a session's packets; the sublayer, which each packet has its own of, is 0. */
export function encodeSessionHeader(header: SessionHeader): Uint8Array {
  const { encapsulation, sessionId, cookie, hasSublayer } = header;
  const octets = new Uint8Array(sessionHeaderLength(encapsulation, cookie.length, hasSublayer));
  const view = new DataView(octets.buffer);
  if (encapsulation === "udp") view.setUint32(0, UDP_DATA_WORD);
  view.setUint32(SESSION_ID_OFFSET[encapsulation], sessionId);
  octets.set(cookie, COOKIE_OFFSET[encapsulation]);
  return octets;
}

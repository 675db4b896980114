/**
 * The address field of Frame Relay frames: which circuit, and what the network says of congestion.
 *
 *     2 octets:  DLCI 6 | C/R | EA 0      DLCI 4 | FECN | BECN | DE | EA 1
 *     4 octets:  the same with EA 0, then   DLCI 7 | EA 0      DLCI 6 | D/C | EA 1
 *
 * Read RFC 4591 §4.1 and RFC 2427 §3 first; the field is that of ITU-T Q.922 §3.3.
 */

import type { FrameRelayAddress } from "../model/session_descriptor.ts";

const EA_BIT = 0x01;
/** C/R of the first octet; FECN, BECN, DE and EA of the second. */
const COMMAND_BITS = 0x03;
const CONGESTION_BITS = 0x0f;
/** D/C of the last of 4 octets: what is there in place of a DLCI is for the network's own use. */
const CONTROL_BIT = 0x02;

/** Whether a whole address of that length is there: its extension bits say so (FR-19). */
export function isAddress(
  octets: Uint8Array,
  start: number,
  length: number,
  addressLength: 2 | 4,
): boolean {
  if (length < addressLength || (octets[start]! & EA_BIT) !== 0) return false;
  if (addressLength === 2) return (octets[start + 1]! & EA_BIT) !== 0;
  const extended = (octets[start + 1]! | octets[start + 2]!) & EA_BIT;
  return extended === 0 && (octets[start + 3]! & (EA_BIT | CONTROL_BIT)) === EA_BIT;
}

/** The DLCI of an address that `isAddress` found. */
export function readDlci(octets: Uint8Array, start: number, addressLength: 2 | 4): number {
  const dlci = (octets[start]! >> 2) << 4 | octets[start + 1]! >> 4;
  if (addressLength === 2) return dlci;
  return dlci << 13 | (octets[start + 2]! >> 1) << 6 | octets[start + 3]! >> 2;
}

/**
 * Writes another DLCI into an address (FR-20); C/R, FECN, BECN and DE stay what they are (FR-17,
 * FR-18).
 */
export function rewriteDlci(
  octets: Uint8Array,
  start: number,
  { length, dlci }: FrameRelayAddress,
): void {
  const short = length === 2 ? dlci : dlci >> 13;
  octets[start] = (short >> 4) << 2 | (octets[start]! & COMMAND_BITS);
  octets[start + 1] = (short & 0x0f) << 4 | (octets[start + 1]! & CONGESTION_BITS);
  if (length === 2) return;
  octets[start + 2] = (dlci >> 6 & 0x7f) << 1;
  octets[start + 3] = (dlci & 0x3f) << 2 | EA_BIT;
}

/** Writes the address of a frame that is made here: no congestion, not eligible for discard. */
export function writeAddress(octets: Uint8Array, start: number, address: FrameRelayAddress): void {
  octets[start] = 0;
  octets[start + 1] = address.length === 2 ? EA_BIT : 0;
  rewriteDlci(octets, start, address);
}

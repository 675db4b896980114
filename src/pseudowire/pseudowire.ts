/**
 * What the data plane must know of a pseudowire: how the frames of a port become its payloads and
 * back, which frames are whole, and which of them carry IP.
 *
 * Read RFC 3931 §3.2.2 and §5.4.4 (Data Sequencing) and DESIGN section 5 first. A frame is
 * (octets, start, length) of a larger buffer. Everything here is called once per frame: it allocates
 * nothing, and octets from the network never make it throw.
 */

import type { PppProtocols } from "../model/ppp_protocols.ts";

/**
 * Answers of `wrap` and `unwrap` in place of a frame's start. The first is no refusal: the payload
 * is one of the link's own control frames, for the main thread.
 */
export const TO_MAIN_THREAD = -1;
/** Too short for what its own fields say, or its header makes no sense. */
export const BAD_FRAME = -2;
/** Of a protocol that neither the port nor the main thread takes. */
export const UNKNOWN_PROTOCOL = -3;
/** Of a protocol that has not been agreed on with the peer yet, or not any more. */
export const PROTOCOL_CLOSED = -4;
/** Its address makes no sense, or is that of another circuit: DLCI, VLAN, HDLC address. */
export const BAD_ADDRESS = -5;

/** The rules of one pseudowire and what its port has. */
export interface Pseudowire {
  /** The port's frames are the payloads: `wrap`, `unwrap` and `trailerLength` are not called. */
  readonly isTransparent: boolean;
  /** Fewer octets than this are no frame at the port. */
  readonly shortestFrame: number;
  /** Fewer octets than this are no payload. */
  readonly shortestPayload: number;

  /** Whether a frame of the port is known to carry an IP packet (V3-DP-27, V3-DP-28). */
  carriesIp(octets: Uint8Array, start: number, length: number): boolean;

  /**
   * Makes a frame of the port a payload, in place. What is written before it, at most 16
   * octets, lies in the headroom. `length` may be that of the frame's headers alone: the rest of a
   * long one lies elsewhere.
   *
   * @returns where the payload starts, or one of the refusals above.
   */
  wrap(octets: Uint8Array, start: number, length: number): number;

  /** How many octets at a payload's end are no part of the port's frame: LAN FCS, padding. */
  trailerLength(octets: Uint8Array, start: number, length: number): number;

  /**
   * Makes a payload, its trailer already taken off, a frame of the port, in place. It may grow into
   * the 4 octets before it, which held the L2TP header.
   *
   * @returns where the frame starts, or one of the answers above.
   */
  unwrap(octets: Uint8Array, start: number, length: number): number;

  /** PPP only: whether a payload keeps the link alive, and so goes before others (V2-HDR-14). */
  isKeepalive?(octets: Uint8Array, start: number, length: number): boolean;

  /** PPP only: what may pass from now on, and in which form. At first nothing may. */
  setPppProtocols?(protocols: PppProtocols): void;
}

/**
 * PPP frames as payloads of L2TP: no flags, no FCS, no escapes; `[FF 03] protocol information`.
 *
 * Read RFC 1661 §2, §6.5 and §6.6, RFC 1662 §3.1, and REQUIREMENTS A-25 first.
 */

const ADDRESS = 0xff;
const CONTROL = 0x03;
const HEADER_OCTETS = 4;

/** A PPP frame. */
export interface PppFrame {
  readonly protocol: number;
  /** A view of the frame's octets. */
  readonly information: Uint8Array;
}

/**
 * Reads a frame with or without address and control, its protocol in one octet or two: both forms
 * are taken always, more than PPP-17 asks. `undefined` where there is no whole protocol.
 */
export function readPppFrame(octets: Uint8Array): PppFrame | undefined {
  const start = octets[0] === ADDRESS && octets[1] === CONTROL ? 2 : 0;
  const first = octets[start];
  if (first === undefined) return undefined;
  if ((first & 1) !== 0) return { protocol: first, information: octets.subarray(start + 1) };
  const second = octets[start + 1];
  if (second === undefined) return undefined;
  return { protocol: first << 8 | second, information: octets.subarray(start + 2) };
}

/**
 * A frame with everything in it. Control packets are few and may always be sent so; LCP's must
 * (PPP-17, PPP-18).
 */
export function composePppFrame(protocol: number, information: Uint8Array): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS + information.length);
  octets[0] = ADDRESS;
  octets[1] = CONTROL;
  octets[2] = protocol >> 8;
  octets[3] = protocol;
  octets.set(information, HEADER_OCTETS);
  return octets;
}

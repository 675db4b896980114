/**
 * Which frames a capture file has, and which pseudowires carry such frames.
 *
 * The numbers are those of https://www.tcpdump.org/linktypes.html. A pseudowire's frames in a file
 * are what its port would have: RFC 4591 §4.1, RFC 4349 §4.1, RFC 4719 §3.1.
 */

import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { HdlcProtocol } from "../model/session_descriptor.ts";

/** Link types that are written or played. */
export const LINK_TYPES = {
  ethernet: 1,
  ppp: 9,
  pppHdlc: 50,
  ip: 101,
  ciscoHdlc: 104,
  frameRelay: 107,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  [LINK_TYPES.ethernet]: "Ethernet",
  [LINK_TYPES.ppp]: "PPP",
  [LINK_TYPES.pppHdlc]: "PPP in HDLC",
  [LINK_TYPES.ip]: "IP packets",
  [LINK_TYPES.ciscoHdlc]: "Cisco HDLC",
  [LINK_TYPES.frameRelay]: "Frame Relay",
};

/** Those that can be played, by the pseudowire; the first is what is recorded. */
const BY_PSEUDOWIRE: Readonly<Record<PseudowireType, readonly [number, ...number[]]>> = {
  "ethernet": [LINK_TYPES.ethernet],
  "ethernet-vlan": [LINK_TYPES.ethernet],
  "frame-relay": [LINK_TYPES.frameRelay],
  "hdlc": [LINK_TYPES.ciscoHdlc, LINK_TYPES.pppHdlc],
  "ppp": [LINK_TYPES.ppp, LINK_TYPES.pppHdlc],
};

/** A link type in words: `107 (Frame Relay)`. */
export function linkTypeText(linkType: number): string {
  const name = NAMES[linkType];
  return name === undefined ? String(linkType) : `${linkType} (${name})`;
}

/** The link types of files that a pseudowire's frames may come from. */
export function playableLinkTypes(pseudowire: PseudowireType): readonly number[] {
  return BY_PSEUDOWIRE[pseudowire];
}

/** The link type of files that a pseudowire's frames go to; `hdlc` says what HDLC frames are. */
export function recordedLinkType(
  pseudowire: PseudowireType,
  hdlc: HdlcProtocol | undefined,
): number {
  if (pseudowire === "hdlc" && hdlc === "ppp") return LINK_TYPES.pppHdlc;
  return BY_PSEUDOWIRE[pseudowire][0];
}

/**
 * Ethernet frames, port-to-port and VLAN-to-VLAN: the whole frame without preamble and FCS is one
 * L2TP payload, tagged or not, and leaves as it came. Where tags differ: vlan.ts.
 *
 * Read RFC 4719 §3.1 (ETH-16, ETH-17) first.
 */

import { TYPE_CUSTOMER_TAG, TYPE_IPV4, TYPE_IPV6, TYPE_SERVICE_TAG } from "../model/ethertype.ts";
import type { Pseudowire } from "./pseudowire.ts";
import { TRANSPARENT } from "./transparent.ts";

/** Two addresses and an EtherType. */
export const ETHERNET_HEADER_OCTETS = 14;

const TYPE_OFFSET = 12;
/** A VLAN tag: what kind it is; priority and VLAN. */
export const TAG_OCTETS = 4;

/** The number that was used for stacked tags before 802.1ad. */
const TYPE_OLD_SERVICE_TAG = 0x9100;

function isTag(type: number): boolean {
  return type === TYPE_CUSTOMER_TAG || type === TYPE_SERVICE_TAG || type === TYPE_OLD_SERVICE_TAG;
}

/** Whether a whole Ethernet header is followed by a VLAN tag. */
export function ethernetIsTagged(octets: Uint8Array, start: number): boolean {
  return isTag((octets[start + TYPE_OFFSET]! << 8) | octets[start + TYPE_OFFSET + 1]!);
}

/** Whether a whole Ethernet header is that of spanning tree between bridges (BCP-18). */
export function isSpanningTree(octets: Uint8Array, start: number): boolean {
  return octets[start] === 0x01 && octets[start + 1] === 0x80 && octets[start + 2] === 0xc2 &&
    octets[start + 3] === 0 && octets[start + 4] === 0 && octets[start + 5] === 0;
}

/**
 * Whether an Ethernet frame carries IPv4 or IPv6, behind any number of VLAN tags. ARP is not IP,
 * and a frame that ends inside its tags is not known to be (V3-DP-28).
 */
export function ethernetCarriesIp(octets: Uint8Array, start: number, length: number): boolean {
  const last = start + length - 2;
  for (let at = start + TYPE_OFFSET; at <= last; at += TAG_OCTETS) {
    const type = (octets[at]! << 8) | octets[at + 1]!;
    if (!isTag(type)) return type === TYPE_IPV4 || type === TYPE_IPV6;
  }
  return false;
}

/** Both Ethernet pseudowire types: they differ in what is provisioned, not in the frames. */
export const ETHERNET_PSEUDOWIRE: Pseudowire = {
  ...TRANSPARENT,
  shortestFrame: ETHERNET_HEADER_OCTETS,
  shortestPayload: ETHERNET_HEADER_OCTETS,
  carriesIp: ethernetCarriesIp,
};

/**
 * HDLC frames as payloads: those of a port of that kind, whatever protocol they are of, and Ethernet
 * frames and IP packets in the encapsulation of Cisco's routers. PPP in HDLC is what it is anywhere:
 * ppp.ts.
 *
 *     0F (8F: to all) | 00 | EtherType | IP packet
 *     0F              | 00 | 65 58     | Ethernet frame
 *
 * Read RFC 4349 §4.1 first; RFC 1547 §4.3.1 tells of the encapsulation.
 */

import { TYPE_IPV4, TYPE_IPV6 } from "../model/ethertype.ts";
import { ETHERNET_HEADER_OCTETS, ethernetCarriesIp, isSpanningTree } from "./ethernet.ts";
import { IPV4_VERSION, IPV6_VERSION, ipVersion, SHORTEST_PACKET } from "./ip_packet.ts";
import { PPP_IPV4, PPP_IPV6, pppProtocol } from "./ppp.ts";
import {
  BAD_ADDRESS,
  BAD_FRAME,
  type Pseudowire,
  TO_MAIN_THREAD,
  UNKNOWN_PROTOCOL,
} from "./pseudowire.ts";
import { TRANSPARENT } from "./transparent.ts";

const UNICAST = 0x0f;
const BROADCAST = 0x8f;
/** Address, control and EtherType. */
export const CISCO_HEADER_OCTETS = 4;
/** Address and control, which is all of LAPB's shortest frames. */
const SHORTEST_HDLC = 2;

const PPP_ADDRESS = 0xff;
const PPP_CONTROL = 0x03;

const TYPE_BRIDGED = 0x6558;
export const TYPE_SLARP = 0x8035;

/** The EtherType of a frame of Cisco's kind, or why there is none. */
function readType(octets: Uint8Array, start: number, length: number): number {
  if (length < CISCO_HEADER_OCTETS) return BAD_FRAME;
  if (octets[start] !== UNICAST && octets[start] !== BROADCAST) return BAD_ADDRESS;
  return octets[start + 2]! << 8 | octets[start + 3]!;
}

/** Writes Cisco's header before a frame or a packet; where the whole begins. */
function writeHeader(octets: Uint8Array, start: number, type: number): number {
  octets[start - 1] = type & 0xff;
  octets[start - 2] = type >> 8;
  octets[start - 3] = 0;
  octets[start - CISCO_HEADER_OCTETS] = UNICAST;
  return start - CISCO_HEADER_OCTETS;
}

/**
 * Whether a frame of any HDLC protocol is known to carry IP: PPP and Cisco's tell themselves apart
 * by the address, and from LAPB and Frame Relay too. Of those nothing is known (V3-DP-28).
 */
function hdlcCarriesIp(octets: Uint8Array, start: number, length: number): boolean {
  if (length < CISCO_HEADER_OCTETS) return false;
  if (octets[start] === PPP_ADDRESS && octets[start + 1] === PPP_CONTROL) {
    const protocol = pppProtocol(octets, start, length);
    return protocol === PPP_IPV4 || protocol === PPP_IPV6;
  }
  const type = octets[start + 1] === 0 ? readType(octets, start, length) : BAD_ADDRESS;
  return type === TYPE_IPV4 || type === TYPE_IPV6;
}

/** Frames of the port's own kind: all of them pass as they are (HDLC-07). */
export const NATIVE_HDLC: Pseudowire = {
  ...TRANSPARENT,
  shortestFrame: SHORTEST_HDLC,
  shortestPayload: SHORTEST_HDLC,
  carriesIp: hdlcCarriesIp,
};

/** SLARP's keepalives have the link live (see slarp.ts). */
function isSlarp(octets: Uint8Array, start: number, length: number): boolean {
  return readType(octets, start, length) === TYPE_SLARP;
}

/** IP packets at the port, of Cisco's kind on the wire. */
export const ROUTED_CISCO_HDLC: Pseudowire = {
  isTransparent: false,
  isKeepalive: isSlarp,
  shortestFrame: SHORTEST_PACKET,
  shortestPayload: CISCO_HEADER_OCTETS,
  carriesIp: () => true,
  trailerLength: () => 0,
  wrap(octets, start) {
    const version = ipVersion(octets, start);
    if (version !== IPV4_VERSION && version !== IPV6_VERSION) return BAD_FRAME;
    return writeHeader(octets, start, version === IPV4_VERSION ? TYPE_IPV4 : TYPE_IPV6);
  },
  unwrap(octets, start, length) {
    const type = readType(octets, start, length);
    if (type < 0) return type;
    if (type === TYPE_SLARP) return TO_MAIN_THREAD;
    if (type !== TYPE_IPV4 && type !== TYPE_IPV6) return UNKNOWN_PROTOCOL;
    const packet = start + CISCO_HEADER_OCTETS;
    if (length - CISCO_HEADER_OCTETS < SHORTEST_PACKET) return BAD_FRAME;
    const version = type === TYPE_IPV4 ? IPV4_VERSION : IPV6_VERSION;
    return ipVersion(octets, packet) === version ? packet : BAD_FRAME;
  },
};

/** Ethernet frames at the port, of Cisco's kind on the wire. Spanning tree stays on its side. */
export const BRIDGED_CISCO_HDLC: Pseudowire = {
  isTransparent: false,
  isKeepalive: isSlarp,
  shortestFrame: ETHERNET_HEADER_OCTETS,
  shortestPayload: CISCO_HEADER_OCTETS,
  carriesIp: ethernetCarriesIp,
  trailerLength: () => 0,
  wrap: (octets, start) =>
    isSpanningTree(octets, start) ? UNKNOWN_PROTOCOL : writeHeader(octets, start, TYPE_BRIDGED),
  unwrap(octets, start, length) {
    const type = readType(octets, start, length);
    if (type < 0) return type;
    if (type === TYPE_SLARP) return TO_MAIN_THREAD;
    if (type !== TYPE_BRIDGED) return UNKNOWN_PROTOCOL;
    const short = length - CISCO_HEADER_OCTETS < ETHERNET_HEADER_OCTETS;
    return short ? BAD_FRAME : start + CISCO_HEADER_OCTETS;
  },
};

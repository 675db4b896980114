/**
 * How large a frame's payload may be so that the packet around it fits the path: the arithmetic of
 * `mtu: auto`.
 *
 * Read RFC 3931 §4.1.4 and RFC 4719 §3.3 (ETH-23): the headers of a data message, one by one; of
 * L2TPv2 RFC 2661 §3.1.
 */

import { type Encapsulation, isIpv6 } from "../model/path.ts";
import type { L2SpecificSublayer, SessionDescriptor } from "../model/session_descriptor.ts";
import { carriesPpp } from "../pseudowire/selection.ts";

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
/** Flags, version and reserved octets before the Session ID over UDP (RFC 3931 §4.1.2.1). */
const UDP_DATA_PREFIX = 4;
const SESSION_ID = 4;
const DEFAULT_SUBLAYER = 4;
/** Flags and version, length, tunnel and session, Ns and Nr: what we send at most (RFC 2661 §3.1). */
const V2_DATA_HEADER = 12;
/** Octets of the header of Ethernet frames themselves. */
const ETHERNET_HEADER = 14;
/** Behind a Frame Relay address: control, pad, NLPID, organization, protocol (RFC 2427 §4.2). */
const FRAME_RELAY_BRIDGED = 8;
/** Behind a Frame Relay address: control and NLPID. */
const FRAME_RELAY_ROUTED = 2;
/** Address, control and EtherType. */
const CISCO_HDLC = 4;
/** Address, control and protocol, none of them compressed (RFC 1661 §2, RFC 1662 §3.1). */
export const PPP_HEADER = 4;
/** Behind those, before an Ethernet frame: flags and MAC type (RFC 3518 §4.2). */
const PPP_BRIDGED = 2;
const VLAN_TAG = 4;

/** Smallest MTU that the kernel lets an Ethernet interface have. */
const SMALLEST_MTU = 68;
/** Largest frame payload carried: a 9,018 octet frame less its Ethernet header. */
const LARGEST_MTU = 9_004;

/** What decides which headers a packet has, in one direction. */
export interface PacketShape {
  readonly ipv6: boolean;
  readonly encapsulation: Encapsulation;
  /** Octets of the cookie: 0, 4 or 8. */
  readonly cookie: number;
  readonly sublayer: L2SpecificSublayer;
}

/** One header of a packet. */
export interface PacketHeader {
  readonly name: string;
  readonly octets: number;
}

/** The headers of a data packet from the outside in, with the Ethernet header of its frame. */
export function packetHeaders(
  { ipv6, encapsulation, cookie, sublayer }: PacketShape,
): readonly PacketHeader[] {
  const overUdp = encapsulation === "udp";
  const headers: readonly PacketHeader[] = [
    ipv6 ? { name: "IPv6", octets: IPV6_HEADER } : { name: "IPv4", octets: IPV4_HEADER },
    { name: "UDP", octets: overUdp ? UDP_HEADER : 0 },
    { name: "L2TPv3 flags and version", octets: overUdp ? UDP_DATA_PREFIX : 0 },
    { name: "Session ID", octets: SESSION_ID },
    { name: "cookie", octets: cookie },
    { name: "L2-Specific Sublayer", octets: sublayerOctets(sublayer) },
    { name: "Ethernet header of the frame", octets: ETHERNET_HEADER },
  ];
  return headers.filter(({ octets }) => octets > 0);
}

/** What is left of a path's MTU for a frame's payload, within what an interface can have. */
export function payloadMtu(pathMtu: number, headers: readonly PacketHeader[]): number {
  return withinInterface(pathMtu - headers.reduce((sum, { octets }) => sum + octets, 0));
}

function withinInterface(mtu: number): number {
  return Math.min(Math.max(mtu, SMALLEST_MTU), LARGEST_MTU);
}

/**
 * Octets of the headers around a session's payloads. The direction with more of them counts for
 * both, so that two ends of one path arrive at the same MTU although cookies are chosen per direction.
 */
export function sessionOverhead(descriptor: SessionDescriptor): number {
  const { path, receiveCookie, receiveSublayer, transmitCookie, transmitSublayer } = descriptor;
  const ip = isIpv6(path.remote.address) ? IPV6_HEADER : IPV4_HEADER;
  if (descriptor.localTunnelId !== undefined) return ip + UDP_HEADER + V2_DATA_HEADER;
  const udp = path.encapsulation === "udp" ? UDP_HEADER + UDP_DATA_PREFIX : 0;
  const sent = transmitCookie.length + sublayerOctets(transmitSublayer);
  const received = receiveCookie.length + sublayerOctets(receiveSublayer);
  return ip + udp + SESSION_ID + Math.max(sent, received);
}

function sublayerOctets(sublayer: L2SpecificSublayer): number {
  return sublayer === "default" ? DEFAULT_SUBLAYER : 0;
}

/** Octets that the pseudowire puts before the port's frames or packets. */
function wrappingOctets(descriptor: SessionDescriptor): number {
  const { pseudowire, framing = "native", frameRelay, vlan } = descriptor;
  if (pseudowire === "ethernet" || pseudowire === "ethernet-vlan") {
    return vlan?.peer !== undefined && vlan.port === undefined ? VLAN_TAG : 0;
  }
  if (framing === "native") return 0;
  const isRouted = framing === "routed";
  if (carriesPpp(descriptor)) return PPP_HEADER + (isRouted ? 0 : PPP_BRIDGED);
  if (pseudowire === "hdlc") return CISCO_HDLC;
  return (frameRelay?.length ?? 2) + (isRouted ? FRAME_RELAY_ROUTED : FRAME_RELAY_BRIDGED);
}

/** Octets of a PPP link's information before the payload of the port's own frames (RFC 3518 §4.2). */
export function bridgedOctets({ framing }: Pick<SessionDescriptor, "framing">): number {
  return framing === "bridged" ? PPP_BRIDGED + ETHERNET_HEADER : 0;
}

/** Octets before the payload of the port's own frames: of Ethernet, and none of packets. */
export function portHeaderOctets({ framing }: Pick<SessionDescriptor, "framing">): number {
  return framing === "routed" ? 0 : ETHERNET_HEADER;
}

/** The MTU of the attachment circuit: the path's, less every header, less its frames' own. */
export function attachmentMtu(descriptor: SessionDescriptor, pathMtu: number): number {
  const headers = sessionOverhead(descriptor) + wrappingOctets(descriptor);
  return withinInterface(pathMtu - headers - portHeaderOctets(descriptor));
}

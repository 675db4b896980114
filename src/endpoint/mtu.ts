/**
 * How large a frame's payload may be so that the packet around it fits the path: the arithmetic of
 * `mtu: auto`.
 *
 * Read RFC 3931 §4.1.4 and RFC 4719 §3.3 (ETH-23): the headers of a data message, one by one.
 */

import { isIpv6 } from "../model/path.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
/** Flags, version and reserved octets before the Session ID over UDP (RFC 3931 §4.1.2.1). */
const UDP_DATA_PREFIX = 4;
const SESSION_ID = 4;
const DEFAULT_SUBLAYER = 4;
const ETHERNET_HEADER = 14;

/** Smallest MTU that the kernel lets an Ethernet interface have. */
const SMALLEST_MTU = 68;
/** Largest frame payload carried: a 9,018 octet frame less its Ethernet header. */
const LARGEST_MTU = 9_004;

/** Octets between the start of the outer IP packet and the frame, in packets of one direction. */
function headerOctets(descriptor: SessionDescriptor, cookie: number, sublayer: boolean): number {
  const { path } = descriptor;
  return (isIpv6(path.remote.address) ? IPV6_HEADER : IPV4_HEADER) +
    (path.encapsulation === "udp" ? UDP_HEADER + UDP_DATA_PREFIX : 0) +
    SESSION_ID + cookie + (sublayer ? DEFAULT_SUBLAYER : 0);
}

/**
 * Octets of every header around a frame. The direction with more of them counts for both, so that
 * two ends of one path arrive at the same MTU although cookies are chosen per direction.
 */
export function encapsulationOverhead(descriptor: SessionDescriptor): number {
  const sent = headerOctets(
    descriptor,
    descriptor.transmitCookie.length,
    descriptor.transmitSublayer === "default",
  );
  const received = headerOctets(
    descriptor,
    descriptor.receiveCookie.length,
    descriptor.receiveSublayer === "default",
  );
  return Math.max(sent, received);
}

/** The MTU of the attachment circuit: the path's, less every header, less the Ethernet header. */
export function attachmentMtu(descriptor: SessionDescriptor, pathMtu: number): number {
  const mtu = pathMtu - encapsulationOverhead(descriptor) - ETHERNET_HEADER;
  return Math.min(Math.max(mtu, SMALLEST_MTU), LARGEST_MTU);
}

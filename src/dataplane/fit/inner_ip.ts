/**
 * Where the IP packet of a port's frame is, and its transport header: for whatever looks into
 * frames to make them fit a path.
 *
 * Offsets into the batch's memory; nothing is allocated, and octets from anywhere never make it
 * throw. See RFC 791 §3.1, RFC 8200 §3 and §4, IEEE 802.1Q.
 */

import { TYPE_IPV4, TYPE_IPV6 } from "../../model/ethertype.ts";
import {
  etherTypeOffset,
  IPV4_FRAGMENT,
  IPV4_HEADER_OCTETS,
  IPV4_PROTOCOL,
  IPV6_HEADER_OCTETS,
  IPV6_NEXT_HEADER,
} from "../offload/inner_headers.ts";

/** What a port's frames begin with: Ethernet's header, or that of IP. */
export type PortHeader = "ethernet" | "ip";

/** Octets before the IP header, where there is no VLAN tag. */
export const LINK_HEADER_OCTETS: Readonly<Record<PortHeader, number>> = { ethernet: 14, ip: 0 };

/** There is no such header in the frame. */
export const NOT_THERE = -1;

/** The fragment field's bits: Don't Fragment, More Fragments, and the offset in 8 octets. */
export const IPV4_DONT_FRAGMENT = 0x4000;
export const IPV4_MORE_FRAGMENTS = 0x2000;
export const IPV4_FRAGMENT_OFFSET = 0x1fff;

const TYPE_FIELD_OCTETS = 2;

const HOP_BY_HOP_OPTIONS = 0;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;
/** More extension headers than this are nobody's TCP. */
const MOST_EXTENSIONS = 4;

/** Where the IP header of the frame at `start` is, whole, IPv4 or IPv6; or `NOT_THERE`. */
export function findIp(view: DataView, start: number, length: number, port: PortHeader): number {
  if (length < IPV4_HEADER_OCTETS) return NOT_THERE;
  if (port === "ip") return checkIp(view, start, start + length, view.getUint8(start) >> 4);
  const type = start + etherTypeOffset(view, start);
  const etherType = view.getUint16(type);
  const version = etherType === TYPE_IPV4 ? 4 : etherType === TYPE_IPV6 ? 6 : 0;
  return checkIp(view, type + TYPE_FIELD_OCTETS, start + length, version);
}

function checkIp(view: DataView, at: number, end: number, version: number): number {
  const shortest = version === 4
    ? IPV4_HEADER_OCTETS
    : version === 6
    ? IPV6_HEADER_OCTETS
    : Infinity;
  if (at + shortest > end || view.getUint8(at) >> 4 !== version) return NOT_THERE;
  return version === 6 || ipv4HeaderLength(view, at) >= IPV4_HEADER_OCTETS ? at : NOT_THERE;
}

/** Whether the IP header at `at` is IPv6's. */
export function isIpv6Header(view: DataView, at: number): boolean {
  return view.getUint8(at) >> 4 === 6;
}

/** Octets of the IPv4 header at `at`, as it says itself. */
export function ipv4HeaderLength(view: DataView, at: number): number {
  return (view.getUint8(at) & 0x0f) << 2;
}

/**
 * Where the header of `protocol` begins in the IP packet at `at`, behind IPv4's options or IPv6's
 * extension headers; `NOT_THERE` for another protocol, and for a fragment that is not the first.
 */
export function findTransport(view: DataView, at: number, end: number, protocol: number): number {
  if (isIpv6Header(view, at)) return findIpv6Transport(view, at, end, protocol);
  if (view.getUint8(at + IPV4_PROTOCOL) !== protocol) return NOT_THERE;
  const isLater = (view.getUint16(at + IPV4_FRAGMENT) & IPV4_FRAGMENT_OFFSET) !== 0;
  return isLater ? NOT_THERE : at + ipv4HeaderLength(view, at);
}

function findIpv6Transport(view: DataView, at: number, end: number, protocol: number): number {
  let next = view.getUint8(at + IPV6_NEXT_HEADER);
  let header = at + IPV6_HEADER_OCTETS;
  for (let passed = 0; next !== protocol; passed++) {
    const isOptions = next === HOP_BY_HOP_OPTIONS || next === ROUTING ||
      next === DESTINATION_OPTIONS;
    if (!isOptions || passed === MOST_EXTENSIONS || header + 8 > end) return NOT_THERE;
    next = view.getUint8(header);
    header += (view.getUint8(header + 1) + 1) << 3;
  }
  return header;
}

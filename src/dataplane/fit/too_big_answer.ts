/**
 * "Packet too big", told to a host of the LAN whose packet does not fit the path: ICMP as a router
 * on the way would have sent it, in the name of the host that the packet was for, because a bridge
 * has no address of its own (the kernel's VXLAN and Geneve do the same).
 *
 * Read RFC 1191 §4, RFC 1122 §3.2.2 (what is never answered), RFC 4443 §2.4 and §3.2, and RFC 2473
 * §7.1: an IPv6 packet of up to 1,280 octets is carried, whatever the path.
 */

import type { FrameBatch } from "../frame_batch.ts";
import { complement, sumOctets } from "../offload/checksum.ts";
import {
  IPV4_ADDRESSES,
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_HEADER_OCTETS,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
  IPV6_ADDRESS_OCTETS,
  IPV6_ADDRESSES,
  IPV6_HEADER_OCTETS,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  sumFields,
} from "../offload/inner_headers.ts";
import {
  IPV4_DONT_FRAGMENT,
  IPV4_FRAGMENT_OFFSET,
  ipv4HeaderLength,
  isIpv6Header,
  LINK_HEADER_OCTETS,
} from "./inner_ip.ts";

const MAC_OCTETS = 6;
const GROUP_BIT = 1;

const ICMP_HEADER = 8;
const ICMP_CHECKSUM = 2;
const ICMP_MTU = 4;

const ICMP = 1;
const DESTINATION_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
/** Errors that are never answered; everything else asks or tells. */
const ICMP_ERRORS: readonly number[] = [3, 4, 5, 11, 12];
/** As much of the packet as no network cuts again (RFC 1812 §4.3.2.3). */
const IPV4_ANSWER_OCTETS = 576;
const SMALLEST_IPV4_MTU = 68;

const ICMPV6 = 58;
const PACKET_TOO_BIG = 2;
/** ICMPv6 types below this are errors. */
const FIRST_INFORMATION = 128;
const SMALLEST_IPV6_MTU = 1_280;

const HOPS = 64;
/** Precedence "internetwork control" (RFC 1812 §4.3.2.5). */
const CONTROL_PRECEDENCE = 0xc0;

/**
 * Makes the answer to the frame at `start`, which is in one piece with its IP header at `ip`, as
 * frame `index` of `spare`. Whether there is one: not where the packet may be fragmented, and not
 * where nobody may be answered.
 *
 * @param longest octets of the longest frame that would have fitted.
 */
export function answerTooBig(
  spare: FrameBatch,
  index: number,
  start: number,
  length: number,
  ip: number,
  longest: number,
): boolean {
  const { view } = spare;
  const link = ip - start;
  // A frame to many is nobody's to answer for.
  if (link >= LINK_HEADER_OCTETS.ethernet && (view.getUint8(start) & GROUP_BIT) !== 0) return false;
  const ipv6 = isIpv6Header(view, ip);
  const available = length - link;
  if (ipv6 ? !deservesIpv6(view, ip, available) : !deservesIpv4(view, ip)) return false;
  const at = spare.packetStart(index);
  turnLinkHeader(spare, at, start, link);
  const octets = ipv6
    ? writeIpv6(spare, at + link, ip, available, longest - link)
    : writeIpv4(spare, at + link, ip, available, longest - link);
  spare.locate(index, at, link + octets);
  return true;
}

function deservesIpv4(view: DataView, ip: number): boolean {
  const fragment = view.getUint16(ip + IPV4_FRAGMENT);
  if ((fragment & IPV4_DONT_FRAGMENT) === 0 || (fragment & IPV4_FRAGMENT_OFFSET) !== 0) {
    return false;
  }
  const source = view.getUint8(ip + IPV4_ADDRESSES);
  const target = view.getUint8(ip + IPV4_ADDRESSES + 4);
  if (source === 0 || source === 127 || source >= 224 || target >= 224) return false;
  return view.getUint8(ip + IPV4_PROTOCOL) !== ICMP ||
    !ICMP_ERRORS.includes(view.getUint8(ip + ipv4HeaderLength(view, ip)));
}

function deservesIpv6(view: DataView, ip: number, available: number): boolean {
  if (available <= SMALLEST_IPV6_MTU) return false;
  const source = view.getUint8(ip + IPV6_ADDRESSES);
  const target = view.getUint8(ip + IPV6_ADDRESSES + IPV6_ADDRESS_OCTETS / 2);
  const isUnspecified = sumFields(view, ip + IPV6_ADDRESSES, IPV6_ADDRESS_OCTETS / 2) === 0;
  if (isUnspecified || source === 0xff || target === 0xff) return false;
  return view.getUint8(ip + IPV6_NEXT_HEADER) !== ICMPV6 ||
    view.getUint8(ip + IPV6_HEADER_OCTETS) >= FIRST_INFORMATION;
}

/** Back to where the frame came from, in the same VLAN. */
function turnLinkHeader(spare: FrameBatch, at: number, start: number, link: number): void {
  const { octets } = spare;
  octets.copyWithin(at, start, start + link);
  if (link === 0) return;
  octets.copyWithin(at, start + MAC_OCTETS, start + 2 * MAC_OCTETS);
  octets.copyWithin(at + MAC_OCTETS, start, start + MAC_OCTETS);
}

function writeIpv4(
  spare: FrameBatch,
  at: number,
  packet: number,
  available: number,
  mtu: number,
): number {
  const { view, octets } = spare;
  const heads = IPV4_HEADER_OCTETS + ICMP_HEADER;
  const quoted = Math.min(available, IPV4_ANSWER_OCTETS - heads);
  octets.fill(0, at, at + heads);
  view.setUint16(at, 0x4500 | CONTROL_PRECEDENCE);
  view.setUint16(at + IPV4_TOTAL_LENGTH, heads + quoted);
  view.setUint8(at + IPV4_TTL, HOPS);
  view.setUint8(at + IPV4_PROTOCOL, ICMP);
  turnAddresses(octets, at + IPV4_ADDRESSES, packet + IPV4_ADDRESSES, 4);
  const headerSum = sumFields(view, at, IPV4_HEADER_OCTETS);
  view.setUint16(at + IPV4_CHECKSUM, complement(headerSum));
  const icmp = at + IPV4_HEADER_OCTETS;
  view.setUint16(icmp, DESTINATION_UNREACHABLE << 8 | FRAGMENTATION_NEEDED);
  view.setUint32(icmp + ICMP_MTU, Math.max(mtu, SMALLEST_IPV4_MTU));
  quote(spare, icmp, packet, quoted, 0);
  return heads + quoted;
}

function writeIpv6(
  spare: FrameBatch,
  at: number,
  packet: number,
  available: number,
  mtu: number,
): number {
  const { view, octets } = spare;
  const heads = IPV6_HEADER_OCTETS + ICMP_HEADER;
  const quoted = Math.min(available, SMALLEST_IPV6_MTU - heads);
  octets.fill(0, at, at + heads);
  view.setUint8(at, 0x60);
  view.setUint16(at + IPV6_PAYLOAD_LENGTH, ICMP_HEADER + quoted);
  view.setUint8(at + IPV6_NEXT_HEADER, ICMPV6);
  view.setUint8(at + IPV6_NEXT_HEADER + 1, HOPS);
  turnAddresses(octets, at + IPV6_ADDRESSES, packet + IPV6_ADDRESSES, IPV6_ADDRESS_OCTETS / 2);
  const icmp = at + IPV6_HEADER_OCTETS;
  view.setUint8(icmp, PACKET_TOO_BIG);
  view.setUint32(icmp + ICMP_MTU, Math.max(mtu, SMALLEST_IPV6_MTU));
  const pseudo = sumFields(view, at + IPV6_ADDRESSES, IPV6_ADDRESS_OCTETS) + ICMPV6 +
    ICMP_HEADER + quoted;
  quote(spare, icmp, packet, quoted, pseudo);
  return heads + quoted;
}

/** The answer's two addresses of `size` octets: the packet's, the other way round. */
function turnAddresses(octets: Uint8Array, at: number, from: number, size: number): void {
  octets.copyWithin(at, from + size, from + 2 * size);
  octets.copyWithin(at + size, from, from + size);
}

/** The packet's beginning behind the ICMP header, and the checksum of both with what is `before`. */
function quote(
  spare: FrameBatch,
  icmp: number,
  packet: number,
  quoted: number,
  before: number,
): void {
  spare.octets.copyWithin(icmp + ICMP_HEADER, packet, packet + quoted);
  const sum = before + sumOctets(spare, icmp, ICMP_HEADER + quoted);
  spare.view.setUint16(icmp + ICMP_CHECKSUM, complement(sum));
}

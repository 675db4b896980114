/**
 * What of two frames must agree so that they are neighbours in one flow: headers that differ in
 * nothing but what a segment's place says, and checksums that are right.
 *
 * Read RFC 9293 §3.1, RFC 768, RFC 791 §3.1 and RFC 8200 §3 for the fields. Called per frame:
 * nothing here allocates.
 */

import { findIp, isIpv6Header, NOT_THERE, type PortHeader } from "../fit/inner_ip.ts";
import type { FrameMemory } from "../frame_batch.ts";
import { fold, sumOctets } from "./checksum.ts";
import {
  ACK,
  CWR,
  FIN,
  IPV4_ADDRESS_OCTETS,
  IPV4_ADDRESSES,
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_HEADER_OCTETS,
  IPV4_IDENTIFICATION,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
  IPV6_ADDRESS_OCTETS,
  IPV6_ADDRESSES,
  IPV6_HEADER_OCTETS,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  PSH,
  RST,
  sumFields,
  SYN,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER_OCTETS,
  TCP_SEQUENCE,
  TCP_URGENT_POINTER,
  TCP_WINDOW,
  tcpHeaderLength,
  UDP_CHECKSUM,
  UDP_HEADER_OCTETS,
  UDP_LENGTH,
  UDP_PORTS_OCTETS,
  URG,
} from "./inner_headers.ts";

const ETHERNET_HEADER_OCTETS = 14;
/** Version and header length of an IPv4 header without options; version of an IPv6 one. */
const PLAIN_IPV4 = 0x45;
const IPV6_VERSION = 6;
/** More fragments, and a fragment's offset. */
const FRAGMENT_BITS = 0x3fff;
const ONES = 0xffff;

/** One frame, looked at as a segment: offsets in the batch's memory. */
export class Segment {
  start = 0;
  network = 0;
  transport = 0;
  payload = 0;
  payloadLength = 0;
  ipv6 = false;
  tcp = false;
  flags = 0;

  /** Whether the frame is one that could be joined to others, its checksums aside. */
  read(view: DataView, start: number, length: number, port: PortHeader): boolean {
    if (length <= ETHERNET_HEADER_OCTETS + IPV4_HEADER_OCTETS + UDP_HEADER_OCTETS) return false;
    this.network = findIp(view, start, length, port);
    if (this.network === NOT_THERE) return false;
    this.start = start;
    const end = start + length;
    this.ipv6 = isIpv6Header(view, this.network);
    return this.ipv6 ? this.#readIpv6(view, end) : this.#readIpv4(view, end);
  }

  /** Options, fragments and padding behind the packet are for the plain path. */
  #readIpv4(view: DataView, end: number): boolean {
    const at = this.network;
    if (at + IPV4_HEADER_OCTETS > end || view.getUint8(at) !== PLAIN_IPV4) return false;
    if (view.getUint16(at + IPV4_TOTAL_LENGTH) !== end - at) return false;
    if ((view.getUint16(at + IPV4_FRAGMENT) & FRAGMENT_BITS) !== 0) return false;
    this.transport = at + IPV4_HEADER_OCTETS;
    return this.#readTransport(view, view.getUint8(at + IPV4_PROTOCOL), end);
  }

  /** So are extension headers. */
  #readIpv6(view: DataView, end: number): boolean {
    const at = this.network;
    if (at + IPV6_HEADER_OCTETS > end || view.getUint8(at) >> 4 !== IPV6_VERSION) return false;
    this.transport = at + IPV6_HEADER_OCTETS;
    if (view.getUint16(at + IPV6_PAYLOAD_LENGTH) !== end - this.transport) return false;
    return this.#readTransport(view, view.getUint8(at + IPV6_NEXT_HEADER), end);
  }

  #readTransport(view: DataView, protocol: number, end: number): boolean {
    this.tcp = protocol === PROTOCOL_TCP;
    if (this.tcp) return this.#readTcp(view, end);
    return protocol === PROTOCOL_UDP && this.#readUdp(view, end);
  }

  #readTcp(view: DataView, end: number): boolean {
    const at = this.transport;
    if (at + TCP_HEADER_OCTETS > end) return false;
    const headerLength = tcpHeaderLength(view, at);
    this.payload = at + headerLength;
    this.payloadLength = end - this.payload;
    this.flags = view.getUint16(at + TCP_FLAGS);
    const plain = (this.flags & (SYN | RST | URG | CWR | ACK)) === ACK;
    return plain && headerLength >= TCP_HEADER_OCTETS && this.payloadLength > 0;
  }

  #readUdp(view: DataView, end: number): boolean {
    const at = this.transport;
    this.payload = at + UDP_HEADER_OCTETS;
    this.payloadLength = end - this.payload;
    this.flags = 0;
    if (this.payloadLength <= 0 || view.getUint16(at + UDP_CHECKSUM) === 0) return false;
    return view.getUint16(at + UDP_LENGTH) === end - at;
  }
}

/** Where a segment's own checksum is. */
export function checksumField(segment: Segment): number {
  return segment.transport + (segment.tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
}

/** Whether two segments have the same headers but for what counts along a flow. */
export function sameFlow(view: DataView, lead: Segment, next: Segment): boolean {
  if (lead.ipv6 !== next.ipv6 || lead.tcp !== next.tcp) return false;
  if (lead.payload - lead.start !== next.payload - next.start) return false;
  if (lead.network - lead.start !== next.network - next.start) return false;
  if (!sameOctets(view, lead.start, next.start, lead.network - lead.start)) return false;
  const sameNetwork = lead.ipv6
    ? sameIpv6(view, lead.network, next.network)
    : sameIpv4(view, lead.network, next.network);
  return sameNetwork &&
    (lead.tcp ? sameTcp(view, lead, next) : samePorts(view, lead.transport, next.transport));
}

/** Type of service, fragment flags, time to live, protocol and addresses. */
function sameIpv4(view: DataView, a: number, b: number): boolean {
  return view.getUint16(a) === view.getUint16(b) &&
    view.getUint16(a + IPV4_FRAGMENT) === view.getUint16(b + IPV4_FRAGMENT) &&
    view.getUint16(a + IPV4_TTL) === view.getUint16(b + IPV4_TTL) &&
    sameOctets(view, a + IPV4_ADDRESSES, b + IPV4_ADDRESSES, IPV4_ADDRESS_OCTETS);
}

/** All but the length: traffic class, flow label, next header, hop limit and addresses. */
function sameIpv6(view: DataView, a: number, b: number): boolean {
  return view.getUint32(a) === view.getUint32(b) &&
    view.getUint16(a + IPV6_NEXT_HEADER) === view.getUint16(b + IPV6_NEXT_HEADER) &&
    sameOctets(view, a + IPV6_ADDRESSES, b + IPV6_ADDRESSES, IPV6_ADDRESS_OCTETS);
}

function samePorts(view: DataView, a: number, b: number): boolean {
  return sameOctets(view, a, b, UDP_PORTS_OCTETS);
}

/**
 * Ports, acknowledgement, window, all flags but those that end a super-frame, and what is behind the
 * checksum: options, and an urgent pointer that means nothing, for URG is never set here.
 */
function sameTcp(view: DataView, lead: Segment, next: Segment): boolean {
  const a = lead.transport;
  const b = next.transport;
  return samePorts(view, a, b) &&
    view.getUint32(a + TCP_ACKNOWLEDGEMENT) === view.getUint32(b + TCP_ACKNOWLEDGEMENT) &&
    lead.flags === (next.flags & ~(PSH | FIN)) &&
    view.getUint16(a + TCP_WINDOW) === view.getUint16(b + TCP_WINDOW) &&
    sameOctets(
      view,
      a + TCP_URGENT_POINTER,
      b + TCP_URGENT_POINTER,
      lead.payload - a - TCP_URGENT_POINTER,
    );
}

/** Compares an even number of octets, words at a time in the order that processors read them in. */
function sameOctets(view: DataView, a: number, b: number, octets: number): boolean {
  let offset = 0;
  for (; offset + 4 <= octets; offset += 4) {
    if (view.getUint32(a + offset, true) !== view.getUint32(b + offset, true)) return false;
  }
  return offset === octets || view.getUint16(a + offset) === view.getUint16(b + offset);
}

/** Whether `next` is what segmentation would count on to after `count` segments of the lead. */
export function continues(
  view: DataView,
  lead: Segment,
  next: Segment,
  count: number,
  total: number,
): boolean {
  if (!lead.ipv6) {
    const expected = (view.getUint16(lead.network + IPV4_IDENTIFICATION) + count) & 0xffff;
    if (view.getUint16(next.network + IPV4_IDENTIFICATION) !== expected) return false;
  }
  if (!lead.tcp) return true;
  const expected = (view.getUint32(lead.transport + TCP_SEQUENCE) + total) >>> 0;
  return view.getUint32(next.transport + TCP_SEQUENCE) === expected;
}

/**
 * Whether checksums are right, and written as segmentation writes them: of the two ways to write
 * zero, senders of TCP use both. IPv6 has none of its own.
 */
export function hasGoodChecksums(memory: FrameMemory, segment: Segment): boolean {
  const { view } = memory;
  const { network, transport, payload, payloadLength } = segment;
  if (!segment.ipv6) {
    if (view.getUint16(network + IPV4_CHECKSUM) === ONES) return false;
    if (fold(sumFields(view, network, IPV4_HEADER_OCTETS)) !== ONES) return false;
  }
  const field = view.getUint16(checksumField(segment));
  if (segment.tcp && (field === 0 || field === ONES)) return false;
  const length = payload - transport + payloadLength;
  const sum = pseudoHeaderSum(view, segment, length) + sumOctets(memory, transport, length);
  return fold(sum) === ONES;
}

/** RFC 9293 §3.1, RFC 768, RFC 8200 §8.1. */
export function pseudoHeaderSum(view: DataView, segment: Segment, length: number): number {
  const { network, ipv6, tcp } = segment;
  const addresses = ipv6
    ? sumFields(view, network + IPV6_ADDRESSES, IPV6_ADDRESS_OCTETS)
    : sumFields(view, network + IPV4_ADDRESSES, IPV4_ADDRESS_OCTETS);
  return addresses + (tcp ? PROTOCOL_TCP : PROTOCOL_UDP) + length;
}

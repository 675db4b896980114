/**
 * TCP's largest segment, made to fit the path: the option of SYN and SYN-ACK is lowered on its way,
 * so that neither end sends segments that would have to be fragmented.
 *
 * Read RFC 9293 §3.7.1 (the option; RFC 6691: it does not count options) and RFC 1624 §3 (updating
 * a checksum: a wrong one stays wrong). Called once per frame: nothing here allocates.
 */

import { TYPE_IPV4, TYPE_IPV6 } from "../../model/ethertype.ts";
import type { SegmentLimits } from "../../model/path_fit.ts";
import {
  IPV4_HEADER_OCTETS,
  IPV4_PROTOCOL,
  IPV6_HEADER_OCTETS,
  IPV6_NEXT_HEADER,
  PROTOCOL_TCP,
  SYN,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER_OCTETS,
  tcpHeaderLength,
} from "../offload/inner_headers.ts";
import { complement } from "../offload/checksum.ts";
import {
  findIp,
  findTransport,
  isIpv6Header,
  LINK_HEADER_OCTETS,
  NOT_THERE,
  type PortHeader,
} from "./inner_ip.ts";

/** The flags proper, behind header length and reserved bits. */
const TCP_FLAG_BITS = TCP_FLAGS + 1;

const TYPE_OFFSET = 12;
/** Version 4, a header of five words. */
const PLAIN_IPV4 = 0x45;
/** Ethernet, IPv6 and TCP without anything between them. */
const PLAIN_IPV6_OCTETS = LINK_HEADER_OCTETS.ethernet + IPV6_HEADER_OCTETS + TCP_HEADER_OCTETS;

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MAXIMUM_SEGMENT_SIZE = 2;
const OPTION_HEADER = 2;
const SEGMENT_SIZE_OPTION = 4;

/** What fits into IP packets of that many octets. */
export function segmentLimits(ipOctets: number): SegmentLimits {
  const segment = ipOctets - TCP_HEADER_OCTETS;
  return { ipv4: segment - IPV4_HEADER_OCTETS, ipv6: segment - IPV6_HEADER_OCTETS };
}

/** Lowers the segment size in each SYN that allows more than fits. */
export class MssClamp {
  readonly #port: PortHeader;
  readonly #ipv4: number;
  readonly #ipv6: number;
  /** Octets before the IP header that the limits take for granted. */
  readonly #untagged: number;

  /** @param limits of frames without VLAN tags; each tag leaves 4 octets less. */
  constructor(port: PortHeader, { ipv4, ipv6 }: SegmentLimits) {
    this.#port = port;
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
    this.#untagged = LINK_HEADER_OCTETS[port];
  }

  /** Looks at one frame in one piece; a SYN is never part of a super-frame. */
  apply(view: DataView, start: number, length: number): void {
    if (this.#port === "ethernet" && isPlainAndNoSyn(view, start, length)) return;
    const end = start + length;
    const ip = findIp(view, start, length, this.#port);
    if (ip === NOT_THERE) return;
    const tcp = findTransport(view, ip, end, PROTOCOL_TCP);
    if (tcp === NOT_THERE || tcp + TCP_HEADER_OCTETS > end) return;
    if ((view.getUint8(tcp + TCP_FLAG_BITS) & SYN) === 0) return;
    const limit = isIpv6Header(view, ip) ? this.#ipv6 : this.#ipv4;
    const tags = ip - start - this.#untagged;
    clampOption(view, tcp, Math.min(tcp + tcpHeaderLength(view, tcp), end), limit - tags);
  }
}

/** Nearly every frame is decided here: IP without tags, options and extension headers, and no SYN. */
function isPlainAndNoSyn(view: DataView, start: number, length: number): boolean {
  if (length < PLAIN_IPV6_OCTETS) return false;
  const type = view.getUint16(start + TYPE_OFFSET);
  const ip = start + LINK_HEADER_OCTETS.ethernet;
  if (type === TYPE_IPV4 && view.getUint8(ip) === PLAIN_IPV4) {
    const flags = view.getUint8(ip + IPV4_HEADER_OCTETS + TCP_FLAG_BITS);
    return view.getUint8(ip + IPV4_PROTOCOL) !== PROTOCOL_TCP || (flags & SYN) === 0;
  }
  if (type !== TYPE_IPV6 || view.getUint8(ip + IPV6_NEXT_HEADER) !== PROTOCOL_TCP) return false;
  return (view.getUint8(ip + IPV6_HEADER_OCTETS + TCP_FLAG_BITS) & SYN) === 0;
}

function clampOption(view: DataView, tcp: number, end: number, limit: number): void {
  let at = tcp + TCP_HEADER_OCTETS;
  while (at + OPTION_HEADER <= end) {
    const kind = view.getUint8(at);
    if (kind === END_OF_OPTIONS) return;
    const length = kind === NO_OPERATION ? 1 : view.getUint8(at + 1);
    if (kind === MAXIMUM_SEGMENT_SIZE && length === SEGMENT_SIZE_OPTION) {
      if (at + length <= end) lower(view, tcp, at + OPTION_HEADER, limit);
      return;
    }
    if (length === 0 || (length === 1 && kind !== NO_OPERATION)) return;
    at += length;
  }
}

/** RFC 1624 eqn. 3. A field at an odd offset lies across two words: its octets change places. */
function lower(view: DataView, tcp: number, field: number, limit: number): void {
  const stated = view.getUint16(field);
  if (stated <= limit || limit <= 0) return;
  view.setUint16(field, limit);
  const isOdd = ((field - tcp) & 1) !== 0;
  const before = isOdd ? swapped(stated) : stated;
  const after = isOdd ? swapped(limit) : limit;
  const checksum = view.getUint16(tcp + TCP_CHECKSUM);
  const sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  view.setUint16(tcp + TCP_CHECKSUM, complement(sum));
}

function swapped(word: number): number {
  return (word & 0xff) << 8 | word >> 8;
}

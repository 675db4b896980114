/**
 * Where the fields of the frames' own headers are: Ethernet with VLAN tags, IPv4, IPv6, TCP, UDP.
 *
 * Offsets only, for segment.ts and coalesce.ts. See RFC 791 §3.1, RFC 8200 §3, RFC 9293 §3.1,
 * RFC 768, IEEE 802.1Q.
 */

import { TYPE_CUSTOMER_TAG, TYPE_SERVICE_TAG } from "../../model/ethertype.ts";

export const IPV4_TOTAL_LENGTH = 2;
export const IPV4_IDENTIFICATION = 4;
export const IPV4_FRAGMENT = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECKSUM = 10;
export const IPV4_ADDRESSES = 12;
export const IPV4_ADDRESS_OCTETS = 8;
/** Without options. */
export const IPV4_HEADER_OCTETS = 20;

export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;
export const IPV6_ADDRESSES = 8;
export const IPV6_ADDRESS_OCTETS = 32;
export const IPV6_HEADER_OCTETS = 40;

export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGEMENT = 8;
/** Header length, reserved bits and flags as one 16-bit word. */
export const TCP_FLAGS = 12;
export const TCP_WINDOW = 14;
export const TCP_CHECKSUM = 16;
export const TCP_URGENT_POINTER = 18;
export const TCP_HEADER_OCTETS = 20;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const CWR = 0x80;

export const UDP_PORTS_OCTETS = 4;
export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;
export const UDP_HEADER_OCTETS = 8;

const TYPE_OFFSET = 12;
const TAG_OCTETS = 4;
/** More tags than this are nobody's offload. */
const MOST_TAGS = 2;

/** Whether an EtherType is that of a VLAN tag. */
export function isTag(type: number): boolean {
  return type === TYPE_CUSTOMER_TAG || type === TYPE_SERVICE_TAG;
}

/** Octets from a frame's start to its EtherType, behind at most two VLAN tags. */
export function etherTypeOffset(view: DataView, start: number): number {
  let at = TYPE_OFFSET;
  for (let tags = 0; tags < MOST_TAGS; tags++) {
    if (!isTag(view.getUint16(start + at))) break;
    at += TAG_OCTETS;
  }
  return at;
}

/** Octets of the TCP header at `at`, as it says itself. */
export function tcpHeaderLength(view: DataView, at: number): number {
  return (view.getUint8(at + TCP_FLAGS) >> 4) << 2;
}

/** The sum of 16-bit words from `at` on, up to 65,536 of them. */
export function sumFields(view: DataView, at: number, octets: number): number {
  let sum = 0;
  for (let offset = 0; offset < octets; offset += 2) sum += view.getUint16(at + offset);
  return sum;
}

/**
 * Packet information: the ancillary data by which a socket bound to every address learns which of
 * them a datagram was sent to, and chooses the one an answer comes from.
 *
 * See IP_PKTINFO in ip(7), IPV6_PKTINFO in RFC 3542 §6, and cmsg(3).
 */

import {
  AF_INET,
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  IN6_PKTINFO_IFINDEX,
  IN6_PKTINFO_SIZE,
  IN_PKTINFO_SIZE,
  IN_PKTINFO_SPEC_DST,
  IP_PKTINFO,
  IP_TOS,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  SOL_IP,
  SOL_IPV6,
} from "./abi.ts";
import { familyOf, formatIpAddress, isUnspecified, requireIpAddress } from "./socket_address.ts";

/** The kernel takes an int for either family. */
const TRAFFIC_CLASS_SIZE = 4;

/**
 * Writes a control message that makes `address` the source; returns the room it takes, 0 for an
 * unspecified address (the kernel chooses).
 */
export function putPacketInfo(struct: DataView, at: number, address: string): number {
  if (isUnspecified(address)) return 0;
  const { octets, zone } = requireIpAddress(address);
  const ipv4 = octets.length === 4;
  const size = ipv4 ? IN_PKTINFO_SIZE : IN6_PKTINFO_SIZE;
  const data = at + CMSGHDR_SIZE;
  const room = align(CMSGHDR_SIZE + size);
  const target = new Uint8Array(struct.buffer, struct.byteOffset + at, room).fill(0);
  struct.setUint32(at + CMSGHDR_LEN, CMSGHDR_SIZE + size, true);
  struct.setInt32(at + CMSGHDR_LEVEL, ipv4 ? SOL_IP : SOL_IPV6, true);
  struct.setInt32(at + CMSGHDR_TYPE, ipv4 ? IP_PKTINFO : IPV6_PKTINFO, true);
  target.set(octets, CMSGHDR_SIZE + (ipv4 ? IN_PKTINFO_SPEC_DST : 0));
  if (!ipv4) struct.setUint32(data + IN6_PKTINFO_IFINDEX, zone, true);
  return room;
}

/**
 * Writes a control message that gives a packet to `address` that traffic class; returns the room it
 * takes, 0 for class 0, which packets have anyway.
 */
export function putTrafficClass(
  struct: DataView,
  at: number,
  address: string,
  trafficClass: number,
): number {
  if (trafficClass === 0) return 0;
  const ipv4 = familyOf(address) === AF_INET;
  struct.setUint32(at + CMSGHDR_LEN, CMSGHDR_SIZE + TRAFFIC_CLASS_SIZE, true);
  struct.setUint32(at + CMSGHDR_LEN + 4, 0, true);
  struct.setInt32(at + CMSGHDR_LEVEL, ipv4 ? SOL_IP : SOL_IPV6, true);
  struct.setInt32(at + CMSGHDR_TYPE, ipv4 ? IP_TOS : IPV6_TCLASS, true);
  struct.setInt32(at + CMSGHDR_SIZE, trafficClass, true);
  return align(CMSGHDR_SIZE + TRAFFIC_CLASS_SIZE);
}

/**
 * The local address among `length` octets of control messages at `at`; `undefined` when it is not
 * there. The interface becomes the zone of a link-local address.
 */
export function readPacketInfo(struct: DataView, at: number, length: number): string | undefined {
  const end = at + length;
  while (at + CMSGHDR_SIZE <= end) {
    const size = struct.getUint32(at + CMSGHDR_LEN, true);
    if (size < CMSGHDR_SIZE || at + size > end) return undefined;
    const level = struct.getInt32(at + CMSGHDR_LEVEL, true);
    const type = struct.getInt32(at + CMSGHDR_TYPE, true);
    const data = at + CMSGHDR_SIZE;
    const start = struct.byteOffset + data;
    if (level === SOL_IP && type === IP_PKTINFO) {
      return formatIpAddress(new Uint8Array(struct.buffer, start + IN_PKTINFO_SPEC_DST, 4));
    }
    if (level === SOL_IPV6 && type === IPV6_PKTINFO) {
      const octets = new Uint8Array(struct.buffer, start, 16);
      const linkLocal = octets[0] === 0xfe && ((octets[1] ?? 0) & 0xc0) === 0x80;
      const zone = linkLocal ? struct.getUint32(data + IN6_PKTINFO_IFINDEX, true) : 0;
      return formatIpAddress(octets, zone);
    }
    at += align(size);
  }
  return undefined;
}

function align(size: number): number {
  return (size + 7) & ~7;
}

/**
 * Which flow a port's frame is of, as a number: the same for all frames between two addresses and,
 * of TCP and UDP, between two ports.
 *
 * As with the receive queues of a network card, fragments have no ports to go by: one may overtake a
 * whole datagram of the same two programs, though no other fragment. Nothing here allocates.
 */

import {
  findIp,
  findTransport,
  IPV4_MORE_FRAGMENTS,
  isIpv6Header,
  NOT_THERE,
  type PortHeader,
} from "./fit/inner_ip.ts";
import {
  IPV4_ADDRESS_OCTETS,
  IPV4_ADDRESSES,
  IPV4_FRAGMENT,
  IPV6_ADDRESS_OCTETS,
  IPV6_ADDRESSES,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  UDP_PORTS_OCTETS,
} from "./offload/inner_headers.ts";

/** Two MAC addresses, which is what a frame has that carries no IP. */
const MAC_OCTETS = 12;

/** An odd number, near 2^32 divided by the golden ratio: Knuth's multiplicative hash. */
const MULTIPLIER = 0x9e3779b1;

/** One of `count` for the frame's flow. */
export function pickByFlow(
  view: DataView,
  start: number,
  length: number,
  port: PortHeader,
  count: number,
): number {
  const end = start + length;
  const ip = findIp(view, start, length, port);
  const hash = ip === NOT_THERE
    ? hashWords(view, start, Math.min(end, start + MAC_OCTETS))
    : hashIp(view, ip, end);
  return ((hash ^ hash >>> 16) >>> 0) % count;
}

function hashIp(view: DataView, ip: number, end: number): number {
  const hash = isIpv6Header(view, ip)
    ? hashWords(view, ip + IPV6_ADDRESSES, ip + IPV6_ADDRESSES + IPV6_ADDRESS_OCTETS)
    : hashWords(view, ip + IPV4_ADDRESSES, ip + IPV4_ADDRESSES + IPV4_ADDRESS_OCTETS);
  const ports = findPorts(view, ip, end);
  if (ports === NOT_THERE || ports + UDP_PORTS_OCTETS > end) return hash;
  return mix(hash, view.getUint32(ports));
}

function findPorts(view: DataView, ip: number, end: number): number {
  if (!isIpv6Header(view, ip) && hasMoreFragments(view, ip)) return NOT_THERE;
  const tcp = findTransport(view, ip, end, PROTOCOL_TCP);
  return tcp === NOT_THERE ? findTransport(view, ip, end, PROTOCOL_UDP) : tcp;
}

function hasMoreFragments(view: DataView, ip: number): boolean {
  return (view.getUint16(ip + IPV4_FRAGMENT) & IPV4_MORE_FRAGMENTS) !== 0;
}

function hashWords(view: DataView, from: number, end: number): number {
  let hash = 0;
  for (let at = from; at + 4 <= end; at += 4) hash = mix(hash, view.getUint32(at));
  return hash;
}

function mix(hash: number, word: number): number {
  return Math.imul(hash ^ word, MULTIPLIER) >>> 0;
}

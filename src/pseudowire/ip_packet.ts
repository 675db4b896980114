/**
 * What a routed pseudowire must know of the packets it carries: which of the two IPs they are.
 *
 * See RFC 791 §3.1 and RFC 8200 §3.
 */

export const IPV4_VERSION = 4;
export const IPV6_VERSION = 6;

/** An IPv4 header without options; nothing shorter is a packet. */
export const SHORTEST_PACKET = 20;

/** The version that the first four bits of a packet say. */
export function ipVersion(octets: Uint8Array, start: number): number {
  return octets[start]! >> 4;
}

/**
 * How long a packet over PPP may be so that the packet around it fits the path.
 *
 * Read RFC 2661 §3.1 (data header) and §8.1, and RFC 1661 §6.1 (MRU). Where the path is shorter than
 * what PPP takes for granted, asking for an MRU is the only way to keep packets whole.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { isIpv6 } from "../model/path.ts";
import { encapsulationOverhead } from "./mtu.ts";

/** Address, control and protocol, none of them compressed (RFC 1661 §2, RFC 1662 §3.1). */
const PPP_HEADER = 4;
/** Flags and version, length, tunnel and session, Ns and Nr: what we send at most. */
const V2_DATA_HEADER = 12;
const UDP_HEADER = 8;
/** What every IPv6 link has to carry (RFC 8200 §5), which IPv6 needs the interface to have. */
const LEAST_MTU = 1280;
const MOST_MTU = 9_000;

/** The longest packet of a session's network protocols. */
export function linkMtu(descriptor: SessionDescriptor, pathMtu: number): number {
  const overhead = isV2(descriptor)
    ? (isIpv6(descriptor.path.remote.address) ? 40 : 20) + UDP_HEADER + V2_DATA_HEADER
    : encapsulationOverhead(descriptor);
  return Math.min(Math.max(pathMtu - overhead - PPP_HEADER, LEAST_MTU), MOST_MTU);
}

function isV2({ localTunnelId }: SessionDescriptor): boolean {
  return localTunnelId !== undefined;
}

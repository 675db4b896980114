/**
 * How long a packet over PPP may be so that the packet around it fits the path.
 *
 * Read RFC 2661 §3.1 (data header) and §8.1, and RFC 1661 §6.1 (MRU). Where the path is shorter than
 * what PPP takes for granted, asking for an MRU is the only way to keep packets whole.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { PPP_HEADER, sessionOverhead } from "./mtu.ts";

/** What every IPv6 link has to carry (RFC 8200 §5), which IPv6 needs the interface to have. */
const LEAST_MTU = 1280;
const MOST_MTU = 9_000;

/** The longest packet of a session's network protocols. */
export function linkMtu(descriptor: SessionDescriptor, pathMtu: number): number {
  const longest = pathMtu - sessionOverhead(descriptor) - PPP_HEADER;
  return Math.min(Math.max(longest, LEAST_MTU), MOST_MTU);
}

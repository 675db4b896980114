/**
 * How one session's frames are made to fit: options and the path's MTU become what the data plane
 * does, and what `status` tells of it.
 *
 * Read model/path_fit.ts first, and RFC 3931 §4.1.4 (V3-MTU-01).
 */

import { segmentLimits } from "../dataplane/fit/mss_clamp.ts";
import type { PathFit } from "../model/path_fit.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { attachmentMtu, bridgedOctets, portHeaderOctets } from "./mtu.ts";
import type { FitOptions } from "./options.ts";
import type { PathStatus } from "./status.ts";

/** What Ethernet has: where this much fits, no host of a LAN sends more. */
const USUAL_MTU = 1500;

/** `FitOptions` with every default. */
export type ResolvedFit = Readonly<Required<FitOptions>>;

/**
 * What the data plane is to do on a path, between LANs whose interface here has that MTU.
 *
 * @param agreedMtu is the longest information that the ends of a PPP link take, once they have agreed.
 */
export function fitFor(
  { fragmentation, oversize, tcpMss, dscp, ecn }: ResolvedFit,
  descriptor: SessionDescriptor,
  pathMtu: number,
  interfaceMtu: number | undefined,
  agreedMtu: number = Infinity,
): PathFit {
  const taken = agreedMtu - bridgedOctets(descriptor);
  const payload = Math.min(attachmentMtu(descriptor, pathMtu), taken);
  const common = {
    pathMtu,
    fragmentation,
    oversize,
    longestFrame: payload + portHeaderOctets(descriptor),
    marking: { dscp, ecn },
  };
  if (typeof tcpMss === "number") {
    return { ...common, segments: { ipv4: tcpMss, ipv6: tcpMss } };
  }
  const narrows = payload < Math.max(USUAL_MTU, interfaceMtu ?? 0);
  const isClamped = tcpMss === "auto" && narrows;
  return { ...common, segments: isClamped ? segmentLimits(payload) : undefined };
}

/** What `status` tells; `descriptor` is the session's, once there is one. */
export function pathStatus(
  { fragmentation, oversize, dscp, ecn }: ResolvedFit,
  fit: PathFit | undefined,
  descriptor: Pick<SessionDescriptor, "framing"> = {},
): PathStatus {
  return {
    mtu: fit?.pathMtu ?? null,
    payload: fit === undefined ? null : fit.longestFrame - portHeaderOctets(descriptor),
    fragmentation,
    oversize,
    tcpMss: fit?.segments ?? null,
    dscp,
    ecn,
  };
}

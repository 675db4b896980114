/**
 * What a session's path holds, in words: how long frames may be, and what becomes of longer ones.
 */

import type { EndpointCounters, PathStatus } from "../endpoint/status.ts";

const OUTER = {
  allow: "carried, and fragmented on the way",
  auto: "carried in fragments made here",
  forbid: "dropped as oversize",
};

/** `mtu 1400, inside 1350; longer: …`. */
export function pathText(path: PathStatus): string {
  const { mtu, payload } = path;
  const known = mtu === null ? "mtu -" : `mtu ${mtu}, inside ${payload}`;
  return `${known}; longer: ${longerText(path)}`;
}

/** What becomes of frames that are too long. */
export function longerText(
  { fragmentation, oversize }: Pick<PathStatus, "fragmentation" | "oversize">,
): string {
  const rest = OUTER[fragmentation];
  return {
    carry: rest,
    answer: `answered by ICMP, without DF ${rest}`,
    fragment: `IPv4 in fragments inside, with DF and IPv6 answered by ICMP, others ${rest}`,
  }[oversize];
}

/** What TCP connections are held to. */
export function segmentsText({ tcpMss }: PathStatus): string {
  return tcpMss === null
    ? "as the hosts say"
    : `at most ${tcpMss.ipv4} over IPv4, ${tcpMss.ipv6} over IPv6`;
}

/** What the kernel has done, for everybody of the network namespace. */
export function fragmentsText(
  { reassembled, reassemblyFailures, created }: EndpointCounters["fragments"],
): string {
  return `${reassembled} packets put together, ${reassemblyFailures} given up, ` +
    `${created} fragments made (by the host)`;
}

const DSCP_ORIGINS = {
  copy: "copied from inside",
  priority: "by the priority of the VLAN tag",
};

/** How outer packets are marked. */
export function markingText({ dscp, ecn }: PathStatus): string {
  const from = typeof dscp === "number" ? String(dscp) : DSCP_ORIGINS[dscp];
  return `dscp ${from}  ecn ${ecn ? "passes" : "cleared"}`;
}

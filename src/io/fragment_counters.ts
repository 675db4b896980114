/**
 * Fragments that the kernel has made and put together in a network namespace: whoever's packets they
 * were. A socket is given whole packets and is not told.
 *
 * See /proc/net/snmp and snmp6 in proc_net(5); the names are those of RFC 4293's ipSystemStatsTable.
 */

import { readKernelText } from "./kernel_file.ts";
import { inNetworkNamespace } from "./network_namespace.ts";

/** Counts of IPv4 and IPv6 together. */
export interface FragmentCounts {
  /** Packets put together from fragments. */
  readonly reassembled: number;
  /** Packets given up because fragments were missing, late or too many. */
  readonly reassemblyFailures: number;
  /** Fragments made of packets that were sent or forwarded. */
  readonly created: number;
}

/** What a namespace has counted so far; nothing where the kernel has no such file. */
export function readFragmentCounts(namespace: string | undefined): FragmentCounts {
  return inNetworkNamespace(namespace, () => {
    const ipv4 = parseIpv4(readKernelText("/proc/thread-self/net/snmp") ?? "");
    const ipv6 = parseIpv6(readKernelText("/proc/thread-self/net/snmp6") ?? "");
    return {
      reassembled: ipv4.reassembled + ipv6.reassembled,
      reassemblyFailures: ipv4.reassemblyFailures + ipv6.reassemblyFailures,
      created: ipv4.created + ipv6.created,
    };
  });
}

/** `Ip: ReasmOKs …` and below it `Ip: 7 …`. */
export function parseIpv4(text: string): FragmentCounts {
  const [names = [], values = []] = text.split("\n").filter((line) => line.startsWith("Ip: "))
    .map((line) => line.split(" "));
  const value = (name: string) => Number(values[names.indexOf(name)] ?? 0);
  return countsOf(value, "");
}

/** `Ip6ReasmOKs   7`. */
export function parseIpv6(text: string): FragmentCounts {
  const lines = new Map(
    text.split("\n").map((line) => {
      const [name = "", value = ""] = line.split(/\s+/);
      return [name, Number(value)];
    }),
  );
  return countsOf((name) => lines.get(name) ?? 0, "Ip6");
}

function countsOf(value: (name: string) => number, prefix: string): FragmentCounts {
  return {
    reassembled: value(`${prefix}ReasmOKs`),
    reassemblyFailures: value(`${prefix}ReasmFails`),
    created: value(`${prefix}FragCreates`),
  };
}

/** What has been counted since an earlier reading. */
export function countsSince(now: FragmentCounts, before: FragmentCounts): FragmentCounts {
  return {
    reassembled: now.reassembled - before.reassembled,
    reassemblyFailures: now.reassemblyFailures - before.reassemblyFailures,
    created: now.created - before.created,
  };
}

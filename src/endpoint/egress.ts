/**
 * Which interface packets to an address leave by, read from the kernel's own tables in /proc/net:
 * for `doctor`, which must know whether a peer's way leads through the peer's own pseudowire.
 */

import { readKernelText } from "../io/kernel_file.ts";
import { canonicalIpAddress, requireIpAddress } from "../io/socket_address.ts";
import { covers } from "./addresses.ts";

interface Entry {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
  readonly metric: number;
  readonly interface: string;
}

/** Flags of a route that is up (RTF_UP), and of one that rejects (RTF_REJECT). */
const UP = 0x0001;
const REJECT = 0x0200;

/** The interface to an address, by the main tables; `undefined` without a route. */
export function egressInterface(address: string): string | undefined {
  const { octets } = requireIpAddress(canonicalIpAddress(address));
  const table = octets.length === 4 ? "/proc/net/route" : "/proc/net/ipv6_route";
  return chooseRoute(octets, readKernelText(table) ?? "");
}

/** The best of a table's entries: the longest prefix, then the lowest metric. */
export function chooseRoute(address: Uint8Array, table: string): string | undefined {
  const read = address.length === 4 ? readIpv4Entry : readIpv6Entry;
  const fitting = table.split("\n").flatMap((line) => read(line.trim().split(/\s+/)))
    .filter((entry) => covers(entry, address));
  fitting.sort((a, b) => b.prefixLength - a.prefixLength || a.metric - b.metric);
  return fitting[0]?.interface;
}

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, numbers as the machine has them. */
function readIpv4Entry(fields: readonly string[]): Entry[] {
  const [name = "", destination = "", , flags = "", , , metric = "", mask = ""] = fields;
  if (!/^[0-9A-F]{8}$/.test(destination) || !isUsable(flags)) return [];
  const bits = Uint8Array.fromHex(mask).reduce((sum, octet) => sum + bitsOf(octet), 0);
  const prefix = Uint8Array.fromHex(destination).reverse();
  return [{ prefix, prefixLength: bits, metric: Number(metric), interface: name }];
}

/** `destination length source length nexthop metric refcnt use flags name`, all hexadecimal. */
function readIpv6Entry(fields: readonly string[]): Entry[] {
  const [destination = "", length = "", , , , metric = "", , , flags = "", name = ""] = fields;
  if (!/^[0-9a-f]{32}$/.test(destination) || !isUsable(flags)) return [];
  return [{
    prefix: Uint8Array.fromHex(destination),
    prefixLength: parseInt(length, 16),
    metric: parseInt(metric, 16),
    interface: name,
  }];
}

function isUsable(flags: string): boolean {
  const bits = parseInt(flags, 16);
  return (bits & UP) !== 0 && (bits & REJECT) === 0;
}

function bitsOf(octet: number): number {
  return octet.toString(2).replaceAll("0", "").length;
}

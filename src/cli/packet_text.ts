/**
 * A captured packet in words: down through its link, IP and UDP headers to L2TP, which
 * wire/dissect.ts tells; or, where it is no L2TP, what kind of frame it is.
 */

import type { Encapsulation } from "../model/path.ts";
import { dissect } from "../wire/dissect.ts";
import type { RecordedPacket } from "../endpoint/pcap.ts";

const ETHERNET = 1;
const NULL_LINK = 0;
const LINUX_COOKED = 113;
const LINUX_COOKED_2 = 276;
const IP_LINKS: ReadonlySet<number> = new Set([12, 14, 101, 228, 229]);

const ETHERTYPES: Readonly<Record<number, string>> = {
  0x0800: "IPv4",
  0x0806: "ARP",
  0x86dd: "IPv6",
};
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const UDP = 17;
const L2TP = 115;

/** One packet's words; `ports` are the UDP ports of L2TP. */
export function packetText(
  { linkType, octets }: Pick<RecordedPacket, "linkType" | "octets">,
  ports: ReadonlySet<number>,
): string {
  const start = networkStart(linkType, octets);
  const l2tp = start === undefined ? undefined : l2tpText(octets.subarray(start), ports);
  if (l2tp !== undefined) return l2tp;
  return linkType === ETHERNET ? frameText(octets) : `${octets.length} octets, no L2TP`;
}

/** Where the IP header begins, if there is one. */
function networkStart(linkType: number, octets: Uint8Array): number | undefined {
  if (IP_LINKS.has(linkType)) return 0;
  if (linkType === NULL_LINK) return 4;
  if (linkType === LINUX_COOKED) return 16;
  if (linkType === LINUX_COOKED_2) return 20;
  if (linkType !== ETHERNET) return undefined;
  const { type, end } = etherType(octets);
  return type === 0x0800 || type === 0x86dd ? end : undefined;
}

/** The EtherType below any VLAN tags, where it ends, and the tags' VLANs. */
function etherType(octets: Uint8Array): { type: number; end: number; vlans: readonly number[] } {
  const vlans: number[] = [];
  let at = 12;
  while (VLAN_TAGS.has(uint16(octets, at)) && at + 4 < octets.length) {
    vlans.push(uint16(octets, at + 2) & 0xfff);
    at += 4;
  }
  return { type: uint16(octets, at), end: at + 2, vlans };
}

function uint16(octets: Uint8Array, at: number): number {
  return (octets[at] ?? 0) << 8 | (octets[at + 1] ?? 0);
}

function l2tpText(packet: Uint8Array, ports: ReadonlySet<number>): string | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return undefined;
  const ipv4 = version === 4;
  const header = ipv4 ? (packet[0]! & 15) * 4 : 40;
  if (packet.length < header) return undefined;
  const protocol = packet[ipv4 ? 9 : 6];
  const [from, to, size] = ipv4 ? [12, 16, 4] : [8, 24, 16];
  const source = addressText(packet.subarray(from, from! + size!));
  const target = addressText(packet.subarray(to, to! + size!));
  const isLater = ipv4 && (uint16(packet, 6) & 0x1fff) !== 0;
  if (isLater && (protocol === UDP || protocol === L2TP)) {
    return `${source} > ${target}  a later fragment: ${packet.length - header} octets`;
  }
  const rest = packet.subarray(header);
  if (protocol === L2TP) return `${source} > ${target}  ${words(rest, "ip")}`;
  const [sourcePort, targetPort] = [uint16(rest, 0), uint16(rest, 2)];
  if (protocol !== UDP || !(ports.has(sourcePort) || ports.has(targetPort))) return undefined;
  const ends = `${withPort(source, sourcePort)} > ${withPort(target, targetPort)}`;
  return `${ends}  ${words(rest.subarray(8), "udp")}`;
}

function words(payload: Uint8Array, encapsulation: Encapsulation): string {
  return dissect(payload, encapsulation);
}

function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => uint16(octets, 2 * index).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function frameText(octets: Uint8Array): string {
  const { type, vlans } = etherType(octets);
  const mac = (at: number) => octets.subarray(at, at + 6).toHex().replace(/..(?!$)/g, "$&:");
  const tags = vlans.map((vlan) => ` vlan ${vlan}`).join("");
  const kind = ETHERTYPES[type] ?? `0x${type.toString(16).padStart(4, "0")}`;
  return `${mac(6)} > ${mac(0)}${tags}  ${kind}: ${octets.length} octets`;
}

/**
 * Packets and frames that a packet socket has seen, as a capture shows them.
 *
 * Interop: where messages are cut by the kernel (`UDP_SEGMENT`) a packet socket sees one long packet;
 * it is cut here as the kernel cuts it, for a capture is to show what is on the wire.
 */

import { VIRTIO_NET_HDR_GSO_UDP_L4 } from "../io/abi.ts";
import type { SeenPacket } from "../io/packet_socket.ts";
import { canonicalIpAddress, formatIpAddress } from "../io/socket_address.ts";
import { type Encapsulation, L2TP_IP_PROTOCOL } from "../model/path.ts";
import { dissect } from "../wire/dissect.ts";
import { firstLook } from "../wire/first_look.ts";
import type { Arrival } from "./arrivals.ts";
import type { OuterSelection } from "./capture.ts";

/** One packet or frame. */
export interface CapturedPacket {
  /** From the peer, or to it. */
  readonly direction: "inbound" | "outbound";
  /** When, in whole seconds since 1970. */
  readonly seconds: number;
  /** And how many nanoseconds later. */
  readonly nanoseconds: number;
  /** An IP packet, or an Ethernet frame. */
  readonly octets: Uint8Array;
  /** What it is, in words: never a secret, never a cookie. */
  readonly comment: string | undefined;
}

/** The IP protocol number of UDP. */
export const UDP = 17;
const UDP_HEADER = 8;
const IPV6_HEADER = 40;
const MORE_FRAGMENTS = 0x20;

/** A frame on an attachment circuit: what the host sends into it goes to the peer. */
export function innerPacket(seen: SeenPacket): CapturedPacket {
  const { octets, outgoing, seconds, nanoseconds, offload, segmentSize } = seen;
  return {
    direction: outgoing ? "outbound" : "inbound",
    seconds,
    nanoseconds,
    octets,
    comment: offload === 0
      ? undefined
      : `a super-frame: leaves as segments of ${segmentSize} octets of payload`,
  };
}

/** The packets that were seen as one, if they are the peer's; none if not. */
export function outerPackets(
  seen: SeenPacket,
  selection: OuterSelection,
): readonly CapturedPacket[] {
  const packet = seen.octets.subarray(seen.networkOffset);
  const outline = outlineOf(packet);
  if (outline === undefined || !isMeant(outline, selection, seen.outgoing)) return [];
  const { outgoing, seconds, nanoseconds } = seen;
  const direction = outgoing ? "outbound" : "inbound";
  return cut(packet, outline, seen).map((octets) => ({
    direction,
    seconds,
    nanoseconds,
    octets,
    comment: commentOf(octets.subarray(outline.payload), selection.encapsulation, outline.fragment),
  }));
}

/** What the headers of an IP packet say. */
interface Outline {
  readonly source: string;
  readonly destination: string;
  /** Not the first of its fragments: there is no UDP header in it. */
  readonly fragment: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  /** Where the IP header ends. */
  readonly transport: number;
  /** Where L2TP begins. */
  readonly payload: number;
  readonly length: number;
}

function outlineOf(packet: Uint8Array): Outline | undefined {
  if (packet.length < 20) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const ipv4 = packet[0]! >> 4 === 4;
  if (!ipv4 && packet.length < IPV6_HEADER) return undefined;
  const transport = ipv4 ? (packet[0]! & 15) * 4 : IPV6_HEADER;
  const protocol = packet[ipv4 ? 9 : 6]!;
  const fragment = ipv4 && (view.getUint16(6) & 0x1fff) !== 0;
  const hasPorts = protocol === UDP && !fragment && packet.length >= transport + UDP_HEADER;
  const [from, to, size] = ipv4 ? [12, 16, 4] : [8, 24, 16];
  return {
    source: formatIpAddress(packet.subarray(from, from! + size!)),
    destination: formatIpAddress(packet.subarray(to, to! + size!)),
    fragment,
    protocol,
    sourcePort: hasPorts ? view.getUint16(transport) : 0,
    destinationPort: hasPorts ? view.getUint16(transport + 2) : 0,
    transport,
    payload: transport + (hasPorts ? UDP_HEADER : 0),
    length: ipv4 ? view.getUint16(2) : IPV6_HEADER + view.getUint16(4),
  };
}

/** On loopback every packet is seen twice, leaving and coming: the direction must fit, too. */
function isMeant(
  outline: Outline,
  { encapsulation, remote, localPort }: OuterSelection,
  outgoing: boolean,
): boolean {
  const peer = outgoing ? outline.destination : outline.source;
  if (peer !== canonicalIpAddress(remote)) return false;
  const port = outgoing ? outline.sourcePort : outline.destinationPort;
  return encapsulation === "ip" || localPort === undefined || outline.fragment ||
    port === localPort;
}

/** Cuts what the kernel will cut, and takes off what an Ethernet frame was padded with. */
function cut(
  packet: Uint8Array,
  outline: Outline,
  { offload, segmentSize }: SeenPacket,
): readonly Uint8Array[] {
  const whole = packet.subarray(0, Math.min(packet.length, outline.length));
  if (offload !== VIRTIO_NET_HDR_GSO_UDP_L4 || segmentSize === 0) return [whole];
  const segments: Uint8Array[] = [];
  for (let at = outline.payload; at < whole.length; at += segmentSize) {
    const payload = whole.subarray(at, at + segmentSize);
    const segment = new Uint8Array(outline.payload + payload.length);
    segment.set(whole.subarray(0, outline.payload));
    segment.set(payload, outline.payload);
    writeLengths(segment, outline, segments.length);
    segments.push(segment);
  }
  return segments;
}

/** The lengths of one segment, the IPv4 identification and checksum; UDP's is left to hardware. */
function writeLengths(segment: Uint8Array, { transport }: Outline, index: number): void {
  const view = new DataView(segment.buffer);
  view.setUint16(transport + 4, segment.length - transport);
  if (transport === IPV6_HEADER && segment[0]! >> 4 === 6) {
    view.setUint16(4, segment.length - IPV6_HEADER);
    return;
  }
  view.setUint16(2, segment.length);
  view.setUint16(4, view.getUint16(4) + index);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < transport; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
  view.setUint16(transport + 6, 0);
}

/** The packets that came in and were seen as one, from whomever. */
export function arrivedPackets(seen: SeenPacket): readonly CapturedPacket[] {
  const packet = seen.octets.subarray(seen.networkOffset);
  const outline = outlineOf(packet);
  if (outline === undefined) return [];
  const { seconds, nanoseconds } = seen;
  return cut(packet, outline, seen).map((octets) => ({
    direction: "inbound",
    seconds,
    nanoseconds,
    octets,
    comment: undefined,
  }));
}

/** Control messages in words; data speaks for itself. */
function commentOf(
  payload: Uint8Array,
  encapsulation: Encapsulation,
  fragment: boolean,
): string | undefined {
  if (fragment || firstLook(payload, encapsulation).kind !== "control") return undefined;
  return dissect(payload, encapsulation);
}

/** What an IP packet carries; `undefined` where it is not whole, or nothing that L2TP could be. */
export function arrivalOf(packet: Uint8Array): Arrival | "fragment" | undefined {
  const outline = outlineOf(packet);
  if (outline === undefined) return undefined;
  const { protocol, source, fragment, destinationPort, payload } = outline;
  if (protocol !== UDP && protocol !== L2TP_IP_PROTOCOL) return undefined;
  const isFirst = packet[0]! >> 4 === 4 && (packet[6]! & MORE_FRAGMENTS) !== 0;
  if (fragment || isFirst) return "fragment";
  const encapsulation = protocol === UDP ? "udp" : "ip";
  return { encapsulation, source, destinationPort, payload: packet.subarray(payload) };
}

/**
 * Frames of every kind for the offload tests, and segmentation done the slow and obvious way: one
 * frame at a time, field by field, every sum octet by octet.
 */

import * as fc from "fast-check";
import {
  OffloadHeader,
  TCP_OVER_IPV4,
  TCP_OVER_IPV6,
  UDP_DATAGRAMS,
} from "../../../src/dataplane/offload/offload_header.ts";

/** A flow's headers, and what it has to say. */
export interface Flow {
  readonly tags: readonly number[];
  readonly ipv6: boolean;
  readonly tcp: boolean;
  /** Type of service or traffic class, and time to live or hop limit. */
  readonly service: number;
  readonly hops: number;
  readonly dontFragment: boolean;
  readonly identification: number;
  readonly sequence: number;
  readonly flags: number;
  /** Multiples of 4 octets. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
  readonly segmentSize: number;
  /** Between IP header and transport header: IPv4's options, multiples of 4 octets. */
  readonly ipv4Options?: Uint8Array;
  /** There: IPv6's extension headers, the first of which may be hop-by-hop options. */
  readonly ipv6Extensions?: readonly Extension[];
}

/** One extension header of IPv6; a routing header names where the packet goes in the end. */
export interface Extension {
  readonly type: typeof HOP_BY_HOP | typeof ROUTING | typeof DESTINATION;
  /** Multiples of 8 octets, of which the first two are filled in. */
  readonly octets: Uint8Array;
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const DESTINATION = 60;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

function octetsOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const tag = fc.tuple(fc.constantFrom(0x8100, 0x88a8), fc.integer({ min: 0, max: 0xffff }))
  .map(([type, control]) => [type, control]);

/** Flows of all kinds, with segments of odd and even sizes. */
export const anyFlow: fc.Arbitrary<Flow> = fc.record({
  tags: fc.array(tag, { maxLength: 2 }).map((tags) => tags.flat()),
  ipv6: fc.boolean(),
  tcp: fc.boolean(),
  service: fc.nat(255),
  hops: fc.integer({ min: 1, max: 255 }),
  dontFragment: fc.boolean(),
  identification: fc.oneof(fc.nat(0xffff), fc.constant(0xfffe)),
  sequence: fc.oneof(fc.nat(0xffff_ffff), fc.constant(0xffff_fff0)),
  flags: fc.subarray([FIN, PSH, ECE, CWR]).map((bits) => bits.reduce((a, b) => a | b, ACK)),
  options: fc.nat(10).chain((words) => octetsOf(4 * words)),
  segmentSize: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 500, max: 1500 })),
  segments: fc.integer({ min: 1, max: 9 }),
  last: fc.double({ min: 0.01, max: 1, noNaN: true }),
  seed: fc.nat(),
}).map(({ segments, last, seed, ...flow }) => {
  const length = (segments - 1) * flow.segmentSize + Math.ceil(last * flow.segmentSize);
  return { ...flow, payload: noise(length, seed) };
});

/** Padding in the way of options, 6 octets or more. */
const padding = (octets: number) =>
  Uint8Array.of(0, 0, 1, octets - 4, ...noise(octets - 4, 0).fill(0));

/** RFC 6275 §6.4: one more address, to which the packet goes on from the one in its header. */
const routing: Extension = {
  type: ROUTING,
  octets: Uint8Array.of(0, 0, 2, 1, 0, 0, 0, 0, ...noise(16, 115)),
};

const anyExtensions: fc.Arbitrary<readonly Extension[]> = fc.tuple(
  fc.constantFrom(0, 8, 16),
  fc.boolean(),
  fc.constantFrom(0, 8, 24),
).map(([hopByHop, routed, destination]) => [
  ...(hopByHop > 0 ? [{ type: HOP_BY_HOP, octets: padding(hopByHop) } as const] : []),
  ...(routed ? [routing] : []),
  ...(destination > 0 ? [{ type: DESTINATION, octets: padding(destination) } as const] : []),
]);

/** Flows of all kinds, some of which have IPv4 options or IPv6 extension headers. */
export const anyFlowWithOptions: fc.Arbitrary<Flow> = fc.tuple(
  anyFlow,
  fc.nat(10).chain((words) => octetsOf(4 * words)),
  anyExtensions,
).map(([flow, ipv4Options, ipv6Extensions]) => ({ ...flow, ipv4Options, ipv6Extensions }));

/** Octets that look random; the same for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
}

const word = (value: number): number[] => [value >> 8 & 0xff, value & 0xff];
const long = (value: number): number[] => [...word(value >>> 16), ...word(value & 0xffff)];

/** RFC 1071, octet by octet. */
export function checksum(octets: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) {
    sum += (octets[at]! << 8) + (octets[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return ~sum & 0xffff;
}

const MACS = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
const IPV4_ADDRESSES = [10, 91, 0, 1, 10, 91, 0, 2];
const IPV6_ADDRESSES = [
  ...[0xfd, 0, 0, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0xfd, 0, 0, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
];

/** RFC 8200 §8.1: the destination is the last one, which a routing header may know. */
function pseudoHeader(flow: Flow, length: number): number[] {
  const routed = flow.ipv6Extensions?.find(({ type }) => type === ROUTING);
  const ipv6 = routed === undefined
    ? IPV6_ADDRESSES
    : [...IPV6_ADDRESSES.slice(0, 16), ...routed.octets.subarray(8)];
  const addresses = flow.ipv6 ? ipv6 : IPV4_ADDRESSES;
  return [...addresses, ...word(flow.tcp ? 6 : 17), ...word(length)];
}

/** TCP or UDP with its payload; the field holds a checksum, or the pseudo header's sum. */
function transportOf(flow: Flow, payload: Uint8Array, complete: boolean): number[] {
  const { sequence, flags, options, tcp } = flow;
  const header = tcp
    ? [
      ...word(5001),
      ...word(80),
      ...long(sequence),
      ...long(77),
      ...word((5 + options.length / 4) << 12 | flags),
      ...word(501),
      ...word(0),
      ...word(0),
      ...options,
    ]
    : [...word(5001), ...word(80), ...word(8 + payload.length), ...word(0)];
  const packet = [...header, ...payload];
  const pseudo = pseudoHeader(flow, packet.length);
  let sum = complete ? checksum([...pseudo, ...packet]) : ~checksum(pseudo) & 0xffff;
  if (complete && !tcp && sum === 0) sum = 0xffff;
  packet.splice(tcp ? 16 : 6, 2, ...word(sum));
  return packet;
}

function networkOf(flow: Flow, transport: readonly number[]): number[] {
  const protocol = flow.tcp ? 6 : 17;
  if (flow.ipv6) {
    const extensions = extensionsOf(flow, protocol);
    const first = 0x6000_0000 | flow.service << 20 | 0x12345;
    return [
      ...long(first),
      ...word(extensions.length + transport.length),
      flow.ipv6Extensions?.[0]?.type ?? protocol,
      flow.hops,
      ...IPV6_ADDRESSES,
      ...extensions,
      ...transport,
    ];
  }
  const options = flow.ipv4Options ?? [];
  const headerOctets = 20 + options.length;
  const header = [
    ...[0x40 | headerOctets / 4, flow.service],
    ...word(headerOctets + transport.length),
    ...word(flow.identification),
    ...word(flow.dontFragment ? 0x4000 : 0),
    ...[flow.hops, protocol, 0, 0],
    ...IPV4_ADDRESSES,
    ...options,
  ];
  header.splice(10, 2, ...word(checksum(header)));
  return [...header, ...transport];
}

/** Each says what follows, and how many 8 octets it has beyond the first. */
function extensionsOf({ ipv6Extensions = [] }: Flow, protocol: number): number[] {
  return ipv6Extensions.flatMap(({ octets }, index) => [
    ipv6Extensions[index + 1]?.type ?? protocol,
    octets.length / 8 - 1,
    ...octets.subarray(2),
  ]);
}

/** A frame with this payload; `complete` gives it its checksum. */
export function frameOf(flow: Flow, payload: Uint8Array, complete = true): Uint8Array {
  const type = flow.ipv6 ? 0x86dd : 0x0800;
  const packet = networkOf(flow, transportOf(flow, payload, complete));
  return Uint8Array.from([...MACS, ...flow.tags.flatMap(word), ...word(type), ...packet]);
}

/** Gives a flow's frame whose octets were changed the checksums of what it is now. */
export function repair(flow: Flow, frame: Uint8Array): void {
  const [network, transport] = [linkLength(flow), transportStart(flow)];
  const put = (at: number, octets: () => number[], isUdp = false) => {
    frame.set([0, 0], at);
    frame.set(word(checksum(octets()) || (isUdp ? 0xffff : 0)), at);
  };
  const addresses = flow.ipv6
    ? frame.subarray(network + 8, network + 40)
    : frame.subarray(network + 12, network + 20);
  const length = frame.length - transport;
  if (!flow.ipv6) put(network + 10, () => [...frame.subarray(network, transport)]);
  put(
    transport + (flow.tcp ? 16 : 6),
    () => [...addresses, ...word(flow.tcp ? 6 : 17), ...word(length), ...frame.subarray(transport)],
    !flow.tcp,
  );
}

/** Where the transport header begins in a flow's frames. */
export function transportStart(flow: Flow): number {
  const { ipv4Options, ipv6Extensions = [] } = flow;
  const extensions = ipv6Extensions.reduce((sum, { octets }) => sum + octets.length, 0);
  const header = flow.ipv6 ? 40 + extensions : 20 + (ipv4Options?.length ?? 0);
  return linkLength(flow) + header;
}

/** Octets of all headers of a flow's frames. */
export function headerLength(flow: Flow): number {
  return transportStart(flow) + (flow.tcp ? 20 + flow.options.length : 8);
}

/** Octets before the IP header: what a TAP's frames have, and a TUN's packets have not. */
export function linkLength(flow: Flow): number {
  return 14 + 2 * flow.tags.length;
}

/** The frames that a flow goes by where nothing is offloaded. */
export function segmentsOf(flow: Flow): Uint8Array[] {
  const { payload, segmentSize } = flow;
  const frames: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += segmentSize) {
    const isFirst = at === 0;
    const isLast = at + segmentSize >= payload.length;
    const flags = flow.flags & ~(isLast ? 0 : FIN | PSH) & ~(isFirst ? 0 : CWR);
    const segment = {
      ...flow,
      flags,
      identification: (flow.identification + frames.length) & 0xffff,
      sequence: (flow.sequence + at) >>> 0,
    };
    frames.push(frameOf(segment, payload.subarray(at, at + segmentSize)));
  }
  return frames;
}

/** What a TAP says in front of a flow's super-frame. */
export function superFrameHeader(flow: Flow): OffloadHeader {
  const header = new OffloadHeader();
  header.needsChecksum = true;
  const overTcp = flow.ipv6 ? TCP_OVER_IPV6 : TCP_OVER_IPV4;
  header.kind = flow.tcp ? overTcp : UDP_DATAGRAMS;
  header.headerLength = headerLength(flow);
  header.segmentSize = flow.segmentSize;
  header.checksumStart = transportStart(flow);
  header.checksumOffset = flow.tcp ? 16 : 6;
  return header;
}

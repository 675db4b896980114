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
}

export const FIN = 1;
export const SYN = 2;
export const PSH = 8;
export const ACK = 16;
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

function pseudoHeader(flow: Flow, length: number): number[] {
  const addresses = flow.ipv6 ? IPV6_ADDRESSES : IPV4_ADDRESSES;
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
    const first = 0x6000_0000 | flow.service << 20 | 0x12345;
    return [
      ...long(first),
      ...word(transport.length),
      protocol,
      flow.hops,
      ...IPV6_ADDRESSES,
      ...transport,
    ];
  }
  const header = [
    ...[0x45, flow.service],
    ...word(20 + transport.length),
    ...word(flow.identification),
    ...word(flow.dontFragment ? 0x4000 : 0),
    ...[flow.hops, protocol, 0, 0],
    ...IPV4_ADDRESSES,
  ];
  header.splice(10, 2, ...word(checksum(header)));
  return [...header, ...transport];
}

/** A frame with this payload; `complete` gives it its checksum. */
export function frameOf(flow: Flow, payload: Uint8Array, complete = true): Uint8Array {
  const type = flow.ipv6 ? 0x86dd : 0x0800;
  const packet = networkOf(flow, transportOf(flow, payload, complete));
  return Uint8Array.from([...MACS, ...flow.tags.flatMap(word), ...word(type), ...packet]);
}

/** Where the transport header begins in a flow's frames. */
export function transportStart(flow: Flow): number {
  return linkLength(flow) + (flow.ipv6 ? 40 : 20);
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

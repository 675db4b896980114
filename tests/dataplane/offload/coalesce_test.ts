/**
 * Frames to super-frames: whatever is joined comes apart again octet for octet, and whatever could
 * not is left as it came.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { NOT_DROPPED } from "../../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../../src/dataplane/frame_batch.ts";
import type { PortHeader } from "../../../src/dataplane/fit/inner_ip.ts";
import { Coalescer } from "../../../src/dataplane/offload/coalesce.ts";
import { Segmentation } from "../../../src/dataplane/offload/segment.ts";
import {
  ACK,
  anyFlow,
  type Flow,
  linkLength,
  noise,
  PSH,
  segmentsOf,
  SYN,
  transportStart,
} from "./frames.ts";

const frames = new FrameBatch(64);
const apart = new FrameBatch(64);

function fill(octets: readonly Uint8Array[]): void {
  for (const [index, frame] of octets.entries()) frames.place(index, frame);
}

/** One super-frame as a TAP would be given it. */
function superFrame(coalescer: Coalescer, first: number, count: number): Uint8Array {
  const start = frames.starts[first]!;
  const pieces = [frames.octets.slice(start, start + frames.lengths[first]!)];
  for (let index = first + 1; index < first + count; index++) {
    const payload = coalescer.payloadStart(frames, index);
    const end = frames.starts[index]! + frames.lengths[index]!;
    pieces.push(frames.octets.slice(payload, end));
  }
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** What the frames become, and that again as frames; and in how many writes. */
function throughKernel(
  octets: readonly Uint8Array[],
  port: PortHeader = "ethernet",
): { out: Uint8Array[]; writes: number } {
  fill(octets);
  const coalescer = new Coalescer(port);
  const out: Uint8Array[] = [];
  let writes = 0;
  for (let first = 0; first < octets.length; writes++) {
    const count = coalescer.join(frames, first, octets.length);
    if (count === 1) out.push(frames.copy(first));
    else out.push(...resegmented(superFrame(coalescer, first, count), coalescer, port));
    first += count;
  }
  return { out, writes };
}

function resegmented(
  octets: Uint8Array,
  { header }: Coalescer,
  port: PortHeader,
): Uint8Array[] {
  const start = apart.packetStart(0);
  apart.octets.set(octets, start);
  const segmentation = new Segmentation(port);
  assertEquals(segmentation.begin(apart, start, octets.length, header), NOT_DROPPED);
  const out: Uint8Array[] = [];
  while (segmentation.pending) {
    segmentation.next(apart, 0);
    out.push(apart.copy(0));
  }
  return out;
}

/** Changes one octet or bit somewhere in one of the frames. */
interface Accident {
  readonly frame: number;
  readonly at: number;
  readonly bits: number;
}

const anyAccident: fc.Arbitrary<Accident> = fc.record({
  frame: fc.nat(20),
  at: fc.nat(120),
  bits: fc.integer({ min: 1, max: 255 }),
});

function suffer(octets: Uint8Array[], { frame, at, bits }: Accident): void {
  const victim = octets[frame % octets.length]!;
  victim[at % victim.length]! ^= bits;
}

Deno.test("streams of several flows come out octet for octet", () => {
  fc.assert(fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 5 }), (flows) => {
    const octets = flows.flatMap(segmentsOf);
    assertEquals(throughKernel(octets).out, octets);
  }));
});

Deno.test("so do packets of a TUN, and those of one flow are joined", () => {
  fc.assert(fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 5 }), (flows) => {
    const packets = flows.flatMap((flow) =>
      segmentsOf(flow).map((frame) => frame.subarray(linkLength(flow)))
    );
    assertEquals(throughKernel(packets, "ip").out, packets);
  }));
  for (const [, flow] of FLOWS) {
    const packets = segmentsOf(flow).map((frame) => frame.subarray(linkLength(flow)));
    assertEquals(throughKernel(packets, "ip").writes, 1);
  }
});

Deno.test("so do streams with accidents: a corrupted checksum stays corrupted", () => {
  const accidents = fc.array(anyAccident, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyFlow, accidents, (flow, list) => {
      const octets = segmentsOf(flow);
      for (const accident of list) suffer(octets, accident);
      assertEquals(throughKernel(octets).out, octets);
    }),
    { numRuns: 500 },
  );
});

Deno.test("so do streams with losses, repetitions and frames out of order", () => {
  const order = fc.array(fc.nat(30), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(anyFlow, order, (flow, indices) => {
    const octets = segmentsOf(flow);
    const shuffled = indices.map((index) => octets[index % octets.length]!);
    assertEquals(throughKernel(shuffled).out, shuffled);
  }));
});

Deno.test("so do odd frames: short ones, padded ones, fragments, IPv4 options, noise", () => {
  const anyOdd = fc.tuple(anyFlow, fc.nat(5), fc.nat()).map(([flow, kind, seed]) => {
    const [frame = new Uint8Array(14)] = segmentsOf(flow);
    if (kind === 0) return frame.slice(0, Math.max(14, seed % frame.length));
    if (kind === 1) return Uint8Array.from([...frame, 0, 0]);
    if (kind === 2) return fragmentOf(flow, frame);
    if (kind === 3) return noise(14 + seed % 100, seed);
    return frame;
  });
  const anyMix = fc.array(anyOdd, { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(anyMix, (octets) => {
    const twice = octets.flatMap((frame) => [frame, frame]);
    assertEquals(throughKernel(twice).out, twice);
  }));
});

function fragmentOf(flow: Flow, frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  if (!flow.ipv6) copy[14 + 2 * flow.tags.length + 6]! |= 0x20;
  return copy;
}

const TCP_FLOW: Flow = {
  tags: [],
  ipv6: false,
  tcp: true,
  service: 0,
  hops: 64,
  dontFragment: true,
  identification: 0xfffe,
  sequence: 0xffff_ff00,
  flags: ACK | PSH,
  options: new Uint8Array(12),
  payload: noise(14_000, 1),
  segmentSize: 1_000,
};

const FLOWS: readonly [string, Flow][] = [
  ["TCP over IPv4", TCP_FLOW],
  ["TCP over IPv6", { ...TCP_FLOW, ipv6: true }],
  ["TCP behind a VLAN tag", { ...TCP_FLOW, tags: [0x8100, 5] }],
  ["TCP behind two tags", { ...TCP_FLOW, tags: [0x88a8, 5, 0x8100, 7] }],
  ["UDP over IPv4", { ...TCP_FLOW, tcp: false }],
  ["UDP over IPv6", { ...TCP_FLOW, tcp: false, ipv6: true }],
];

for (const [name, flow] of FLOWS) {
  Deno.test(`${name}: a whole stream is one write`, () => {
    const octets = segmentsOf(flow);
    assertEquals(throughKernel(octets), { out: octets, writes: 1 });
  });

  Deno.test(`${name}: undone, the frames are as they were`, () => {
    const octets = segmentsOf(flow);
    fill(octets);
    const coalescer = new Coalescer();
    assertEquals(coalescer.join(frames, 0, octets.length), octets.length);
    assertNotEquals(frames.copy(0), octets[0]);
    coalescer.undo(frames.view);
    assertEquals(frames.copy(0), octets[0]);
  });
}

Deno.test("one bad checksum in a stream costs one joining, and passes as it came", () => {
  const octets = segmentsOf(TCP_FLOW);
  octets[5]![200]! ^= 1;
  // Frames 0 to 4, frame 5 alone, frames 6 to 13.
  assertEquals(throughKernel(octets), { out: octets, writes: 3 });
});

Deno.test("no super-frame is longer than IP can say, nor has more than 64 segments", () => {
  const long = { ...TCP_FLOW, payload: noise(64 * 1_400, 3), segmentSize: 1_400 };
  const octets = segmentsOf(long);
  const { out, writes } = throughKernel(octets);
  assertEquals(out, octets);
  assertEquals(writes, 2);
  const many = segmentsOf({ ...TCP_FLOW, payload: noise(64, 4), segmentSize: 1 });
  assertEquals(throughKernel(many), { out: many, writes: 1 });
});

Deno.test("segments that mean something by themselves are alone", () => {
  const octets = segmentsOf(TCP_FLOW);
  const flagsAt = transportStart(TCP_FLOW) + 13;
  for (const frame of octets) assert((frame[flagsAt]! & SYN) === 0);
  // Without its checksum being right a SYN would be alone for that: two of the same word cancel.
  for (const frame of octets) {
    frame[flagsAt]! |= SYN;
    frame[flagsAt + 2]! -= SYN;
  }
  assertEquals(throughKernel(octets), { out: octets, writes: octets.length });
});

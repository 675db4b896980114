/**
 * Frames to super-frames: whatever is joined comes apart again octet for octet, and whatever could
 * not is left as it came.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { Coalescer } from "../../../src/dataplane/offload/coalesce.ts";
import {
  anyFlow,
  anyFlowWithOptions,
  CWR,
  type Flow,
  frameOf,
  linkLength,
  noise,
  segmentsOf,
  superFrameHeader,
} from "./frames.ts";
import { fill, frames, superFrame, TCP_FLOW, throughKernel } from "./through_kernel.ts";

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
  const anyFlows = fc.array(fc.oneof(anyFlow, anyFlowWithOptions), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(anyFlows, (flows) => {
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

Deno.test("so do odd frames: short ones, padded ones, noise", () => {
  const anyOdd = fc.tuple(fc.oneof(anyFlow, anyFlowWithOptions), fc.nat(3), fc.nat()).map(
    ([flow, kind, seed]) => {
      const octets = segmentsOf(flow);
      if (kind === 0) {
        return octets.map((frame) => frame.slice(0, Math.max(14, seed % frame.length)));
      }
      if (kind === 1) return octets.map((frame) => Uint8Array.from([...frame, 0, 0]));
      if (kind === 2) return [noise(14 + seed % 100, seed)];
      return octets;
    },
  );
  const anyMix = fc.array(anyOdd, { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(anyMix, (mix) => {
    const octets = mix.flat();
    assertEquals(throughKernel(octets).out, octets);
  }));
});

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
  const more = segmentsOf({ ...TCP_FLOW, payload: noise(65, 4), segmentSize: 1 });
  assertEquals(throughKernel(more), { out: more, writes: 2 });
});

Deno.test("a super-frame is what the kernel itself would have handed over", () => {
  const anyStream = anyFlow
    .map((flow) => ({ ...flow, flags: flow.flags & ~CWR }))
    .filter(({ payload, segmentSize }) => payload.length > segmentSize);
  fc.assert(fc.property(anyStream, (flow) => {
    const octets = segmentsOf(flow);
    fill(octets);
    const coalescer = new Coalescer();
    assertEquals(coalescer.join(frames, 0, octets.length), octets.length);
    const expected = frameOf(flow, flow.payload, false);
    assertEquals(superFrame(coalescer, 0, octets.length), expected);
    assertEquals(coalescer.header, superFrameHeader(flow));
  }));
});

Deno.test("a kind that the kernel refuses is not joined any more, the other is", () => {
  const writesOf = (coalescer: Coalescer, flow: Flow) => {
    const octets = segmentsOf(flow);
    fill(octets);
    return coalescer.join(frames, 0, octets.length);
  };
  const datagrams = { ...TCP_FLOW, tcp: false };
  for (const [refused, other] of [[TCP_FLOW, datagrams], [datagrams, TCP_FLOW]] as const) {
    const coalescer = new Coalescer();
    assert(writesOf(coalescer, refused) > 1);
    coalescer.refuse();
    assertEquals(writesOf(coalescer, refused), 1);
    assert(writesOf(coalescer, other) > 1);
  }
});

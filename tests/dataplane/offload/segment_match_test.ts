/**
 * What must not be joined is not: each thing that a frame can say by itself is said by all frames of
 * a stream that is right otherwise.
 */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  ACK,
  anyFlow,
  CWR,
  FIN,
  type Flow,
  frameOf,
  headerLength,
  PSH,
  repair,
  RST,
  segmentsOf,
  SYN,
  transportStart,
  URG,
} from "./frames.ts";
import { TCP_FLOW, throughKernel } from "./through_kernel.ts";

Deno.test("streams whose headers change on the way, their checksums being right, come out octet for octet", () => {
  const anyChange = fc.record({
    frame: fc.nat(8),
    at: fc.oneof(fc.nat(), fc.constant("flags" as const)),
    bit: fc.nat(7),
  });
  const changes = fc.array(anyChange, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(anyFlow, changes, (flow, list) => {
      const octets = segmentsOf(flow);
      for (const { at, bit, frame } of list) {
        const place = at === "flags" ? transportStart(flow) + 13 : at % headerLength(flow);
        octets[frame % octets.length]![place]! ^= 1 << bit;
      }
      for (const frame of octets) repair(flow, frame);
      assertEquals(throughKernel(octets).out, octets);
    }),
    { numRuns: 1_000 },
  );
});

/** Changes octets of a frame, which is then right again. */
function changed(flow: Flow, frame: Uint8Array, at: number, change: (octet: number) => number) {
  const copy = frame.slice();
  copy[at] = change(copy[at]!);
  repair(flow, copy);
  return copy;
}

/** Puts bits of TCP's flags into each frame of a stream. */
const flagged = (set: number, cleared = 0) => (flow: Flow): Uint8Array[] =>
  segmentsOf(flow).map((frame) =>
    changed(flow, frame, transportStart(flow) + 13, (octet) => octet & ~cleared | set)
  );

const fragmented = (at: number, bits: number) => (flow: Flow): Uint8Array[] =>
  segmentsOf(flow).map((frame) => changed(flow, frame, 14 + at, (octet) => octet | bits));

/** Four octets of what was the header are payload then, and count. */
function tooShort(flow: Flow): Uint8Array[] {
  const { segmentSize } = flow;
  const at = transportStart(flow);
  return segmentsOf(flow).map((frame, index) => {
    new DataView(frame.buffer).setUint32(at + 4, flow.sequence + index * (segmentSize + 4));
    return changed(flow, frame, at + 12, () => 0x40);
  });
}

function withoutPayload(flow: Flow): Uint8Array[] {
  return new Array(5).fill(frameOf({ ...flow, flags: ACK }, new Uint8Array(0)));
}

const UDP_FLOW = { ...TCP_FLOW, tcp: false };

/** Streams that are right, and would be joined but for one thing that every frame of them has. */
const ALONE: readonly [string, Flow, (flow: Flow) => Uint8Array[]][] = [
  ["IPv4 options", { ...TCP_FLOW, ipv4Options: Uint8Array.of(148, 4, 0, 0) }, segmentsOf],
  [
    "an IPv6 extension header",
    {
      ...TCP_FLOW,
      ipv6: true,
      ipv6Extensions: [{ type: 60, octets: Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0) }],
    },
    segmentsOf,
  ],
  ["More Fragments", TCP_FLOW, fragmented(6, 0x20)],
  ["a fragment's offset", TCP_FLOW, fragmented(7, 0x40)],
  ["a fragment's offset, UDP", UDP_FLOW, fragmented(6, 0x01)],
  ["SYN", TCP_FLOW, flagged(SYN)],
  ["RST", TCP_FLOW, flagged(RST)],
  ["URG", TCP_FLOW, flagged(URG)],
  ["CWR", TCP_FLOW, flagged(CWR)],
  ["PSH", TCP_FLOW, flagged(PSH)],
  ["FIN", TCP_FLOW, flagged(FIN)],
  ["no ACK", TCP_FLOW, flagged(0, ACK)],
  ["a TCP header that says it is too short", { ...TCP_FLOW, options: new Uint8Array(0) }, tooShort],
  // Whose sequence numbers and, without identifications, all else would go on.
  ["no payload", { ...TCP_FLOW, ipv6: true }, withoutPayload],
  [
    "padding",
    TCP_FLOW,
    (flow) => segmentsOf(flow).map((frame) => Uint8Array.from([...frame, 0, 0])),
  ],
  ["no UDP checksum", UDP_FLOW, (flow) =>
    segmentsOf(flow).map((frame) => {
      frame.set([0, 0], transportStart(flow) + 6);
      return frame;
    })],
];

for (const [what, flow, make] of ALONE) {
  Deno.test(`frames with ${what} pass one by one`, () => {
    const octets = make(flow);
    assertEquals(throughKernel(octets), { out: octets, writes: octets.length });
  });
}

Deno.test("a checksum that comes to zero passes as it was written, one way or the other", () => {
  const anyStream = anyFlow.filter(({ payload, segmentSize }) =>
    payload.length > 2 * segmentSize && segmentSize > 1
  );
  fc.assert(fc.property(anyStream, fc.boolean(), (flow, ones) => {
    const octets = segmentsOf({ ...flow, flags: ACK });
    const victim = octets[1]!;
    const field = transportStart(flow) + (flow.tcp ? 16 : 6);
    // The sum of all else, put where the payload begins, makes the whole nothing.
    victim.set([0, 0], headerLength(flow));
    repair(flow, victim);
    victim.copyWithin(headerLength(flow), field, field + 2);
    victim.fill(ones ? 0xff : 0, field, field + 2);
    const { out, writes } = throughKernel(octets);
    assertEquals(out, octets);
    // UDP has one way to write it, and that is how segmentation does; the other says no checksum.
    assertEquals(writes === 1, !flow.tcp && ones);
  }));
});

Deno.test("an IPv4 header's checksum that is written as 0xffff stays that", () => {
  const [first] = segmentsOf({ ...TCP_FLOW, identification: 0 });
  const identification = first![24]! << 8 | first![25]!;
  const octets = segmentsOf({ ...TCP_FLOW, identification });
  assertEquals([...octets[0]!.subarray(24, 26)], [0, 0]);
  octets[0]!.fill(0xff, 24, 26);
  assertEquals(throughKernel(octets), { out: octets, writes: 2 });
});

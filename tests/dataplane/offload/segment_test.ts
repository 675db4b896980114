/** Super-frames to frames: octet for octet what would have been sent without offloads. */

import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { DROP_KERNEL, DROP_OVERSIZE, NOT_DROPPED } from "../../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../../src/dataplane/frame_batch.ts";
import type { PortHeader } from "../../../src/dataplane/fit/inner_ip.ts";
import { sumOctets } from "../../../src/dataplane/offload/checksum.ts";
import { OffloadHeader } from "../../../src/dataplane/offload/offload_header.ts";
import { completeChecksum, Segmentation } from "../../../src/dataplane/offload/segment.ts";
import {
  anyFlow,
  anyFlowWithOptions,
  checksum,
  type Flow,
  frameOf,
  headerLength,
  linkLength,
  noise,
  segmentsOf,
  superFrameHeader,
} from "./frames.ts";

const batch = new FrameBatch(16);

/** A super-frame is read across slots; `shift` puts it where words are not aligned. */
function segmented(flow: Flow, shift: number, port: PortHeader = "ethernet"): Uint8Array[] {
  const start = batch.packetStart(0) + shift;
  const cut = port === "ip" ? linkLength(flow) : 0;
  const superFrame = frameOf(flow, flow.payload, false).subarray(cut);
  batch.octets.set(superFrame, start);
  const segmentation = new Segmentation(port);
  const header = superFrameHeader(flow);
  header.checksumStart -= cut;
  assertEquals(segmentation.begin(batch, start, superFrame.length, header), NOT_DROPPED);
  let count = 0;
  while (segmentation.pending) segmentation.next(batch, count++);
  return Array.from({ length: count }, (_, index) => batch.copy(index));
}

Deno.test("a super-frame becomes the frames that would have been sent without it", () => {
  fc.assert(fc.property(anyFlowWithOptions, fc.nat(3), (flow, shift) => {
    assertEquals(segmented(flow, shift), segmentsOf(flow));
  }));
});

Deno.test("a super-packet of a TUN becomes the packets of those frames", () => {
  fc.assert(fc.property(anyFlowWithOptions, fc.nat(3), (flow, shift) => {
    const packets = segmentsOf(flow).map((frame) => frame.subarray(linkLength(flow)));
    assertEquals(segmented(flow, shift, "ip"), packets);
  }));
});

Deno.test("64 KiB in segments of one octet less than a jumbo frame", () => {
  fc.assert(
    fc.property(anyFlow, fc.nat(), (flow, seed) => {
      const large = { ...flow, segmentSize: 8_961, payload: noise(64_000, seed) };
      assertEquals(segmented(large, 0), segmentsOf(large));
    }),
    { numRuns: 10 },
  );
});

Deno.test("the sum of any octets anywhere is RFC 1071's", () => {
  const anyPlace = fc.tuple(fc.nat(70), fc.nat(3_000), fc.nat());
  fc.assert(fc.property(anyPlace, ([start, length, seed]) => {
    const octets = noise(length, seed);
    batch.octets.set(octets, start);
    const expected = ~checksum([...octets]) & 0xffff;
    assertEquals(sumOctets(batch, start, length) % 0xffff, expected % 0xffff);
  }));
  batch.octets.fill(0xff, 0, 65_536);
  assertEquals(sumOctets(batch, 0, 65_536), 0xffff, "the largest sum there is");
});

Deno.test("a checksum left to us is completed, zero written as 0xffff", () => {
  fc.assert(fc.property(anyFlow, (flow) => {
    const start = batch.packetStart(0);
    const frame = frameOf(flow, flow.payload, false);
    batch.octets.set(frame, start);
    const drop = completeChecksum(batch, start, frame.length, superFrameHeader(flow));
    assertEquals(drop, NOT_DROPPED);
    const expected = frameOf(flow, flow.payload);
    assertEquals(batch.octets.slice(start, start + frame.length), expected);
  }));
});

Deno.test("what cannot be segmented is dropped with a reason", () => {
  const [flow] = fc.sample(anyFlow.filter((any) => any.tcp && !any.ipv6), { numRuns: 1, seed: 1 });
  assert(flow !== undefined);
  const start = batch.packetStart(0);
  const length = batch.octets.length;
  const begin = (change: Partial<OffloadHeader>, octets = frameOf(flow, flow.payload)) => {
    batch.octets.set(octets, start);
    const header = Object.assign(superFrameHeader(flow), change);
    return new Segmentation().begin(batch, start, octets.length, header);
  };
  assert(headerLength(flow) < length);
  assertEquals(begin({}), NOT_DROPPED);
  assertEquals(begin({ kind: 3 }), DROP_KERNEL);
  assertEquals(begin({ segmentSize: 0 }), DROP_KERNEL);
  assertEquals(begin({ needsChecksum: false }), DROP_KERNEL);
  assertEquals(begin({ checksumStart: 60_000 }), DROP_KERNEL);
  assertEquals(begin({}, frameOf(flow, new Uint8Array(0))), DROP_KERNEL);
  assertEquals(begin({}, noise(200, 1)), DROP_KERNEL, "no IP packet");
  const long = new Uint8Array(1_000);
  long.set(frameOf(flow, flow.payload).subarray(0, 34));
  assertEquals(begin({ checksumStart: 500 }, long), DROP_OVERSIZE);
});

Deno.test("a checksum that comes to zero is written as UDP and TCP write it", () => {
  fc.assert(fc.property(anyFlow, (any) => {
    const flow = { ...any, segmentSize: Math.max(any.segmentSize, 2) };
    const plain = { ...flow, payload: Uint8Array.of(0, 0) };
    const [frame] = segmentsOf(plain);
    const field = headerLength(plain) - (flow.tcp ? 4 + flow.options.length : 2);
    const payload = frame!.slice(field, field + 2);
    const expected = flow.tcp ? [0, 0] : [0xff, 0xff];
    const zero = { ...plain, payload };
    assertEquals([...segmentsOf(zero)[0]!.subarray(field, field + 2)], expected);
    assertEquals(segmented(zero, 0), segmentsOf(zero));
    // A whole frame's checksum is completed as the kernel does for every protocol.
    const start = batch.packetStart(0);
    batch.octets.set(frameOf(zero, payload, false), start);
    completeChecksum(batch, start, headerLength(zero) + 2, superFrameHeader(zero));
    assertEquals([...batch.octets.subarray(start + field, start + field + 2)], [0xff, 0xff]);
  }));
});

Deno.test("a checksum beyond the frame's end is nobody's", () => {
  const header = new OffloadHeader();
  header.checksumStart = 34;
  header.checksumOffset = 16;
  assertEquals(completeChecksum(batch, 64, 51, header), DROP_KERNEL);
});

/**
 * What taking super-frames apart and putting them together costs in our own code, without a system
 * call: 64 KiB of TCP in segments of 1,378 octets. Run with `deno bench tests/bench`.
 */

import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { sumOctets } from "../../src/dataplane/offload/checksum.ts";
import { Coalescer } from "../../src/dataplane/offload/coalesce.ts";
import { Segmentation } from "../../src/dataplane/offload/segment.ts";
import { frameOf, segmentsOf, superFrameHeader } from "../dataplane/offload/frames.ts";
import { FLOW, SEGMENTS } from "./tcp_flow.ts";

const apart = new FrameBatch();
const header = superFrameHeader(FLOW);
const start = apart.packetStart(0);
const superFrame = frameOf(FLOW, FLOW.payload, false);
apart.octets.set(superFrame, start);
const segmentation = new Segmentation();

Deno.bench("sum 64 KiB", () => {
  sumOctets(apart, start, 65_536);
});

Deno.bench("segment 64 KiB of TCP into 47 frames", () => {
  segmentation.begin(apart, start, superFrame.length, header);
  for (let index = 0; segmentation.pending; index++) segmentation.next(apart, index);
});

const together = new FrameBatch();
for (const [index, frame] of segmentsOf(FLOW).entries()) together.place(index, frame);
const coalescer = new Coalescer();

Deno.bench("coalesce 47 frames into 64 KiB of TCP", () => {
  coalescer.join(together, 0, SEGMENTS);
  coalescer.undo(together.view);
});

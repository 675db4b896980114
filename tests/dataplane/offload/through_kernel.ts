/**
 * Frames on their way through a kernel that takes super-frames: joined by us, taken apart again as it
 * would. What comes out has to be what went in.
 */

import { assertEquals } from "@std/assert";
import { NOT_DROPPED } from "../../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../../src/dataplane/frame_batch.ts";
import type { PortHeader } from "../../../src/dataplane/fit/inner_ip.ts";
import { Coalescer } from "../../../src/dataplane/offload/coalesce.ts";
import { Segmentation } from "../../../src/dataplane/offload/segment.ts";
import { ACK, type Flow, noise, PSH } from "./frames.ts";

/** A stream that is joined whole. */
export const TCP_FLOW: Flow = {
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

/** More than one super-frame may have. */
export const frames = new FrameBatch(80);
const apart = new FrameBatch(64);

/** Puts frames into the batch. */
export function fill(octets: readonly Uint8Array[]): void {
  for (const [index, frame] of octets.entries()) frames.place(index, frame);
}

/** One super-frame as a TAP would be given it. */
export function superFrame(coalescer: Coalescer, first: number, count: number): Uint8Array {
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
export function throughKernel(
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

/** What a port's reads come to where the kernel has no frame for them. */

import { assertEquals, assertThrows } from "@std/assert";
import { allocateCounters, DirectionCounters, readCounters } from "../../src/dataplane/counters.ts";
import { NOT_DROPPED } from "../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { SOURCE_GONE } from "../../src/dataplane/frame_port.ts";
import { Coalescer } from "../../src/dataplane/offload/coalesce.ts";
import {
  OFFLOAD_HEADER_OCTETS,
  OffloadHeader,
  TCP_OVER_IPV4,
  UDP_DATAGRAMS,
} from "../../src/dataplane/offload/offload_header.ts";
import { OffloadTapSink, OffloadTapSource } from "../../src/dataplane/tap_port.ts";
import { FrameGatherer } from "../../src/io/frame_transfer.ts";
import { EBADF, EBADFD, EINVAL, ENETDOWN, SystemError } from "../../src/io/system_error.ts";

import { segmentsOf } from "./offload/frames.ts";
import { TCP_FLOW } from "./offload/through_kernel.ts";

const FRAME = OFFLOAD_HEADER_OCTETS + 60;

/** A port whose reads answer one after the other as given, and then that there is nothing. */
function portOf(...answers: number[]) {
  const memory = allocateCounters();
  const batch = new FrameBatch(4);
  const reader = { slots: 4, read: () => answers.shift() ?? 0 };
  const source = new OffloadTapSource(
    7,
    reader,
    new DirectionCounters(memory, "encap"),
    "ethernet",
  );
  return { receive: () => source.receive(batch), drops: () => readCounters(memory).drops };
}

Deno.test("a super-frame that the kernel cannot describe is lost and counted, and the next ones come", () => {
  const { receive, drops } = portOf(-EINVAL, FRAME, FRAME, -EINVAL, FRAME);
  assertEquals([receive(), receive(), receive()], [0, 2, 1]);
  assertEquals(drops().kernel, 2);
});

Deno.test("an interface that is down gives nothing, one that is deleted is gone, a bug is thrown", () => {
  assertEquals(portOf(-ENETDOWN).receive(), 0);
  assertEquals(portOf(-EBADFD).receive(), SOURCE_GONE);
  assertThrows(() => portOf(-EBADF).receive(), SystemError);
});

/** A kernel that takes whole frames and super-frames, but of one kind. */
class ChoosyGatherer extends FrameGatherer {
  readonly taken: Uint8Array[] = [];
  supers = 0;
  readonly #batch: FrameBatch;
  readonly #refused: number;
  readonly #header = new OffloadHeader();
  #frame: number[] = [];

  constructor(batch: FrameBatch, refused: number) {
    super(batch, OFFLOAD_HEADER_OCTETS, batch.slots);
    this.#batch = batch;
    this.#refused = refused;
  }

  override begin(): void {
    this.#frame = [];
  }

  override add(offset: number, length: number): void {
    this.#frame.push(...this.#batch.octets.subarray(offset, offset + length));
  }

  override write(): number {
    this.#header.read(this.header, 0);
    if (this.#header.kind === this.#refused) return -EINVAL;
    if (this.#header.kind === 0) this.taken.push(Uint8Array.from(this.#frame));
    else this.supers += 1;
    return OFFLOAD_HEADER_OCTETS + this.#frame.length;
  }
}

Deno.test("a kind of super-frame that the kernel refuses goes frame by frame from then on, octet for octet", () => {
  const datagrams = segmentsOf({ ...TCP_FLOW, tcp: false });
  const segments = segmentsOf(TCP_FLOW);
  const batch = new FrameBatch(32);
  const send = (sink: OffloadTapSink, frames: readonly Uint8Array[]) => {
    for (const [index, frame] of frames.entries()) batch.place(index, frame);
    sink.send(batch, 0, frames.length);
    assertEquals([...batch.drops.subarray(0, frames.length)], frames.map(() => NOT_DROPPED));
  };
  for (
    const [refused, given, other] of [
      [UDP_DATAGRAMS, datagrams, segments],
      [TCP_OVER_IPV4, segments, datagrams],
    ] as const
  ) {
    const kernel = new ChoosyGatherer(batch, refused);
    const sink = new OffloadTapSink(7, kernel, new Coalescer());
    send(sink, given);
    send(sink, given);
    assertEquals(kernel.taken, [...given, ...given]);
    send(sink, other);
    assertEquals([kernel.taken.length, kernel.supers], [2 * given.length, 1]);
  }
});

/**
 * TAPs and TUNs as frame ports, plain ones and ones with offloads: those hand over and take
 * super-frames, which are taken apart and put together here.
 *
 * Read offload/segment.ts and offload/coalesce.ts first.
 */

import type { ArenaWriter, FrameGatherer, SlotReader } from "../io/frame_transfer.ts";
import { EBADFD, EINVAL, EIO, ENETDOWN, SystemError } from "../io/system_error.ts";
import type { DirectionCounters } from "./counters.ts";
import { DROP_KERNEL, type DropCode, NOT_DROPPED } from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { type FrameSink, type FrameSource, SOURCE_GONE } from "./frame_port.ts";
import { dropForWritten } from "./kernel_error.ts";
import type { Coalescer } from "./offload/coalesce.ts";
import type { PortHeader } from "./fit/inner_ip.ts";
import { OFFLOAD_HEADER_OCTETS, OffloadHeader, WHOLE_FRAME } from "./offload/offload_header.ts";
import { completeChecksum, Segmentation } from "./offload/segment.ts";

/** The answer of a source whose read failed. An interface that is down comes back. */
function failedRead(errno: number): number {
  if (errno === EIO || errno === ENETDOWN) return 0;
  if (errno === EBADFD) return SOURCE_GONE;
  throw new SystemError("read", errno, "read frames from a TAP");
}

/** Frames from a TAP. */
export class TapSource implements FrameSource {
  readonly unfinished = false;
  readonly #fd: number;
  readonly #reader: SlotReader;

  constructor(fd: number, reader: SlotReader) {
    this.#fd = fd;
    this.#reader = reader;
  }

  receive(batch: FrameBatch): number {
    for (let slot = 0; slot < batch.slots; slot++) {
      const length = this.#reader.read(this.#fd, slot);
      if (length <= 0) return slot > 0 || length === 0 ? slot : failedRead(-length);
      batch.locate(slot, batch.packetStart(slot), length);
    }
    return batch.slots;
  }
}

/** Frames to a TAP. */
export class TapSink implements FrameSink {
  readonly #fd: number;
  readonly #writer: ArenaWriter;

  constructor(fd: number, writer: ArenaWriter) {
    this.#fd = fd;
    this.#writer = writer;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const written = this.#writer.write(this.#fd, batch.starts[index]!, batch.lengths[index]!);
      batch.drops[index] = dropForWritten(written);
    }
  }
}

/** The longest read: what an IP length can say, behind an Ethernet header with tags. */
export const LONGEST_SUPER_FRAME = 65_600;

/** Frames from a TAP with offloads. */
export class OffloadTapSource implements FrameSource {
  readonly #fd: number;
  /** Reads the offload header to just before the frame. */
  readonly #reader: SlotReader;
  /** Takes what came from the TAP and cannot be a frame. */
  readonly #counters: DirectionCounters;
  readonly #header = new OffloadHeader();
  readonly #segmentation: Segmentation;

  constructor(
    fd: number,
    reader: SlotReader,
    counters: DirectionCounters,
    port: PortHeader,
  ) {
    this.#fd = fd;
    this.#segmentation = new Segmentation(port);
    this.#reader = reader;
    this.#counters = counters;
  }

  get unfinished(): boolean {
    return this.#segmentation.pending;
  }

  /** A super-frame ends the batch: its segments need the slots behind it. */
  receive(batch: FrameBatch): number {
    if (this.#segmentation.pending) return this.#segment(batch, 0);
    let count = 0;
    while (count < this.#reader.slots) {
      const length = this.#reader.read(this.#fd, count);
      if (length <= 0) return this.#end(length, count);
      const start = batch.packetStart(count);
      const drop = this.#prepare(batch, start, length - OFFLOAD_HEADER_OCTETS);
      if (drop !== NOT_DROPPED) {
        this.#counters.dropped(drop);
        continue;
      }
      if (this.#segmentation.pending) return this.#segment(batch, count);
      batch.locate(count, start, length - OFFLOAD_HEADER_OCTETS);
      count += 1;
    }
    return count;
  }

  /**
   * What a read without a frame comes to. A super-frame of a kind that the header has no word for is
   * lost and no more: of SCTP, and before Linux 6.2 of UDP, whoever is on a packet socket's line.
   */
  #end(length: number, count: number): number {
    if (length === -EINVAL) this.#counters.dropped(DROP_KERNEL);
    const isOver = length === 0 || length === -EINVAL || count > 0;
    return isOver ? count : failedRead(-length);
  }

  /** Does, or begins, what the kernel left undone. */
  #prepare(batch: FrameBatch, start: number, length: number): DropCode {
    const header = this.#header;
    header.read(batch.view, start - OFFLOAD_HEADER_OCTETS);
    if (header.kind !== WHOLE_FRAME) return this.#segmentation.begin(batch, start, length, header);
    return header.needsChecksum ? completeChecksum(batch, start, length, header) : NOT_DROPPED;
  }

  #segment(batch: FrameBatch, first: number): number {
    let index = first;
    while (this.#segmentation.pending && index < batch.slots) {
      this.#segmentation.next(batch, index);
      index += 1;
    }
    return index;
  }
}

/** Frames to a TAP with offloads. */
export class OffloadTapSink implements FrameSink {
  readonly #fd: number;
  readonly #gatherer: FrameGatherer;
  readonly #whole = new OffloadHeader();
  /** Absent where frames are to pass one by one. */
  readonly #coalescer: Coalescer | undefined;

  constructor(fd: number, gatherer: FrameGatherer, coalescer: Coalescer | undefined) {
    this.#fd = fd;
    this.#gatherer = gatherer;
    this.#coalescer = coalescer;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    const end = first + count;
    for (let index = first; index < end;) {
      const joined = this.#coalescer?.join(batch, index, end) ?? 1;
      if (joined > 1) this.#writeJoined(this.#coalescer!, batch, index, joined);
      else this.#writeWhole(batch, index);
      index += joined;
    }
  }

  #writeWhole(batch: FrameBatch, index: number): void {
    const gatherer = this.#gatherer;
    this.#whole.write(gatherer.header, 0);
    gatherer.begin();
    gatherer.add(batch.starts[index]!, batch.lengths[index]!);
    batch.drops[index] = dropForWritten(gatherer.write(this.#fd));
  }

  #writeJoined(coalescer: Coalescer, batch: FrameBatch, first: number, count: number): void {
    const gatherer = this.#gatherer;
    coalescer.header.write(gatherer.header, 0);
    gatherer.begin();
    gatherer.add(batch.starts[first]!, batch.lengths[first]!);
    for (let index = first + 1; index < first + count; index++) {
      const payload = coalescer.payloadStart(batch, index);
      gatherer.add(payload, batch.starts[index]! + batch.lengths[index]! - payload);
    }
    const written = gatherer.write(this.#fd);
    if (written !== -EINVAL) return batch.settle(first, count, dropForWritten(written));
    // This kernel takes no such super-frames: from now on they go one by one, as these do.
    coalescer.refuse();
    coalescer.undo(batch.view);
    for (let index = first; index < first + count; index++) this.#writeWhole(batch, index);
  }
}

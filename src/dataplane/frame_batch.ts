/**
 * A batch of frames in one arena: slots of equal size, each with headroom in front, so that a
 * header is written before a frame and taken off again without copying the frame.
 *
 * A batch belongs to the one worker that made it. What is in it is valid until the next `receive`
 * into it. Its shape is also that of `io`'s arenas, which know nothing of batches. A frame lies in
 * one piece, or in two: a head with its own headers, and a body inside a longer frame.
 */

import { type DropCode, NOT_DROPPED } from "./drop_reason.ts";
import { allocateSumming, type SummingMemory } from "./offload/summing_memory.ts";

/** Frames read in one go; also what one turn of the loop can spend on one session. */
const SLOTS = 64;

/** 9,018 octets of jumbo frame, dozens of VLAN tags, and every header there is. */
const SLOT_OCTETS = 10_240;

/** Room for the longest header that is written before a frame (20 octets), and to spare. */
const HEADROOM_OCTETS = 64;

/** Room for a head: headroom, Ethernet with tags, IPv6 with extension headers, TCP with options. */
const HEAD_OCTETS = 512;

/** The longest head. */
export const LONGEST_HEAD: number = HEAD_OCTETS - HEADROOM_OCTETS;

/** One stretch of memory, seen as fields too. */
export interface FrameMemory extends SummingMemory {
  readonly view: DataView<ArrayBuffer>;
}

function allocateMemory(slots: number): FrameMemory {
  const { octets, sum } = allocateSumming(slots * (SLOT_OCTETS + HEAD_OCTETS));
  return { octets, sum, view: new DataView(octets.buffer) };
}

/**
 * Two batches in one memory: whatever can send out of the first can send out of the second, where
 * frames are made of what lies in the first.
 */
export function twinBatches(slots: number = SLOTS): readonly [FrameBatch, FrameBatch] {
  const memory = allocateMemory(2 * slots);
  const half = slots * (SLOT_OCTETS + HEAD_OCTETS);
  return [new FrameBatch(slots, memory), new FrameBatch(slots, memory, half)];
}

/** Slots of frames; `starts[i]` and `lengths[i]` say where frame `i` lies in `octets`. */
export class FrameBatch implements FrameMemory {
  readonly slots: number;
  readonly slotSize: number = SLOT_OCTETS;
  readonly headroom: number = HEADROOM_OCTETS;
  /** Octets that fit a slot. A frame that fills it may have been cut, so it counts as too long. */
  readonly capacity: number = SLOT_OCTETS - HEADROOM_OCTETS;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly sum: SummingMemory["sum"];
  readonly starts: Int32Array<ArrayBuffer>;
  /** Octets from the start: of the whole frame, or of its head where it has a body. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /** Where the rest of a frame lies that is in two pieces; the body's length is 0 in others. */
  readonly bodyStarts: Int32Array<ArrayBuffer>;
  readonly bodyLengths: Int32Array<ArrayBuffer>;
  /** DSCP and ECN of each frame's outer packet, where the session's `Marking` asks for them. */
  readonly trafficClasses: Uint8Array<ArrayBuffer>;
  /** Octets that encapsulation wrote before each frame. */
  readonly overheads: Int32Array<ArrayBuffer>;
  /** After a `send`, what became of each frame: `NOT_DROPPED`, or why. */
  readonly drops: Uint8Array<ArrayBuffer>;
  /** Where in the memory its slots begin. */
  readonly #base: number;

  /** A batch with memory of its own, or from `base` on in a memory that it shares. */
  constructor(
    slots: number = SLOTS,
    memory: FrameMemory = allocateMemory(slots),
    base: number = 0,
  ) {
    this.slots = slots;
    this.#base = base;
    this.octets = memory.octets;
    this.view = memory.view;
    this.sum = memory.sum;
    this.starts = new Int32Array(slots);
    this.lengths = new Int32Array(slots);
    this.bodyStarts = new Int32Array(slots);
    this.bodyLengths = new Int32Array(slots);
    this.trafficClasses = new Uint8Array(slots);
    this.overheads = new Int32Array(slots);
    this.drops = new Uint8Array(slots);
  }

  /** Where slot `index` takes a frame: after its headroom. */
  packetStart(index: number): number {
    return this.#base + index * SLOT_OCTETS + HEADROOM_OCTETS;
  }

  /** Where the head of frame `index` is made, at most `LONGEST_HEAD` octets; after its headroom. */
  headStart(index: number): number {
    return this.#base + this.slots * SLOT_OCTETS + index * HEAD_OCTETS + HEADROOM_OCTETS;
  }

  /** Says where frame `index` lies, in one piece. */
  locate(index: number, start: number, length: number): void {
    this.starts[index] = start;
    this.lengths[index] = length;
    this.bodyLengths[index] = 0;
  }

  /** Octets of frame `index`, in one piece or two. */
  lengthOf(index: number): number {
    return this.lengths[index]! + this.bodyLengths[index]!;
  }

  /** Puts a copy of a frame into slot `index`; of one that is too long, what fills the slot. */
  place(index: number, frame: Uint8Array): void {
    const start = this.packetStart(index);
    const fits = frame.length <= this.capacity;
    this.octets.set(fits ? frame : frame.subarray(0, this.capacity), start);
    this.locate(index, start, fits ? frame.length : this.capacity);
  }

  /** Puts a copy of another batch's frame, which is in one piece, into slot `index`. As `place`. */
  take(index: number, source: FrameBatch, frame: number): void {
    const start = this.packetStart(index);
    const from = source.starts[frame]!;
    const length = Math.min(source.lengths[frame]!, this.capacity);
    const { view } = this;
    const whole = length & ~3;
    for (let at = 0; at < whole; at += 4) {
      view.setUint32(start + at, source.view.getUint32(from + at));
    }
    for (let at = whole; at < length; at++) this.octets[start + at] = source.octets[from + at]!;
    this.locate(index, start, length);
  }

  /** A copy of frame `index`, in one piece. */
  copy(index: number): Uint8Array<ArrayBuffer> {
    const start = this.starts[index]!;
    const length = this.lengths[index]!;
    const body = this.bodyStarts[index]!;
    const whole = new Uint8Array(this.lengthOf(index));
    whole.set(this.octets.subarray(start, start + length));
    whole.set(this.octets.subarray(body, body + this.bodyLengths[index]!), length);
    return whole;
  }

  /** Records the fate of `count` frames at once. */
  settle(first: number, count: number, drop: DropCode = NOT_DROPPED): void {
    this.drops.fill(drop, first, first + count);
  }
}

/**
 * A batch of frames in one arena: slots of equal size, each with headroom in front, so that a
 * header is written before a frame and taken off again without copying the frame.
 *
 * A batch belongs to the one worker that made it. What is in it is valid until the next `receive`
 * into it. Its shape is also that of `io`'s arenas, which know nothing of batches.
 */

import { type DropCode, NOT_DROPPED } from "./drop_reason.ts";

/** Frames read in one go; also what one turn of the loop can spend on one session. */
const SLOTS = 64;

/** 9,018 octets of jumbo frame, dozens of VLAN tags, and every header there is. */
const SLOT_OCTETS = 10_240;

/** Room for the longest header that is written before a frame (20 octets), and to spare. */
const HEADROOM_OCTETS = 64;

/** Slots of frames; `starts[i]` and `lengths[i]` say where frame `i` lies in `octets`. */
export class FrameBatch {
  readonly slots: number;
  readonly slotSize: number = SLOT_OCTETS;
  readonly headroom: number = HEADROOM_OCTETS;
  /** Octets that fit a slot. A frame that fills it may have been cut, so it counts as too long. */
  readonly capacity: number = SLOT_OCTETS - HEADROOM_OCTETS;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly starts: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
  /** After a `send`, what became of each frame: `NOT_DROPPED`, or why. */
  readonly drops: Uint8Array<ArrayBuffer>;

  constructor(slots: number = SLOTS) {
    this.slots = slots;
    this.octets = new Uint8Array(slots * SLOT_OCTETS);
    this.view = new DataView(this.octets.buffer);
    this.starts = new Int32Array(slots);
    this.lengths = new Int32Array(slots);
    this.drops = new Uint8Array(slots);
  }

  /** Where slot `index` takes a frame: after its headroom. */
  packetStart(index: number): number {
    return index * SLOT_OCTETS + HEADROOM_OCTETS;
  }

  /** Puts a copy of a frame into slot `index`; of one that is too long, what fills the slot. */
  place(index: number, frame: Uint8Array): void {
    const start = this.packetStart(index);
    const fits = frame.length <= this.capacity;
    this.octets.set(fits ? frame : frame.subarray(0, this.capacity), start);
    this.starts[index] = start;
    this.lengths[index] = fits ? frame.length : this.capacity;
  }

  /** A copy of frame `index`. */
  copy(index: number): Uint8Array<ArrayBuffer> {
    const start = this.starts[index]!;
    return this.octets.slice(start, start + this.lengths[index]!);
  }

  /** Records the fate of `count` frames at once. */
  settle(first: number, count: number, drop: DropCode = NOT_DROPPED): void {
    this.drops.fill(drop, first, first + count);
  }
}

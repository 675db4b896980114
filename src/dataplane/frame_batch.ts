/**
 * A batch of frames in one arena: slots of equal size, each with headroom in front, so that a
 * header is written before a frame and taken off again without copying the frame.
 *
 * A batch belongs to the one worker that made it. What is in it is valid until the next `receive`
 * into it.
 */

/** Room for the longest header any session has (20 octets), and for an IPv4 header with options. */
const HEADROOM_OCTETS = 128;

/** 9,018 octets of jumbo frame, a dozen VLAN tags, and every header of ours. */
const SLOT_OCTETS = 10_240;

/** Frames read in one go; also what one turn of the loop can spend on one session. */
const BATCH_CAPACITY = 64;

/** Slots of frames; `starts[i]` and `lengths[i]` say where frame `i` lies in `octets`. */
export class FrameBatch {
  readonly capacity: number;
  /** A frame of this many octets fits a slot; one that is longer was cut short and is dropped. */
  readonly longestFrame: number;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly starts: Int32Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;

  constructor(capacity: number = BATCH_CAPACITY) {
    this.capacity = capacity;
    this.longestFrame = SLOT_OCTETS - HEADROOM_OCTETS - 1;
    this.octets = new Uint8Array(capacity * SLOT_OCTETS);
    this.view = new DataView(this.octets.buffer);
    this.starts = new Int32Array(capacity);
    this.lengths = new Int32Array(capacity);
  }

  /** Where slot `index` takes a frame: after its headroom. */
  slotStart(index: number): number {
    return index * SLOT_OCTETS + HEADROOM_OCTETS;
  }

  /** Puts a copy of a frame into slot `index`; one that is too long is cut, and so marked. */
  place(index: number, frame: Uint8Array): void {
    const start = this.slotStart(index);
    const length = Math.min(frame.length, this.longestFrame + 1);
    this.octets.set(length === frame.length ? frame : frame.subarray(0, length), start);
    this.starts[index] = start;
    this.lengths[index] = length;
  }

  /** A copy of frame `index`. */
  copy(index: number): Uint8Array<ArrayBuffer> {
    const start = this.starts[index]!;
    return this.octets.slice(start, start + this.lengths[index]!);
  }
}

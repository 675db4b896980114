/**
 * Frames waiting inside the program, as a source or as a sink: behind sessions whose frames are
 * streams, and in place of TAPs and networks in tests.
 *
 * Frames given in are copied when they are forwarded; frames taken out belong to the taker.
 */

import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink, FrameSource } from "./frame_port.ts";

/** First in, first out, without a bound of its own: who fills it minds its length. */
export class FrameQueue implements FrameSource, FrameSink {
  readonly unfinished = false;
  #frames: Uint8Array[] = [];

  /** Adds frames at the end. */
  push(frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#frames.push(frame);
  }

  /** Takes everything out, oldest first. */
  take(): Uint8Array[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  receive(batch: FrameBatch): number {
    const frames = this.#frames.splice(0, batch.slots);
    for (const [index, frame] of frames.entries()) batch.place(index, frame);
    return frames.length;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    for (let index = first; index < first + count; index++) this.#frames.push(batch.copy(index));
    batch.settle(first, count);
  }
}

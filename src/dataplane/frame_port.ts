/**
 * Where frames or packets come from and go to, in batches: a TAP, a socket with a destination, or
 * a queue inside the program. The forwarder knows nothing else of the world.
 */

import type { FrameBatch } from "./frame_batch.ts";

/** The answer of `receive` when the source will never give a frame again. */
export const SOURCE_GONE = -1;

/** Frames come from it. */
export interface FrameSource {
  /**
   * Fills the batch from its first slot on with what is there, without waiting.
   *
   * @returns the number of frames, 0 where there are none, or `SOURCE_GONE`.
   */
  receive(batch: FrameBatch): number;

  /** The next `receive` goes on with what this one began, whose memory must be left alone. */
  readonly unfinished: boolean;
}

/** Frames go to it. */
export interface FrameSink {
  /** Sends `count` frames from `first` on, and records in `batch.drops` what became of each. */
  send(batch: FrameBatch, first: number, count: number): void;
}

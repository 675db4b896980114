/**
 * Where frames or packets come from and go to, in batches: a TAP, a socket with a destination, or
 * a queue inside the program. The forwarder knows nothing else of the world.
 */

import type { FrameBatch } from "./frame_batch.ts";

/** The answer of `receive` when the port will never give a frame again. */
export const PORT_GONE = -1;

/** One side of the forwarder. No call waits for a frame, and none throws because of one. */
export interface FramePort {
  /**
   * Fills the batch from its first slot on with what is waiting.
   *
   * @returns the number of frames, 0 where there are none, or `PORT_GONE`.
   */
  receive(batch: FrameBatch): number;

  /**
   * Sends `count` frames of the batch, `first` being the first.
   *
   * @returns how many went, at least one; or, where the first did not go, the reason's drop code
   *   as a negative number.
   */
  send(batch: FrameBatch, first: number, count: number): number;
}

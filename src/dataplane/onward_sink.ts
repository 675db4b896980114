/**
 * The way of what one session has received out by another, inside a worker: the session's port is the
 * other one. Frames are copied from the batch that was received into the one that is sent, where each
 * has room for another header, which may be longer than the one it had.
 */

import { DROP_UNKNOWN_SESSION } from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink, FrameSource } from "./frame_port.ts";

/** Sends what a source has by a session, as `EncapForwarder.turn`; nothing where it is gone. */
export type ForwardFrames = (key: number, frames: FrameSource) => void;

/** Sends frames by another session. */
export class OnwardSink implements FrameSink, FrameSource {
  readonly #key: number;
  readonly #forward: ForwardFrames;
  #from: FrameBatch | undefined;
  #next = 0;
  #end = 0;

  /** @param key names the session that they leave by. */
  constructor(key: number, forward: ForwardFrames) {
    this.#key = key;
    this.#forward = forward;
  }

  get unfinished(): boolean {
    return this.#next < this.#end;
  }

  /** What becomes of them behind this is the other session's, and counted there. */
  send(batch: FrameBatch, first: number, count: number): void {
    this.#from = batch;
    this.#next = first;
    this.#end = first + count;
    batch.settle(first, count);
    this.#forward(this.#key, this);
    if (this.unfinished) batch.settle(this.#next, this.#end - this.#next, DROP_UNKNOWN_SESSION);
  }

  receive(batch: FrameBatch): number {
    const count = Math.min(this.#end - this.#next, batch.slots);
    for (let index = 0; index < count; index++) batch.take(index, this.#from!, this.#next++);
    return count;
  }
}

/**
 * A frame port inside the program: frames are pushed in at one end and taken out at the other.
 * It stands behind sessions whose frames are streams, and for the network in tests.
 *
 * Frames given in are copied when they are forwarded; frames taken out belong to the taker.
 */

import type { FrameBatch } from "./frame_batch.ts";
import type { FramePort } from "./frame_port.ts";

/** Two queues of frames: what was pushed for the forwarder, and what the forwarder sent. */
export class FrameQueue implements FramePort {
  #waiting: Uint8Array[] = [];
  #sent: Uint8Array<ArrayBuffer>[] = [];

  /** Frames to be received, oldest first. */
  push(frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#waiting.push(frame);
  }

  /** Everything sent since the last time. */
  take(): Uint8Array<ArrayBuffer>[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  receive(batch: FrameBatch): number {
    const frames = this.#waiting.splice(0, batch.capacity);
    for (const [index, frame] of frames.entries()) batch.place(index, frame);
    return frames.length;
  }

  send(batch: FrameBatch, first: number, count: number): number {
    for (let index = first; index < first + count; index++) this.#sent.push(batch.copy(index));
    return count;
  }
}

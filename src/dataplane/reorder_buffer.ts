/**
 * Packets of one session that came before their turn, held for the missing ones: a bounded number
 * of them, for a bounded time.
 *
 * Read RFC 3931 Appendix C first (V3-DP-21). Memory is taken once, when the session is installed.
 */

import type { ReorderLimits } from "../model/sequence_limits.ts";
import { FrameBatch } from "./frame_batch.ts";
import type { FrameSink } from "./frame_port.ts";

const FREE = -1;

/** Payloads by their numbers. */
export class ReorderBuffer {
  /** Where the payloads lie, each in the slot that it was given. */
  readonly batch: FrameBatch;
  /** Takes frames out of `batch`. */
  readonly sink: FrameSink;
  /** Something is to be released: its turn has come, or there is no room to wait. */
  isDue = false;
  readonly #mostFrames: number;
  readonly #timeMs: number;
  readonly #numbers: Int32Array<ArrayBuffer>;
  #count = 0;
  /** When the first of them has waited long enough; not known before `tend`. */
  #dueAt = Infinity;

  /** @param sinkOf gives what takes frames out of a batch. */
  constructor({ frames, timeMs }: ReorderLimits, sinkOf: (batch: FrameBatch) => FrameSink) {
    this.batch = new FrameBatch(frames + 1);
    this.sink = sinkOf(this.batch);
    this.#mostFrames = frames;
    this.#timeMs = timeMs;
    this.#numbers = new Int32Array(frames + 1).fill(FREE);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  holds(sequence: number): boolean {
    return this.#count > 0 && this.#numbers.includes(sequence);
  }

  /** Holds a copy of a payload; whether it did: not, where that number is held already. */
  hold(from: FrameBatch, index: number, start: number, length: number, sequence: number): boolean {
    if (this.#numbers.includes(sequence)) return false;
    const { batch } = this;
    const { octets } = from;
    const slot = this.#numbers.indexOf(FREE);
    const at = batch.packetStart(slot);
    for (let offset = 0; offset < length; offset++) {
      batch.octets[at + offset] = octets[start + offset]!;
    }
    batch.locate(slot, at, length);
    batch.trafficClasses[slot] = from.trafficClasses[index]!;
    this.#numbers[slot] = sequence;
    this.#count += 1;
    if (this.#count > this.#mostFrames) this.isDue = true;
    return true;
  }

  /** The slot of a number's payload, which is held no more; or -1. */
  take(sequence: number): number {
    const slot = this.#numbers.indexOf(sequence);
    if (slot < 0) return slot;
    this.#numbers[slot] = FREE;
    this.#count -= 1;
    this.#dueAt = Infinity;
    return slot;
  }

  /** How far the nearest number is from the expected one, by numbers that count up to `mask`. */
  distanceToNext(expected: number, mask: number): number {
    let nearest = mask;
    for (const number of this.#numbers) {
      if (number !== FREE) nearest = Math.min(nearest, (number - expected) & mask);
    }
    return nearest;
  }

  /** Forgets everything: the peer has begun to count anew. */
  clear(): void {
    this.#numbers.fill(FREE);
    this.#count = 0;
    this.#dueAt = Infinity;
    this.isDue = false;
  }

  /**
   * Lets time pass: says by `isDue` that it is enough.
   *
   * @returns how many milliseconds later it will be.
   */
  tend(now: number): number {
    if (this.#count === 0) return Infinity;
    if (this.#dueAt === Infinity) this.#dueAt = now + this.#timeMs;
    if (now >= this.#dueAt) this.isDue = true;
    return this.#dueAt - now;
  }
}

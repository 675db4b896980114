/**
 * Payloads on their way to the main thread: gathered while a socket is read, told once, and no more
 * of one session than its control protocols have need of, so that a peer cannot occupy us.
 */

import { Allowance } from "./allowance.ts";
import { DROP_PUNTED, type DropCode, NOT_DROPPED } from "./drop_reason.ts";
import type { Reporter } from "./direction_work.ts";
import type { FrameBatch } from "./frame_batch.ts";

/** What may come at once, and what may come each second of a long time. */
const MOST_AT_ONCE = 256;
const MOST_PER_SECOND = 256;

/** The payloads of every session that a worker has not told of yet. */
export class Punts {
  readonly #report: Reporter;
  readonly #gathered = new Map<number, Uint8Array<ArrayBuffer>[]>();
  readonly #allowances = new Map<number, Allowance>();

  constructor(report: Reporter) {
    this.#report = report;
  }

  /** Takes a copy of a payload, if its session has not had its share by `now`. */
  take(key: number, batch: FrameBatch, index: number, now: number): DropCode {
    if (!this.#allows(key, now)) return DROP_PUNTED;
    const payload = batch.copy(index);
    const gathered = this.#gathered.get(key);
    if (gathered === undefined) this.#gathered.set(key, [payload]);
    else gathered.push(payload);
    return NOT_DROPPED;
  }

  /** Tells the main thread what has been gathered. */
  flush(): void {
    if (this.#gathered.size === 0) return;
    for (const [key, frames] of this.#gathered) {
      this.#report({ kind: "punted", key, frames }, frames.map((frame) => frame.buffer));
    }
    this.#gathered.clear();
  }

  /** Forgets a session. */
  remove(key: number): void {
    this.#gathered.delete(key);
    this.#allowances.delete(key);
  }

  #allows(key: number, now: number): boolean {
    let allowance = this.#allowances.get(key);
    if (allowance === undefined) {
      allowance = new Allowance(MOST_AT_ONCE, MOST_PER_SECOND);
      this.#allowances.set(key, allowance);
    }
    return allowance.take(1, now);
  }
}

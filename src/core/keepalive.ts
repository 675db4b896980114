/**
 * When a HELLO is due: after an interval in which nothing at all came from the peer.
 *
 * Read RFC 3931 §4.4 first. Data packets postpone it without a timer being moved for each: the
 * timer finds out when it fires (V3-KA-01).
 */

import { type Random, randomUint32 } from "../crypto/random.ts";

/** A HELLO goes out up to this part of the interval early, so that many do not go at once (V3-KA-03). */
const JITTER = 0.1;

/** The keepalive of one control connection. */
export class Keepalive {
  readonly #intervalMs: number;
  readonly #random: Random;
  /** The peer's last sign of life, or our last question. */
  #since = 0;
  #waitMs = 0;
  #heardAt: number | undefined;

  /** @param intervalMs 0 sends no HELLOs. */
  constructor(intervalMs: number, random: Random) {
    this.#intervalMs = intervalMs;
    this.#random = random;
  }

  /** Something came from the peer. */
  noteActivity(at: number): void {
    this.#since = Math.max(this.#since, at);
    this.#heardAt = Math.max(this.#heardAt ?? at, at);
  }

  /** When anything came from the peer last; `undefined` where nothing ever has. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** When to ask `isDue`; `undefined` where no HELLOs are wanted. */
  schedule(): number | undefined {
    if (this.#intervalMs === 0) return undefined;
    const jitter = JITTER * randomUint32(this.#random) / 2 ** 32;
    this.#waitMs = Math.ceil(this.#intervalMs * (1 - jitter));
    return this.#since + this.#waitMs;
  }

  /** Whether the peer has been silent for the whole wait; then the next one begins. */
  isDue(now: number): boolean {
    if (now < this.#since + this.#waitMs) return false;
    this.#since = now;
    return true;
  }
}

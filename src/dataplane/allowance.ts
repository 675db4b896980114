/**
 * How much of something may be done: so much at once, and so much in each second of a long time.
 *
 * Bounds what a peer, or a host of a LAN, can have us do besides forwarding.
 */

/** A bucket of tokens, full at the start, that fills while nothing is taken. */
export class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #filledAt = -Infinity;

  /** @param most may be taken at once. */
  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
  }

  /** Takes so many, or none where there are fewer; `now` is in milliseconds, and only grows. */
  take(count: number, now: number): boolean {
    const gained = (now - this.#filledAt) * this.#perSecond / 1000;
    this.#left = Math.min(this.#most, this.#left + gained);
    this.#filledAt = now;
    if (this.#left < count) return false;
    this.#left -= count;
    return true;
  }
}

/** A clock that only tests move, and only forwards, in milliseconds. */

export class VirtualClock {
  #now: number;

  constructor(start = 1_000_000) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  moveTo(instant: number): void {
    if (!(instant >= this.#now)) {
      throw new RangeError(`the clock is at ${this.#now} and cannot go to ${instant}`);
    }
    this.#now = instant;
  }
}

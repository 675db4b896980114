/**
 * How long to wait before the next attempt: longer each time up to a limit, never the same for
 * two peers that failed together, and without end.
 */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** The waits of one thing that is tried again and again. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait after one more failure: half to all of 1 s, 2 s, 4 s, … 30 s. */
  next(): number {
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures++;
    return Math.round(full * (0.5 + this.#random() / 2));
  }

  /** How many failures there were since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Forgets all failures. */
  reset(): void {
    this.#failures = 0;
  }
}

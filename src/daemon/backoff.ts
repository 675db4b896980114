/**
 * How long to wait before the next attempt: longer each time up to a limit, never the same for
 * two peers that failed together, and without end unless one is set.
 */

/** Between which waits, and how many of them there are in a row. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly longestMs: number;
  /** After so many nothing is tried any more. */
  readonly attempts: number;
}

const DEFAULT_BOUNDS: BackoffBounds = { firstMs: 1_000, longestMs: 30_000, attempts: Infinity };

/** The waits of one thing that is tried again and again. */
export class Backoff {
  readonly #random: () => number;
  #bounds = DEFAULT_BOUNDS;
  #failures = 0;

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Has the next waits be within these. Default: 1 s to 30 s, without end. */
  setBounds(bounds: BackoffBounds = DEFAULT_BOUNDS): void {
    this.#bounds = bounds;
  }

  /**
   * Milliseconds to wait after one more failure: half to all of 1 s, 2 s, 4 s, … 30 s; `Infinity` after
   * the last attempt.
   */
  next(): number {
    const { firstMs, longestMs, attempts } = this.#bounds;
    const full = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures, 16));
    if (this.#failures >= attempts) return Infinity;
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

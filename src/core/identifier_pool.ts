/**
 * Identifiers that are handed out at random and are unique while in use: Control Connection IDs,
 * Tunnel IDs and Session IDs. Unpredictable ones are harder to forge (V2-AUTH-06), and those of a
 * former life of this process are unlikely to come again.
 *
 * Read RFC 3931 §5.4.3 (Assigned Control Connection ID) and §5.4.4 (Local Session ID) first.
 */

import { type Random, randomUint32 } from "../crypto/random.ts";

/** Of all identifiers, those that are handed out; the others keep the next from being told. */
const MOST_USED = 0.75;

/** Identifiers of 16 or 32 bits that are in use in one space of numbers. */
export class IdentifierPool {
  readonly #random: Random;
  readonly #shift: number;
  readonly #most: number;
  readonly #used = new Set<number>();

  constructor(random: Random, bits: 16 | 32) {
    this.#random = random;
    this.#shift = 32 - bits;
    this.#most = MOST_USED * 2 ** bits;
  }

  /** Whether so many are in use that another is long to be found, if there is one. */
  get isFull(): boolean {
    return this.#used.size >= this.#most;
  }

  /** An identifier that is not in use and not zero (V3-CC-08, V3-SES-08, V2-CC-04). */
  take(): number {
    for (;;) {
      const identifier = randomUint32(this.#random) >>> this.#shift;
      if (identifier === 0 || this.#used.has(identifier)) continue;
      this.#used.add(identifier);
      return identifier;
    }
  }

  /** Gives an identifier back. */
  release(identifier: number): void {
    this.#used.delete(identifier);
  }
}

/**
 * How much attention strangers get: a bucket of tokens for each source address. Looking into a
 * message of a stranger costs a token, so that one source cannot keep this side from its work.
 *
 * Read RFC 3931 §4.3 (V3-AUTH-28) first. A full bucket need not be remembered: what is kept is
 * bounded, and gone when time next passes for anybody.
 */

/** Sources that are remembered; beyond them the one that was quiet for longest is forgotten. */
const MOST_SOURCES = 4096;

/** A bucket fills within this time. */
const FILLING_MS = 1000;

/** How old a source's place among the others may be: a new one for each message makes garbage. */
const PLACE_MS = FILLING_MS / 10;

interface Bucket {
  tokens: number;
  at: number;
  placedAt: number;
}

/** The tokens of all strangers. */
export class StrangerBudget {
  readonly #perSecond: number;
  /** Quietest first, to within `PLACE_MS`. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token of this source; answers whether there was one. */
  take(address: string, now: number): boolean {
    const bucket = this.#buckets.get(address) ?? this.#place(address, now);
    const gained = (now - bucket.at) * this.#perSecond / FILLING_MS;
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + gained);
    bucket.at = now;
    if (bucket.placedAt + PLACE_MS <= now) {
      this.#buckets.delete(address);
      this.#buckets.set(address, bucket);
      bucket.placedAt = now;
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Forgets the sources whose buckets are full again. */
  sweep(now: number): void {
    for (const [address, { at }] of this.#buckets) {
      if (at + FILLING_MS > now) return;
      this.#buckets.delete(address);
    }
  }

  #place(address: string, now: number): Bucket {
    const bucket = { tokens: this.#perSecond, at: now, placedAt: now };
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > MOST_SOURCES) this.#forgetQuietest();
    return bucket;
  }

  #forgetQuietest(): void {
    for (const address of this.#buckets.keys()) return void this.#buckets.delete(address);
  }
}

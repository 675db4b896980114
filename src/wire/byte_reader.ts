/**
 * A bounded big-endian cursor over octets that somebody else sent.
 *
 * It never throws and never reads beyond its end: the first read that does not fit sets `overrun`,
 * and from then on every read answers zeros, so a decoder reads straight through and asks once.
 */

const EMPTY = new Uint8Array(0);

/** Reads numbers and octet strings from front to back. */
export class ByteReader {
  readonly #octets: Uint8Array;
  #at = 0;
  #overrun = false;

  /** The octets are borrowed: they must not change while the reader is in use. */
  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** Whether some read did not fit. */
  get overrun(): boolean {
    return this.#overrun;
  }

  /** Octets that are left; 0 after an overrun. */
  get remaining(): number {
    return this.#octets.length - this.#at;
  }

  /** An unsigned 8-bit number. */
  u8(): number {
    const at = this.#advance(1);
    return at < 0 ? 0 : this.#octets[at]!;
  }

  /** An unsigned 16-bit number. */
  u16(): number {
    const at = this.#advance(2);
    return at < 0 ? 0 : this.#octets[at]! << 8 | this.#octets[at + 1]!;
  }

  /** An unsigned 32-bit number. */
  u32(): number {
    const at = this.#advance(4);
    return at < 0 ? 0 : uint32At(this.#octets, at);
  }

  /** An unsigned 64-bit number. */
  u64(): bigint {
    const at = this.#advance(8);
    if (at < 0) return 0n;
    return BigInt(uint32At(this.#octets, at)) << 32n | BigInt(uint32At(this.#octets, at + 4));
  }

  /** The next `count` octets, as a view of the borrowed ones; empty where they do not fit. */
  octets(count: number): Uint8Array {
    const at = this.#advance(count);
    return at < 0 ? EMPTY : this.#octets.subarray(at, at + count);
  }

  /** All octets that are left, as a view. */
  rest(): Uint8Array {
    return this.octets(this.remaining);
  }

  /** Moves on, and answers where it was; -1 on an overrun. */
  #advance(count: number): number {
    if (count > this.remaining) {
      this.#overrun = true;
      this.#at = this.#octets.length;
      return -1;
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

function uint32At(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24 | octets[at + 1]! << 16 | octets[at + 2]! << 8 | octets[at + 3]!) >>> 0;
}

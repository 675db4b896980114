/**
 * Writes big-endian numbers and octet strings into octets that grow as they must.
 *
 * Values come from this program, never from the network: one that does not fit its field is our
 * own mistake and throws.
 */

/** Collects octets from front to back. */
export class ByteWriter {
  #octets: Uint8Array;
  #length = 0;

  /** @param capacity Octets to make room for at first. */
  constructor(capacity = 256) {
    this.#octets = new Uint8Array(capacity);
  }

  /** Octets written so far. */
  get length(): number {
    return this.#length;
  }

  /** An unsigned 8-bit number. */
  u8(value: number): void {
    this.#unsigned(value, 1);
  }

  /** An unsigned 16-bit number. */
  u16(value: number): void {
    this.#unsigned(value, 2);
  }

  /** An unsigned 32-bit number. */
  u32(value: number): void {
    this.#unsigned(value, 4);
  }

  /** An unsigned 64-bit number. */
  u64(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw new RangeError(`${value} is not in 64 bits`);
    this.u32(Number(value >> 32n));
    this.u32(Number(value & 0xffffffffn));
  }

  /** Octets as they are. */
  octets(octets: Uint8Array): void {
    const at = this.#extend(octets.length);
    this.#octets.set(octets, at);
  }

  /** `count` zero octets. */
  zeros(count: number): void {
    this.#octets.fill(0, this.#extend(count), this.#length);
  }

  /** Forgets what was written, and keeps the room for it. */
  clear(): void {
    this.#length = 0;
  }

  /** What was written, as a view that holds until the next write. */
  view(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  /** What was written, in octets of its own. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length);
  }

  #unsigned(value: number, size: 1 | 2 | 4): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new RangeError(`${value} is not an unsigned number of ${8 * size} bits`);
    }
    const at = this.#extend(size);
    for (let index = 0; index < size; index++) {
      this.#octets[at + index] = value >>> (8 * (size - 1 - index));
    }
  }

  /** Makes room, and answers where it begins. */
  #extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#octets.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#octets.length));
      grown.set(this.#octets.subarray(0, at));
      this.#octets = grown;
    }
    return at;
  }
}

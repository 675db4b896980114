/**
 * A seeded generator (sfc32): the only source of chance in tests, so that a failing seed is a bug
 * that can be had again. It also stands in for the kernel's randomness that `Lcce` is given.
 */

import type { Random } from "../../src/crypto/random.ts";

/** Equal seeds give equal sequences, on every machine. */
export class Prng implements Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    this.#state.set([seed, seed >>> 16 ^ 0x9e3779b9, 0x243f6a88, 1]);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  uint32(): number {
    const s = this.#state;
    const sum = (s[0]! + s[1]! + s[3]!) >>> 0;
    s[3] = s[3]! + 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum;
    return sum;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.uint32() % limit;
  }

  /** True once in 1/`probability` times. */
  chance(probability: number): boolean {
    return this.uint32() < probability * 0x1_0000_0000;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  fill(octets: Uint8Array): void {
    for (let i = 0; i < octets.length; i++) octets[i] = this.uint32() >>> 24;
  }

  octets(length: number): Uint8Array {
    const octets = new Uint8Array(length);
    this.fill(octets);
    return octets;
  }
}

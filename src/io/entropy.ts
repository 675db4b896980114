/**
 * The kernel's random number generator, getrandom(2): identifiers, cookies, nonces.
 */

import { libc } from "./libc.ts";
import { checked } from "./system_error.ts";

/**
 * Octets asked for at once, for a system call costs more than the four or eight that are wanted.
 * getrandom answers a request of up to 256 whole, never interrupted.
 */
const WHOLE = 256;

const supply = new Uint8Array(WHOLE);
let used = WHOLE;

/** The kernel's CSPRNG. */
export const kernelEntropy = {
  /** Fills the whole array. */
  fill(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      if (used === WHOLE) {
        checked(libc().getrandom(supply, WHOLE, 0), "getrandom", "read random octets");
        used = 0;
      }
      const length = Math.min(WHOLE - used, octets.length - at);
      octets.set(supply.subarray(used, used + length), at);
      // What was given away is known to its receiver alone.
      supply.fill(0, used, used + length);
      used += length;
      at += length;
    }
  },
} as const;

/**
 * The kernel's random number generator, getrandom(2): identifiers, cookies, nonces.
 */

import { libc } from "./libc.ts";
import { checked } from "./system_error.ts";

/** getrandom answers a request of up to 256 octets whole, never interrupted. */
const WHOLE = 256;

/** The kernel's CSPRNG. */
export const kernelEntropy = {
  /** Fills the whole array. */
  fill(octets: Uint8Array): void {
    const piece = new Uint8Array(WHOLE);
    for (let at = 0; at < octets.length; at += WHOLE) {
      const length = Math.min(WHOLE, octets.length - at);
      checked(libc().getrandom(piece, length, 0), "getrandom", "read random octets");
      octets.set(piece.subarray(0, length), at);
    }
  },
} as const;

/** Durations as `status` tells them, from classes that were counted elsewhere. */

import type { Durations } from "./status.ts";

/** `counts` has one more class than there are bounds. */
export function durationsOf(
  boundsMs: readonly number[],
  counts: readonly number[],
  sumMs: number,
): Durations {
  return {
    classes: boundsMs.map((bound, i) => [bound, counts[i] ?? 0] as const),
    count: counts.reduce((sum, count) => sum + count, 0),
    sumMs,
  };
}

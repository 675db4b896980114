/**
 * The monotonic clock, the same for every thread of the process (`performance.now()` counts from
 * each isolate's own start).
 */

import { CLOCK_MONOTONIC } from "./abi.ts";
import { libc } from "./libc.ts";

const timespec = new DataView(new ArrayBuffer(16));

/** Milliseconds since an arbitrary moment; never goes backwards. */
export function monotonicMs(): number {
  libc().clock_gettime(CLOCK_MONOTONIC, timespec);
  const seconds = timespec.getUint32(4, true) * 0x1_0000_0000 + timespec.getUint32(0, true);
  return seconds * 1000 + timespec.getUint32(8, true) / 1_000_000;
}

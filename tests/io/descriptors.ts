/**
 * Counting this process's file descriptors: what FFI opens is invisible to Deno's own sanitizers.
 */

import { assertEquals } from "@std/assert";

/** What each descriptor of this process leads to. */
export function openDescriptors(): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => {
    try {
      return `${name}: ${Deno.readLinkSync(`/proc/self/fd/${name}`)}`;
    } catch {
      // The descriptor of this very listing.
      return undefined;
    }
  }).filter((line) => line !== undefined).sort();
}

/** Runs synchronous work, which must leave the descriptors as they were. */
export function leavingNoDescriptors<T>(work: () => T): T {
  const before = openDescriptors();
  const result = work();
  assertEquals(openDescriptors(), before, "descriptors before and after");
  return result;
}

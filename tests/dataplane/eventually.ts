/** Waiting for another thread or the kernel, in tests that have real ones. */

import { fail } from "@std/assert";

const PATIENCE_MS = 5000;
const INTERVAL_MS = 5;

/** Resolves once the condition holds; fails the test, with the words, if it does not come true. */
export async function eventually(condition: () => boolean, words: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) fail(`in ${PATIENCE_MS} ms this has not come true: ${words}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

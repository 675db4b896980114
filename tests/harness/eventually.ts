/** Waiting for what another thread, another process or the kernel is about to do. */

import { fail } from "@std/assert";

const INTERVAL_MS = 10;

/**
 * Looks again and again until what is looked for is there. Fails the test when it is not there
 * within `limitMs`, by default 5000: `meanwhile` says what was awaited, or what was there instead,
 * and is by default the condition as it is written.
 */
export async function eventually(
  look: () => boolean | Promise<boolean>,
  meanwhile: string | (() => string) = String(look),
  limitMs = 5000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!await look()) {
    if (performance.now() > deadline) {
      fail(`not within ${limitMs} ms: ${typeof meanwhile === "string" ? meanwhile : meanwhile()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

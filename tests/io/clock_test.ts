/** The clock and the random numbers of the kernel. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { monotonicMs } from "../../src/io/clock.ts";
import { kernelEntropy } from "../../src/io/entropy.ts";

Deno.test("the clock is CLOCK_MONOTONIC in milliseconds, and never goes back", () => {
  // /proc/uptime counts from the same start, time asleep included.
  const uptimeMs = () => Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 1000;
  const before = uptimeMs();
  let last = monotonicMs();
  assert(last > 0 && last <= before + 1000, `${last} ms, up for ${before} ms`);
  for (let n = 0; n < 10_000; n++) {
    const now = monotonicMs();
    assert(now >= last, `${now} after ${last}`);
    last = now;
  }
});

Deno.test("the clock runs as fast as the runtime's own", () => {
  const [ours, theirs] = [monotonicMs(), performance.now()];
  let passed = 0;
  while (passed < 20) passed = performance.now() - theirs;
  const difference = (monotonicMs() - ours) - passed;
  assert(Math.abs(difference) < 10, `${difference} ms apart`);
});

Deno.test("random octets fill arrays of any length, all of them", () => {
  for (const length of [0, 1, 255, 256, 257, 5000]) {
    const octets = new Uint8Array(length + 2);
    kernelEntropy.fill(octets.subarray(1, length + 1));
    assertEquals([octets[0], octets[length + 1]], [0, 0], "nothing beside the array");
    // Each bit is somewhere 0 and somewhere 1: in 5,000 octets this fails once in 10^1500 times.
    if (length === 5000) {
      assertEquals(octets.reduce((all, octet) => all | octet, 0), 0xff);
      assert(octets.subarray(4000).some((octet) => octet !== 0));
    }
  }
});

Deno.test("random octets do not repeat", () => {
  const [first, second] = [new Uint8Array(16), new Uint8Array(16)];
  kernelEntropy.fill(first);
  kernelEntropy.fill(second);
  assertNotEquals(first, second);
});

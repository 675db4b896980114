/** The waits between attempts: longer, jittered, bounded, endless. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Backoff } from "../../src/daemon/backoff.ts";

Deno.test("waits double up to thirty seconds, and never end", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => backoff.next());
  assertEquals(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  for (let n = 0; n < 5_000; n++) backoff.next();
  assertEquals(backoff.next(), 30_000);
});

Deno.test("bounds are kept, and their end is the end [FR-08, HDLC-04]", () => {
  const backoff = new Backoff(() => 1);
  backoff.setBounds({ firstMs: 200, longestMs: 500, attempts: 3 });
  const waits = Array.from({ length: 5 }, () => backoff.next());
  assertEquals(waits, [200, 400, 500, Infinity, Infinity]);
  backoff.reset();
  assertEquals(backoff.next(), 200);
});

Deno.test("jitter takes up to half of a wait away", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(40), (random, failures) => {
      const backoff = new Backoff(() => random);
      for (let n = 0; n < failures; n++) backoff.next();
      const wait = backoff.next();
      const full = Math.min(30_000, 1_000 * 2 ** failures);
      assert(wait >= full / 2 && wait <= full, `${wait} of ${full}`);
    }),
  );
});

Deno.test("after a success it begins again", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  assertEquals([backoff.failures, backoff.next()], [0, 1_000]);
});

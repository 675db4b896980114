/** Serial numbers of 16 bits: what was received before, and how they wrap (RFC 3931 §4.2). */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAlreadyReceived, serialAfter, serialDistance } from "../../src/core/serial_number.ts";

Deno.test("after 15, the numbers 0 to 15 and 32784 to 65535 were received before [V3-REL-02, V2-REL-02]", () => {
  const expected = serialAfter(15);
  for (const ns of [0, 15, 32784, 65535]) assertEquals(isAlreadyReceived(ns, expected), true);
  for (const ns of [16, 17, 32783]) assertEquals(isAlreadyReceived(ns, expected), false);
});

Deno.test("of all serial numbers, exactly half were received before [V3-REL-02]", () => {
  fc.assert(
    fc.property(fc.nat(65535), (expected) => {
      let before = 0;
      for (let ns = 0; ns < 65536; ns++) if (isAlreadyReceived(ns, expected)) before++;
      assertEquals(before, 32768);
    }),
    { numRuns: 10 },
  );
});

Deno.test("serial numbers wrap after 65535 [V3-REL-01, V2-REL-01]", () => {
  assertEquals(serialAfter(65535), 0);
  fc.assert(fc.property(fc.nat(65535), fc.nat(65535), (from, count) => {
    assertEquals(serialDistance(from, serialAfter(from, count)), count);
  }));
});

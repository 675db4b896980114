/** Tie breakers: who wins, and that both ends agree on it (RFC 3931 §5.4.3, §5.4.4). */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareTieBreakers } from "../../src/core/tie_breaker.ts";

const anyValue = fc.uint8Array({ minLength: 8, maxLength: 8 });

Deno.test("the lower tie breaker wins, unsigned and in network order [V3-CC-16, V3-SES-20, A-10]", () => {
  const [low, high] = [
    Uint8Array.of(0, 255, 0, 0, 0, 0, 0, 0),
    Uint8Array.of(128, 0, 0, 0, 0, 0, 0, 0),
  ];
  assertEquals(compareTieBreakers(low, high), "winning");
  assertEquals(compareTieBreakers(high, low), "losing");
  fc.assert(fc.property(anyValue, anyValue, (a, b) => {
    const number = (octets: Uint8Array) => new DataView(octets.slice().buffer).getBigUint64(0);
    const expected = number(a) < number(b) ? "winning" : number(a) > number(b) ? "losing" : "equal";
    assertEquals(compareTieBreakers(a, b), expected);
  }));
});

Deno.test("both ends of a tie come to the same end of it [V3-CC-19, V3-CC-20, V3-SES-23, V3-SES-24]", () => {
  const opposite = { winning: "losing", losing: "winning", equal: "equal" } as const;
  fc.assert(fc.property(anyValue, anyValue, (a, b) => {
    assertEquals(compareTieBreakers(b, a), opposite[compareTieBreakers(a, b)]);
    assertEquals(compareTieBreakers(a, a.slice()), "equal");
    assertEquals(compareTieBreakers(a, undefined), "winning");
  }));
});

/** So much at once, and so much each second. */

import { assertEquals } from "@std/assert";
import { Allowance } from "../../src/dataplane/allowance.ts";

function takenOf(allowance: Allowance, now: number): number {
  let count = 0;
  while (allowance.take(1, now)) count++;
  return count;
}

Deno.test("all at once, then as much as time has brought, and never more than all", () => {
  const allowance = new Allowance(10, 4);
  assertEquals(takenOf(allowance, 5_000), 10);
  assertEquals([takenOf(allowance, 5_500), takenOf(allowance, 5_500)], [2, 0]);
  assertEquals(takenOf(allowance, 1_000_000), 10);
});

Deno.test("what is more than there is takes nothing", () => {
  const allowance = new Allowance(3, 1);
  assertEquals([allowance.take(4, 0), allowance.take(3, 0), allowance.take(1, 0)], [
    false,
    true,
    false,
  ]);
});

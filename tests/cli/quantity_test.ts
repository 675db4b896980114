/** Ages and amounts as people read them. */

import { assertEquals } from "@std/assert";
import { formatAge, formatOctets } from "../../src/cli/quantity.ts";

Deno.test("ages in their two largest units", () => {
  const ages: readonly [seconds: number, text: string][] = [
    [-5, "0s"],
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [312, "5m 12s"],
    [3_600, "1h"],
    [3_659, "1h"],
    [7_260, "2h 1m"],
    [86_400, "1d"],
    [183_600, "2d 3h"],
    [86_400 * 400, "400d"],
  ];
  for (const [seconds, text] of ages) assertEquals(formatAge(seconds * 1000), text);
});

Deno.test("octets with a unit and at most three digits", () => {
  const amounts: readonly [octets: number, text: string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [1_234, "1.2 kB"],
    [9_949, "9.9 kB"],
    [9_950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [34_000_000, "34 MB"],
    [1.5e9, "1.5 GB"],
    [2e18, "2000 PB"],
  ];
  for (const [octets, text] of amounts) assertEquals(formatOctets(octets), text);
});

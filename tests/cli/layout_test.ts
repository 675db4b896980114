/** How the status looks. */

import { assertEquals } from "@std/assert";
import {
  formatAge,
  formatDetail,
  formatOctets,
  formatStatus,
  type PaintState,
} from "../../src/cli/layout.ts";
import { NOW, STATUS } from "../daemon/statuses.ts";

const plain: PaintState = (_, text) => text;

function golden(name: string): string {
  return Deno.readTextFileSync(new URL(`golden/${name}.txt`, import.meta.url));
}

Deno.test("one screen", () => {
  assertEquals(formatStatus(STATUS, NOW, plain), golden("status"));
});

Deno.test("everything", () => {
  assertEquals(formatDetail(STATUS, NOW, plain), golden("detail"));
});

Deno.test("colour changes nothing in the columns", () => {
  const painted = formatStatus(STATUS, NOW, (_, text) => `\x1b[32m${text}\x1b[0m`);
  // deno-lint-ignore no-control-regex
  assertEquals(painted.replaceAll(/\x1b\[\d+m/g, ""), golden("status"));
});

Deno.test("an empty daemon says so", () => {
  const text = formatStatus({ ...STATUS, connections: [], static: [], lns: [] }, NOW, plain);
  assertEquals(text.split("\n").slice(1), [
    "",
    "no connections and no static sessions are configured",
    "",
  ]);
});

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

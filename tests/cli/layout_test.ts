/** How the status looks. */

import { assertEquals, assertMatch } from "@std/assert";
import type { PaintState } from "../../src/cli/aligned_rows.ts";
import { formatDetail } from "../../src/cli/detail_layout.ts";
import { formatStatus } from "../../src/cli/layout.ts";
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

Deno.test("what is not known yet is a dash", () => {
  const [session] = STATUS.static;
  const unknown = { ...session!, mtu: null, transmitCookieLength: null };
  const status = { ...STATUS, connections: [], static: [unknown], lns: [] };
  assertMatch(formatStatus(status, NOW, plain), / ethernet {2}mtu - +cookie 8\/- /);
  assertMatch(formatDetail(status, NOW, plain), / received 8 {2}sent - octets/);
});

Deno.test("an empty daemon says so", () => {
  const text = formatStatus({ ...STATUS, connections: [], static: [], lns: [] }, NOW, plain);
  assertEquals(text.split("\n").slice(1), [
    "",
    "no connections and no static sessions are configured",
    "",
  ]);
});

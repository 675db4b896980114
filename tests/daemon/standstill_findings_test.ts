/** What doctor says of connections and sessions that do not come up, and of which it says nothing. */

import { assertEquals, assertMatch } from "@std/assert";
import { standstillFindings } from "../../src/daemon/standstill_findings.ts";
import type { KeptConnectionStatus, KeptSessionStatus } from "../../src/daemon/status.ts";
import { SESSION, STATUS } from "./statuses.ts";

const UP = STATUS.connections[0]!;

function found(changes: Partial<KeptConnectionStatus>, known: readonly string[] = []) {
  const explained = known.map((subject) => ({ code: "x", subject, text: "", repair: "" }));
  return standstillFindings({ connections: [{ ...UP, ...changes }] }, explained);
}

const REFUSED: KeptSessionStatus = {
  ...SESSION,
  state: "idle",
  lastError: "the peer refused it: no such circuit",
};

Deno.test("a connection that hears no answer, with how long it has tried", () => {
  const [finding, ...more] = found({ state: "connecting", failures: 0, retransmissions: 4 });
  assertEquals(more, []);
  assertEquals(finding?.code, "no-connection");
  assertEquals(finding?.text, "198.51.100.7 has not answered yet: 4 retransmissions");
  assertMatch(finding?.repair ?? "", /^ping 198\.51\.100\.7; .*UDP port 1701 is let in$/);
});

Deno.test("one that has failed, with the reason", () => {
  const [finding] = found({ state: "waiting", failures: 2, encapsulation: "ip" });
  assertEquals(finding?.text, "the peer was silent (2 attempts)");
  assertMatch(finding?.repair ?? "", /IP protocol 115 is let in$/);
});

Deno.test("a session that the peer refuses", () => {
  const [finding, ...more] = found({ sessions: [SESSION, { ...REFUSED, name: "two" }] });
  assertEquals(more, []);
  assertEquals([finding?.code, finding?.subject], ["no-session", "session paris/two"]);
  assertEquals(finding?.text, "the peer refused it: no such circuit");
});

Deno.test("nothing of what is in order, is only beginning, or is explained better", () => {
  assertEquals(found({}), []);
  assertEquals(found({ state: "idle", failures: 0 }), []);
  assertEquals(found({ state: "connecting", failures: 0, retransmissions: 0 }), []);
  assertEquals(found({ sessions: [{ ...REFUSED, lastError: null }] }), []);
  assertEquals(found({ sessions: [REFUSED] }, ["session paris/lan"]), []);
  for (const subject of ["connection paris", "session paris/lan"]) {
    assertEquals(found({ state: "waiting", failures: 2 }, [subject]), []);
  }
});

/** By which connection a call goes on, whatever its user calls himself. */

import { assertEquals } from "@std/assert";
import { onwardTarget } from "../../src/daemon/call_forwarding.ts";

const FORWARD = { to: "others", realms: { "isp.example": "isp" } };

Deno.test("a call goes on by its user's realm, and by the other connection without one", () => {
  assertEquals(onwardTarget(FORWARD, "alice@isp.example"), "isp");
  assertEquals(onwardTarget(FORWARD, "alice@home@isp.example"), "isp");
  assertEquals(onwardTarget(FORWARD, "alice@elsewhere.example"), "others");
  assertEquals(onwardTarget(FORWARD, ""), "others");
  assertEquals(onwardTarget({ realms: FORWARD.realms }, "alice@elsewhere.example"), undefined);
});

Deno.test("a name that is a realm's, without an @, has no realm", () => {
  assertEquals(onwardTarget(FORWARD, "isp.example"), "others");
});

Deno.test("a realm is one of the configuration, and no property that every object has", () => {
  for (const realm of ["constructor", "toString", "__proto__"]) {
    assertEquals(onwardTarget(FORWARD, `alice@${realm}`), "others");
  }
});

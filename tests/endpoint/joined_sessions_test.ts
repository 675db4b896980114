/** Joined sessions of the library; calls that go on over several hops are in onward_calls_test.ts. */

import { assertEquals, assertThrows } from "@std/assert";
import { joinSessions } from "../../mod.ts";
import { carry, frameOf, link, openLocal, openStreams } from "./loopback.ts";

Deno.test("frames go from one joined session to the other, whose streams nobody else may have", async () => {
  await using hop = await openLocal("hop");
  await using peer = await openLocal("peer", [{ name: "anybody", anybody: true }]);
  const both = await link(hop, peer);
  const one = await openStreams(both, "one");
  const other = await openStreams(both, "other");
  const reader = one.near.readable.getReader();
  assertThrows(() => joinSessions(one.near, other.near), TypeError, "one: its streams are in use");
  reader.releaseLock();
  joinSessions(one.near, other.near);
  assertThrows(() => joinSessions(one.near, other.near), TypeError, "its streams are in use");
  assertEquals(await carry(one.far, other.far, [frameOf(1)]), [frameOf(1)]);
  assertEquals(one.near.status().joined, `${both.near.name}/other`);
});

/** Messages counted by type, and round trips of HELLOs. */

import { assertEquals } from "@std/assert";
import { MessageTally, ROUND_TRIP_BOUNDS_MS } from "../../src/core/message_tally.ts";

const [SCCRQ, HELLO] = [1, 6];

function classOf(ms: number): number {
  return ROUND_TRIP_BOUNDS_MS.findIndex((bound) => ms <= bound);
}

Deno.test("messages are counted by type; retransmissions and pure acknowledgements are, too", () => {
  const tally = new MessageTally();
  tally.noteSent(SCCRQ, 0, false, 0);
  tally.noteSent(SCCRQ, 0, true, 1_000);
  tally.noteAcknowledgementSent();
  tally.noteReceived("SCCRP", 1, 1_010);
  tally.noteReceived("ZLB", 1, 1_020);
  tally.noteReceived("ACK", 1, 1_030);
  const { sent, received } = tally.snapshot();
  assertEquals(sent, { SCCRQ: 2, ACK: 1 });
  assertEquals(received, { SCCRP: 1, ACK: 2 });
});

Deno.test("whatever number a peer makes up for a type, it has one entry for them all", () => {
  const tally = new MessageTally();
  for (let i = 0; i < 100; i++) tally.noteReceived(undefined, 0, i);
  assertEquals(tally.snapshot().received, { unknown: 100 });
});

Deno.test("a HELLO's round trip ends with the first message that acknowledges it", () => {
  const tally = new MessageTally();
  tally.noteSent(HELLO, 65_535, false, 1_000);
  tally.noteReceived("ACK", 65_535, 1_005);
  assertEquals(tally.snapshot().helloRoundTrips.lastMs, undefined);
  tally.noteReceived("HELLO", 0, 1_040);
  tally.noteReceived("ACK", 0, 1_500);
  const { classes, sumMs, lastMs } = tally.snapshot().helloRoundTrips;
  assertEquals([sumMs, lastMs], [40, 40]);
  assertEquals(classes[classOf(40)], 1);
  assertEquals(classes.reduce((sum, count) => sum + count), 1);
});

Deno.test("a HELLO that was sent again measures nothing; one that took very long is in the last class", () => {
  const tally = new MessageTally();
  tally.noteSent(HELLO, 5, false, 0);
  tally.noteSent(HELLO, 5, true, 1_000);
  tally.noteReceived("ACK", 6, 1_010);
  assertEquals(tally.snapshot().helloRoundTrips.lastMs, undefined);
  tally.noteSent(HELLO, 6, false, 60_000);
  tally.noteReceived("ACK", 7, 80_000);
  assertEquals(tally.snapshot().helloRoundTrips.classes.at(-1), 1);
});

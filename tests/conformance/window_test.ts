/**
 * How many messages the program lets fly: the peer's window, slow start, congestion avoidance.
 *
 * RFC 3931 §4.2 and Appendix A; RFC 2661 §5.8 and Appendix A. REQUIREMENTS section 2.
 */

import { assert, assertEquals } from "@std/assert";
import { ALL_CELLS, eachCell, V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { ascii, numberIn } from "../harness/peer_message.ts";
import { isAck, ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";

/** A peer with this window, and a program with many messages to send at once. */
function busy(receiveWindow: number | null, cell = V3_UDP, count = 40): ScriptedPeer {
  const peer = new ScriptedPeer(cell, { receiveWindow });
  const connection = peer.initiate();
  for (let i = 0; i < count; i++) {
    peer.openSession(connection, { ...SESSION_SETTINGS, remoteEndId: ascii(`lan${i}`) });
  }
  return peer;
}

/** Takes what came, all of it new, and acknowledges it at once; answers how many there were. */
function takeFlight(peer: ScriptedPeer): number {
  const flight = peer.inbox.splice(0).filter(({ message }) => !isAck(message)).length;
  peer.ack();
  return flight;
}

/** Acknowledges what came message by message; answers how many there were. */
function takeFlightOneByOne(peer: ScriptedPeer): number {
  const flight = peer.inbox.splice(0).filter(({ message }) => !isAck(message));
  for (const { message } of flight) peer.ack({ nr: (message.ns + 1) & 0xffff });
  return flight.length;
}

eachCell(
  V3_CELLS,
  "with a window of one, a second message waits for the acknowledgement of the first [V3-REL-20, V3-REL-21, V2-REL-15]",
  (cell) => {
    const peer = busy(1, cell, 5);
    for (let i = 0; i < 5; i++) {
      assertEquals(peer.inbox.length, 1);
      assertEquals(takeFlight(peer), 1);
    }
    assertEquals(peer.inbox.length, 0);
  },
);

eachCell(
  V3_CELLS,
  "unacknowledged messages never exceed the peer's window [V3-REL-21, V3-REL-28, V2-REL-15]",
  (cell) => {
    for (const window of [2, 3, 7]) {
      const peer = busy(window, cell);
      for (let i = 0; i < 20; i++) {
        assert(peer.inbox.length <= window, `${peer.inbox.length} in flight of ${window}`);
        takeFlightOneByOne(peer);
      }
    }
  },
);

Deno.test("a peer that names no window has one of four, and all four are used [V3-REL-22, V2-REL-16, V2-REL-18]", () => {
  const peer = busy(null);
  const flights = Array.from({ length: 8 }, () => takeFlightOneByOne(peer));
  assertEquals(Math.max(...flights), 4);
});

Deno.test("slow start: one message, then as many more as acknowledgements come [V3-REL-24, V3-REL-25, V3-REL-26, V2-REL-19]", () => {
  const peer = busy(16);
  const flights = Array.from({ length: 4 }, () => takeFlightOneByOne(peer));
  // The SCCRP was the first flight, of one; its acknowledgement made the window two.
  assertEquals(flights, [2, 4, 8, 16]);
});

Deno.test("a whole flight acknowledged at once grows the window by one [V3-REL-26]", () => {
  const peer = busy(16);
  const flights = Array.from({ length: 5 }, () => takeFlight(peer));
  const steps = flights.slice(1).map((flight, i) => flight - flights[i]!);
  assertEquals(new Set(steps), new Set([1]), `flights ${flights}`);
});

Deno.test("after a loss one message flies, and growth is linear from half the window on [V3-REL-24, V3-REL-27, V3-REL-29, V2-REL-19]", () => {
  const peer = busy(16, V3_UDP, 200);
  while (peer.inbox.length < 16) takeFlightOneByOne(peer);
  peer.inbox.length = 0;
  peer.advance(1_000);
  assertEquals(peer.inbox.length, 1, "a retransmission brings the window down to one");
  // The peer has the whole flight by now and says so with one acknowledgement.
  peer.inbox.length = 0;
  peer.ack();
  const flights = Array.from({ length: 12 }, () => takeFlightOneByOne(peer));
  const threshold = 8;
  for (let i = 1; i < flights.length; i++) {
    const [before, after] = [flights[i - 1]!, flights[i]!];
    if (before >= threshold && before < 16) {
      assert(after - before <= 2, `linear from ${threshold} on: ${flights}`);
    }
    if (before * 2 <= threshold) assertEquals(after, before * 2, `doubling below: ${flights}`);
  }
  assertEquals(flights.at(-1), 16);
});

eachCell(
  ALL_CELLS,
  "the window that is advertised is the configured one, never zero [V3-REL-23, V3-CC-26]",
  (cell) => {
    for (const receiveWindow of [1, 16, 65_535]) {
      const peer = new ScriptedPeer(cell, { settings: { receiveWindow } });
      peer.connect();
      assertEquals(numberIn(peer.expect("SCCRQ"), 10), receiveWindow);
      const other = new ScriptedPeer(cell, { settings: { receiveWindow } });
      other.send("SCCRQ", other.setupAvps("SCCRQ"));
      assertEquals(numberIn(other.expect("SCCRP"), 10), receiveWindow);
    }
  },
);

Deno.test("as many messages as were advertised may come before the first of them [V3-REL-09]", () => {
  const peer = new ScriptedPeer(V3_UDP, { settings: { receiveWindow: 4 } });
  peer.initiate();
  const first = peer.ns;
  for (const ahead of [3, 2, 1]) peer.send("HELLO", [], { ns: first + ahead });
  peer.send("HELLO", [], { ns: first });
  assertEquals(peer.inbox.at(-1)!.message.nr, first + 4);
});

Deno.test("a message beyond the window that was advertised is as good as lost [V3-REL-09, V3-REL-23]", () => {
  const peer = new ScriptedPeer(V3_UDP, { settings: { receiveWindow: 4 } });
  peer.initiate();
  const first = peer.ns;
  peer.send("HELLO", [], { ns: first + 4 });
  assertEquals(peer.told("dropped").map(({ reason }) => reason), ["out-of-window"]);
  for (const ahead of [0, 1, 2, 3]) peer.send("HELLO", [], { ns: first + ahead });
  assertEquals(peer.inbox.at(-1)!.message.nr, first + 4);
});

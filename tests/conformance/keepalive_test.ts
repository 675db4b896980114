/**
 * HELLO: when it is sent, and what comes of it.
 *
 * RFC 3931 §4.4, §6.5; RFC 2661 §5.5, §6.5. REQUIREMENTS sections 5.1 and 10.5.
 */

import { assert, assertEquals } from "@std/assert";
import { ALL_CELLS, eachCell, V2_CELLS, V3_UDP } from "../harness/cells.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

/** Milliseconds from now to each HELLO of the next `ms`. */
function hellosWithin(peer: ScriptedPeer, ms: number): number[] {
  const start = peer.now;
  peer.heard.length = 0;
  peer.advance(ms);
  return peer.heard.filter(({ message }) => message.type === "HELLO").map(({ at }) => at - start);
}

/** An established connection, quiet since now. */
function quiet(cell = V3_UDP, helloMs = 60_000): ScriptedPeer {
  const peer = new ScriptedPeer(cell, { settings: { helloMs } });
  peer.initiate();
  peer.autoAck = true;
  peer.send("HELLO");
  return peer;
}

eachCell(
  ALL_CELLS,
  "a HELLO goes out when nothing came for the interval, about 60 s by default [V3-KA-01, V3-KA-02, V2-KA-01, V2-KA-02]",
  (cell) => {
    const [first] = hellosWithin(quiet(cell), 100_000);
    assert(first !== undefined && first > 45_000 && first <= 66_000, `first HELLO at ${first}`);
    const [early] = hellosWithin(quiet(cell, 5_000), 10_000);
    assert(early !== undefined && early > 3_500 && early <= 5_500, `first HELLO at ${early}`);
  },
);

eachCell(ALL_CELLS, "an interval of zero sends none [V3-KA-02, V2-KA-02]", (cell) => {
  const peer = quiet(cell, 0);
  peer.inbox.length = 0;
  assertEquals(hellosWithin(peer, 600_000), []);
});

eachCell(ALL_CELLS, "any control message from the peer postpones it [V3-KA-01]", (cell) => {
  const peer = quiet(cell, 10_000);
  for (let i = 0; i < 10; i++) {
    assertEquals(hellosWithin(peer, 6_000), []);
    peer.send("HELLO");
  }
});

eachCell(ALL_CELLS, "data from the peer postpones it [V3-KA-01]", (cell) => {
  const peer = new ScriptedPeer(cell, { settings: { helloMs: 10_000 } });
  const connection = peer.initiate();
  peer.autoAck = true;
  for (let i = 0; i < 10; i++) {
    peer.lcce.handleDataActivity(connection, peer.now);
    assertEquals(hellosWithin(peer, 6_000), []);
  }
});

Deno.test("with several connections to one peer the HELLOs do not stay aligned [V3-KA-03]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  for (let id = 1; id <= 5; id++) {
    Object.assign(peer, { localId: id, remoteId: 0, ns: 0, nr: 0 });
    peer.initiate();
  }
  const start = peer.now;
  peer.heard.length = 0;
  peer.advance(61_000);
  const first = new Map<number, number>();
  for (const { at, message: { type, connectionId } } of peer.heard) {
    if (type === "HELLO" && !first.has(connectionId)) first.set(connectionId, at - start);
  }
  assertEquals(first.size, 5);
  assertEquals(new Set(first.values()).size, 5, `HELLOs at ${[...first.values()]}`);
  const spread = Math.max(...first.values()) - Math.min(...first.values());
  assert(spread > 1_000, `all within ${spread} ms`);
});

eachCell(
  ALL_CELLS,
  "a HELLO that is never acknowledged brings the connection down [V3-KA-04, V2-KA-05]",
  (cell) => {
    const peer = quiet(cell);
    peer.autoAck = false;
    peer.clear();
    peer.advance(66_000 + 71_000);
    const [down] = peer.told("connectionDown");
    assertEquals(down?.reason.cause, "timeout");
  },
);

eachCell(ALL_CELLS, "a HELLO belongs to no session [V3-KA-05, V2-KA-04, A-22]", (cell) => {
  const peer = quiet(cell);
  peer.advance(70_000);
  const hello = peer.heard.find(({ message }) => message.type === "HELLO")!.message;
  if (cell.encapsulation === "ip") {
    assertEquals(hello.datagram.subarray(0, 4), new Uint8Array(4));
  }
  assertEquals(hello.sessionId, 0);
});

eachCell(
  V2_CELLS,
  "a peer that never says HELLO but acknowledges ours stays [V2-KA-03]",
  (cell) => {
    const peer = quiet(cell);
    peer.clear();
    peer.advance(3_600_000);
    assertEquals(peer.told("connectionDown"), []);
  },
);

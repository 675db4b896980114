/**
 * Reliable delivery as the peer sees it: acknowledgement, duplicates, order, retransmission.
 *
 * RFC 3931 §4.2, Appendix B; RFC 2661 §5.8. REQUIREMENTS sections 2 and 10.3. Windows and slow
 * start are in `window_test.ts`.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { ALL_CELLS, eachCell, V2_UDP, V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { isAck, ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";

/** Milliseconds between the sendings of messages of one type since the first of them. */
function gaps(peer: ScriptedPeer, type: string): number[] {
  const times = peer.heard.filter(({ message }) => message.type === type).map(({ at }) => at);
  return times.slice(1).map((at, i) => at - times[i]!);
}

eachCell(
  ALL_CELLS,
  "a lone message is acknowledged at once, by a message that uses up no number [V3-REL-04, V3-KA-06, V3-REL-06, V3-REL-30, V2-REL-20, V2-REL-21]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const sentAt = peer.now;
    peer.send("HELLO");
    const first = peer.expectAck();
    assert(peer.heard.at(-1)!.at - sentAt <= 200);
    peer.send("HELLO");
    assertEquals(peer.expectAck().ns, first.ns);
  },
);

eachCell(
  ALL_CELLS,
  "a message received again is acknowledged and not processed again [V3-REL-02, V3-REL-03, V2-REL-02, V2-REL-03]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const hello = peer.compose("HELLO");
    peer.send("HELLO");
    const first = peer.expectAck();
    for (let i = 0; i < 3; i++) {
      peer.inject(hello);
      assertEquals(peer.expectAck().nr, first.nr);
    }
  },
);

eachCell(
  ALL_CELLS,
  "an SCCRQ received again opens no second connection [V3-REL-03, A-32]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const sccrq = peer.compose("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    const first = peer.expect("SCCRP");
    peer.inject(sccrq);
    peer.advance(200);
    assertEquals(peer.told("connectionRequested").length, 1);
    assertEquals(peer.told("connectionDown").length, 0);
    for (const { message } of peer.inbox) {
      assert(isAck(message) || message.ns === first.ns, `${message.type} ${message.ns}`);
    }
    assert(peer.inbox.length > 0, "the duplicate was not acknowledged");
    peer.send("SCCCN", peer.challengeResponse(3));
    peer.advance(100);
    assertEquals(peer.told("connectionUp").length, 1);
  },
);

eachCell(
  V3_CELLS,
  "an ICRQ received again gets an acknowledgement only, and one session [V3-REL-03, V3-REL-33]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const icrq = peer.compose("ICRQ", peer.icrqAvps(7));
    peer.send("ICRQ", peer.icrqAvps(7));
    const icrp = peer.expect("ICRP");
    // The ICRP was lost, says the peer's silence; its ICRQ goes out again.
    peer.inject(icrq.slice());
    const ack = peer.expectAck();
    assertEquals(ack.ns, (icrp.ns + 1) & 0xffff);
    peer.advance(1_000);
    const again = peer.expect("ICRP");
    assertEquals([again.ns, again.avps.at(-1)], [icrp.ns, icrp.avps.at(-1)]);
    assertEquals(peer.told("sessionRequested").length, 1);
  },
);

eachCell(
  ALL_CELLS,
  "an SCCRQ that comes again late gets the SCCRP at once, as its acknowledgement, under the same number [V3-REL-03, V3-REL-12, V2-REL-03, V2-REL-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const sccrq = peer.compose("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.inject(sccrq.slice());
    const sccrp = peer.expect("SCCRP");
    // It went out again after 1 s and after 3 s, by its timer, and will after 7 s.
    peer.advance(4_000);
    peer.inbox.splice(0);
    peer.inject(sccrq);
    const again = peer.expect("SCCRP");
    assertEquals([again.ns, again.nr], [sccrp.ns, sccrp.nr]);
    assertEquals(peer.inbox, []);
    peer.advance(2_999);
    assertEquals(peer.inbox, []);
    peer.advance(1);
    peer.expect("SCCRP");
  },
);

eachCell(
  V3_CELLS,
  "messages are processed in order, whatever order they come in [V3-REL-05, V3-REL-09, V3-REL-10, A-14]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const first = peer.compose("ICRQ", peer.icrqAvps(7, "one"), { ns: peer.ns });
    const second = peer.compose("ICRQ", peer.icrqAvps(8, "two"), { ns: peer.ns + 1 });
    peer.inject(second);
    peer.advance(100);
    assertEquals(peer.told("sessionRequested").length, 0, "acted before its turn");
    peer.inject(first);
    peer.inject(second);
    peer.advance(100);
    const asked = peer.told("sessionRequested").map(({ request }) =>
      new TextDecoder().decode(request.remoteEndId)
    );
    assertEquals(asked, ["one", "two"]);
  },
);

eachCell(
  [V2_UDP],
  "a message ahead of its turn waits for the one before it [V2-REL-06]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const first = peer.compose("HELLO", [], { ns: peer.ns });
    const second = peer.compose("HELLO", [], { ns: peer.ns + 1 });
    peer.inject(second);
    peer.advance(100);
    for (const { message } of peer.inbox) assertEquals(message.nr, peer.ns);
    peer.clear();
    peer.inject(first);
    peer.inject(second);
    peer.advance(100);
    assertEquals(peer.inbox.at(-1)!.message.nr, peer.ns + 2);
  },
);

eachCell(
  ALL_CELLS,
  "an acknowledgement's Ns never moves Nr [V3-REL-07, V2-REL-05, V3-MSG-15]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const due = peer.ns;
    for (const ns of [due, due + 1, due + 5]) peer.ack({ ns });
    peer.expectSilence();
    peer.send("HELLO");
    assertEquals(peer.expectAck().nr, due + 1);
  },
);

eachCell(
  ALL_CELLS,
  "an acknowledgement stops retransmission [V3-REL-07, V2-REL-05]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.advance(90_000);
    assert(gaps(peer, "HELLO").length > 0, "a HELLO that is not acknowledged comes again");
    peer.ack();
    peer.inbox.length = 0;
    peer.expectSilence(30_000);
  },
);

eachCell(
  ALL_CELLS,
  "an Nr for what was never sent acknowledges nothing [V3-REL-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    const scccn = peer.expect("SCCCN");
    peer.ack({ nr: scccn.ns + 2 });
    peer.advance(1_000);
    assertEquals(peer.expect("SCCCN").ns, scccn.ns, "retransmission must go on");
    // The whole message is invalid, not only its Nr.
    peer.send("HELLO", [], { nr: scccn.ns + 2, ns: peer.ns });
    peer.expectSilence();
    peer.expectAlive();
  },
);

eachCell(
  ALL_CELLS,
  "retransmissions come after 1, 2, 4, 8, 8 … s, ten of them; then the connection is cleared [V3-REL-11, V3-REL-13, V3-REL-14, V3-REL-15, V3-REL-16, V3-REL-17, V2-REL-07, V2-REL-09, V2-REL-10, V2-REL-11, V2-REL-12]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.connect();
    peer.advance(200_000);
    const seconds = gaps(peer, "SCCRQ").map((ms) => ms / 1000);
    assertEquals(seconds, [1, 2, 4, 8, 8, 8, 8, 8, 8, 8]);
    const down = peer.told("connectionDown");
    assertEquals(down.map((each) => [each.connection, each.reason.cause]), [[
      connection,
      "timeout",
    ]]);
  },
);

eachCell(
  ALL_CELLS,
  "the first delay, the cap and the limit follow the configuration [V3-REL-11, V3-REL-14, V3-REL-17, V2-REL-13]",
  (cell) => {
    const retransmission = { initialMs: 500, capMs: 10_000, limit: 6 };
    const peer = new ScriptedPeer(cell, { settings: { retransmission } });
    peer.connect();
    peer.advance(200_000);
    assertEquals(gaps(peer, "SCCRQ"), [500, 1000, 2000, 4000, 8000, 10_000]);
  },
);

eachCell(
  V3_CELLS,
  "a peer that falls silent loses its sessions with its connection [V3-REL-16, V3-KA-04]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    const session = peer.callIn();
    peer.advance(60_000 + 6_000 + 71_000);
    assertEquals(peer.told("sessionDown").map((down) => down.session), [session.handle]);
    assertEquals(peer.told("removeSession").map((gone) => gone.session), [session.handle]);
    assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
  },
);

eachCell(
  ALL_CELLS,
  "a retransmission keeps its Ns, carries the current Nr, and is sealed anew [V3-REL-12, V3-AUTH-12, V2-REL-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    const first = peer.expect("SCCCN");
    // The SCCCN is lost; a HELLO of the peer reaches the program meanwhile.
    peer.send("HELLO", [], { nr: first.ns });
    peer.clear();
    peer.advance(1_000);
    const second = peer.expect("SCCCN");
    assertEquals(second.ns, first.ns);
    assertEquals(second.nr, first.nr + 1);
    const isSealed = cell.encapsulation === "ip" || cell.authentication === "digest";
    assertEquals(peer.verifies(second), isSealed ? true : undefined);
    if (isSealed) assertNotEquals(second.avps[1], first.avps[1]);
  },
);

eachCell(
  ALL_CELLS,
  "the sender of StopCCN sends it again until it is acknowledged, and no longer [V3-REL-19, V3-REL-32, V3-CC-30, V2-REL-14, V2-REL-22]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    peer.lcce.closeConnection(connection, { resultCode: 1, text: "" }, peer.now);
    peer.drain();
    const first = peer.expect("StopCCN");
    peer.advance(1_000);
    const second = peer.expect("StopCCN");
    assertEquals(second.ns, first.ns);
    peer.ack();
    peer.expectSilence(120_000);
  },
);

eachCell(
  ALL_CELLS,
  "a StopCCN that is never acknowledged is given up after a full cycle [V3-REL-19, V2-REL-14]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    peer.lcce.closeConnection(connection, { resultCode: 1, text: "" }, peer.now);
    peer.drain();
    peer.advance(200_000);
    assertEquals(gaps(peer, "StopCCN").length, 10);
    assertEquals(peer.lcce.nextTimeout(), undefined, "something was left behind");
  },
);

eachCell(
  ALL_CELLS,
  "the recipient of StopCCN acknowledges it, and again for 31 s and more [V3-CC-29, A-24, V2-CC-20]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const stop = peer.compose("StopCCN", peer.stopAvps());
    peer.send("StopCCN", peer.stopAvps());
    const first = peer.expectAck();
    for (const ms of [1_000, 10_000, 19_900]) {
      peer.advance(ms);
      peer.inbox.length = 0;
      peer.inject(stop);
      assertEquals(peer.expectAck().nr, first.nr);
    }
    peer.advance(200_000);
    assertEquals(peer.lcce.nextTimeout(), undefined, "something was left behind");
  },
);

eachCell(
  ALL_CELLS,
  "however short the program's own patience, a StopCCN is acknowledged again for 31 s [V3-CC-29, A-24, V2-CC-20]",
  (cell) => {
    const retransmission = { initialMs: 500, capMs: 8_000, limit: 1 };
    const peer = new ScriptedPeer(cell, { settings: { retransmission } });
    peer.initiate();
    const stop = peer.compose("StopCCN", peer.stopAvps());
    peer.send("StopCCN", peer.stopAvps());
    const first = peer.expectAck();
    peer.advance(30_500);
    peer.inject(stop);
    assertEquals(peer.expectAck().nr, first.nr);
  },
);

for (const stops of ["the peer", "this side"]) {
  eachCell(
    ALL_CELLS,
    `a copy of an SCCRQ that comes after ${stops} has stopped opens nothing; a new request does [V3-REL-03, A-24, A-32]`,
    (cell) => {
      const peer = new ScriptedPeer(cell);
      const sccrq = peer.compose("SCCRQ", peer.setupAvps("SCCRQ"));
      const connection = peer.initiate();
      if (stops === "the peer") peer.send("StopCCN", peer.stopAvps());
      else {
        peer.lcce.closeConnection(connection, { resultCode: 1 }, peer.now);
        peer.drain();
        peer.expect("StopCCN");
        peer.ack();
      }
      peer.clear();
      for (const after of [100, 30_000]) {
        peer.advance(after);
        peer.inject(sccrq.slice());
        assertEquals(peer.told("connectionRequested"), []);
        peer.expectSilence(500, "only acknowledgements");
      }
      const again = new ScriptedPeer(cell, { seed: 2 });
      peer.localId++;
      peer.nonce = again.nonce;
      peer.remoteNonce = new Uint8Array(0);
      Object.assign(peer, { ns: 0, nr: 0, remoteId: 0 });
      peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
      peer.expect("SCCRP");
    },
  );
}

eachCell(
  ALL_CELLS,
  "two StopCCNs that cross are both acknowledged, and nothing is left of either [V3-CC-29, V3-CC-30, V3-REL-19]",
  (cell) => {
    // The peer's may or may not acknowledge ours; ours may then go on being sent.
    for (const acknowledges of [false, true]) {
      const peer = new ScriptedPeer(cell);
      const connection = peer.initiate();
      peer.lcce.closeConnection(connection, { resultCode: 1, text: "" }, peer.now);
      peer.drain();
      const ours = peer.expect("StopCCN");
      const nr = acknowledges ? ours.ns + 1 : ours.ns;
      const stop = peer.compose("StopCCN", peer.stopAvps(), { nr });
      peer.send("StopCCN", peer.stopAvps(), { nr });
      assertEquals(peer.expectAck().nr, peer.ns);
      assertEquals(peer.told("connectionDown").length, 1);
      peer.advance(20_000);
      peer.inbox.length = 0;
      peer.inject(stop);
      peer.advance(100);
      assert(peer.inbox.some(({ message }) => message.nr === peer.ns), "not acknowledged again");
      peer.advance(200_000);
      assertEquals(peer.lcce.nextTimeout(), undefined);
    }
  },
);

Deno.test("numbers wrap from 65535 to 0 in both directions, and duplicates around the wrap are known [V3-REL-01, V3-REL-02, V2-REL-01, V2-REL-02]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const { handle } = peer.answerCall(connection);
  for (let i = 0; i < 65_600; i++) {
    peer.lcce.setCircuitStatus(handle, i & 1, peer.now);
    peer.drain();
    peer.heard.length = peer.inbox.length = peer.paths.length = 0;
  }
  assert(peer.nr > 30 && peer.nr < 200, `the program's Ns is at ${peer.nr}`);
  for (let i = 0; i < 65_600; i++) {
    peer.send("HELLO");
    peer.heard.length = peer.inbox.length = peer.paths.length = 0;
  }
  assert(peer.ns > 30 && peer.ns < 200);
  const before = peer.ns;
  peer.send("HELLO", [], { ns: 65_535 });
  assertEquals(peer.expectAck().nr, before);
  peer.send("HELLO", [], { ns: (before - 1 - 32_767) & 0xffff });
  assertEquals(peer.expectAck().nr, before);
  peer.expectAlive();
});

Deno.test("two connections of one peer count on their own [V3-REL-01, V3-CC-33]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  for (let i = 0; i < 5; i++) peer.send("HELLO");
  const first = { localId: peer.localId, remoteId: peer.remoteId, ns: peer.ns, nr: peer.nr };
  Object.assign(peer, { localId: 0x61616161, remoteId: 0, ns: 0, nr: 0 });
  peer.clear();
  peer.initiate();
  assertNotEquals(peer.remoteId, first.remoteId);
  assertEquals(peer.ns, 2);
  peer.expectAlive();
  Object.assign(peer, first);
  peer.clear();
  peer.expectAlive();
});

Deno.test("an acknowledgement rides on a message where one is due [V3-REL-04]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.openSession(connection, SESSION_SETTINGS);
  const icrq = peer.expect("ICRQ");
  assertEquals(icrq.nr, peer.ns);
  assertEquals(peer.inbox.length, 0, "the SCCCN was acknowledged before, once");
});

/**
 * Two SCCRQs that cross: tie breakers decide, or nobody does.
 *
 * RFC 3931 §5.4.3; RFC 2661 §4.4.3. REQUIREMENTS sections 5, 10.5; readings.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { ALL_CELLS, type Cell, eachCell, V3_CELLS, V3_IP, V3_UDP } from "../harness/cells.ts";
import { avp, numberIn, resultOf, valueOf } from "../harness/peer_message.ts";
import type { PeerClaim } from "../../src/core/lcce_config.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

const LOWEST = new Uint8Array(8);
const HIGHEST = new Uint8Array(8).fill(0xff);

/** A program whose SCCRQ is out, and the peer's own request with this tie breaker. */
function cross(cell: Cell, breaker: Uint8Array | undefined) {
  const peer = new ScriptedPeer(cell);
  const connection = peer.connect();
  const sccrq = peer.expect("SCCRQ");
  const ours = { id: peer.remoteId, breaker: valueOf(sccrq, 5)! };
  const theirs = breaker === undefined ? [] : [avp(5, breaker, { mandatory: cell.version === 3 })];
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), ...theirs], { connectionId: 0, nr: 0 });
  return { peer, connection, ours };
}

eachCell(
  ALL_CELLS,
  "an SCCRQ has a tie breaker of eight random octets, new for each attempt [V3-CC-24]",
  (cell) => {
    const breakers = [1, 2].map((seed) => {
      const peer = new ScriptedPeer(cell, { seed });
      peer.connect();
      return valueOf(peer.expect("SCCRQ"), 5)!;
    });
    assertEquals(breakers[0]!.length, 8);
    assertNotEquals(breakers[0], breakers[1]);
  },
);

eachCell(
  ALL_CELLS,
  "the lower value wins: the program as loser drops its request and answers the peer's [V3-CC-15, V3-CC-16, V3-CC-17, S3CC-08, V2-CC-09, V2-CC-10, S2CC-08, A-10]",
  (cell) => {
    const { peer, connection } = cross(cell, LOWEST);
    peer.expect("SCCRP");
    const [replaced] = peer.told("connectionReplaced");
    assertEquals(replaced!.lost, connection);
    assertEquals(peer.told("connectionDown"), []);
    peer.clear();
    peer.send("SCCCN", peer.challengeResponse(3));
    peer.advance(20_000);
    assert(peer.inbox.every(({ message }) => message.type !== "SCCRQ"), "SCCRQ sent on");
    assert(peer.inbox.every(({ message }) => message.type !== "StopCCN"), "the loser is silent");
    assertEquals(peer.told("connectionUp").map((up) => up.connection), [replaced!.kept]);
  },
);

eachCell(
  V3_CELLS,
  "the program as winner rejects the peer's request with StopCCN 3, and its own lives [V3-CC-16, V3-CC-18, S3CC-10, A-11]",
  (cell) => {
    const { peer, connection, ours } = cross(cell, HIGHEST);
    // Ours may have been lost before the peer listened: it comes again, at once and first.
    assertEquals(valueOf(peer.expect("SCCRQ"), 5), ours.breaker);
    const stop = peer.expect("StopCCN");
    assertEquals(resultOf(stop)[0], 3);
    assertEquals(stop.connectionId, peer.localId);
    // The peer yields: it answers our SCCRQ on a connection of its own.
    Object.assign(peer, { localId: 0x62626262, remoteId: ours.id, ns: 0, nr: 1 });
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    peer.expect("SCCCN");
    assertEquals(peer.told("connectionUp").map((up) => up.connection), [connection]);
  },
);

eachCell(
  ALL_CELLS.filter(({ version }) => version === 2),
  "the v2 winner stays with its request and says nothing of stopping [A-18, V2-CC-10]",
  (cell) => {
    const { peer, connection, ours } = cross(cell, HIGHEST);
    assertEquals(valueOf(peer.expect("SCCRQ"), 5), ours.breaker);
    peer.advance(500);
    assert(peer.inbox.every(({ message }) => message.type !== "StopCCN"));
    Object.assign(peer, { localId: 0x6262, remoteId: ours.id, ns: 0, nr: 1 });
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    peer.expect("SCCCN");
    assertEquals(peer.told("connectionUp").map((up) => up.connection), [connection]);
  },
);

eachCell(
  ALL_CELLS,
  "equal values: both requests are discarded, and the program tries again with another value [V3-CC-19, V2-CC-11]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    const first = valueOf(peer.expect("SCCRQ"), 5)!;
    peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(5, first, { mandatory: false })], {
      connectionId: 0,
      nr: 0,
    });
    peer.advance(30_000);
    const again = peer.heard.filter(({ message }) => message.type === "SCCRQ")
      .map(({ message }) => valueOf(message, 5)!);
    assertNotEquals(again.at(-1)!, first);
    assert(peer.heard.every(({ message }) => message.type !== "SCCRP"));
    assertEquals(peer.told("connectionUp"), []);
  },
);

eachCell(
  ALL_CELLS,
  "where only the program sent a tie breaker, it wins [V3-CC-20, V2-CC-12]",
  (cell) => {
    const { peer, connection, ours } = cross(cell, undefined);
    peer.advance(500);
    assert(peer.heard.every(({ message }) => message.type !== "SCCRP"));
    Object.assign(peer, { localId: 0x6262, remoteId: ours.id, ns: 0, nr: 1 });
    peer.clear();
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    peer.expect("SCCCN");
    assertEquals(peer.told("connectionUp").map((up) => up.connection), [connection]);
  },
);

Deno.test("a tie is found by Router ID over IP, though the address differs [V3-CC-23]", () => {
  const isThatPeer = ({ routerId }: PeerClaim) => routerId === 0xc0000202;
  const peer: ScriptedPeer = new ScriptedPeer(V3_IP, {
    lcce: {
      findPeers: (claim) => isThatPeer(claim) ? [{ name: "peer", settings: peer.settings }] : [],
    },
  });
  const connection = peer.lcce.connect(peer.path, peer.settings, peer.now, "peer");
  peer.drain();
  peer.expect("SCCRQ");
  const elsewhere = { ...peer.path, remote: { address: "198.51.100.9", port: 0 } };
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(5, LOWEST)], {
    path: elsewhere,
    connectionId: 0,
    nr: 0,
  });
  peer.expect("SCCRP");
  assertEquals(peer.told("connectionReplaced").map(({ lost }) => lost), [connection]);
});

Deno.test("a Router ID that was met before at the address asked is known again from another [V3-CC-23]", () => {
  const peer = new ScriptedPeer(V3_IP);
  peer.respond();
  peer.connect();
  peer.expect("SCCRQ");
  const elsewhere = { ...peer.path, remote: { address: "198.51.100.9", port: 0 } };
  Object.assign(peer, { localId: 0x63636363, remoteId: 0, ns: 0, nr: 0 });
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(5, LOWEST)], { path: elsewhere });
  peer.expect("SCCRP");
  assertEquals(peer.told("connectionReplaced").length, 1);
});

Deno.test("no tie with a connection that is established: both live [V3-CC-15, V3-CC-33]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.respond();
  Object.assign(peer, { localId: 0x63636363, remoteId: 0, ns: 0, nr: 0 });
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(5, LOWEST)]);
  const sccrp = peer.expect("SCCRP");
  assert(numberIn(sccrp, 61) !== undefined);
  assertEquals(peer.told("connectionReplaced"), []);
});

Deno.test("the loser to a request that it cannot accept stops that one, and its own is gone [S3CC-09]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.connect();
  peer.expect("SCCRQ");
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(5, LOWEST), avp(4242)], {
    connectionId: 0,
    nr: 0,
  });
  assertEquals(resultOf(peer.expect("StopCCN")), [2, 8]);
  assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
  peer.inbox.length = 0;
  peer.advance(30_000);
  assert(peer.inbox.every(({ message }) => message.type !== "SCCRQ"));
});

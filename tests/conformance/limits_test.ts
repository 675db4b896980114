/**
 * What peers and strangers can take: attention, octets, connections, sessions, memory.
 *
 * RFC 3931 §4.3 (V3-AUTH-28), §4.2 (V3-REL-31), §7.1. The program's own bounds are in lcce_config.ts.
 */

import { assert, assertEquals } from "@std/assert";
import type { Path } from "../../src/model/path.ts";
import { ALL_CELLS, eachCell, V3_UDP } from "../harness/cells.ts";
import { avp, resultOf, u32 } from "../harness/peer_message.ts";
import { replaced } from "../harness/peer_voice.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

/** The peer's path as from another address. */
function from(peer: ScriptedPeer, number: number): Path {
  const address = `10.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}`;
  return { ...peer.path, remote: { address, port: peer.path.remote.port } };
}

function sendSccrq(peer: ScriptedPeer, id: number, path: Path): void {
  const avps = replaced(peer.setupAvps("SCCRQ"), avp(61, u32(id)));
  peer.send("SCCRQ", avps, { ns: 0, nr: 0, connectionId: 0, path });
}

function drops(peer: ScriptedPeer, reason: string): number {
  return peer.told("dropped").filter((drop) => drop.reason === reason).length;
}

Deno.test("one source gets so much attention, another is not touched by that [V3-AUTH-28]", () => {
  const peer = new ScriptedPeer(V3_UDP, { lcce: { limits: { strangersPerSecond: 10 } } });
  for (let id = 1; id <= 50; id++) sendSccrq(peer, id, from(peer, 1));
  assertEquals([peer.told("connectionRequested").length, drops(peer, "rate-limited")], [10, 40]);
  sendSccrq(peer, 51, from(peer, 2));
  assertEquals(peer.told("connectionRequested").length, 11);
  peer.advance(500);
  for (let id = 61; id <= 70; id++) sendSccrq(peer, id, from(peer, 1));
  assertEquals(peer.told("connectionRequested").length, 16);
});

eachCell(
  ALL_CELLS,
  "an address that has not shown that it hears us gets three octets for one, at most [V3-AUTH-28]",
  (cell) => {
    for (const accept of [true, false]) {
      const peer = new ScriptedPeer(cell, { accept });
      const octets = peer.compose("SCCRQ", peer.setupAvps("SCCRQ"), { ns: 0 });
      let sent = 0;
      const count = () => {
        for (let effect = peer.lcce.poll(); effect; effect = peer.lcce.poll()) {
          if (effect.kind === "transmit") sent += effect.octets.length;
          if (effect.kind !== "connectionRequested") continue;
          if (accept) peer.lcce.acceptConnection(effect.connection, peer.now);
          else peer.lcce.refuseConnection(effect.connection, { resultCode: 4 }, peer.now);
        }
      };
      peer.lcce.handleDatagram(peer.path, octets, 0);
      count();
      assert(sent > 0);
      for (let at = 0; at <= 120_000; at += 500) {
        peer.lcce.handleTimeout(at);
        count();
      }
      assert(sent <= 3 * octets.length, `${sent} octets for ${octets.length}`);
      assertEquals(peer.lcce.nextTimeout(), undefined, "and it is forgotten");
    }
  },
);

Deno.test("who answers has shown it: it is served as ever [V3-REL-17]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.lcce.closeConnection(connection, { resultCode: 6, text: "x".repeat(200) }, peer.now);
  peer.drain();
  peer.advance(80_000);
  assertEquals(peer.heard.filter(({ message }) => message.type === "StopCCN").length, 11);
});

Deno.test("a peer has no more connections than it may, and is told so; when one goes there is room [V3-AUTH-28]", () => {
  const peer = new ScriptedPeer(V3_UDP, { lcce: { limits: { connectionsPerPeer: 2 } } });
  const connections = [1, 2].map((id) => {
    Object.assign(peer, { localId: id, remoteId: 0, ns: 0, nr: 0 });
    return peer.initiate();
  });
  Object.assign(peer, { localId: 3, remoteId: 0, ns: 0, nr: 0 });
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  assertEquals(resultOf(peer.expect("StopCCN")), [2, 4]);
  assertEquals(peer.told("connectionRequested"), []);
  Object.assign(peer, {
    localId: 1,
    remoteId: peer.lcce.describeConnection(connections[0]!)!.localId,
  });
  Object.assign(peer, { ns: 2, nr: 1 });
  peer.send("StopCCN", peer.stopAvps());
  peer.advance(80_000);
  peer.clear();
  Object.assign(peer, { localId: 4, remoteId: 0, ns: 0, nr: 0 });
  peer.initiate();
});

Deno.test("a connection has no more sessions than it may, and the peer is told so [V3-SES-32]", () => {
  const peer = new ScriptedPeer(V3_UDP, { lcce: { limits: { sessionsPerConnection: 2 } } });
  peer.initiate();
  peer.autoAck = true;
  const first = peer.callIn(1, [], "one");
  peer.callIn(2, [], "two");
  peer.send("ICRQ", peer.icrqAvps(3, "three"));
  assertEquals(resultOf(peer.expect("CDN"))[0], 4);
  peer.lcce.closeSession(first.handle, { resultCode: 3 }, peer.now);
  peer.drain();
  peer.expect("CDN");
  peer.callIn(4, [], "four");
});

Deno.test("10,000 SCCRQs a second for a minute leave a connection untouched, and nothing a minute later [V3-AUTH-28]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const session = peer.callIn();
  const octets = peer.compose("SCCRQ", peer.setupAvps("SCCRQ"), { ns: 0, nr: 0, connectionId: 0 });
  const view = new DataView(octets.buffer);
  const idAt = octets.findIndex((_, at) => view.getUint32(at) === peer.localId);
  let requests = 0;
  const flood = () => {
    for (let effect = peer.lcce.poll(); effect; effect = peer.lcce.poll()) {
      if (effect.kind === "connectionRequested") requests++;
      assert(effect.kind !== "connectionDown" || effect.connection !== connection);
    }
  };
  const start = peer.now;
  // Half of them from one address, half from as many as there are.
  for (let number = 1; number <= 600_000; number++) {
    view.setUint32(idAt, number);
    const path = from(peer, number % 2 === 0 ? 1 : number);
    peer.clock.moveTo(start + number / 10);
    peer.lcce.handleDatagram(path, octets, peer.now);
    if (number % 100 === 0) {
      peer.lcce.handleTimeout(peer.now);
      flood();
    }
  }
  assert(requests > 0 && requests <= 2_000, `${requests} requests`);
  peer.inbox.length = 0;
  peer.send("HELLO");
  peer.advance(100);
  peer.clear();
  peer.expectAlive();
  assertEquals(peer.lcce.describeSession(session.handle)?.state, "established");
  peer.advance(61_000);
  assertEquals(peer.lcce.openConnections, 1);
});

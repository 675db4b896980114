/**
 * Control connections from SCCRQ to StopCCN: the state tables row by row, ids, refusals, clean-up.
 *
 * RFC 3931 §3.3, §5.4.3, §7.2; RFC 2661 §5.1, §5.7, §7.2.1. REQUIREMENTS sections 5, 10.5, 14.1,
 * 14.6. Ties are in `connection_tie_test.ts`.
 */

import { assert, assertEquals } from "@std/assert";
import { ALL_CELLS, DIGEST_CELLS, eachCell, V2_CELLS, V2_UDP } from "../harness/cells.ts";
import { V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { ascii, avp, numberIn, numberOf, resultOf, resultTextOf } from "../harness/peer_message.ts";
import { concat, type TypeName, u16, u32, valueOf } from "../harness/peer_message.ts";
import { replaced } from "../harness/peer_voice.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { livesWhole } from "./whole_life.ts";

/** Cells in which anybody may say anything. */
const UNSEALED_CELLS = ALL_CELLS.filter(({ authentication }) => authentication !== "digest");

/** Sends one of the set-up messages in a state in which it is not due. */
function sendOutOfTurn(peer: ScriptedPeer, type: TypeName): void {
  const isSetup = type === "SCCRQ" || type === "SCCRP";
  peer.send(type, isSetup ? peer.setupAvps(type) : peer.challengeResponse(3));
}

eachCell(
  ALL_CELLS,
  "the program opens: SCCRQ, SCCRP, SCCCN, acknowledgement [V3-CC-01, V3-CC-02, S3CC-01, S3CC-06, V2-CC-01, V2-CC-02, S2CC-01, S2CC-06]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.connect();
    peer.expect("SCCRQ");
    assertEquals(peer.told("connectionUp"), []);
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    peer.expect("SCCCN");
    const [up] = peer.told("connectionUp");
    assertEquals(up!.connection, connection);
    assertEquals(up!.peer.hostName, "peer.example");
    assertEquals([up!.localId, up!.peer.controlConnectionId], [peer.remoteId, peer.localId]);
    peer.ack();
    peer.expectAlive();
  },
);

eachCell(
  ALL_CELLS,
  "the peer opens: SCCRQ, SCCRP, SCCCN, acknowledgement [V3-CC-01, V3-CC-02, S3CC-02, S3CC-12, V2-CC-01, V2-CC-02, S2CC-02, S2CC-10, V2-REL-21]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    assertEquals(peer.told("connectionUp"), []);
    peer.send("SCCCN", peer.challengeResponse(3));
    assertEquals(peer.expectAck().nr, 2);
    assertEquals(peer.told("connectionUp").length, 1);
  },
);

eachCell(
  ALL_CELLS,
  "nothing but an acknowledgement leaves before the application has accepted the peer [V3-CC-05]",
  (cell) => {
    const peer = new ScriptedPeer(cell, { accept: false });
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expectSilence(500, "only acknowledgements");
    const [asked] = peer.told("connectionRequested");
    assertEquals([asked!.peerName, asked!.peer.hostName], ["peer", "peer.example"]);
    peer.lcce.acceptConnection(asked!.connection, peer.now);
    peer.drain();
    peer.expect("SCCRP");
  },
);

eachCell(
  ALL_CELLS,
  "an SCCRQ that the application refuses gets a StopCCN with its reason [S3CC-03, S2CC-03, V3-MSG-04, V3-MSG-20, V3-MSG-21, V3-CC-13]",
  (cell) => {
    const peer = new ScriptedPeer(cell, { accept: false });
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    const { connection } = peer.told("connectionRequested")[0]!;
    const refusal = { resultCode: 2, errorCode: 4, text: "voll, leider später" };
    peer.lcce.refuseConnection(connection, refusal, peer.now);
    peer.drain();
    const stop = peer.expect("StopCCN");
    assertEquals(resultOf(stop), [2, 4]);
    assertEquals(resultTextOf(stop), refusal.text);
    assertEquals(stop.connectionId, peer.localId);
    assertEquals(numberIn(stop, cell.version === 2 ? 9 : 61)! > 0, true);
    peer.ack({ connectionId: numberIn(stop, cell.version === 2 ? 9 : 61)! });
    peer.expectSilence(100_000);
    assertEquals(peer.lcce.nextTimeout(), undefined);
  },
);

Deno.test("a peer that nobody knows meets silence [V3-CC-05]", () => {
  for (const cell of ALL_CELLS) {
    const peer = new ScriptedPeer(cell, { lcce: { findPeers: () => [] } });
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expectSilence(100_000);
    assertEquals(peer.told("dropped").map(({ reason }) => reason), ["unknown-peer"]);
  }
});

Deno.test("a peer is known by Host Name, Router ID and path together [V3-CC-05, A-15]", () => {
  const claims: unknown[] = [];
  const findPeers = (claim: unknown) => {
    claims.push(claim);
    return [];
  };
  const peer = new ScriptedPeer(V3_UDP, { lcce: { findPeers } });
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  assertEquals(claims, [{
    path: peer.path,
    version: 3,
    hostName: "peer.example",
    routerId: 0xc0000202,
  }]);
});

Deno.test("a Router ID is a number, not an address [V3-CC-07]", () => {
  for (const routerId of [1, 0xffff_ffff]) {
    const peer = new ScriptedPeer(V3_UDP, { routerId });
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    assertEquals(peer.told("connectionRequested")[0]!.peer.routerId, routerId);
  }
});

eachCell(
  ALL_CELLS,
  "an SCCRP that cannot be accepted is answered by StopCCN [S3CC-07, S2CC-07]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", replaced(peer.setupAvps("SCCRP"), avp(10, u16(0))));
    assertEquals(resultOf(peer.expect("StopCCN")), [2, 3]);
    assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
    assertEquals(peer.told("connectionUp"), []);
  },
);

eachCell(
  DIGEST_CELLS,
  "until its nonce is known, a peer that authenticates can say nothing but SCCRP [V3-AUTH-17, V3-CC-27]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCCN", []);
    peer.expectSilence();
    assertEquals(peer.told("connectionDown"), []);
  },
);

eachCell(
  UNSEALED_CELLS,
  "an SCCCN in the place of the SCCRP is answered by StopCCN [S3CC-11, S2CC-09, V3-CC-28, A-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCCN", peer.challengeResponse(3));
    assertEquals(resultOf(peer.expect("StopCCN"))[0], 7);
    assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
  },
);

eachCell(
  ALL_CELLS,
  "an SCCCN that cannot be accepted is answered by StopCCN [S3CC-13, S2CC-11]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    peer.send("SCCCN", [...peer.challengeResponse(3), avp(4242)]);
    assertEquals(resultOf(peer.expect("StopCCN")), [2, 8]);
    assertEquals(peer.told("connectionUp"), []);
    assertEquals(peer.told("connectionDown").length, 1);
  },
);

eachCell(
  ALL_CELLS,
  "SCCRQ or SCCRP while the SCCCN is due is answered by StopCCN 7 [S3CC-14, S2CC-12, V3-CC-28, A-08]",
  (cell) => {
    for (const type of ["SCCRQ", "SCCRP"] as const) {
      const peer = new ScriptedPeer(cell);
      peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
      peer.expect("SCCRP");
      sendOutOfTurn(peer, type);
      assertEquals(resultOf(peer.expect("StopCCN"))[0], 7, type);
      assertEquals(peer.told("connectionUp"), []);
    }
  },
);

eachCell(
  ALL_CELLS,
  "a set-up message on an established connection is answered by StopCCN 7 [S3CC-17, S2CC-15, V3-CC-28, A-08]",
  (cell) => {
    for (const type of ["SCCRQ", "SCCRP", "SCCCN"] as const) {
      const peer = new ScriptedPeer(cell);
      const connection = peer.initiate();
      sendOutOfTurn(peer, type);
      assertEquals(resultOf(peer.expect("StopCCN"))[0], 7, type);
      assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
    }
  },
);

Deno.test("SCCRP and SCCCN for no connection are answered by StopCCN in v3, SCCCN in silence in v2 [S3CC-04, S3CC-05, S2CC-04, S2CC-05]", () => {
  for (const cell of [V3_UDP, V2_UDP]) {
    for (const type of ["SCCRP", "SCCCN"] as const) {
      const peer = new ScriptedPeer(cell);
      sendOutOfTurn(peer, type);
      peer.advance(500);
      // To a stranger whose id is not even known, silence serves as well (V3-CC-05).
      const sent = peer.heard.map(({ message }) => message.type);
      assert(sent.every((each) => each === "StopCCN"), `${sent}`);
      if (cell.version === 2 && type === "SCCCN") assertEquals(sent, []);
      assertEquals(peer.told("connectionUp"), []);
    }
  }
});

eachCell(
  ALL_CELLS,
  "an administrative close sends StopCCN with the code asked for, once, and no CDNs [V3-CC-03, V3-CC-31, S3CC-16, S2CC-14, V2-CC-18, V3-CC-13, V2-CC-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    if (cell.version === 3) peer.callIn();
    peer.lcce.closeConnection(connection, { resultCode: 6, text: "going down" }, peer.now);
    peer.drain();
    const stop = peer.expect("StopCCN");
    assertEquals(resultOf(stop)[0], 6);
    assertEquals(numberIn(stop, cell.version === 2 ? 9 : 61), peer.remoteId);
    assertEquals(peer.told("connectionDown").map((down) => down.reason.cause), ["local"]);
    peer.ack();
    peer.expectSilence(100_000);
    assert(peer.heard.every(({ message }) => message.type !== "CDN"));
  },
);

eachCell(
  ALL_CELLS,
  "StopCCN clears the connection and its sessions in every state, with an acknowledgement and no more [V3-CC-04, V3-CC-31, S3CC-18, S2CC-16, V2-CC-19]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    const sessions = cell.version === 3 ? [peer.callIn(7, [], "a"), peer.callIn(8, [], "b")] : [];
    peer.send("StopCCN", peer.stopAvps(6));
    peer.expectAck();
    peer.expectSilence(100_000);
    const handles = sessions.map(({ handle }) => handle);
    assertEquals(peer.told("removeSession").map(({ session }) => session), handles);
    assertEquals(peer.told("sessionDown").map(({ session }) => session), handles);
    const [down] = peer.told("connectionDown");
    assertEquals(down!.connection, connection);
    assertEquals([down!.reason.cause, down!.reason.resultCode], ["remote", 6]);
  },
);

eachCell(
  ALL_CELLS,
  "StopCCN clears a connection that waits for its SCCCN [S3CC-18, S2CC-16]",
  (cell) => {
    const responding = new ScriptedPeer(cell);
    responding.send("SCCRQ", responding.setupAvps("SCCRQ"));
    responding.expect("SCCRP");
    responding.send("StopCCN", responding.stopAvps());
    responding.expectAck();
    assertEquals(responding.told("connectionDown").length, 1);
  },
);

eachCell(
  ALL_CELLS,
  "StopCCN in the place of the SCCRP is a refusal; its digest is made with the one nonce known [S3CC-18, S2CC-16, A-12]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.nonce = new Uint8Array(0);
    peer.send("StopCCN", peer.stopAvps(4));
    peer.expectAck();
    const [down] = peer.told("connectionDown");
    assertEquals([down?.reason.cause, down?.reason.resultCode], ["remote", 4]);
  },
);

eachCell(
  ALL_CELLS,
  "a StopCCN sent before the peer's id is known has 0 in the header and the id of the SCCRQ [V3-CC-12, V3-CC-13, V2-CC-07, V2-CC-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.connect();
    const attribute = cell.version === 2 ? 9 : 61;
    const id = numberIn(peer.expect("SCCRQ"), attribute);
    peer.lcce.closeConnection(connection, { resultCode: 1, text: "" }, peer.now);
    peer.drain();
    // The SCCRQ is not acknowledged yet: the StopCCN follows when the window lets it.
    peer.advance(0);
    peer.ack();
    const stop = peer.expect("StopCCN");
    assertEquals(stop.connectionId, 0);
    assertEquals(numberIn(stop, attribute), id);
  },
);

eachCell(
  ALL_CELLS,
  "a StopCCN with 0 in the header is matched by its Assigned id and sender, and only that connection goes [V3-CC-14]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    const asked = peer.told("connectionRequested")[0]!.connection;
    // The peer has not seen the SCCRP: it knows neither our id nor our nonce.
    const nonce = peer.remoteNonce;
    peer.remoteNonce = new Uint8Array(0);
    const wrongId = cell.version === 2 ? avp(9, u16(0x9999)) : avp(61, u32(0x99999999));
    peer.send("StopCCN", [avp(1, u16(1)), wrongId], { connectionId: 0, ns: peer.ns, nr: 0 });
    peer.advance(100);
    assertEquals(peer.told("connectionDown"), []);
    peer.send("StopCCN", peer.stopAvps(), { connectionId: 0, nr: 0 });
    peer.advance(100);
    peer.remoteNonce = nonce;
    assertEquals(peer.told("connectionDown").map((down) => down.connection), [asked]);
  },
);

eachCell(
  ALL_CELLS,
  "ids are distinct, not zero, and not in a row [V3-CC-08, V3-CC-09, V2-CC-04, V2-AUTH-06]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const attribute = cell.version === 2 ? 9 : 61;
    const ids = Array.from({ length: 200 }, () => {
      peer.connect();
      return numberIn(peer.expect("SCCRQ"), attribute)!;
    });
    assertEquals(new Set(ids).size, 200);
    assert(ids.every((id) => id > 0 && id < 2 ** (cell.version === 2 ? 16 : 32)));
    assert(ids.slice(1).filter((id, i) => id === ids[i]! + 1).length < 3);
  },
);

Deno.test("several connections live between the same two endpoints [V3-CC-33]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const first = peer.initiate();
  const state = { localId: peer.localId, remoteId: peer.remoteId, ns: peer.ns, nr: peer.nr };
  Object.assign(peer, { localId: 0x1234, remoteId: 0, ns: 0, nr: 0 });
  const second = peer.respond();
  peer.expectAlive();
  peer.send("StopCCN", peer.stopAvps());
  peer.expectAck();
  assertEquals(peer.told("connectionDown").map((down) => down.connection), [second]);
  peer.clear();
  Object.assign(peer, state);
  peer.expectAlive();
  assert(first !== second);
});

Deno.test("a session may be asked for while the connection is being set up, and waits for it [S3CC-06, S3CC-12, S3IS-01, S3IS-04]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.connect();
  peer.openSession(connection);
  peer.expect("SCCRQ");
  peer.send("SCCRP", peer.setupAvps("SCCRP"));
  peer.expect("SCCCN");
  peer.ack();
  peer.expect("ICRQ");
});

Deno.test("a session asked for later goes out at once [S3CC-15]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.respond();
  peer.openSession(connection);
  peer.expect("ICRQ");
});

Deno.test("a connection that fails takes the sessions that waited for it along [A-16, S3IS-03]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.connect();
  const waiting = peer.openSession(connection);
  const closed = peer.openSession(connection, { ...SESSION_SETTINGS, remoteEndId: ascii("b") });
  peer.lcce.closeSession(closed, { resultCode: 3, text: "" }, peer.now);
  peer.drain();
  assertEquals(peer.told("sessionDown").map(({ session }) => session), [closed]);
  peer.advance(100_000);
  assertEquals(peer.told("sessionDown").map(({ session }) => session), [closed, waiting]);
  assertEquals(peer.heard.every(({ message }) => message.type === "SCCRQ"), true);
});

eachCell(
  V3_CELLS,
  "the PW types that are advertised are those the program takes on [V3-CC-25, ETH-01]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    const list = valueOf(peer.expect("SCCRQ"), 62)!;
    assertEquals([numberOf(list.subarray(0, 2)), numberOf(list.subarray(2, 4))].sort(), [4, 5]);
  },
);

eachCell(
  V2_CELLS,
  "an SCCRP of a version that does not exist is answered by StopCCN 5 [V2-CC-15]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", replaced(peer.setupAvps("SCCRP"), avp(2, u16(0x0000))));
    assertEquals(resultOf(peer.expect("StopCCN"))[0], 5);
  },
);

eachCell(
  V2_CELLS,
  "a call to a program without facilities for it is refused, and the tunnel lives [V2-CC-03, V3-SES-32]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.send("ICRQ", [avp(14, u16(7)), avp(15, u32(1))]);
    const cdn = peer.expect("CDN");
    assertEquals(cdn.sessionId, 7);
    assert(numberIn(cdn, 14) !== undefined);
    peer.expectAlive();
  },
);

eachCell(
  ALL_CELLS,
  "everything is gone after a life: no timer, no state [V3-REL-19, V3-CC-29]",
  (cell) => {
    for (const role of ["initiator", "responder"] as const) {
      const peer = new ScriptedPeer(cell);
      livesWhole(peer, role);
      peer.advance(200_000);
      assertEquals(peer.lcce.nextTimeout(), undefined);
      peer.clear();
      peer.send("HELLO");
      peer.expectSilence();
      assertEquals(peer.told("dropped").map(({ reason }) => reason), ["unknown-connection"]);
    }
  },
);

eachCell(
  ALL_CELLS,
  "a peer that acknowledges an SCCRQ and never answers it is given up after a cycle",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.connect();
    peer.expect("SCCRQ");
    // With a digest, nothing that precedes the SCCRP can be believed, and the timeout is V3-REL-16's.
    peer.ack({ connectionId: peer.remoteId });
    peer.advance(71_000);
    const [down] = peer.told("connectionDown");
    assertEquals([down?.connection, down?.reason.cause], [connection, "timeout"]);
  },
);

eachCell(
  ALL_CELLS,
  "a peer that never sends the SCCCN is given up after a cycle, with a StopCCN",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    peer.ack();
    peer.advance(71_000);
    assertEquals(peer.told("connectionDown").map(({ reason }) => reason.cause), ["timeout"]);
    assertEquals(resultOf(peer.expect("StopCCN"))[0], 7);
  },
);

Deno.test("a peer that is refused may be told where to go, and where to go is read from one that refuses [V3-MSG-25, V3-MSG-26]", () => {
  for (
    const [alternatives, error, text] of [
      [["192.0.2.1", "2001:db8::1"], 9, "192.0.2.1, [2001:db8::1]"],
      [[], 7, ""],
    ] as const
  ) {
    const peer = new ScriptedPeer(V3_UDP, { accept: false });
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    const { connection } = peer.told("connectionRequested")[0]!;
    peer.lcce.refuseConnection(connection, { resultCode: 4, alternatives }, peer.now);
    peer.drain();
    const stop = peer.expect("StopCCN");
    assertEquals([...resultOf(stop), resultTextOf(stop)], [2, error, text]);
  }
  const peer = new ScriptedPeer(V3_UDP);
  peer.connect();
  peer.expect("SCCRQ");
  const code = concat(u16(2), u16(9), ascii("198.51.100.9, [2001:db8::2]"));
  peer.send("StopCCN", replaced(peer.stopAvps(), avp(1, code)));
  const { alternatives } = peer.told("connectionDown")[0]!.reason;
  assertEquals(alternatives, ["198.51.100.9", "2001:db8::2"]);
});

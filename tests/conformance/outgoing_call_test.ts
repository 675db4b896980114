/**
 * Outgoing calls: one side asks the other to place a call, in both roles.
 *
 * RFC 3931 §3.4.2, §6.9 to §6.11, §7.4. REQUIREMENTS sections 6, 14.4 and 14.5.
 */

import { assert, assertEquals } from "@std/assert";
import { type Cell, eachCell, V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { avp, numberIn, resultOf, u16, valueOf } from "../harness/peer_message.ts";
import { type PeerOptions, ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";

const OUTGOING = { ...SESSION_SETTINGS, call: "outgoing" } as const;
const LOWEST = new Uint8Array(8);
const HIGHEST = new Uint8Array(8).fill(0xff);

/** A program that was asked to place a call and has sent its OCRP. */
function asked(options: PeerOptions = {}, cell: Cell = V3_UDP) {
  const peer = new ScriptedPeer(cell, { answersCalls: false, ...options });
  peer.initiate();
  peer.send("OCRQ", peer.icrqAvps(7));
  const ocrp = peer.expect("OCRP");
  const { session } = peer.told("sessionRequested")[0]!;
  return { peer, ocrp, session, remoteId: numberIn(ocrp, 63)! };
}

/** A program that asked for a call to be placed. */
function asking(cell: Cell = V3_UDP) {
  const peer = new ScriptedPeer(cell);
  const connection = peer.initiate();
  const session = peer.openSession(connection, OUTGOING);
  const ocrq = peer.expect("OCRQ");
  return { peer, connection, session, ocrq, remoteId: numberIn(ocrq, 63)! };
}

function downs(peer: ScriptedPeer) {
  return peer.told("sessionDown").map(({ session }) => session);
}

/** The gates that the data plane was told of, in order. */
function gates(peer: ScriptedPeer) {
  return peer.effects.flatMap((effect) =>
    effect.kind === "installSession" || effect.kind === "updateSession"
      ? [{ transmit: effect.transmit, receive: effect.receive }]
      : []
  );
}

eachCell(
  V3_CELLS,
  "the program asks: OCRQ, OCRP, OCCN; it can take data from the OCRP on, and sends none before the OCCN [V3-SES-03, V3-SES-06, V3-SES-30, S3OS-01, S3OS-03, S3OS-04, S3OS-09]",
  (cell) => {
    const { peer, session, remoteId } = asking(cell);
    peer.send("OCRP", peer.icrpAvps(9, remoteId));
    assertEquals(gates(peer), [{ transmit: false, receive: true }]);
    assertEquals(peer.told("sessionUp"), []);
    peer.send("OCCN", peer.sessionAvps(9, remoteId));
    assertEquals(gates(peer).at(-1), { transmit: true, receive: true });
    const [up] = peer.told("sessionUp");
    assertEquals(up!.session, session);
    assertEquals([up!.descriptor.localSessionId, up!.descriptor.remoteSessionId], [remoteId, 9]);
    peer.expectAlive();
  },
);

eachCell(
  V3_CELLS,
  "the program is asked: OCRQ, OCRP, the call is placed, OCCN [V3-SES-03, V3-SES-07, V3-SES-28, S3OR-01, S3OR-05, V3-MSG-10, V3-MSG-11]",
  (cell) => {
    const { peer, ocrp, session, remoteId } = asked({}, cell);
    assertEquals([numberIn(ocrp, 64), numberIn(ocrp, 71)], [7, 1]);
    assertEquals(peer.told("sessionRequested")[0]!.request.call, "outgoing");
    assertEquals(peer.told("placeCall").map((call) => call.session), [session]);
    peer.ack();
    peer.expectSilence(5_000, "only acknowledgements");
    assertEquals(gates(peer), []);
    peer.lcce.handleCallPlaced(session, peer.now);
    peer.drain();
    const occn = peer.expect("OCCN");
    assertEquals([numberIn(occn, 63), numberIn(occn, 64)], [remoteId, 7]);
    assertEquals(gates(peer), [{ transmit: true, receive: true }]);
    assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
  },
);

Deno.test("the OCRQ has its seven AVPs, with a tie breaker and what is asked of the data [V3-MSG-09, V3-SLI-02, V3-SES-12]", () => {
  const { ocrq } = asking();
  assertEquals(numberIn(ocrq, 64), 0);
  assertEquals([numberIn(ocrq, 68), numberIn(ocrq, 71), numberIn(ocrq, 69)], [5, 1, 1]);
  assertEquals(valueOf(ocrq, 66), SESSION_SETTINGS.remoteEndId);
  assertEquals([valueOf(ocrq, 65)!.length, valueOf(ocrq, 5)!.length], [8, 8]);
  assert(numberIn(ocrq, 15)! > 0);
});

Deno.test("the OCCN tells the circuit's status as the call has left it [V3-SLI-03, ETH-12]", () => {
  const peer = new ScriptedPeer(V3_UDP, { answersCalls: false });
  peer.sessionSettings = { ...SESSION_SETTINGS, circuitStatus: 0 };
  peer.initiate();
  peer.autoAck = true;
  peer.send("OCRQ", peer.icrqAvps(7));
  assertEquals(numberIn(peer.expect("OCRP"), 71), 0);
  const { session } = peer.told("placeCall")[0]!;
  peer.lcce.setCircuitStatus(session, 1, peer.now);
  peer.lcce.handleCallPlaced(session, peer.now);
  peer.drain();
  assertEquals(numberIn(peer.expect("SLI"), 71), 1);
  assertEquals(numberIn(peer.expect("OCCN"), 71), 1);
});

Deno.test("an OCCN with Not Active opens the session, and no data goes out [V3-SLI-03, V3-SLI-05]", () => {
  const { peer, remoteId } = asking();
  peer.send("OCRP", peer.icrpAvps(9, remoteId));
  peer.send("OCCN", [...peer.sessionAvps(9, remoteId), avp(71, u16(0))]);
  assertEquals(peer.told("sessionUp").length, 1);
  assertEquals(gates(peer).at(-1), { transmit: false, receive: true });
});

Deno.test("a call that fails is told by CDN with its reason [S3OR-06, V3-SES-28]", () => {
  const { peer, session, remoteId } = asked();
  peer.ack();
  peer.lcce.handleCallFailed(session, { resultCode: 8, text: "busy" }, peer.now);
  peer.drain();
  const cdn = peer.expect("CDN");
  assertEquals([resultOf(cdn)[0], numberIn(cdn, 63), numberIn(cdn, 64)], [8, remoteId, 7]);
  assertEquals(downs(peer), [session]);
});

Deno.test("a call that nobody answers is given up, and the peer is told [S3OR-06]", () => {
  const { peer, session } = asked();
  peer.autoAck = true;
  peer.ack();
  peer.advance(80_000);
  const cdn = peer.heard.find(({ message }) => message.type === "CDN")!;
  assertEquals(resultOf(cdn.message)[0], 16);
  assertEquals(downs(peer), [session]);
  assertEquals(peer.told("sessionDown")[0]!.reason.cause, "timeout");
});

Deno.test("a request that is not accepted is answered by CDN [S3OR-02, V3-SES-28, V3-SES-32]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("OCRQ", peer.icrqAvps(7, "lan", 0x00fe));
  assertEquals(resultOf(peer.expect("CDN"))[0], 14);
  peer.send("OCRQ", [...peer.icrqAvps(8), avp(70, u16(2))]);
  assertEquals(resultOf(peer.expect("CDN"))[0], 15);
  assertEquals(peer.told("sessionRequested"), []);
});

Deno.test("an OCRP whose terms cannot be kept is answered by CDN [S3OS-05]", () => {
  const { peer, session, remoteId } = asking();
  peer.send("OCRP", [...peer.icrpAvps(9, remoteId), avp(70, u16(2)), avp(69, u16(0))]);
  assertEquals(resultOf(peer.expect("CDN"))[0], 15);
  assertEquals(downs(peer), [session]);
});

Deno.test("the circuit goes down under an established call: CDN 1, and all is released [V3-SES-29, S3OR-10]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.autoAck = true;
  peer.send("OCRQ", peer.icrqAvps(7));
  peer.expect("OCRP");
  peer.expect("OCCN");
  const { session } = peer.told("sessionUp")[0]!;
  peer.lcce.closeSession(session, { resultCode: 1, text: "the circuit is gone" }, peer.now);
  peer.drain();
  assertEquals(resultOf(peer.expect("CDN"))[0], 1);
  assertEquals(peer.told("removeSession").map((gone) => gone.session), [session]);
});

Deno.test("a CDN releases a call that is being placed, and its answer comes too late [V3-SES-29, S3OR-09]", () => {
  const { peer, session, remoteId } = asked();
  peer.send("CDN", [...peer.sessionAvps(7, remoteId), avp(1, u16(3))]);
  assertEquals(downs(peer), [session]);
  peer.lcce.handleCallPlaced(session, peer.now);
  peer.drain();
  peer.expectSilence(500, "only acknowledgements");
  assertEquals(peer.told("sessionUp"), []);
});

Deno.test("an OCRP or OCCN for no session: CDN 2, error 5 for the one, nothing for the other [S3OS-02, S3OR-03, S3OR-04, A-17]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("OCRP", peer.icrpAvps(9, 0x1234));
  const cdn = peer.expect("CDN");
  assertEquals([...resultOf(cdn), numberIn(cdn, 64)], [2, 5, 9]);
  peer.send("OCCN", peer.sessionAvps(9, 0x1234));
  peer.expectSilence(500, "only acknowledgements");
  peer.expectAlive();
});

Deno.test("a call that waits for its connection ends without a word where it is closed [S3OS-14]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.connect();
  const session = peer.openSession(connection, OUTGOING);
  peer.lcce.closeSession(session, { resultCode: 3 }, peer.now);
  peer.drain();
  assertEquals(downs(peer), [session]);
  peer.expect("SCCRQ");
  peer.send("SCCRP", peer.setupAvps("SCCRP"));
  peer.expect("SCCCN");
  peer.ack();
  peer.expectSilence(2_000);
});

for (
  const [type, own] of [["OCRQ", OUTGOING], ["ICRQ", OUTGOING], ["OCRQ", SESSION_SETTINGS]] as const
) {
  const ours = own === OUTGOING ? "OCRQ" : "ICRQ";
  Deno.test(`the peer's ${type} crosses our ${ours} and wins: ours goes on as the peer's [V3-SES-19, V3-SES-22, S3OS-07]`, () => {
    const peer = new ScriptedPeer(V3_UDP);
    const session = peer.openSession(peer.initiate(), own);
    peer.expect(ours);
    peer.autoAck = true;
    peer.send(type, [...peer.icrqAvps(7), avp(5, LOWEST)]);
    const remoteId = numberIn(peer.expect(type === "ICRQ" ? "ICRP" : "OCRP"), 63)!;
    if (type === "ICRQ") peer.send("ICCN", peer.sessionAvps(7, remoteId));
    else peer.expect("OCCN");
    const [replaced] = peer.told("sessionReplaced");
    assertEquals(replaced!.lost, session);
    assertEquals(peer.told("sessionUp").map((up) => up.session), [replaced!.kept]);
    assertEquals(peer.told("sessionRequested"), []);
  });

  Deno.test(`the peer's ${type} crosses our ${ours} and loses: CDN 13, and ours goes on [V3-SES-21, S3OS-08]`, () => {
    const peer = new ScriptedPeer(V3_UDP);
    const session = peer.openSession(peer.initiate(), own);
    const remoteId = numberIn(peer.expect(ours), 63)!;
    peer.autoAck = true;
    peer.send(type, [...peer.icrqAvps(7), avp(5, HIGHEST)]);
    const cdn = peer.expect("CDN");
    assertEquals([resultOf(cdn)[0], numberIn(cdn, 64)], [13, 7]);
    peer.send(ours === "ICRQ" ? "ICRP" : "OCRP", peer.icrpAvps(9, remoteId));
    if (ours === "OCRQ") peer.send("OCCN", peer.sessionAvps(9, remoteId));
    assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
  });
}

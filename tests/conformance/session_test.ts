/**
 * Sessions by incoming call, in both roles: the state tables row by row, ids, refusals, clean-up.
 *
 * RFC 3931 §3.4, §5.4.4, §7.3. REQUIREMENTS sections 6, 14.2 and 14.3; readings.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { ConnectionHandle } from "../../src/core/effect.ts";
import { eachCell, V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { ascii, avp, numberIn, type PeerAvp, resultOf, u16 } from "../harness/peer_message.ts";
import { u32, valueOf } from "../harness/peer_message.ts";
import { replaced } from "../harness/peer_voice.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";

/** A program that was asked for a session and has sent its ICRP. */
function asked(extra: readonly PeerAvp[] = []) {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", [...peer.icrqAvps(7), ...extra]);
  const remoteId = numberIn(peer.expect("ICRP"), 63)!;
  return { peer, remoteId, session: peer.told("sessionRequested")[0]!.session };
}

/** A program that asked for a session and waits for the ICRP. */
function asking(settings = SESSION_SETTINGS) {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  const session = peer.openSession(connection, settings);
  const icrq = peer.expect("ICRQ");
  return { peer, connection, session, icrq, remoteId: numberIn(icrq, 63)! };
}

/** Brings a connection up whose application answers nothing by itself. */
function acceptByHand(peer: ScriptedPeer): ConnectionHandle {
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  const { connection } = peer.told("connectionRequested")[0]!;
  peer.lcce.acceptConnection(connection, peer.now);
  peer.drain();
  peer.expect("SCCRP");
  peer.send("SCCCN");
  peer.advance(100);
  peer.clear();
  return connection;
}

function downs(peer: ScriptedPeer) {
  return peer.told("sessionDown").map(({ session }) => session);
}

eachCell(
  V3_CELLS,
  "the program calls: ICRQ, ICRP, ICCN; data may go out from the ICRP on [V3-SES-02, V3-SES-04, V3-SES-31, S3IS-04, S3IS-05, ETH-04]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    const session = peer.openSession(connection);
    const remoteId = numberIn(peer.expect("ICRQ"), 63)!;
    assertEquals(peer.told("sessionUp"), []);
    peer.send("ICRP", peer.icrpAvps(0x7101, remoteId));
    peer.expect("ICCN");
    const order = peer.effects.map(({ kind }) => kind)
      .filter((kind) => kind === "installSession" || kind === "sessionUp");
    assertEquals(order.at(0), "installSession");
    assertEquals(order.at(-1), "sessionUp");
    const [up] = peer.told("sessionUp");
    assertEquals(up!.session, session);
    assertEquals([up!.descriptor.localSessionId, up!.descriptor.remoteSessionId], [
      remoteId,
      0x7101,
    ]);
    assertEquals(peer.told("installSession").at(-1)!.transmit, true);
  },
);

eachCell(
  V3_CELLS,
  "the peer calls: ICRQ, ICRP, ICCN; the receive half is ready before the ICRP, data goes out from the ICCN on [V3-SES-01, V3-SES-02, V3-SES-05, V3-SES-31, S3IR-01, S3IR-05]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.send("ICRQ", peer.icrqAvps(7));
    const installed = peer.told("installSession");
    assertEquals(installed.map(({ transmit }) => transmit), [false]);
    const remoteId = numberIn(peer.expect("ICRP"), 63)!;
    assertEquals(peer.told("sessionUp"), []);
    peer.send("ICCN", peer.sessionAvps(7, remoteId));
    assertEquals(peer.told("sessionUp").length, 1);
    const transmits = peer.effects.filter((effect) =>
      (effect.kind === "installSession" || effect.kind === "updateSession") && effect.transmit
    );
    assertEquals(transmits.length, 1);
    peer.expectAlive();
  },
);

eachCell(
  V3_CELLS,
  "the receive half is installed before the message that invites data leaves [V3-SES-31]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const order: string[] = [];
    const { lcce } = peer;
    const connection = peer.initiate();
    lcce.openSession(connection, SESSION_SETTINGS, peer.now);
    peer.drain();
    const remoteId = numberIn(peer.expect("ICRQ"), 63)!;
    const icrp = peer.compose("ICRP", peer.icrpAvps(9, remoteId));
    lcce.handleDatagram(peer.path, icrp, peer.now);
    for (let effect = lcce.poll(); effect; effect = lcce.poll()) order.push(effect.kind);
    assert(order.indexOf("installSession") < order.indexOf("transmit"), order.join());
  },
);

Deno.test("ids are told apart by direction: the peer's goes into Remote Session ID and into data [V3-SES-09, V3-SES-10, V3-SES-15, V3-DP-32]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const incoming = peer.callIn(0xa, [], "in");
  const outgoing = peer.answerCall(connection, SESSION_SETTINGS, [], 0xb);
  for (const [id, { handle }] of [[0xa, incoming], [0xb, outgoing]] as const) {
    peer.lcce.setCircuitStatus(handle, 0, peer.now);
    peer.drain();
    assertEquals(numberIn(peer.expect("SLI"), 64), id);
    peer.lcce.closeSession(handle, { resultCode: 3, text: "" }, peer.now);
    peer.drain();
    assertEquals(numberIn(peer.expect("CDN"), 64), id);
  }
  assertNotEquals(incoming.remoteId, 0xa);
});

Deno.test("Remote Session ID is in every session message: 0 in the ICRQ, the peer's in the others [V3-SES-10, V3-SES-11, V3-SES-12, A-06]", () => {
  const { peer, icrq, remoteId } = asking();
  assertEquals(numberIn(icrq, 64), 0);
  peer.send("ICRP", peer.icrpAvps(9, remoteId));
  const iccn = peer.expect("ICCN");
  assertEquals([numberIn(iccn, 63), numberIn(iccn, 64)], [remoteId, 9]);
});

Deno.test("local session ids are distinct, not zero, and not in a row [V3-SES-08, V3-IP-05]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const ids = Array.from({ length: 200 }, (_, i) => {
    peer.openSession(connection, { ...SESSION_SETTINGS, remoteEndId: ascii(`lan${i}`) });
    return numberIn(peer.expect("ICRQ"), 63)!;
  });
  assertEquals(new Set(ids).size, 200);
  assert(ids.every((id) => id > 0));
  assert(ids.slice(1).filter((id, i) => id === ids[i]! + 1).length < 3);
});

Deno.test("serial numbers rise [V3-SES-16]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const serials = Array.from({ length: 5 }, (_, i) => {
    peer.openSession(connection, { ...SESSION_SETTINGS, remoteEndId: ascii(`lan${i}`) });
    return numberIn(peer.expect("ICRQ"), 15)!;
  });
  assert(serials.slice(1).every((serial, i) => serial > serials[i]!), `${serials}`);
});

Deno.test("the ICRQ has the PW type, the Remote End ID and the circuit's status [ETH-02, ETH-03, ETH-05, ETH-06, ETH-09, V3-SLI-02]", () => {
  for (const [pseudowire, number] of [["ethernet", 5], ["ethernet-vlan", 4]] as const) {
    const { icrq } = asking({ ...SESSION_SETTINGS, pseudowire });
    assertEquals(numberIn(icrq, 68), number);
    assertEquals(valueOf(icrq, 66), SESSION_SETTINGS.remoteEndId);
    assertEquals(numberIn(icrq, 71)! & 1, 1);
  }
});

Deno.test("a Remote End ID of four octets, or of any, reaches the application as it came [ETH-07, ETH-08]", () => {
  for (const remoteEndId of [u32(100), Uint8Array.of(0), ascii("a longer name")]) {
    const peer = new ScriptedPeer(V3_UDP);
    peer.initiate();
    peer.send("ICRQ", replaced(peer.icrqAvps(7), avp(66, remoteEndId)));
    assertEquals(peer.told("sessionRequested")[0]!.request.remoteEndId, remoteEndId);
    const { icrq } = asking({ ...SESSION_SETTINGS, remoteEndId });
    assertEquals(valueOf(icrq, 66), remoteEndId);
  }
});

Deno.test("the same Remote End ID on two connections makes two sessions [V3-SES-17]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const first = peer.callIn(7, [], "lan");
  Object.assign(peer, { localId: 0x1234, remoteId: 0, ns: 0, nr: 0 });
  peer.initiate();
  const second = peer.callIn(7, [], "lan");
  assertNotEquals(first.handle, second.handle);
  assertNotEquals(first.remoteId, second.remoteId);
});

// Refusals

eachCell(
  V3_CELLS,
  "a request that the application refuses gets a CDN with its reason [V3-SES-32, S3IR-02, V3-MSG-12]",
  (cell) => {
    const peer = new ScriptedPeer(cell, { accept: false });
    acceptByHand(peer);
    peer.send("ICRQ", peer.icrqAvps(7));
    const { session } = peer.told("sessionRequested")[0]!;
    peer.lcce.refuseSession(session, { resultCode: 5, text: "no such circuit" }, peer.now);
    peer.drain();
    const cdn = peer.expect("CDN");
    assertEquals(resultOf(cdn)[0], 5);
    assertEquals(numberIn(cdn, 64), 7);
    peer.expectAlive();
  },
);

Deno.test("an ICRP that cannot be accepted is answered by CDN [S3IS-06]", () => {
  const { peer, session, remoteId } = asking();
  peer.send("ICRP", [...peer.icrpAvps(9, remoteId), avp(4242)]);
  assertEquals(resultOf(peer.expect("CDN")), [2, 8]);
  assertEquals(downs(peer), [session]);
  peer.expectAlive();
});

Deno.test("an ICCN that cannot be accepted is answered by CDN [S3IR-06]", () => {
  const { peer, session, remoteId } = asked();
  peer.send("ICCN", [...peer.sessionAvps(7, remoteId), avp(4242)]);
  assertEquals(resultOf(peer.expect("CDN")), [2, 8]);
  assertEquals(downs(peer), [session]);
  assertEquals(peer.told("sessionUp"), []);
});

Deno.test("a PW type that was not advertised is refused with CDN 14 [V3-SES-27]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7, "lan", 0x00fe));
  assertEquals(resultOf(peer.expect("CDN"))[0], 14);
  assertEquals(peer.told("sessionRequested"), []);
  peer.expectAlive();
});

Deno.test("a PW type that the peer did not list is never asked for [V3-SES-26]", () => {
  const peer = new ScriptedPeer(V3_UDP, { capabilities: [5] });
  const connection = peer.initiate();
  const session = peer.openSession(connection, {
    ...SESSION_SETTINGS,
    pseudowire: "ethernet-vlan",
  });
  peer.expectSilence();
  assertEquals(downs(peer), [session]);
});

Deno.test("sequencing without a sublayer that could carry it is refused with CDN 15 [V3-DP-30]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", [...peer.icrqAvps(7), avp(70, u16(2))]);
  assertEquals(resultOf(peer.expect("CDN"))[0], 15);
  const { peer: answering, session, remoteId } = asking();
  answering.send("ICRP", [...answering.icrpAvps(9, remoteId), avp(70, u16(1)), avp(69, u16(0))]);
  assertEquals(resultOf(answering.expect("CDN"))[0], 15);
  assertEquals(downs(answering), [session]);
});

Deno.test("a sublayer that does not exist is refused with CDN 2, error 3 [A-29]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", [...peer.icrqAvps(7), avp(69, u16(9))]);
  assertEquals(resultOf(peer.expect("CDN")), [2, 3]);
});

Deno.test("a cookie of another length than 0, 4 or 8 is malformed [V3-DP-04, A-29]", () => {
  for (const length of [2, 6, 12]) {
    const peer = new ScriptedPeer(V3_UDP);
    peer.initiate();
    peer.send("ICRQ", [...peer.icrqAvps(7), avp(65, new Uint8Array(length))]);
    assertEquals(resultOf(peer.expect("CDN"))[0], 2);
    assertEquals(peer.told("sessionRequested"), []);
  }
});

// Messages in the wrong state

Deno.test("the caller that waits for the ICRP gives up at an ICCN [S3IS-09, A-08]", () => {
  const { peer, session, remoteId } = asking();
  peer.send("ICCN", peer.sessionAvps(9, remoteId));
  peer.advance(100);
  assertEquals(downs(peer), [session]);
  peer.expectAlive();
});

Deno.test("the caller that waits for the ICRP cleans up at a CDN, in silence [S3IS-09, V3-MSG-18]", () => {
  const { peer, session, remoteId } = asking();
  peer.send("CDN", [...peer.sessionAvps(9, remoteId), avp(1, u16(4))]);
  peer.expectSilence(2_000, "only acknowledgements");
  assertEquals(downs(peer), [session]);
  assertEquals(peer.told("sessionDown")[0]!.reason.resultCode, 4);
});

Deno.test("the caller that waits for the ICRP tells the peer when it closes [S3IS-10, V3-SES-12, V3-SES-13]", () => {
  const { peer, session, remoteId } = asking();
  peer.ack();
  peer.lcce.closeSession(session, { resultCode: 3, text: "" }, peer.now);
  peer.drain();
  const cdn = peer.expect("CDN");
  assertEquals([numberIn(cdn, 63), numberIn(cdn, 64)], [remoteId, 0]);
  assertEquals(resultOf(cdn)[0], 3);
});

Deno.test("the called side that waits for the ICCN answers an ICRP with CDN [S3IR-07, A-08]", () => {
  const { peer, session, remoteId } = asked();
  peer.send("ICRP", peer.icrpAvps(7, remoteId));
  assertEquals(resultOf(peer.expect("CDN"))[0], 16);
  assertEquals(downs(peer), [session]);
  peer.expectAlive();
});

Deno.test("the called side that waits for the ICCN cleans up at a CDN [S3IR-08]", () => {
  const { peer, session, remoteId } = asked();
  peer.send("CDN", [...peer.sessionAvps(7, remoteId), avp(1, u16(3))]);
  peer.expectSilence(2_000, "only acknowledgements");
  assertEquals(downs(peer), [session]);
  assertEquals(peer.told("removeSession").map((gone) => gone.session), [session]);
});

Deno.test("the called side tells the peer when it closes, established or not [S3IR-09]", () => {
  const { peer, session } = asked();
  peer.lcce.closeSession(session, { resultCode: 3, text: "" }, peer.now);
  peer.drain();
  assertEquals(numberIn(peer.expect("CDN"), 64), 7);
  const established = new ScriptedPeer(V3_UDP);
  established.initiate();
  const { handle } = established.callIn();
  established.lcce.closeSession(handle, { resultCode: 1, text: "" }, established.now);
  established.drain();
  assertEquals(resultOf(established.expect("CDN"))[0], 1);
  assertEquals(downs(established), [handle]);
});

Deno.test("set-up messages on an established session end it with CDN, in either role [S3IS-12, S3IR-10, V3-SES-04, V3-SES-05, A-08]", () => {
  for (const role of ["caller", "called"] as const) {
    for (const type of ["ICRP", "ICCN"] as const) {
      const peer = new ScriptedPeer(V3_UDP);
      const connection = peer.initiate();
      const session = role === "called" ? peer.callIn() : peer.answerCall(connection);
      const avps = type === "ICRP"
        ? peer.icrpAvps(session.localId, session.remoteId)
        : peer.sessionAvps(session.localId, session.remoteId);
      peer.send(type, avps);
      assertEquals(resultOf(peer.expect("CDN"))[0], 16, `${role} ${type}`);
      assertEquals(downs(peer), [session.handle]);
      peer.expectAlive();
    }
  }
});

Deno.test("an ICRQ that names a session which exists ends it with CDN, in any state [S3IR-07, S3IR-10, S3IS-12, A-08]", () => {
  for (const state of ["requested", "wait-connect", "established", "caller"] as const) {
    const peer = new ScriptedPeer(V3_UDP, { accept: state !== "requested" });
    const connection = state === "requested" ? acceptByHand(peer) : peer.initiate();
    if (state === "established") peer.callIn(7);
    else if (state === "caller") peer.answerCall(connection, SESSION_SETTINGS, [], 7);
    else peer.send("ICRQ", peer.icrqAvps(7));
    peer.inbox.length = 0;
    peer.send("ICRQ", peer.icrqAvps(7, "another"));
    const cdn = peer.expect("CDN");
    assertEquals([resultOf(cdn)[0], numberIn(cdn, 64)], [16, 7], state);
    assertEquals(downs(peer).length, 1, state);
    peer.expectAlive();
  }
});

Deno.test("a Session ID may be used again once its session is over [V3-SES-08, V3-MSG-18]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  for (let round = 0; round < 5; round++) {
    const session = peer.callIn(7);
    if (round % 2 === 0) {
      peer.send("CDN", [...peer.sessionAvps(7, session.remoteId), avp(1, u16(1))]);
    } else {
      peer.lcce.closeSession(session.handle, { resultCode: 3, text: "" }, peer.now);
      peer.drain();
      peer.expect("CDN");
    }
    peer.ack();
    peer.clear();
  }
});

Deno.test("a peer that leaves a session's set-up unfinished is given up after a cycle, with a CDN", () => {
  for (const { peer } of [asking(), asked()]) {
    peer.ack();
    peer.autoAck = true;
    peer.advance(71_000);
    const [cdn] = peer.heard.filter(({ message }) => message.type === "CDN");
    assertEquals(resultOf(cdn!.message)[0], 16);
    assertEquals(peer.told("sessionDown").map(({ reason }) => reason.cause), ["timeout"]);
  }
});

Deno.test("a CDN ends an established session: removed, down, acknowledged, and no CDN back [S3IS-11, S3IR-08, V3-MSG-18, ETH-14]", () => {
  for (const role of ["caller", "called"] as const) {
    const peer = new ScriptedPeer(V3_UDP);
    const connection = peer.initiate();
    const session = role === "called" ? peer.callIn() : peer.answerCall(connection);
    peer.send("CDN", [...peer.sessionAvps(session.localId, session.remoteId), avp(1, u16(1))]);
    peer.expectSilence(2_000, "only acknowledgements");
    assertEquals(peer.told("removeSession").map((gone) => gone.session), [session.handle]);
    assertEquals(downs(peer), [session.handle]);
    peer.expectAlive();
  }
});

Deno.test("closing an established session sends one CDN, and nothing else of it [S3IS-13, V3-MSG-12]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  const session = peer.answerCall(connection);
  peer.lcce.closeSession(session.handle, { resultCode: 3, text: "done" }, peer.now);
  peer.drain();
  const cdn = peer.expect("CDN");
  assertEquals([numberIn(cdn, 63), numberIn(cdn, 64)], [session.remoteId, session.localId]);
  peer.ack();
  peer.expectSilence(10_000);
  assertEquals(downs(peer), [session.handle]);
});

// Unknown sessions and reverse lookup

Deno.test("an ICRP for no session gets a CDN that names its sender's id [A-17, S3IR-03, S3IS-02]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRP", peer.icrpAvps(9, 0xdead));
  const cdn = peer.expect("CDN");
  assertEquals(resultOf(cdn), [2, 5]);
  assertEquals(numberIn(cdn, 64), 9);
  peer.expectAlive();
});

Deno.test("ICCN, CDN, SLI and WEN for no session are acknowledged and ignored [A-17, A-16, S3IS-02, S3IR-04, S3IR-08]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const avps = peer.sessionAvps(9, 0xdead);
  peer.send("ICCN", avps);
  peer.send("CDN", [...avps, avp(1, u16(1))]);
  peer.send("SLI", avps);
  peer.send("WEN", [...avps, avp(34, new Uint8Array(26))]);
  peer.expectSilence(2_000, "only acknowledgements");
  peer.expectAlive();
});

Deno.test("a CDN right after the ICRQ hits its session, and no other [V3-SES-13, V3-SES-14]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7, "one"));
  peer.send("ICRQ", peer.icrqAvps(8, "two"));
  const [one, two] = peer.told("sessionRequested").map(({ session }) => session);
  peer.send("CDN", [...peer.sessionAvps(7, 0), avp(1, u16(1))]);
  peer.advance(100);
  assertEquals(downs(peer), [one]);
  assertNotEquals(one, two);
});

Deno.test("an SLI right after the ICRQ hits its session [V3-SES-14, ETH-13]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7, "one"));
  peer.send("ICRQ", peer.icrqAvps(8, "two"));
  const [one, two] = peer.told("sessionRequested").map(({ session }) => session);
  peer.send("SLI", [...peer.sessionAvps(8, 0), avp(71, u16(0))]);
  const ids = peer.told("installSession").map(({ descriptor }) => descriptor.localSessionId);
  peer.send("ICCN", peer.sessionAvps(7, ids[0]!));
  peer.send("ICCN", peer.sessionAvps(8, ids[1]!));
  const last = (wanted: unknown) =>
    peer.told("circuitStatus").findLast(({ session }) => session === wanted)?.remote;
  assertEquals([last(one), last(two)], [1, 0]);
});

// Cookies, sublayer, sequencing: who asks for what

Deno.test("cookies: ours is what we ask for, theirs is what we send, in all sizes [V3-DP-02, V3-DP-03, V3-SEC-01, V3-SEC-03, A-05]", () => {
  for (const cookieLength of [0, 4, 8] as const) {
    for (const theirs of [undefined, 0, 4, 8]) {
      const peer = new ScriptedPeer(V3_UDP);
      peer.initiate();
      peer.sessionSettings = { ...SESSION_SETTINGS, cookieLength };
      const cookie = peer.prng.octets(theirs ?? 0);
      const extra = theirs === undefined ? [] : [avp(65, cookie)];
      peer.send("ICRQ", [...peer.icrqAvps(7), ...extra]);
      const icrp = peer.expect("ICRP");
      peer.send("ICCN", peer.sessionAvps(7, numberIn(icrp, 63)!));
      const { descriptor } = peer.told("sessionUp")[0]!;
      assertEquals(descriptor.receiveCookie, valueOf(icrp, 65) ?? new Uint8Array(0));
      assertEquals(descriptor.receiveCookie.length, cookieLength);
      assertEquals(descriptor.transmitCookie, cookie);
    }
  }
});

Deno.test("cookies are new and random for each session [V3-SEC-02]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const cookies = Array.from({ length: 1000 }, (_, i) => {
    peer.openSession(connection, { ...SESSION_SETTINGS, remoteEndId: ascii(`lan${i}`) });
    return valueOf(peer.expect("ICRQ"), 65)!;
  });
  assertEquals(new Set(cookies.map((cookie) => cookie.toHex())).size, 1000);
  for (let at = 0; at < 8; at++) {
    assert(new Set(cookies.map((cookie) => cookie[at])).size > 200, `octet ${at} hardly varies`);
  }
});

Deno.test("the sublayer is asked for per direction; none is sent where none was asked for [V3-DP-07, V3-DP-08, V3-DP-09, V3-DP-10]", () => {
  for (const ours of ["none", "default"] as const) {
    for (const theirs of [undefined, 0, 1]) {
      const peer = new ScriptedPeer(V3_UDP);
      peer.initiate();
      peer.sessionSettings = { ...SESSION_SETTINGS, sublayer: ours };
      const extra = theirs === undefined ? [] : [avp(69, u16(theirs))];
      peer.send("ICRQ", [...peer.icrqAvps(7), ...extra]);
      const icrp = peer.expect("ICRP");
      assertEquals(numberIn(icrp, 69) ?? 0, ours === "default" ? 1 : 0);
      peer.send("ICCN", peer.sessionAvps(7, numberIn(icrp, 63)!));
      const { descriptor } = peer.told("sessionUp")[0]!;
      assertEquals(descriptor.receiveSublayer, ours);
      assertEquals(descriptor.transmitSublayer, theirs === 1 ? "default" : "none");
    }
  }
});

Deno.test("Data Sequencing says what its sender wants to receive [V3-DP-25, ETH-20, ETH-21]", () => {
  for (const ours of ["none", "non-ip", "all"] as const) {
    for (const theirs of [0, 1, 2]) {
      const peer = new ScriptedPeer(V3_UDP);
      const connection = peer.initiate();
      peer.openSession(connection, { ...SESSION_SETTINGS, sequencing: ours });
      const icrq = peer.expect("ICRQ");
      assertEquals(numberIn(icrq, 70) ?? 0, ["none", "non-ip", "all"].indexOf(ours));
      const extra = [avp(69, u16(1)), avp(70, u16(theirs))];
      peer.send("ICRP", [...peer.icrpAvps(9, numberIn(icrq, 63)!), ...extra]);
      const { descriptor } = peer.told("sessionUp")[0]!;
      assertEquals(descriptor.receiveSequencing, ours);
      assertEquals(descriptor.transmitSequencing, ["none", "non-ip", "all"][theirs]!);
    }
  }
});

Deno.test("the ICCN may still change what its sender wants [V3-DP-09, V3-DP-25, V3-MSG-08]", () => {
  const { peer, remoteId } = asked([avp(69, u16(0))]);
  peer.send("ICCN", [...peer.sessionAvps(7, remoteId), avp(69, u16(1)), avp(70, u16(2))]);
  const { descriptor } = peer.told("sessionUp")[0]!;
  assertEquals([descriptor.transmitSublayer, descriptor.transmitSequencing], ["default", "all"]);
});

Deno.test("data goes over the connection's own path [V3-DP-31]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.path = { ...peer.path, remote: { ...peer.path.remote, port: 4_000 } };
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7));
  assertEquals(peer.told("installSession")[0]!.descriptor.path, peer.path);
});

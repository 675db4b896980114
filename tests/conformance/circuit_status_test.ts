/**
 * What each end says of its attachment circuit, and what follows for the data.
 *
 * RFC 3931 §5.4.5, §6.13, §6.14; RFC 4719 §2; RFC 5641. REQUIREMENTS sections 7, 11.1, 11.4.
 */

import { assertEquals } from "@std/assert";
import { eachCell, V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { avp, concat, numberIn, numberOf, u16, valueOf } from "../harness/peer_message.ts";
import { replaced } from "../harness/peer_voice.ts";
import { type PeerSession, ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { SOME_ERRORS } from "./whole_life.ts";

const ACTIVE = 0x0001;
const NEW = 0x0002;
const RECEIVE_FAULT = 0x0004;
const TRANSMIT_FAULT = 0x0008;
const STANDBY = 0x0040;

/** Whether data is taken, as the program last told its data plane. */
function receives(peer: ScriptedPeer): boolean | undefined {
  return peer.effects.flatMap((effect) =>
    effect.kind === "installSession" || effect.kind === "updateSession" ? [effect.receive] : []
  ).at(-1);
}

/** Whether data may go out, as the program last told its data plane. */
function transmits(peer: ScriptedPeer): boolean | undefined {
  return peer.effects.flatMap((effect) =>
    effect.kind === "installSession" || effect.kind === "updateSession" ? [effect.transmit] : []
  ).at(-1);
}

function tell(peer: ScriptedPeer, session: PeerSession, status: number): void {
  const avps = peer.sessionAvps(session.localId, session.remoteId);
  peer.send("SLI", [...avps, avp(71, u16(status))]);
}

eachCell(
  V3_CELLS,
  "each change of the circuit is told in one SLI, and no change in none [V3-SLI-01, V3-SLI-03, V3-SLI-04, ETH-11, ECS-01, V3-MSG-14]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    peer.autoAck = true;
    const { handle, remoteId, localId } = peer.answerCall(connection);
    for (const status of [0, 0, ACTIVE, ACTIVE, 0]) {
      peer.lcce.setCircuitStatus(handle, status, peer.now);
      peer.drain();
    }
    const slis = peer.inbox.filter(({ message }) => message.type === "SLI");
    assertEquals(slis.map(({ message }) => numberIn(message, 71)), [0, ACTIVE, 0]);
    for (const { message } of slis) {
      assertEquals([numberIn(message, 63), numberIn(message, 64)], [remoteId, localId]);
    }
  },
);

Deno.test("a change before the session is up is told in the ICCN or an SLI [ETH-12]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const handle = peer.openSession(connection, { ...SESSION_SETTINGS, circuitStatus: ACTIVE });
  const icrq = peer.expect("ICRQ");
  peer.lcce.setCircuitStatus(handle, 0, peer.now);
  peer.drain();
  peer.send("ICRP", peer.icrpAvps(9, numberIn(icrq, 63)!));
  peer.advance(500);
  const told = peer.heard.map(({ message }) => message)
    .filter(({ type }) => type === "ICCN" || type === "SLI")
    .flatMap((message) => numberIn(message, 71) ?? []);
  assertEquals(told.at(-1), 0);
});

Deno.test("a session may begin while the circuit is down, and says so [V3-SLI-09, ETH-10]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.sessionSettings = { ...SESSION_SETTINGS, circuitStatus: 0 };
  peer.send("ICRQ", replaced(peer.icrqAvps(7), avp(71, u16(0))));
  const icrp = peer.expect("ICRP");
  assertEquals(numberIn(icrp, 71)! & ACTIVE, 0);
  peer.send("ICCN", peer.sessionAvps(7, numberIn(icrp, 63)!));
  assertEquals(peer.told("sessionUp").length, 1);
  assertEquals(transmits(peer), false);
});

Deno.test("data towards the peer stops at Not Active and goes on at Active [V3-SLI-05, V3-SLI-03, ECS-07]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const session = peer.callIn();
  tell(peer, session, 0);
  assertEquals(transmits(peer), false);
  assertEquals(peer.told("circuitStatus").map(({ remote }) => remote), [0]);
  tell(peer, session, ACTIVE);
  assertEquals(transmits(peer), true);
});

Deno.test("an ICCN may tell the status too [V3-SLI-03]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7));
  const remoteId = numberIn(peer.expect("ICRP"), 63)!;
  peer.send("ICCN", [...peer.sessionAvps(7, remoteId), avp(71, u16(0))]);
  assertEquals(peer.told("sessionUp").length, 1);
  assertEquals(transmits(peer), false);
});

Deno.test("faults and standby stop data; N and reserved bits mean nothing [V3-SLI-06, ECS-02, ECS-03, ECS-08, ECS-09, ECS-11, ETH-15, A-23, A-31]", () => {
  for (
    const [status, flows] of [
      [ACTIVE, true],
      [ACTIVE | NEW, true],
      [ACTIVE | 0xff80, true],
      [NEW, false],
      [RECEIVE_FAULT, false],
      [TRANSMIT_FAULT, false],
      [ACTIVE | STANDBY, false],
      [STANDBY, false],
    ] as const
  ) {
    const peer = new ScriptedPeer(V3_UDP);
    peer.initiate();
    const session = peer.callIn();
    tell(peer, session, 0);
    tell(peer, session, status);
    assertEquals(transmits(peer), flows, status.toString(16));
  }
});

Deno.test("fault bits go out together and never with Active [ECS-04, ECS-05, ECS-06, V3-SLI-06]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const { handle } = peer.answerCall(connection);
  const told = (status: number) => {
    peer.lcce.setCircuitStatus(handle, status, peer.now);
    peer.drain();
    return numberIn(peer.expect("SLI"), 71);
  };
  assertEquals(told(ACTIVE | RECEIVE_FAULT | TRANSMIT_FAULT), RECEIVE_FAULT | TRANSMIT_FAULT);
  assertEquals(told(ACTIVE | TRANSMIT_FAULT), TRANSMIT_FAULT);
  assertEquals(told(ACTIVE), ACTIVE);
});

Deno.test("an SLI without a status changes nothing [V3-MSG-14]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const session = peer.callIn();
  peer.send("SLI", peer.sessionAvps(session.localId, session.remoteId));
  peer.expectSilence(500, "only acknowledgements");
  assertEquals(transmits(peer), undefined);
  peer.expectAlive();
});

Deno.test("in standby nothing is sent and nothing is taken, until standby is left [ECS-08, ECS-09, ECS-10]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const { handle } = peer.answerCall(connection);
  const stands = (status: number) => {
    peer.lcce.setCircuitStatus(handle, status, peer.now);
    peer.drain();
    assertEquals(numberIn(peer.expect("SLI"), 71), status);
    return [transmits(peer), receives(peer)];
  };
  assertEquals(stands(ACTIVE | STANDBY), [false, false]);
  assertEquals(stands(ACTIVE), [true, true]);
});

Deno.test("a session may begin in standby, and says so in its request [ECS-08, ECS-09, ECS-10, V3-SLI-02]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  const settings = { ...SESSION_SETTINGS, circuitStatus: ACTIVE | STANDBY };
  peer.openSession(connection, settings);
  const icrq = peer.expect("ICRQ");
  assertEquals(numberIn(icrq, 71), ACTIVE | STANDBY);
  peer.send("ICRP", peer.icrpAvps(9, numberIn(icrq, 63)!));
  assertEquals(peer.told("sessionUp").length, 1);
  assertEquals([transmits(peer), receives(peer)], [false, false]);
});

Deno.test("a WEN is taken with four counters or with six, whatever its reserved octets [V3-MSG-13, V3-WEN-03, A-04]", () => {
  for (const counters of [4, 6]) {
    const peer = new ScriptedPeer(V3_UDP);
    peer.initiate();
    const session = peer.callIn();
    const errors = concat(u16(0xffff), new Uint8Array(counters * 4));
    const avps = peer.sessionAvps(session.localId, session.remoteId);
    peer.send("WEN", [...avps, avp(34, errors)]);
    const [told] = peer.told("circuitErrors");
    assertEquals(told!.session, session.handle);
    assertEquals(told!.errors.crc, 0);
    peer.expectSilence(500, "only acknowledgements");
    peer.expectAlive();
  }
});

Deno.test("a WEN goes out where there are new errors, at least a minute after the last, with the totals [V3-WEN-01, V3-WEN-02, V3-WEN-03]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const { handle } = peer.answerCall(connection);
  const reports = (bufferOverruns: number) => {
    peer.lcce.reportCircuitErrors(handle, { ...SOME_ERRORS, bufferOverruns }, peer.now);
    peer.drain();
  };
  const start = peer.now;
  for (let at = 0; at < 150; at++) {
    reports(Math.min(at, 100) + 1);
    peer.advance(1_000);
  }
  peer.advance(300_000);
  const wens = peer.heard.filter(({ message }) => message.type === "WEN");
  assertEquals(wens.map(({ at }) => at - start), [0, 60_000, 120_000]);
  const values = wens.map(({ message }) => valueOf(message, 34)!);
  assertEquals(values.map((value) => numberOf(value.subarray(0, 2))), [0, 0, 0]);
  // Six counters of four octets after the reserved two; buffer overruns are the fourth.
  assertEquals(values.map((value) => numberOf(value.subarray(14, 18))), [1, 60, 101]);
});

Deno.test("errors from before a session is established are told by nobody, those of a new one are new [V3-WEN-02]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.autoAck = true;
  const waiting = peer.openSession(connection);
  peer.lcce.reportCircuitErrors(waiting, SOME_ERRORS, peer.now);
  peer.advance(1_000);
  assertEquals(peer.heard.filter(({ message }) => message.type === "WEN").length, 0);
  peer.expect("ICRQ");
  const { handle } = peer.callIn(8, [], "another");
  peer.lcce.reportCircuitErrors(handle, { ...SOME_ERRORS, crc: 0 }, peer.now);
  peer.drain();
  assertEquals(peer.heard.filter(({ message }) => message.type === "WEN").length, 1);
});

Deno.test("an SLI before the reply does not end the session, and its word counts [V3-SES-14, ETH-13]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7));
  const remoteId = numberIn(peer.expect("ICRP"), 63)!;
  peer.send("SLI", [...peer.sessionAvps(7, 0), avp(71, u16(0))]);
  peer.send("ICCN", peer.sessionAvps(7, remoteId));
  assertEquals(peer.told("sessionUp").length, 1);
  assertEquals(transmits(peer), false);
  peer.expectAlive();
});

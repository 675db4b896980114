/**
 * Frame Relay and HDLC over a control connection: what names the circuit, what both ends must have
 * alike, and why it ends.
 *
 * RFC 4591 §2 to §3.5, RFC 4349 §2 to §3.3. REQUIREMENTS sections 11.2 and 11.3.
 */

import { assertEquals } from "@std/assert";
import type { OutgoingSessionSettings } from "../../src/core/lcce_config.ts";
import type { PseudowireType } from "../../src/model/pseudowire_type.ts";
import { V3_UDP } from "../harness/cells.ts";
import {
  avp,
  numberIn,
  type PeerAvp,
  resultOf,
  u16,
  u32,
  valueOf,
} from "../harness/peer_message.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";

const FRAME_RELAY = 0x0001;
const HDLC = 0x0006;
const CAPABILITIES: readonly PseudowireType[] = ["ethernet", "frame-relay", "hdlc"];
/** The four octets that both RFCs want supported. */
const END_ID = u32(0x0a000064);

function settingsOf(
  pseudowire: PseudowireType,
  length?: 2 | 4,
  more: Partial<OutgoingSessionSettings> = {},
): OutgoingSessionSettings {
  const payload = length === undefined ? {} : { payload: { frameRelay: { length, dlci: 100 } } };
  return { ...SESSION_SETTINGS, pseudowire, remoteEndId: END_ID, ...payload, ...more };
}

function peerWith(settings: OutgoingSessionSettings) {
  const peer = new ScriptedPeer(V3_UDP, {
    lcce: { pseudowireCapabilities: CAPABILITIES },
    capabilities: [FRAME_RELAY, HDLC],
  });
  const connection = peer.initiate();
  peer.sessionSettings = settings;
  return { peer, connection };
}

/** The peer's ICRQ for a circuit, and the first that comes back. */
function ask(settings: OutgoingSessionSettings, type: number, extra: readonly PeerAvp[] = []) {
  const { peer } = peerWith(settings);
  peer.send("ICRQ", [...peer.icrqAvps(7, "pvc", type), ...extra]);
  return peer;
}

Deno.test("the SCCRP lists Frame Relay and HDLC, by Router ID and Host Name [FR-01, FR-02, HDLC-01, HDLC-02]", () => {
  const peer = new ScriptedPeer(V3_UDP, { lcce: { pseudowireCapabilities: CAPABILITIES } });
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  const sccrp = peer.expect("SCCRP");
  assertEquals([...valueOf(sccrp, 62)!], [0, 5, 0, FRAME_RELAY, 0, HDLC]);
  assertEquals(numberIn(sccrp, 60), 0xc0000201);
  assertEquals(new TextDecoder().decode(valueOf(sccrp, 7)), "eut.example");
});

for (const [pseudowire, type] of [["frame-relay", FRAME_RELAY], ["hdlc", HDLC]] as const) {
  Deno.test(`an ICRQ for ${pseudowire} has its type, a Remote End ID of 4 octets and the circuit's status [FR-05, FR-06, FR-07, HDLC-03]`, () => {
    const { peer, connection } = peerWith(settingsOf(pseudowire));
    peer.openSession(connection, settingsOf(pseudowire));
    const icrq = peer.expect("ICRQ");
    assertEquals(numberIn(icrq, 68), type);
    assertEquals(valueOf(icrq, 66), END_ID);
    assertEquals(numberIn(icrq, 71), 1);
    assertEquals(numberIn(ask(settingsOf(pseudowire), type).expect("ICRP"), 71), 1);
  });

  Deno.test(`a change of a circuit of ${pseudowire} is told in one SLI, the peer's is passed on [FR-10, FR-12, HDLC-06]`, () => {
    const { peer, connection } = peerWith(settingsOf(pseudowire));
    const { handle, localId, remoteId } = peer.answerCall(connection, settingsOf(pseudowire));
    peer.lcce.setCircuitStatus(handle, 0, peer.now);
    peer.drain();
    assertEquals(numberIn(peer.expect("SLI"), 71), 0);
    peer.send("SLI", [...peer.sessionAvps(localId, remoteId), avp(71, u16(0))]);
    assertEquals(peer.told("circuitStatus").map(({ remote }) => remote), [0]);
  });

  Deno.test(`sequencing of ${pseudowire} is asked for with the sublayer that can carry it [FR-21, FR-22, HDLC-08]`, () => {
    const { peer, connection } = peerWith(settingsOf(pseudowire));
    peer.openSession(connection, settingsOf(pseudowire, undefined, { sequencing: "all" }));
    const icrq = peer.expect("ICRQ");
    assertEquals([numberIn(icrq, 69), numberIn(icrq, 70)], [1, 2]);
  });
}

Deno.test("an address of 4 octets is said in ICRQ and ICRP, one of 2 by saying nothing [FR-13, FR-15]", () => {
  for (const [length, said] of [[2, undefined], [4, 4]] as const) {
    const settings = settingsOf("frame-relay", length);
    const { peer, connection } = peerWith(settings);
    peer.openSession(connection, settings);
    assertEquals(numberIn(peer.expect("ICRQ"), 85), said);
    const extra = said === undefined ? [] : [avp(85, u16(said))];
    assertEquals(numberIn(ask(settings, FRAME_RELAY, extra).expect("ICRP"), 85), said);
  }
});

Deno.test("ends with addresses of different lengths part with CDN 19, whoever asks [FR-14, FR-15]", () => {
  const cases = [[2, [avp(85, u16(4))]], [4, []], [4, [avp(85, u16(2))]], [2, [avp(85, u16(3))]]];
  for (const [length, extra] of cases as [2 | 4, PeerAvp[]][]) {
    const settings = settingsOf("frame-relay", length);
    assertEquals(resultOf(ask(settings, FRAME_RELAY, extra).expect("CDN"))[0], 19);
    const { peer, connection } = peerWith(settings);
    peer.openSession(connection, settings);
    const remoteId = numberIn(peer.expect("ICRQ"), 63)!;
    peer.send("ICRP", [...peer.icrpAvps(9, remoteId), ...extra]);
    assertEquals(resultOf(peer.expect("CDN"))[0], 19);
    assertEquals(peer.told("sessionUp"), []);
  }
});

Deno.test("the length of an address means nothing to other pseudowires [FR-13]", () => {
  const peer = ask(settingsOf("hdlc"), HDLC, [avp(85, u16(4))]);
  peer.expect("ICRP");
});

Deno.test("a session carries what is the port's affair to the data plane [FR-14, FR-20]", () => {
  const settings = settingsOf("frame-relay", 4);
  const { peer, connection } = peerWith(settings);
  peer.openSession(connection, settings);
  const remoteId = numberIn(peer.expect("ICRQ"), 63)!;
  peer.send("ICRP", [...peer.icrpAvps(9, remoteId), avp(85, u16(4))]);
  peer.expect("ICCN");
  const [up] = peer.told("sessionUp");
  assertEquals(up!.descriptor.frameRelay, { length: 4, dlci: 100 });
});

Deno.test("several circuits share one control connection, each with its own session [FR-07, FR-20]", () => {
  const { peer, connection } = peerWith(settingsOf("frame-relay"));
  for (const dlci of [16, 17, 1007]) {
    const payload = { frameRelay: { length: 2, dlci } } as const;
    const settings = settingsOf("frame-relay", 2, { remoteEndId: u32(dlci), payload });
    const handle = peer.openSession(connection, settings);
    const icrq = peer.expect("ICRQ");
    assertEquals(valueOf(icrq, 66), u32(dlci));
    peer.send("ICRP", peer.icrpAvps(0x100 + dlci, numberIn(icrq, 63)!));
    peer.expect("ICCN");
    const up = peer.told("sessionUp").at(-1)!;
    assertEquals([up.session, up.descriptor.frameRelay?.dlci], [handle, dlci]);
  }
});

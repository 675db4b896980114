/**
 * Conversations as real routers hold them, played by a scripted peer: made from what is known of
 * each (PEERS.md), not from captures.
 */

import { assertEquals } from "@std/assert";
import { V2_UDP, V3_DIGEST, V3_IP, V3_UDP } from "../harness/cells.ts";
import {
  ascii,
  avp,
  numberIn,
  type PeerAvp,
  type PeerMessage,
  resultOf,
  u16,
  u32,
} from "../harness/peer_message.ts";
import { PEER_NAME, without } from "../harness/peer_voice.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";

const NO_SUBLAYER = { ...SESSION_SETTINGS, sublayer: "none" } as const;

/** AVPs that Cisco IOS sends under its own vendor ID beside the RFC's. */
function cisco(...attributes: [attribute: number, value: Uint8Array][]): PeerAvp[] {
  return attributes.map(([attribute, value]) => avp(attribute, value, { vendor: 9 }));
}

/** What IOS says of itself, its drafts' AVPs with M = 1 among the RFC's. */
function ciscoSetup(peer: ScriptedPeer): PeerAvp[] {
  return [
    ...peer.setupAvps("SCCRQ"),
    avp(8, ascii("Cisco Systems, Inc."), { mandatory: false }),
    ...cisco([1, u32(peer.localId)], [2, u16(5)], [10, u16(1)]),
  ];
}

Deno.test("Cisco IOS: vendor AVPs 1, 2, 3, 4, 7 and 10 with M=1 are known, the peer calls without a sublayer [V3-AVP-06, V3-DP-08]", () => {
  const peer = new ScriptedPeer(V3_IP);
  peer.sessionSettings = NO_SUBLAYER;
  peer.send("SCCRQ", ciscoSetup(peer));
  peer.expect("SCCRP");
  peer.send("SCCCN");
  const session = cisco([3, u32(7)], [4, u32(0)], [7, u16(5)]);
  peer.send("ICRQ", [...peer.icrqAvps(7, "100"), ...session, avp(65, peer.prng.octets(8))]);
  const icrp = peer.expect("ICRP");
  assertEquals(numberIn(icrp, 69), undefined);
  const remoteId = numberIn(icrp, 63)!;
  peer.send("ICCN", [...peer.sessionAvps(7, remoteId), ...cisco([3, u32(7)], [4, u32(remoteId)])]);
  const { descriptor } = peer.told("sessionUp")[0]!;
  assertEquals([descriptor.transmitSublayer, descriptor.transmitCookie.length], ["none", 8]);
});

Deno.test("Cisco IOS: our ICRQ has a Remote Session ID of 0, without which IOS stops the connection [V3-SES-11, V3-SES-12]", () => {
  const peer = new ScriptedPeer(V3_IP);
  const connection = peer.connect();
  peer.expect("SCCRQ");
  peer.send("SCCRP", ciscoSetup(peer));
  peer.expect("SCCCN");
  peer.openSession(connection, NO_SUBLAYER);
  peer.ack();
  const icrq = peer.expect("ICRQ");
  assertEquals([numberIn(icrq, 64), numberIn(icrq, 69)], [0, undefined]);
  const remoteId = numberIn(icrq, 63)!;
  peer.send("ICRP", [...peer.icrpAvps(9, remoteId), ...cisco([3, u32(9)], [4, u32(remoteId)])]);
  peer.expect("ICCN");
  assertEquals(peer.told("sessionUp").length, 1);
});

/** The same AVPs with Cisco's of the drafts in the RFC's place. */
function inDraft(avps: readonly PeerAvp[]): PeerAvp[] {
  const attributes = new Map([[61, 1], [62, 2], [63, 3], [64, 4], [68, 7]]);
  return avps.map((each) => {
    const attribute = attributes.get(each.attribute);
    return attribute === undefined ? each : { ...each, vendor: 9, attribute };
  });
}

function draftValue(message: PeerMessage, attribute: number): number | undefined {
  const found = message.avps.find((each) => each.vendor === 9 && each.attribute === attribute);
  return found && new DataView(found.value.buffer, found.value.byteOffset).getUint32(0);
}

Deno.test("old Cisco IOS: with its own AVPs in place of the RFC's it opens a connection and a call, is answered in both, and ends them [V3-CC-10, V3-CC-14, V3-SES-09]", () => {
  for (const cell of [V3_IP, V3_DIGEST]) {
    const peer = new ScriptedPeer(cell);
    peer.sessionSettings = NO_SUBLAYER;
    peer.send("SCCRQ", [...inDraft(peer.setupAvps("SCCRQ")), ...cisco([10, u16(1)])]);
    const sccrp = peer.expect("SCCRP");
    assertEquals(sccrp.connectionId, peer.localId);
    assertEquals(draftValue(sccrp, 1), peer.remoteId);
    peer.send("SCCCN");
    assertEquals(peer.told("connectionUp")[0]!.peer.pseudowireCapabilities, [5, 4]);
    peer.send("ICRQ", inDraft(peer.icrqAvps(7, "100")));
    const icrp = peer.expect("ICRP");
    const remoteId = numberIn(icrp, 63)!;
    assertEquals([draftValue(icrp, 3), draftValue(icrp, 4)], [remoteId, 7]);
    peer.send("ICCN", inDraft(peer.sessionAvps(7, remoteId)));
    assertEquals(peer.told("sessionUp").length, 1);
    peer.send("CDN", [avp(1, u16(3)), ...inDraft(peer.sessionAvps(7, remoteId))]);
    assertEquals(peer.told("sessionDown").map(({ reason }) => reason.cause), ["remote"]);
    peer.expectAlive();
    peer.send("StopCCN", inDraft(peer.stopAvps()));
    assertEquals(peer.told("connectionDown").map(({ reason }) => reason.cause), ["remote"]);
  }
});

Deno.test("old Cisco IOS: it answers our connection and our call with its own AVPs alone [V3-SES-11, V3-SES-12]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.connect();
  assertEquals(draftValue(peer.expect("SCCRQ"), 1), undefined);
  peer.send("SCCRP", inDraft(peer.setupAvps("SCCRP")));
  peer.expect("SCCCN");
  peer.openSession(connection, NO_SUBLAYER);
  peer.ack();
  const icrq = peer.expect("ICRQ");
  const remoteId = numberIn(icrq, 63)!;
  assertEquals([draftValue(icrq, 3), draftValue(icrq, 4)], [remoteId, 0]);
  peer.send("ICRP", inDraft(peer.icrpAvps(9, remoteId)));
  assertEquals(draftValue(peer.expect("ICCN"), 4), 9);
  assertEquals(peer.told("sessionUp").length, 1);
  peer.expectAlive();
});

Deno.test("old Cisco IOS: where the RFC's AVP is there, it counts, wherever it stands [V3-AVP-04]", () => {
  for (const others of [cisco([1, u32(0xbad)], [2, u16(7)]), cisco([2, u16(7)], [1, u32(0xbad)])]) {
    const peer = new ScriptedPeer(V3_UDP);
    const own = peer.setupAvps("SCCRQ");
    peer.send("SCCRQ", [...others.slice(0, 1), ...own, ...others.slice(1)]);
    assertEquals(peer.expect("SCCRP").connectionId, peer.localId);
    assertEquals(peer.told("connectionRequested")[0]!.peer.pseudowireCapabilities, [5, 4]);
  }
});

Deno.test("old Cisco IOS: an identifier of 0 in its own AVP is as wrong as in the RFC's; to L2TPv2 they are nobody's [V3-CC-09, V2-AVP-06]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.send("SCCRQ", [...without(peer.setupAvps("SCCRQ"), 61), ...cisco([1, u32(0)])]);
  assertEquals(peer.told("connectionRequested"), []);
  const v2 = new ScriptedPeer(V2_UDP);
  v2.send("SCCRQ", [...v2.setupAvps("SCCRQ"), ...cisco([1, u32(1)])]);
  assertEquals(draftValue(v2.expect("SCCRP"), 1), undefined);
});

Deno.test("Cisco IOS: an AVP of another vendor with M=1 is still unknown [V3-AVP-06, V3-AVP-08, V3-MSG-22]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(1, u32(1), { vendor: 10 })]);
  assertEquals(resultOf(peer.expect("StopCCN")), [2, 8]);
});

Deno.test("Yamaha: no window, Router ID 0, Circuit Status in the ICRP; nothing of L2TPv2's in the SCCRP [V3-CC-07, V3-REL-22, V3-CO-06]", () => {
  const peer = new ScriptedPeer(V3_UDP, { routerId: 0, receiveWindow: null });
  const connection = peer.connect();
  peer.expect("SCCRQ");
  peer.send("SCCRP", peer.setupAvps("SCCRP"));
  peer.expect("SCCCN");
  assertEquals(peer.told("connectionUp")[0]!.peer.routerId, 0);
  peer.autoAck = true;
  peer.ack();
  const { handle } = peer.answerCall(connection, NO_SUBLAYER);
  assertEquals(peer.lcce.describeSession(handle)!.remoteCircuitStatus, 1);
  peer.expectAlive();
});

Deno.test("Yamaha: it begins, from port 1701, with Router ID 0 [V3-CC-07, V3-UDP-06]", () => {
  const peer = new ScriptedPeer(V3_UDP, { routerId: 0, receiveWindow: null });
  peer.initiate();
  assertEquals(peer.callIn(7).localId, 7);
});

Deno.test("MikroTik: no sublayer, an MD5 digest, cookies of 4 octets one way and none the other [V3-DP-03, V3-DP-09, V3-AUTH-08]", () => {
  const peer = new ScriptedPeer({ ...V3_UDP, authentication: "digest", digest: "md5" });
  peer.initiate();
  peer.sessionSettings = { ...NO_SUBLAYER, cookieLength: 0 };
  peer.send("ICRQ", [...peer.icrqAvps(7, "circuit-1"), avp(65, peer.prng.octets(4))]);
  const icrp = peer.expect("ICRP");
  peer.send("ICCN", peer.sessionAvps(7, numberIn(icrp, 63)!));
  const { descriptor } = peer.told("sessionUp")[0]!;
  assertEquals([descriptor.receiveCookie.length, descriptor.transmitCookie.length], [0, 4]);
});

Deno.test("SoftEther: it only answers, acknowledges by ZLB, and counts what is no ZLB [A-13, V3-MSG-16]", () => {
  const peer = new ScriptedPeer(V3_UDP, { capabilities: [5, 4] });
  const connection = peer.respond();
  const { handle } = peer.answerCall(connection, { ...NO_SUBLAYER, cookieLength: 0 });
  for (let at = 0; at < 5; at++) {
    peer.send("HELLO");
    assertEquals(peer.expectAck().type, "ZLB");
  }
  assertEquals(peer.lcce.describeSession(handle)?.state, "established");
});

Deno.test("Juniper-like L2TPv2: every optional AVP of its SCCRQ, and calls that are refused politely [V2-CC-01, V2-CC-13]", () => {
  const peer = new ScriptedPeer(V2_UDP);
  const optional = [
    avp(4, u32(3), { mandatory: true }),
    avp(6, u16(0x0302), { mandatory: false }),
    avp(8, ascii("Juniper Networks, Inc."), { mandatory: false }),
  ];
  peer.send("SCCRQ", [
    ...without(peer.setupAvps("SCCRQ"), 7),
    avp(7, ascii(PEER_NAME)),
    ...optional,
  ]);
  peer.expect("SCCRP");
  peer.send("SCCCN");
  peer.advance(100);
  peer.inbox.length = 0;
  peer.send("ICRQ", [avp(14, u16(0x77)), avp(15, u32(1)), avp(18, u32(2))]);
  const cdn = peer.expect("CDN");
  assertEquals([cdn.sessionId, resultOf(cdn)[0]], [0x77, 5]);
  peer.expectAlive();
});

Deno.test("Meraki: data and an SLI before the ICCN do not end the session [V3-SES-14, ETH-13, V3-CO-01]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(7));
  const remoteId = numberIn(peer.expect("ICRP"), 63)!;
  assertEquals(peer.told("installSession").map(({ receive }) => receive), [true]);
  // Were it to come by the control socket, it would be dropped and nothing more.
  peer.inject(Uint8Array.of(0, 3, 0, 0, ...u32(remoteId), ...new Uint8Array(60)));
  peer.send("SLI", [...peer.sessionAvps(7, remoteId), avp(71, u16(1))]);
  peer.send("ICCN", peer.sessionAvps(7, remoteId));
  assertEquals(peer.told("sessionUp").length, 1);
  peer.expectAlive();
});

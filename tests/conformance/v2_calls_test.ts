/**
 * L2TPv2's calls, incoming and outgoing, with the program as LAC and as LNS: messages, identifiers,
 * what may be asked for, and how a call ends.
 *
 * RFC 2661 §4.4.4, §5.2, §5.3, §6.6 to §6.12, §7.4, §7.5. REQUIREMENTS sections 10.6 and 14.7 to
 * 14.10; the states that are left out here are in v2_call_states_test.ts.
 */

import { assert, assertEquals } from "@std/assert";
import { eachCell, V2_CELLS } from "../harness/cells.ts";
import {
  avp,
  numberIn,
  resultOf,
  resultTextOf,
  u16,
  u32,
  valueOf,
} from "../harness/peer_message.ts";
import type { ScriptedPeer } from "../harness/scripted_peer.ts";
import { V2Peer } from "../harness/v2_peer.ts";

/** The gates that the data plane was told of, in order. */
function gates(peer: ScriptedPeer) {
  return peer.effects.flatMap((effect) =>
    effect.kind === "installSession" || effect.kind === "updateSession"
      ? [{ transmit: effect.transmit, receive: effect.receive }]
      : []
  );
}

/** The causes and codes of the sessions that ended. */
function ends(peer: ScriptedPeer) {
  return peer.told("sessionDown").map(({ reason }) => [reason.cause, reason.resultCode]);
}

eachCell(
  V2_CELLS,
  "the program as LAC: ICRQ, ICRP, ICCN, and only then frames [V2-SES-01, V2-SES-02, V2-SES-03, V2-SES-04, V2-SES-11, V2-SES-16, V2-MSG-06, V2-MSG-08, V2-REL-21, S2LI-01, S2LI-04, S2LI-05, S2CC-13]",
  (cell) => {
    const peer = new V2Peer({}, cell);
    const session = peer.ask(peer.initiate());
    const icrq = peer.expect("ICRQ");
    const localId = numberIn(icrq, 14)!;
    assertEquals([icrq.sessionId, icrq.connectionId], [0, peer.localId]);
    assert(localId > 0 && valueOf(icrq, 14)!.length === 2);
    assertEquals(valueOf(icrq, 15)!.length, 4);
    assertEquals(gates(peer), []);
    peer.sendTo(localId, "ICRP", peer.nameAvps(0x7101));
    const iccn = peer.expect("ICCN");
    assertEquals([iccn.sessionId, valueOf(iccn, 14)], [0x7101, undefined]);
    assertEquals([valueOf(iccn, 24)!.length, numberIn(iccn, 19)], [4, 1]);
    assertEquals(gates(peer), [{ transmit: true, receive: true }]);
    const [up] = peer.told("sessionUp");
    const { descriptor } = up!;
    assertEquals(up!.session, session);
    assertEquals([descriptor.version, descriptor.pseudowire], [2, "ppp"]);
    assertEquals([descriptor.localSessionId, descriptor.remoteSessionId], [localId, 0x7101]);
    assertEquals([descriptor.localTunnelId, descriptor.remoteTunnelId], [
      peer.remoteId,
      peer.localId,
    ]);
    assertEquals([descriptor.receiveCookie.length, descriptor.receiveSublayer], [0, "none"]);
    peer.expectAlive();
  },
);

eachCell(
  V2_CELLS,
  "the program as LNS: it answers ICRQ, sends nothing before the ICCN, which a ZLB acknowledges [V2-SES-01, V2-SES-03, V2-SES-11, V2-MSG-07, V2-REL-21, S2NI-01, S2NI-05]",
  (cell) => {
    const peer = new V2Peer({}, cell);
    peer.initiate();
    peer.send("ICRQ", peer.requestAvps("ICRQ", 0x7001));
    const icrp = peer.expect("ICRP");
    assertEquals(icrp.sessionId, 0x7001);
    assertEquals(gates(peer), [{ transmit: false, receive: true }]);
    assertEquals(peer.told("sessionUp"), []);
    peer.sendTo(numberIn(icrp, 14)!, "ICCN", peer.connectAvps());
    assertEquals(peer.expectAck().type, "ZLB");
    assertEquals(gates(peer).at(-1), { transmit: true, receive: true });
    assertEquals(peer.told("sessionUp").length, 1);
  },
);

eachCell(
  V2_CELLS,
  "the program as LNS has a call placed: OCRQ, OCRP, OCCN [V2-SES-12, V2-SES-16, V2-MSG-09, S2NO-01, S2NO-03, S2NO-04, S2NO-07]",
  (cell) => {
    const peer = new V2Peer({}, cell);
    const session = peer.ask(peer.initiate(), {
      call: "outgoing",
      information: { calledNumber: "5551234", minimumBps: 9_600, subAddress: "3" },
    });
    const ocrq = peer.expect("OCRQ");
    assertEquals([numberIn(ocrq, 16), numberIn(ocrq, 17)], [9_600, 0xffffffff]);
    assertEquals(new TextDecoder().decode(valueOf(ocrq, 21)), "5551234");
    assertEquals(new TextDecoder().decode(valueOf(ocrq, 23)), "3");
    const localId = numberIn(ocrq, 14)!;
    peer.sendTo(localId, "OCRP", peer.nameAvps(0x7103));
    assertEquals(gates(peer), [{ transmit: false, receive: true }]);
    assertEquals(peer.told("sessionUp"), []);
    peer.sendTo(localId, "OCCN", peer.connectAvps());
    assertEquals(gates(peer).at(-1), { transmit: true, receive: true });
    assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
  },
);

eachCell(
  V2_CELLS,
  "the program as LAC places a call: OCRP at once, OCCN when the bearer has answered [V2-SES-12, V2-SES-13, V2-MSG-10, V2-MSG-11, S2LO-01, S2LO-05]",
  (cell) => {
    const peer = new V2Peer({ answersCalls: false }, cell);
    peer.initiate();
    peer.send("OCRQ", peer.requestAvps("OCRQ", 0x7003));
    const ocrp = peer.expect("OCRP");
    assertEquals(ocrp.sessionId, 0x7003);
    const { request, session } = peer.told("sessionRequested")[0]!;
    assertEquals([request.call, request.information.calledNumber], ["outgoing", "5551"]);
    assertEquals([request.information.minimumBps, request.information.maximumBps], [300, 64_000]);
    peer.ack();
    peer.expectSilence(5_000, "only acknowledgements");
    assertEquals(gates(peer), []);
    peer.lcce.handleCallPlaced(session, peer.now, { txConnectSpeed: 33_600n, framingType: 2 });
    peer.drain();
    const occn = peer.expect("OCCN");
    assertEquals([occn.sessionId, numberIn(occn, 24), numberIn(occn, 19)], [0x7003, 33_600, 2]);
    assertEquals(gates(peer), [{ transmit: true, receive: true }]);
  },
);

Deno.test("who calls whom is told, and in every message the fields that belong to it [V2-SES-18, V2-MSG-06, V2-MSG-08, V2-MSG-10]", () => {
  const information = {
    calledNumber: "5551234",
    callingNumber: "+49 30 1",
    subAddress: "7",
    bearerType: 2,
    framingType: 2,
    physicalChannelId: 0xc0ffee,
    txConnectSpeed: 56_000n,
    rxConnectSpeed: 10_000_000_000n,
    privateGroupId: Uint8Array.of(1, 2, 3),
  };
  const peer = new V2Peer();
  const connection = peer.initiate();
  const session = peer.ask(connection, { information });
  const icrq = peer.expect("ICRQ");
  const text = (attribute: number) => new TextDecoder().decode(valueOf(icrq, attribute));
  assertEquals([21, 22, 23].map(text), ["5551234", "+49 30 1", "7"]);
  assertEquals([numberIn(icrq, 18), numberIn(icrq, 25)], [2, 0xc0ffee]);
  assertEquals(valueOf(icrq, 24), undefined);
  peer.sendTo(numberIn(icrq, 14)!, "ICRP", peer.nameAvps(9));
  const iccn = peer.expect("ICCN");
  // 32 bits tell no more than this of a speed.
  assertEquals([24, 38, 19].map((type) => numberIn(iccn, type)), [56_000, 0xffffffff, 2]);
  assertEquals(valueOf(iccn, 37), Uint8Array.of(1, 2, 3));
  assertEquals(valueOf(iccn, 21), undefined);
  assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
});

Deno.test("what the peer tells, in the request and later, comes to the application as one [V2-SES-18]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const line = [avp(18, u32(1)), avp(25, u32(5)), avp(22, new TextEncoder().encode("30 1"))];
  peer.send("ICRQ", [...peer.requestAvps("ICRQ", 7), ...line]);
  const { request } = peer.told("sessionRequested")[0]!;
  assertEquals([request.call, request.pseudowireTypeNumber, request.serialNumber], [
    "incoming",
    7,
    77,
  ]);
  const asked = { callingNumber: "30 1", bearerType: 1, physicalChannelId: 5 };
  assertEquals(request.information, asked);
  peer.sendTo(numberIn(peer.expect("ICRP"), 14)!, "ICCN", [
    ...peer.connectAvps(),
    avp(38, u32(128_000)),
    avp(37, Uint8Array.of(9)),
  ]);
  assertEquals(peer.told("sessionUp")[0]!.information, {
    ...asked,
    txConnectSpeed: 64_000n,
    rxConnectSpeed: 128_000n,
    framingType: 1,
    privateGroupId: Uint8Array.of(9),
  });
});

Deno.test("serial numbers are the call's own; identifiers of 16 bits are unique in their tunnel and follow no order [V2-SES-02, V2-AUTH-06]", () => {
  const peer = new V2Peer();
  const connection = peer.initiate();
  peer.autoAck = true;
  for (let call = 0; call < 200; call++) peer.ask(connection);
  peer.advance(1_000);
  const requests = peer.heard.map(({ message }) => message).filter(({ type }) => type === "ICRQ");
  const ids = requests.map((icrq) => numberIn(icrq, 14)!);
  assertEquals([new Set(ids).size, ids.includes(0)], [200, false]);
  assertEquals(new Set(requests.map((icrq) => numberIn(icrq, 15))).size, 200);
  const steps = ids.slice(1).map((id, index) => id - ids[index]!);
  assert(new Set(steps).size > 100, "the next identifier can be told");
});

Deno.test("requests that cross are two calls: L2TPv2 knows no tie [V2-SES-16]", () => {
  const peer = new V2Peer();
  const connection = peer.initiate();
  peer.autoAck = true;
  peer.ask(connection);
  peer.expect("ICRQ");
  peer.send("ICRQ", peer.requestAvps("ICRQ", 7));
  peer.expect("ICRP");
  assertEquals([peer.told("sessionReplaced"), peer.told("sessionDown")], [[], []]);
});

Deno.test("a CDN before the identifiers are exchanged finds its session, and is sent so that the peer's can be found [V2-SES-05, V2-SES-04, V2-SES-17, S2LI-09, S2NI-08]", () => {
  const peer = new V2Peer();
  const connection = peer.initiate();
  const session = peer.ask(connection);
  const localId = numberIn(peer.expect("ICRQ"), 14)!;
  peer.lcce.closeSession(session, { resultCode: 3, text: "changed my mind" }, peer.now);
  peer.drain();
  const cdn = peer.expect("CDN");
  assertEquals([cdn.sessionId, numberIn(cdn, 14), resultOf(cdn)[0]], [0, localId, 3]);

  peer.acceptsSessions = false;
  peer.send("ICRQ", peer.requestAvps("ICRQ", 0x7001));
  const [requested] = peer.told("sessionRequested");
  peer.clear();
  peer.send("CDN", [avp(1, u16(3)), ...peer.nameAvps(0x7001)], { sessionId: 0 });
  assertEquals(peer.told("sessionDown").map((down) => down.session), [requested!.session]);
  // Nothing is answered but the acknowledgement.
  peer.expectSilence(500, "only acknowledgements");
});

Deno.test("a CDN ends the session on either side, and gets nothing but its acknowledgement [V2-SES-14, V2-SES-17, S2LI-10, S2NI-08, S2LO-09, S2NO-09]", () => {
  const peer = new V2Peer();
  const connection = peer.initiate();
  peer.autoAck = true;
  const sessions = [
    peer.dialIn(),
    peer.dialOut(),
    peer.takeCall(connection),
    peer.placeCall(connection),
  ];
  for (const { localId, remoteId, handle } of sessions) {
    peer.clear();
    peer.sendTo(remoteId, "CDN", [avp(1, u16(1)), ...peer.nameAvps(localId)]);
    assertEquals(peer.told("sessionDown").map((down) => down.session), [handle]);
    assertEquals(peer.told("removeSession").map((gone) => gone.session), [handle]);
    assertEquals(ends(peer), [["remote", 1]]);
    peer.expectSilence(300, "only acknowledgements");
  }
});

Deno.test("a bearer that drops is told by CDN 1, in whatever state the call is [V2-SES-15, V2-MSG-12, V2-MSG-15, S2LI-12, S2LO-10]", () => {
  const peer = new V2Peer();
  const connection = peer.initiate();
  peer.autoAck = true;
  for (const { localId, remoteId, handle } of [peer.takeCall(connection), peer.dialOut()]) {
    peer.clear();
    const farewell = { resultCode: 1, text: "the line dropped" };
    peer.lcce.closeSession(handle, farewell, peer.now);
    peer.drain();
    const cdn = peer.expect("CDN");
    assertEquals([cdn.sessionId, numberIn(cdn, 14)], [localId, remoteId]);
    assertEquals([resultOf(cdn)[0], resultTextOf(cdn)], [1, "the line dropped"]);
    assertEquals(cdn.avps.find(({ attribute }) => attribute === 1)!.mandatory, true);
    assertEquals(ends(peer), [["local", 1]]);
  }
});

Deno.test("a circuit that changes its status is no message of L2TPv2 [V2-SES-15]", () => {
  const peer = new V2Peer();
  const { handle } = peer.takeCall(peer.initiate());
  peer.ack();
  peer.clear();
  peer.lcce.setCircuitStatus(handle, 0, peer.now);
  peer.drain();
  peer.expectSilence(500, "only acknowledgements");
});

Deno.test("a call that cannot be placed, and one that nobody answers, are told by CDN [S2LO-06]", () => {
  const peer = new V2Peer({ answersCalls: false });
  peer.initiate();
  peer.autoAck = true;
  peer.send("OCRQ", peer.requestAvps("OCRQ", 0x7003));
  peer.expect("OCRP");
  peer.lcce.handleCallFailed(peer.told("placeCall")[0]!.session, { resultCode: 8 }, peer.now);
  peer.drain();
  assertEquals(resultOf(peer.expect("CDN"))[0], 8);
  peer.send("OCRQ", peer.requestAvps("OCRQ", 0x7004));
  peer.expect("OCRP");
  peer.advance(80_000);
  const cdn = peer.heard.findLast(({ message }) => message.type === "CDN")!.message;
  assertEquals(resultOf(cdn), [10, 0]);
  assertEquals(resultTextOf(cdn), "no answer in state wait-cs-answer");
});

Deno.test("a request without what it must have, or one too many, is answered by CDN and the tunnel lives [V2-AVP-03, V2-SES-13, S2NI-02, S2LO-02]", () => {
  const peer = new V2Peer({ lcce: { limits: { sessionsPerConnection: 1 } } });
  peer.initiate();
  peer.autoAck = true;
  for (const type of ["ICRQ", "OCRQ"] as const) {
    const avps = peer.requestAvps(type, 0x7005);
    peer.send(type, [...avps, avp(999, u16(1))]);
    const unknown = peer.expect("CDN");
    assertEquals([unknown.sessionId, ...resultOf(unknown)], [0x7005, 2, 8]);
    for (const { attribute } of avps.filter(({ attribute }) => attribute !== 14)) {
      peer.send(type, avps.filter((each) => each.attribute !== attribute));
      assertEquals(resultOf(peer.expect("CDN")), [2, 3], `${type} without ${attribute}`);
    }
  }
  assertEquals(peer.told("sessionRequested"), []);
  peer.dialIn();
  peer.send("ICRQ", peer.requestAvps("ICRQ", 0x7006));
  assertEquals(resultOf(peer.expect("CDN"))[0], 4);
  peer.expectAlive();
});

Deno.test("where PPP is not to be had, every call is refused with CDN 5, and the tunnel lives [S2NI-02, S2LO-02]", () => {
  const peer = new V2Peer({ lcce: { pseudowireCapabilities: ["ethernet"] } });
  peer.initiate();
  peer.autoAck = true;
  for (const type of ["ICRQ", "OCRQ"] as const) {
    peer.send(type, peer.requestAvps(type, 0x7007));
    assertEquals(resultOf(peer.expect("CDN"))[0], 5);
  }
  peer.expectAlive();
});

Deno.test("a set-up message without what it must have ends its session with CDN [S2LI-06, S2NI-06, S2NO-05, V2-MSG-07, V2-MSG-08, V2-MSG-10, V2-MSG-11]", () => {
  const peer = new V2Peer();
  const connection = peer.initiate();
  peer.autoAck = true;
  const refused = () => {
    assertEquals(resultOf(peer.expect("CDN")), [2, 3]);
    assertEquals(ends(peer), [["protocol", 2]]);
    peer.clear();
  };
  peer.ask(connection);
  peer.sendTo(numberIn(peer.expect("ICRQ"), 14)!, "ICRP");
  refused();
  peer.ask(connection, { call: "outgoing" });
  peer.sendTo(numberIn(peer.expect("OCRQ"), 14)!, "OCRP");
  refused();
  for (const without of [24, 19]) {
    const connect = peer.connectAvps().filter(({ attribute }) => attribute !== without);
    peer.send("ICRQ", peer.requestAvps("ICRQ", 9));
    peer.sendTo(numberIn(peer.expect("ICRP"), 14)!, "ICCN", connect);
    refused();
    peer.ask(connection, { call: "outgoing" });
    const localId = numberIn(peer.expect("OCRQ"), 14)!;
    peer.sendTo(localId, "OCRP", peer.nameAvps(8));
    peer.sendTo(localId, "OCCN", connect);
    refused();
  }
  peer.expectAlive();
});

Deno.test("no call is begun before the tunnel is there [V2-CC-03, S2LI-01, S2NO-01]", () => {
  const peer = new V2Peer();
  const connection = peer.connect();
  peer.ask(connection);
  peer.ask(connection, { call: "outgoing" });
  peer.expect("SCCRQ");
  peer.expectSilence(500, "only acknowledgements");
  peer.send("SCCRP", peer.setupAvps("SCCRP"));
  peer.expect("SCCCN");
  peer.ack();
  peer.expect("ICRQ");
  peer.ack();
  peer.expect("OCRQ");
});

Deno.test("a call that waits for its tunnel ends without a word where it is closed [S2LI-03, S2NO-12]", () => {
  for (const call of ["incoming", "outgoing"] as const) {
    const peer = new V2Peer();
    const session = peer.ask(peer.connect(), { call });
    peer.lcce.closeSession(session, { resultCode: 3 }, peer.now);
    peer.drain();
    assertEquals(peer.told("sessionDown").map((down) => down.session), [session]);
    peer.expect("SCCRQ");
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    peer.expect("SCCCN");
    peer.ack();
    peer.expectSilence(2_000);
  }
});

Deno.test("set-up messages for no session: CDN 2, error 5 for a reply, nothing for what follows [S2LI-02, S2NI-03, S2NI-04, S2LO-03, S2LO-04, S2NO-02, A-17]", () => {
  const peer = new V2Peer();
  peer.initiate();
  peer.autoAck = true;
  for (const type of ["ICRP", "OCRP"] as const) {
    peer.sendTo(0x1234, type, peer.nameAvps(0x7008));
    const cdn = peer.expect("CDN");
    assertEquals([cdn.sessionId, ...resultOf(cdn)], [0x7008, 2, 5]);
  }
  for (const type of ["ICCN", "OCCN"] as const) peer.sendTo(0x1234, type, peer.connectAvps());
  peer.sendTo(0x1234, "CDN", [avp(1, u16(1)), ...peer.nameAvps(0x7008)]);
  peer.expectSilence(500, "only acknowledgements");
  assertEquals(peer.told("sessionDown"), []);
  peer.expectAlive();
});

Deno.test("a message out of turn, for which RFC 2661 has no code, is told of in words: error 6 [V2-MSG-17, S2NI-10]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { remoteId } = peer.dialIn();
  peer.ack();
  peer.sendTo(remoteId, "ICCN", peer.connectAvps());
  const cdn = peer.expect("CDN");
  assertEquals([resultOf(cdn), resultTextOf(cdn)], [[2, 6], "ICCN in state established"]);
});

// What may be asked of the peer.

Deno.test("an OCRQ asks for no bearer and no framing but what the LAC can do [V2-SES-08, V2-SES-09]", () => {
  for (const [framingCapabilities, bearerCapabilities] of [[1, 2], [2, 1], [3, 3]] as const) {
    const peer = new V2Peer({ framingCapabilities, bearerCapabilities });
    peer.ask(peer.initiate(), { call: "outgoing" });
    const ocrq = peer.expect("OCRQ");
    assertEquals([numberIn(ocrq, 19), numberIn(ocrq, 18)], [
      framingCapabilities,
      bearerCapabilities,
    ]);
  }
});

Deno.test("what the peer has not listed is not asked for: the call ends here, in words [V2-SES-06, V2-SES-07, V2-SES-08, V2-SES-09, V2-SES-10]", () => {
  const refused = (
    persona: ConstructorParameters<typeof V2Peer>[0],
    settings: Parameters<V2Peer["ask"]>[1],
  ) => {
    const peer = new V2Peer(persona);
    const session = peer.ask(peer.initiate(), settings);
    peer.expectSilence(500, "only acknowledgements");
    const [down] = peer.told("sessionDown");
    assertEquals(down!.session, session);
    return down!.reason.text;
  };
  const outgoing = { call: "outgoing" } as const;
  assertEquals(
    refused({ bearerCapabilities: null }, outgoing),
    "the peer has no Bearer Capabilities: it cannot place calls",
  );
  assertEquals(
    refused({ bearerCapabilities: 1 }, { ...outgoing, information: { bearerType: 2 } }),
    "bearer type 2 is more than the 1 that the peer can do",
  );
  for (const settings of [outgoing, {}]) {
    assertEquals(
      refused({ framingCapabilities: 1 }, { ...settings, information: { framingType: 2 } }),
      "framing type 2 is more than the 1 that the peer can do",
    );
  }
});

Deno.test("an ICCN of ours tells of a framing that the peer can do [V2-SES-06]", () => {
  for (const [framingCapabilities, told] of [[2, 2], [1, 1], [3, 1], [0, 1]] as const) {
    const peer = new V2Peer({ framingCapabilities });
    assertEquals(numberIn(peer.takeCall(peer.initiate()).connect, 19), told);
  }
});

Deno.test("Bearer Capabilities are told where calls can be placed, and only there [V2-CC-17]", () => {
  for (const bearerCapabilities of [undefined, 2] as const) {
    const able = bearerCapabilities === undefined ? {} : { bearerCapabilities };
    const peer = new V2Peer({ lcce: able });
    peer.connect();
    assertEquals(numberIn(peer.expect("SCCRQ"), 4), bearerCapabilities);
  }
});

Deno.test("only PPP is asked of a peer that speaks L2TPv2 [V3-SES-26]", () => {
  const peer = new V2Peer();
  peer.ask(peer.initiate(), { pseudowire: "ethernet" });
  assertEquals(peer.told("sessionDown")[0]!.reason.text, "the peer does not support ethernet");
});

/**
 * What L2TPv2's messages tell of a call beside setting it up: proxy LCP and authentication, ACCM,
 * errors, sequencing, causes of its end, hidden and clear.
 *
 * RFC 2661 §4.4.4 to §4.4.6, §5.4, §6.12 to §6.14; RFC 3145, RFC 3308, RFC 3437. REQUIREMENTS
 * sections 10.6, 10.7, 11.10 to 11.12; reading A-20.
 */

import { assert, assertEquals } from "@std/assert";
import type { CallInformation, ProxyAuthentication } from "../../src/model/call_information.ts";
import { dscpOf, perHopBehaviourOf } from "../../src/model/per_hop_behaviour.ts";
import { DISCONNECT_CODES, disconnectCause } from "../../src/model/ppp_disconnect.ts";
import { type Cell, V2_CHALLENGE, V2_UDP, V3_UDP } from "../harness/cells.ts";
import {
  ascii,
  avp,
  concat,
  hiddenAvp,
  numberIn,
  type PeerAvp,
  type PeerMessage,
  resultOf,
  revealed,
  u16,
  u32,
  valueOf,
} from "../harness/peer_message.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { SECRET } from "../harness/settings.ts";
import { V2Peer } from "../harness/v2_peer.ts";
import { SOME_ERRORS } from "./whole_life.ts";

/** Two behaviours by their codes (RFC 3140 §2). */
const EF = 0xb800;
const AF11 = 0x2800;

const NOTHING = new Uint8Array(0);
const OPTIONS = {
  initialReceived: Uint8Array.of(1, 4, 5, 0xdc, 5, 6, 1, 2, 3, 4),
  lastSent: Uint8Array.of(1, 4, 5, 0xd4, 3, 5, 0xc2, 0x23, 5),
  lastReceived: Uint8Array.of(5, 6, 1, 2, 3, 4),
};

const PROXIES: Readonly<Record<ProxyAuthentication["type"], ProxyAuthentication>> = {
  "text": proxy("text", { name: "alice", response: "open sesame" }),
  "chap": proxy("chap", { name: "alice", challenge: "0123", id: 9, response: "0123456789abcdef" }),
  "pap": proxy("pap", { name: "alice", id: 200, response: "open sesame" }),
  "none": proxy("none", {}),
  "ms-chap": proxy("ms-chap", { name: "alice", challenge: "01234567", id: 1, response: "49" }),
};

const PROXY_NUMBERS = { "text": 1, "chap": 2, "pap": 3, "none": 4, "ms-chap": 5 } as const;

function proxy(
  type: ProxyAuthentication["type"],
  { name = "", challenge = "", id = 0, response = "" },
): ProxyAuthentication {
  const [nameOctets, challengeOctets, responseOctets] = [name, challenge, response].map(ascii);
  return {
    type,
    name: nameOctets!,
    challenge: challengeOctets!,
    id,
    response: responseOctets!,
  };
}

/** The proxy AVPs that RFC 2661 §4.4.5 asks for with each type. */
function proxyAvps({ type, name, challenge, id, response }: ProxyAuthentication): PeerAvp[] {
  const optional = { mandatory: false };
  const avps = [avp(29, u16(PROXY_NUMBERS[type]), optional)];
  if (type === "none") return avps;
  avps.push(avp(30, name, optional));
  if (type === "chap" || type === "ms-chap") avps.push(avp(31, challenge, optional));
  if (type !== "text") avps.push(avp(32, u16(id), optional));
  return [...avps, avp(33, response, optional)];
}

/** The ICCN that the program sends of a call of which so much is known. */
function iccnOf(information: CallInformation): PeerMessage {
  const peer = new V2Peer();
  return peer.takeCall(peer.initiate(), { information }).connect;
}

/** What the program understands of an ICCN with these AVPs besides. */
function heardIn(iccn: readonly PeerAvp[], peer = new V2Peer()): CallInformation {
  peer.initiate();
  peer.dialIn(0x7001, { iccn });
  return peer.told("sessionUp")[0]!.information;
}

// Proxy LCP and authentication.

Deno.test("proxy LCP goes out and comes in as options alone, without a packet's header [V2-PXY-06]", () => {
  const iccn = iccnOf({ proxyLcp: OPTIONS });
  assertEquals([26, 27, 28].map((type) => valueOf(iccn, type)), Object.values(OPTIONS));
  const optional = { mandatory: false };
  const avps = Object.values(OPTIONS).map((options, index) => avp(26 + index, options, optional));
  assertEquals(heardIn(avps).proxyLcp, OPTIONS);
  assertEquals(heardIn(avps.slice(1, 2)).proxyLcp, { lastSent: OPTIONS.lastSent });
  assertEquals(heardIn([]).proxyLcp, undefined);
});

Deno.test("each type of proxy authentication goes out with the AVPs that it must have [V2-PXY-01, V2-PXY-02, V2-PXY-03, V2-PXY-04, V2-PXY-05]", () => {
  for (const proxyAuthentication of Object.values(PROXIES)) {
    const iccn = iccnOf({ proxyAuthentication });
    const sent = iccn.avps.filter(({ attribute }) => attribute >= 29 && attribute <= 33);
    assertEquals(sent, proxyAvps(proxyAuthentication), proxyAuthentication.type);
  }
  assertEquals(valueOf(iccnOf({}), 29), undefined);
});

Deno.test("each type of proxy authentication is understood; the ID is the low octet [V2-PXY-01, V2-PXY-02, V2-PXY-03, V2-PXY-04, V2-PXY-05]", () => {
  for (const proxyAuthentication of Object.values(PROXIES)) {
    assertEquals(
      heardIn(proxyAvps(proxyAuthentication)).proxyAuthentication,
      proxyAuthentication,
    );
  }
  const odd = proxyAvps(PROXIES.pap).map((each) =>
    each.attribute === 32 ? { ...each, value: u16(0x5509) } : each
  );
  assertEquals(heardIn(odd).proxyAuthentication?.id, 9);
});

Deno.test("proxy authentication that lacks what its type must have, or is of no known type, counts as none [V2-PXY-01, V2-PXY-02, V2-PXY-03, V2-PXY-04, V2-PXY-05]", () => {
  for (const type of ["text", "chap", "pap", "ms-chap"] as const) {
    const avps = proxyAvps(PROXIES[type]);
    for (const left of avps) {
      const rest = avps.filter((each) => each !== left);
      const without = `${type} without ${left.attribute}`;
      assertEquals(heardIn(rest).proxyAuthentication, undefined, without);
    }
  }
  for (const type of [0, 6, 7, 0xffff]) {
    const unknown = [avp(29, u16(type), { mandatory: false }), ...proxyAvps(PROXIES.chap).slice(1)];
    assertEquals(heardIn(unknown).proxyAuthentication, undefined);
  }
});

Deno.test("hidden call AVPs are revealed, and with hiding on ours are hidden, the password first of all [V2-HID-01, V2-HID-03, V2-PXY-05]", () => {
  const vector = ascii("a random vector!");
  const clear = [...proxyAvps(PROXIES.pap), avp(38, u32(9_600), { mandatory: false })];
  const hidden = clear.map((each) => hiddenAvp(each, SECRET, vector, 5));
  const heard = heardIn([avp(36, vector), ...hidden], new V2Peer({}, V2_CHALLENGE));
  assertEquals(heard.proxyAuthentication, PROXIES.pap);
  assertEquals(heard.rxConnectSpeed, 9_600n);

  const peer = new V2Peer({ settings: { hideAvps: true } }, V2_CHALLENGE);
  const connection = peer.respond();
  const reveal = (message: PeerMessage, attribute: number) => {
    const found = message.avps.find((each) => each.attribute === attribute)!;
    assert(found.hidden, `${attribute} is in clear`);
    return revealed(found, SECRET, valueOf(message, 36)!);
  };
  peer.ask(connection, { information: { calledNumber: "5551", proxyAuthentication: PROXIES.pap } });
  const icrq = peer.expect("ICRQ");
  assertEquals(reveal(icrq, 21), ascii("5551"));
  const id = reveal(icrq, 14);
  peer.sendTo((id[0]! << 8) | id[1]!, "ICRP", peer.nameAvps(7));
  const iccn = peer.expect("ICCN");
  assertEquals(iccn.sessionId, 7);
  assertEquals(reveal(iccn, 33), ascii("open sesame"));
  assertEquals(reveal(iccn, 24).length, 4);
});

// Sequencing.

/** What of sequencing the data plane was told last. */
function sequencingOf(peer: V2Peer) {
  const { descriptor } = peer.told("sessionUp").at(-1)!;
  const { receiveSequencing, transmitSequencing, sequencingFollowsPeer } = descriptor;
  return [receiveSequencing, transmitSequencing, sequencingFollowsPeer];
}

Deno.test("with Sequencing Required all data is numbered, both ways [V2-DP-02, V2-DP-09]", () => {
  const asLac = new V2Peer();
  const { connect } = asLac.takeCall(asLac.initiate(), { sequencing: "all" });
  const required = connect.avps.find(({ attribute }) => attribute === 39)!;
  assertEquals([required.mandatory, required.hidden, required.value], [true, false, NOTHING]);
  assertEquals(sequencingOf(asLac), ["all", "all", false]);
  const asLns = new V2Peer();
  asLns.initiate();
  asLns.dialIn(7, { iccn: [avp(39)] });
  assertEquals(sequencingOf(asLns), ["all", "all", false]);
  const placed = new V2Peer();
  placed.sessionSettings = { ...placed.sessionSettings, sequencing: "all" };
  placed.initiate();
  assertEquals(valueOf(placed.dialOut().connect, 39), NOTHING);
  assertEquals(sequencingOf(placed), ["all", "all", false]);
});

Deno.test("without Sequencing Required the LNS decides, and the LAC follows it [V2-DP-03, V2-DP-04, V2-DP-05]", () => {
  const asLac = new V2Peer();
  const { connect } = asLac.takeCall(asLac.initiate());
  assertEquals(valueOf(connect, 39), undefined);
  assertEquals(sequencingOf(asLac), ["none", "none", true]);
  const asLns = new V2Peer();
  const connection = asLns.initiate();
  asLns.sessionSettings = { ...asLns.sessionSettings, sequencing: "all" };
  asLns.dialIn();
  assertEquals(sequencingOf(asLns), ["none", "all", false]);
  asLns.ack();
  asLns.placeCall(connection, { sequencing: "all" });
  assertEquals(sequencingOf(asLns), ["none", "all", false]);
});

// SLI and WEN.

Deno.test("an SLI may come at any time of a call, and each is told [V2-SLI-01, V2-MSG-14]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { remoteId, handle } = peer.dialIn();
  for (const [send, receive] of [[0, 0xffffffff], [0x000a0000, 0]] as const) {
    peer.clear();
    peer.sendTo(remoteId, "SLI", [avp(35, concat(u16(0), u32(send), u32(receive)))]);
    assertEquals(peer.told("linkInformation"), [
      { kind: "linkInformation", session: handle, information: { accm: { send, receive } } },
    ]);
  }
  assertEquals(peer.told("circuitStatus"), []);
});

Deno.test("our SLI tells the ACCM, every character where nothing else was agreed on [V2-SLI-01, V2-SLI-02, V2-MSG-14, V2-HDR-18]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { localId, handle } = peer.dialIn();
  peer.ack();
  const told = (information: Parameters<V2Peer["lcce"]["tellLinkInformation"]>[1]) => {
    peer.lcce.tellLinkInformation(handle, information, peer.now);
    peer.drain();
    const sli = peer.expect("SLI");
    peer.ack();
    assertEquals(sli.sessionId, localId);
    return sli;
  };
  const accm = (send: number, receive: number) => concat(u16(0), u32(send), u32(receive));
  assertEquals(valueOf(told({ accm: { send: 1, receive: 2 } }), 35), accm(1, 2));
  assertEquals(valueOf(told({}), 35), accm(0xffffffff, 0xffffffff));
});

Deno.test("an SLI without ACCM ends the session with CDN [V2-MSG-14]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { remoteId } = peer.dialIn();
  peer.ack();
  peer.sendTo(remoteId, "SLI");
  assertEquals(resultOf(peer.expect("CDN")), [2, 3]);
});

Deno.test("nothing of PPP is told of a session that is not established, or where the version has no word for it", () => {
  const peer = new V2Peer();
  const session = peer.ask(peer.initiate());
  peer.expect("ICRQ");
  peer.ack();
  peer.lcce.tellLinkInformation(session, {}, peer.now);
  peer.drain();
  peer.expectSilence(300, "only acknowledgements");
  const v3 = new ScriptedPeer(V3_UDP);
  v3.initiate();
  const { handle } = v3.callIn();
  v3.lcce.tellLinkInformation(handle, { accm: { send: 0, receive: 0 } }, v3.now);
  v3.drain();
  v3.expectSilence(300, "only acknowledgements");
});

Deno.test("a WEN tells six counters since the call was set up, once a minute at most, and the next call begins at none [V2-WEN-01, V2-WEN-02, V2-MSG-13]", () => {
  const peer = new V2Peer({ settings: { helloMs: 0 } });
  const connection = peer.initiate();
  const { localId, handle } = peer.takeCall(connection);
  peer.autoAck = true;
  peer.ack();
  peer.expectSilence(120_000, "only acknowledgements");
  peer.lcce.reportCircuitErrors(handle, SOME_ERRORS, peer.now);
  peer.lcce.reportCircuitErrors(handle, { ...SOME_ERRORS, crc: 7 }, peer.now);
  peer.drain();
  const first = peer.expect("WEN");
  assertEquals(first.sessionId, localId);
  assertEquals(valueOf(first, 34), concat(u16(0), ...[1, 2, 3, 4, 5, 6].map(u32)));
  peer.expectSilence(59_000, "only acknowledgements");
  peer.advance(1_500);
  assertEquals(valueOf(peer.expect("WEN"), 34)!.subarray(2, 6), u32(7));
  const next = peer.takeCall(connection, {}, 0x7102);
  peer.lcce.reportCircuitErrors(next.handle, { ...SOME_ERRORS, crc: 0 }, peer.now);
  peer.drain();
  assertEquals(valueOf(peer.expect("WEN"), 34)!.subarray(2, 6), u32(0));
});

Deno.test("the peer's WEN is told; one without its counters ends the session [V2-WEN-02, V2-MSG-13]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { remoteId, handle } = peer.dialIn();
  peer.ack();
  peer.sendTo(remoteId, "WEN", [avp(34, concat(u16(0), ...[1, 2, 3, 4, 5, 6].map(u32)))]);
  const errors = peer.told("circuitErrors").map(({ session, errors }) => [session, errors]);
  assertEquals(errors, [[handle, SOME_ERRORS]]);
  peer.sendTo(remoteId, "WEN");
  assertEquals(resultOf(peer.expect("CDN")), [2, 3]);
});

// Why a call ended.

Deno.test("a CDN tells what the telephone network and PPP say of the call's end, M=0 for the latter [PDC-01, PDC-02, V2-MSG-12, A-20]", () => {
  const peer = new V2Peer();
  const { handle } = peer.takeCall(peer.initiate());
  peer.ack();
  peer.lcce.closeSession(handle, {
    resultCode: 1,
    q931Cause: { cause: 17, message: 0x45, advisory: "user busy" },
    disconnectCause: disconnectCause("echoTimeout", { text: "no echo" }),
  }, peer.now);
  peer.drain();
  const cdn = peer.expect("CDN");
  assertEquals(valueOf(cdn, 12), concat(u16(17), Uint8Array.of(0x45), ascii("user busy")));
  const cause = cdn.avps.find(({ attribute }) => attribute === 46)!;
  assertEquals(cause.value, concat(u16(8), u16(0xc021), Uint8Array.of(0), ascii("no echo")));
  assertEquals(cause.mandatory, false);
});

Deno.test("what the peer's CDN says of causes comes to the application, and has no other effect [PDC-02, PDC-06, A-20]", () => {
  const cases: [PeerAvp, object][] = [
    [
      avp(46, concat(u16(16), u16(0xc023), Uint8Array.of(1), ascii("no")), { mandatory: false }),
      { disconnectCause: { code: 16, controlProtocol: 0xc023, direction: 1, text: "no" } },
    ],
    [
      avp(46, concat(u16(3), u16(0), Uint8Array.of(2)), { mandatory: false }),
      { disconnectCause: { code: 3, controlProtocol: 0, direction: 2, text: "" } },
    ],
    [
      avp(12, concat(u16(16), Uint8Array.of(0x45))),
      { q931Cause: { cause: 16, message: 0x45, advisory: "" } },
    ],
    // Too short to be one, and not mandatory: the CDN counts all the same.
    [avp(46, u16(3), { mandatory: false }), {}],
  ];
  for (const [cause, expected] of cases) {
    const peer = new V2Peer();
    peer.initiate();
    const { localId, remoteId } = peer.dialIn();
    peer.sendTo(remoteId, "CDN", [avp(1, u16(1)), ...peer.nameAvps(localId), cause]);
    const { reason } = peer.told("sessionDown")[0]!;
    const { q931Cause, disconnectCause } = reason;
    assertEquals({ ...{ q931Cause, disconnectCause } }, {
      q931Cause: undefined,
      disconnectCause: undefined,
      ...expected,
    });
    assertEquals([reason.cause, reason.resultCode], ["remote", 1]);
  }
});

Deno.test("L2TPv3 has no AVPs for causes, and a CDN of it none [PDC-01]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const { handle } = peer.callIn();
  peer.ack();
  const q931Cause = { cause: 16, message: 0, advisory: "" };
  peer.lcce.closeSession(handle, {
    resultCode: 1,
    q931Cause,
    disconnectCause: disconnectCause("normal"),
  }, peer.now);
  peer.drain();
  const cdn = peer.expect("CDN");
  assertEquals([valueOf(cdn, 12), valueOf(cdn, 46)], [undefined, undefined]);
});

Deno.test("each disconnect code has the protocol that it asks for, and a direction only where it asks [PDC-03, PDC-04]", () => {
  const PAP = 0xc023;
  for (const [why, { code }] of Object.entries(DISCONNECT_CODES)) {
    const cause = disconnectCause(why as keyof typeof DISCONNECT_CODES, {
      protocol: PAP,
      direction: "local",
    });
    assertEquals(cause.code, code);
    assertEquals(cause.controlProtocol, code < 5 ? 0 : code < 13 ? 0xc021 : PAP, why);
    assertEquals(cause.direction, [3, 4, 12, 15, 16, 19, 20].includes(code) ? 2 : 0, why);
  }
  assertEquals(disconnectCause("normal", { direction: "peer" }).direction, 1);
  assertEquals(Object.values(DISCONNECT_CODES).map(({ code }) => code), [...Array(21).keys()]);
});

// Per-hop behaviours.

Deno.test("a standard behaviour is its recommended DSCP; of one that IANA assigned no DSCP follows [DS-03]", () => {
  assertEquals([dscpOf(EF), dscpOf(AF11), dscpOf(0)], [46, 10, 0]);
  assertEquals(dscpOf(AF11 | 0x0002), 10);
  assertEquals(dscpOf(0x1231), undefined);
  assertEquals([perHopBehaviourOf(46), perHopBehaviourOf(10)], [EF, AF11]);
});

Deno.test("CCDS: answered with the same, with what we would rather have, or not at all [DS-01]", () => {
  const cases: [proposed: number | undefined, wanted: number[] | undefined, answer?: number][] = [
    [EF, [AF11, EF], EF],
    [EF, [AF11], AF11],
    [EF, undefined],
    [undefined, [EF]],
  ];
  for (const [proposed, perHopBehaviours, answer] of cases) {
    const peer = new V2Peer({ settings: perHopBehaviours ? { perHopBehaviours } : {} });
    const proposal = proposed === undefined ? [] : [avp(47, u16(proposed), { mandatory: false })];
    peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), ...proposal]);
    assertEquals(numberIn(peer.expect("SCCRP"), 47), answer);
    peer.send("SCCCN");
    assertEquals(peer.told("connectionUp").map((up) => up.perHopBehaviour), [answer]);
  }
});

Deno.test("CCDS: a counter-offer that will not do ends the connection with StopCCN 8, one that will holds [DS-02]", () => {
  for (const [answer, agreed] of [[EF, EF], [AF11, AF11], [undefined, undefined], [0, "no"]]) {
    const peer = new V2Peer({ settings: { perHopBehaviours: [EF, AF11] } });
    peer.connect();
    const sccrq = peer.expect("SCCRQ");
    assertEquals(numberIn(sccrq, 47), EF);
    assertEquals(sccrq.avps.find(({ attribute }) => attribute === 47)!.mandatory, false);
    const answered = answer === undefined ? [] : [avp(47, u16(Number(answer)))];
    peer.send("SCCRP", [...peer.setupAvps("SCCRP"), ...answered]);
    if (agreed === "no") assertEquals(resultOf(peer.expect("StopCCN"))[0], 8);
    else assertEquals(peer.told("connectionUp").map((up) => up.perHopBehaviour), [agreed]);
  }
});

Deno.test("SDS: a request's is answered, an answer that will not do ends the session with CDN 12 [DS-03]", () => {
  const asLns = new V2Peer();
  asLns.sessionSettings = { ...asLns.sessionSettings, perHopBehaviours: [AF11] };
  asLns.initiate();
  asLns.send("ICRQ", [...asLns.requestAvps("ICRQ", 7), avp(48, u16(EF), { mandatory: false })]);
  const icrp = asLns.expect("ICRP");
  assertEquals(numberIn(icrp, 48), AF11);
  asLns.sendTo(numberIn(icrp, 14)!, "ICCN", asLns.connectAvps());
  assertEquals(asLns.told("sessionUp").map((up) => up.perHopBehaviour), [AF11]);
  for (const call of ["incoming", "outgoing"] as const) {
    const [request, reply] = call === "incoming"
      ? ["ICRQ", "ICRP"] as const
      : ["OCRQ", "OCRP"] as const;
    const peer = new V2Peer();
    const connection = peer.initiate();
    peer.autoAck = true;
    for (const answer of [EF, AF11]) {
      peer.ask(connection, { call, perHopBehaviours: [EF] });
      const asked = peer.expect(request);
      assertEquals(numberIn(asked, 48), EF);
      const answered = [...peer.nameAvps(8), avp(48, u16(answer), { mandatory: false })];
      peer.sendTo(numberIn(asked, 14)!, reply, answered);
      if (answer === AF11) assertEquals(resultOf(peer.expect("CDN"))[0], 12);
      else if (call === "incoming") peer.expect("ICCN");
    }
  }
});

Deno.test("L2TPv3 negotiates per-hop behaviours as L2TPv2 does [DS-01, DS-03]", () => {
  const cell: Cell = V3_UDP;
  const peer = new ScriptedPeer(cell, { settings: { perHopBehaviours: [EF] } });
  peer.sessionSettings = { ...SESSION_SETTINGS, perHopBehaviours: [EF] };
  const proposal = (attribute: number) => avp(attribute, u16(AF11), { mandatory: false });
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), proposal(47)]);
  assertEquals(numberIn(peer.expect("SCCRP"), 47), EF);
  peer.send("SCCCN");
  peer.send("ICRQ", [...peer.icrqAvps(7), proposal(48)]);
  const icrp = peer.expect("ICRP");
  assertEquals(numberIn(icrp, 48), EF);
  peer.send("ICCN", peer.sessionAvps(7, numberIn(icrp, 63)!));
  assertEquals(peer.told("sessionUp").map((up) => up.perHopBehaviour), [EF]);
});

for (const cell of [V2_UDP, V3_UDP]) {
  Deno.test(`control messages of version ${cell.version} bear the behaviour that was agreed on [DS-04]`, () => {
    for (const [perHopBehaviours, agreed] of [[[EF], EF], [[], undefined]] as const) {
      const peer = cell.version === 3
        ? new ScriptedPeer(cell, { settings: { perHopBehaviours } })
        : new V2Peer({ settings: { perHopBehaviours } });
      const proposal = avp(47, u16(EF), { mandatory: false });
      peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), proposal]);
      peer.expect("SCCRP");
      peer.send("SCCCN");
      const [up] = peer.told("connectionUp");
      peer.lcce.closeConnection(up!.connection, { resultCode: 1, text: "" }, peer.now);
      let effect = peer.lcce.poll();
      while (effect !== undefined && effect.kind !== "transmit") effect = peer.lcce.poll();
      assertEquals([effect?.kind, effect?.perHopBehaviour], ["transmit", agreed]);
    }
  });
}

// LCP extensions.

Deno.test("LCP Want and Allow Options go with ICCN and OCCN, and are heard in them [LCPX-01]", () => {
  const information = { lcpWantOptions: OPTIONS.lastSent, lcpAllowOptions: NOTHING };
  const asLac = new V2Peer();
  asLac.sessionSettings = { ...asLac.sessionSettings, information };
  const taken = asLac.takeCall(asLac.initiate(), { information });
  asLac.ack();
  for (const connect of [taken.connect, asLac.dialOut().connect]) {
    assertEquals([valueOf(connect, 49), valueOf(connect, 50)], [OPTIONS.lastSent, NOTHING]);
  }
  // A peer may insist on them (RFC 3437 §2.1).
  const heard = heardIn([avp(49, OPTIONS.lastSent), avp(50, OPTIONS.lastReceived)]);
  assertEquals([heard.lcpWantOptions, heard.lcpAllowOptions], [
    OPTIONS.lastSent,
    OPTIONS.lastReceived,
  ]);
});

Deno.test("an SLI tells the LAC what LCP has led to at the LNS, and is heard [LCPX-01, LCPX-02]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { remoteId, handle } = peer.dialIn();
  peer.ack();
  const { lastSent, lastReceived } = OPTIONS;
  peer.lcce.tellLinkInformation(handle, { lastSent, lastReceived }, peer.now);
  peer.drain();
  const sli = peer.expect("SLI");
  assertEquals([valueOf(sli, 51), valueOf(sli, 52)], [lastSent, lastReceived]);
  peer.ack();
  const accm = avp(35, concat(u16(0), u32(0), u32(0)));
  peer.sendTo(remoteId, "SLI", [accm, avp(51, lastReceived), avp(52, lastSent)]);
  assertEquals(peer.told("linkInformation")[0]!.information, {
    accm: { send: 0, receive: 0 },
    lastSent: lastReceived,
    lastReceived: lastSent,
  });
});

// PPP pseudowires of L2TPv3.

Deno.test("L2TPv3's PPP pseudowire tells speeds and the channel, in both kinds of call [V3-SES-26]", () => {
  const information = {
    txConnectSpeed: 10_000_000_000n,
    rxConnectSpeed: 1_000_000n,
    physicalChannelId: 3,
    calledNumber: "L2TPv3 has no place for it",
  };
  const peer = new ScriptedPeer(V3_UDP, {
    capabilities: [7],
    lcce: { pseudowireCapabilities: ["ppp"] },
  });
  const connection = peer.initiate();
  const settings = { ...SESSION_SETTINGS, pseudowire: "ppp", information } as const;
  peer.sessionSettings = settings;
  peer.openSession(connection, settings);
  const icrq = peer.expect("ICRQ");
  assertEquals([numberIn(icrq, 68), numberIn(icrq, 74), numberIn(icrq, 75), numberIn(icrq, 25)], [
    7,
    10_000_000_000,
    1_000_000,
    3,
  ]);
  assertEquals(valueOf(icrq, 21), undefined);
  peer.ack();
  const speeds = [avp(74, concat(u32(2), u32(0)), { mandatory: false })];
  peer.send("ICRQ", [...peer.icrqAvps(9, "other", 7), ...speeds]);
  assertEquals(peer.told("sessionRequested")[0]!.request.information, {
    txConnectSpeed: 0x2_0000_0000n,
  });
  const remoteId = numberIn(peer.expect("ICRP"), 63)!;
  const slower = avp(75, concat(u32(0), u32(5)), { mandatory: false });
  peer.send("ICCN", [...peer.sessionAvps(9, remoteId), slower]);
  assertEquals(peer.told("sessionUp")[0]!.information, {
    txConnectSpeed: 0x2_0000_0000n,
    rxConnectSpeed: 5n,
  });
  peer.ack();
  peer.send("OCRQ", peer.icrqAvps(11, "third", 7));
  peer.expect("OCRP");
  peer.ack();
  assertEquals(numberIn(peer.expect("OCCN"), 75), 1_000_000);
});

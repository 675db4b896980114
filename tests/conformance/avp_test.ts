/**
 * AVPs: the M bit, unknown and malformed ones, the Message Type, and what the program itself sends.
 *
 * RFC 3931 §5.1, §5.2, §7.1; RFC 2661 §4.1, §7.1. REQUIREMENTS sections 3.1, 10.4, 13.2 and 13.4.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ALL_CELLS, type Cell, eachCell, V2_CELLS, V2_UDP, V3_CELLS } from "../harness/cells.ts";
import { V3_UDP } from "../harness/cells.ts";
import { ascii, avp, concat, numberOf, type PeerAvp } from "../harness/peer_message.ts";
import { resultOf, resultTextOf, u16, u32 } from "../harness/peer_message.ts";
import { replaced } from "../harness/peer_voice.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";
import { wholeLife } from "./whole_life.ts";

const UNKNOWN = 4242;
/** The M bits of tables 13.2 and 13.4: these are sent with M = 0, all others with M = 1. */
const OPTIONAL_V3 = new Set([8, 15, 25, 34, 58, 72, 74, 75]);
const OPTIONAL_V2 = new Set([
  5,
  6,
  8,
  25,
  26,
  27,
  28,
  29,
  30,
  31,
  32,
  33,
  37,
  38,
  46,
  47,
  48,
  49,
  50,
  51,
  52,
]);

/** A peer whose SCCRQ, with these AVPs, is before the program. */
function requests(cell: Cell, avps: (usual: PeerAvp[]) => PeerAvp[]): ScriptedPeer {
  const peer = new ScriptedPeer(cell);
  peer.send("SCCRQ", avps(peer.setupAvps("SCCRQ")));
  return peer;
}

function expectStop(peer: ScriptedPeer, result: [number, number]): string {
  const stop = peer.expect("StopCCN");
  assertEquals(resultOf(stop), result);
  return resultTextOf(stop);
}

eachCell(
  ALL_CELLS,
  "an unknown AVP with M=0 is as if it were not there [V3-AVP-09, V2-AVP-05, V2-AVP-06, V3-AVP-04]",
  (cell) => {
    const unknown = [
      avp(UNKNOWN, ascii("x"), { mandatory: false }),
      avp(1, ascii("vendor's own"), { mandatory: false, vendor: 9 }),
      avp(58, concat(u32(70_000), u16(1), ascii("x")), { mandatory: false }),
    ];
    const peer = requests(cell, (usual) => [...usual, ...unknown]);
    peer.expect("SCCRP");
  },
);

eachCell(
  ALL_CELLS,
  "an unknown AVP with M=1 in an SCCRQ is answered by StopCCN 2, error 8, naming it [V3-AVP-06, V3-AVP-08, V3-MSG-22, V2-AVP-04, V2-MSG-16]",
  (cell) => {
    const peer = requests(cell, (usual) => [...usual, avp(UNKNOWN)]);
    assertStringIncludes(expectStop(peer, [2, 8]), `${UNKNOWN}`);
  },
);

eachCell(
  ALL_CELLS,
  "an unknown AVP with M=1 in a HELLO shuts the connection down [V3-AVP-08, V2-AVP-04]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    peer.send("HELLO", [avp(UNKNOWN)]);
    expectStop(peer, [2, 8]);
    assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
  },
);

eachCell(
  V3_CELLS,
  "an unknown AVP with M=1 in an ICRQ is answered by CDN 2, error 8, and the connection lives on [V3-AVP-06, V3-AVP-07, V3-MSG-22]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.send("ICRQ", [...peer.icrqAvps(7), avp(UNKNOWN)]);
    const cdn = peer.expect("CDN");
    assertEquals(resultOf(cdn), [2, 8]);
    assertStringIncludes(resultTextOf(cdn), `${UNKNOWN}`);
    peer.expectAlive();
  },
);

eachCell(
  V3_CELLS,
  "an unknown AVP with M=1 in an SLI ends that session and no other [V3-AVP-07]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const one = peer.callIn(7, [], "one");
    peer.callIn(8, [], "two");
    peer.send("SLI", [...peer.sessionAvps(7, one.remoteId), avp(UNKNOWN)]);
    assertEquals(resultOf(peer.expect("CDN")), [2, 8]);
    assertEquals(peer.told("sessionDown").map((down) => down.session), [one.handle]);
    peer.expectAlive();
  },
);

eachCell(
  V3_CELLS,
  "an unknown AVP with M=0 in an ICRQ does not hinder the session [V3-AVP-09]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.callIn(7, [avp(UNKNOWN, ascii("x"), { mandatory: false })]);
  },
);

eachCell(
  V3_CELLS,
  "the M bit of an AVP that is known is not looked at [V3-AVP-05]",
  (cell) => {
    const inverted = (avps: PeerAvp[]) =>
      avps.map((each) => ({ ...each, mandatory: !each.mandatory }));
    const peer = requests(cell, inverted);
    peer.expect("SCCRP");
    peer.send("SCCCN");
    peer.send("ICRQ", inverted(peer.icrqAvps(7)));
    peer.expect("ICRP");
  },
);

eachCell(
  V3_CELLS,
  "reserved bits in an AVP's header are ignored in L2TPv3 [V3-AVP-02]",
  (cell) => {
    const peer = requests(cell, (usual) => usual.map((each) => ({ ...each, reserved: 0xf })));
    peer.expect("SCCRP");
  },
);

eachCell(
  V2_CELLS,
  "an AVP with a reserved bit set is unknown in L2TPv2 [V2-AVP-02, A-30]",
  (cell) => {
    const marked = (usual: PeerAvp[], attribute: number, mandatory: boolean) =>
      usual.map((each) =>
        each.attribute === attribute ? { ...each, reserved: 1, mandatory } : each
      );
    expectStop(requests(cell, (usual) => marked(usual, 10, true)), [2, 8]);
    const optional = requests(
      cell,
      (usual) => marked([...usual, avp(8, ascii("vendor"))], 8, false),
    );
    optional.expect("SCCRP");
  },
);

eachCell(
  ALL_CELLS,
  "a malformed AVP with M=1 shuts the connection down: wrong length 2, wrong value 3 [V3-AVP-12, V3-AVP-13, V3-AVP-15, V2-AVP-15, A-30]",
  (cell) => {
    const short = requests(cell, (usual) => replaced(usual, avp(10, Uint8Array.of(16))));
    expectStop(short, [2, 2]);
    const zero = requests(cell, (usual) => replaced(usual, avp(10, u16(0))));
    expectStop(zero, [2, 3]);
  },
);

Deno.test("a receive window of zero is malformed [V2-REL-17, V3-REL-23]", () => {
  for (const cell of ALL_CELLS) {
    expectStop(requests(cell, (usual) => replaced(usual, avp(10, u16(0)))), [2, 3]);
  }
});

eachCell(
  V3_CELLS,
  "a malformed AVP with M=1 in an ICRQ ends that session only [V3-AVP-13, V3-AVP-15]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.send("ICRQ", replaced(peer.icrqAvps(7), avp(71, Uint8Array.of(1))));
    assertEquals(resultOf(peer.expect("CDN")), [2, 2]);
    peer.expectAlive();
  },
);

eachCell(
  V3_CELLS,
  "a malformed AVP with M=0 is ignored: a Rx Connect Speed of ten octets [V3-AVP-12, V3-AVP-14]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.callIn(7, [avp(75, u32(1), { mandatory: false })]);
  },
);

eachCell(
  ALL_CELLS,
  "an AVP that is shorter than its header, or longer than the message, is malformed, not fatal [V3-AVP-03, V3-AVP-15, V2-AVP-07]",
  (cell) => {
    for (const length of [0, 5, 1023]) {
      const peer = new ScriptedPeer(cell);
      peer.initiate();
      const octets = peer.compose("HELLO", [avp(8, ascii("abc"))], { digest: "none" });
      const at = octets.length - 9;
      octets[at] = 0x80 | (length >> 8);
      octets[at + 1] = length & 0xff;
      peer.inject(octets);
      peer.advance(100);
      for (const { message } of peer.inbox) assert(message.type !== "HELLO");
    }
  },
);

eachCell(
  V3_CELLS,
  "every AVP of RFC 3931 is known, wherever it may stand [V3-AVP-10, V3-AVP-16]",
  (cell) => {
    const setup = [
      avp(5, new Uint8Array(8)),
      avp(8, ascii("vendor")),
      avp(36, new Uint8Array(16)),
      avp(58, concat(u32(70_000), u16(1))),
      avp(72, ascii("en")),
    ];
    const peer = requests(cell, (usual) => [...usual, ...setup]);
    peer.expect("SCCRP");
    peer.send("SCCCN");
    const call = [
      avp(5, new Uint8Array(8)),
      avp(25, u32(1)),
      avp(65, new Uint8Array(8)),
      avp(69, u16(1)),
      avp(70, u16(0)),
      avp(74, new Uint8Array(8)),
      avp(75, new Uint8Array(8)),
    ];
    const session = peer.callIn(7, call);
    const errors = avp(34, concat(u16(0), new Uint8Array(24)));
    peer.send("WEN", [...peer.sessionAvps(7, session.remoteId), errors]);
    peer.send("SLI", [...peer.sessionAvps(7, session.remoteId), avp(71, u16(1))]);
    peer.expectAlive();
    assertEquals(peer.told("sessionDown"), []);
  },
);

eachCell(
  ALL_CELLS,
  "the Message Type comes first, with M=1 and in the clear, in every message [V3-AVP-17, V3-AVP-18, V3-AVP-21, V2-AVP-11, V2-AVP-14]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      if (message.type === "ZLB") continue;
      const { attribute, mandatory, hidden, value } = message.avps[0]!;
      assertEquals([attribute, mandatory, hidden, value.length], [0, true, false, 2]);
      assert(message.type !== undefined);
    }
  },
);

eachCell(
  ALL_CELLS,
  "an unknown Message Type with M=1 clears the connection [V3-AVP-19, V3-CC-28, V2-AVP-12]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    peer.send("HELLO", [], { typeAvp: avp(0, u16(99)) });
    peer.expect("StopCCN");
    assertEquals(peer.told("connectionDown").map((down) => down.connection), [connection]);
  },
);

eachCell(
  ALL_CELLS,
  "an unknown Message Type with M=0 is acknowledged and ignored [V3-AVP-20, V2-AVP-13]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.send("HELLO", [], { typeAvp: avp(0, u16(99), { mandatory: false }) });
    assertEquals(peer.expectAck().nr, peer.ns);
    peer.expectAlive();
  },
);

eachCell(
  [V3_UDP, V2_UDP],
  "a message that begins with another AVP is malformed [V3-AVP-17, V2-AVP-11]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", [avp(0, u16(1)), ...peer.setupAvps("SCCRQ")], {
      typeAvp: avp(8, ascii("first")),
    });
    peer.advance(500);
    assertEquals(peer.told("connectionRequested"), []);
  },
);

eachCell(
  V3_CELLS,
  "AVPs go out with the M bit that the RFC recommends [V3-AVP-11, V3-AVP-22, V3-AUTH-27]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      for (const { attribute, mandatory } of message.avps) {
        assertEquals(mandatory, !OPTIONAL_V3.has(attribute), `${message.type} ${attribute}`);
      }
    }
  },
);

eachCell(
  V2_CELLS,
  "AVPs go out with the M bit that RFC 2661 demands [V2-AVP-09, V2-MSG-15]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      for (const { attribute, mandatory } of message.avps) {
        assertEquals(mandatory, !OPTIONAL_V2.has(attribute), `${message.type} ${attribute}`);
      }
    }
  },
);

/** What each message must hold: tables 13.3 and 13.5. */
const REQUIRED_V3: Readonly<Record<string, readonly number[]>> = {
  SCCRQ: [0, 7, 60, 61, 62],
  SCCRP: [0, 7, 60, 61, 62],
  SCCCN: [0],
  StopCCN: [0, 1, 61],
  HELLO: [0],
  ICRQ: [0, 63, 64, 15, 68, 66, 71],
  ICRP: [0, 63, 64, 71],
  ICCN: [0, 63, 64],
  OCRQ: [0, 63, 64, 15, 68, 66, 71],
  OCRP: [0, 63, 64, 71],
  OCCN: [0, 63, 64],
  WEN: [0, 63, 64, 34],
  CDN: [0, 1, 63, 64],
  SLI: [0, 63, 64],
};
const REQUIRED_V2: Readonly<Record<string, readonly number[]>> = {
  SCCRQ: [0, 2, 7, 3, 9],
  SCCRP: [0, 2, 7, 3, 9],
  SCCCN: [0],
  StopCCN: [0, 9, 1],
  HELLO: [0],
  ICRQ: [0, 14, 15],
  ICRP: [0, 14],
  ICCN: [0, 24, 19],
  OCRQ: [0, 14, 15, 16, 17, 18, 19, 21],
  OCRP: [0, 14],
  OCCN: [0, 24, 19],
  CDN: [0, 1, 14],
  WEN: [0, 34],
  SLI: [0, 35],
};
const REQUIRED: Readonly<Record<2 | 3, Readonly<Record<string, readonly number[]>>>> = {
  2: REQUIRED_V2,
  3: REQUIRED_V3,
};

eachCell(
  ALL_CELLS,
  "every message has the AVPs it must have [V3-MSG-01, V3-MSG-02, V3-MSG-03, V3-MSG-04, V3-MSG-05, V3-MSG-06, V3-MSG-07, V3-MSG-08, V3-MSG-09, V3-MSG-10, V3-MSG-11, V3-MSG-12, V3-MSG-13, V3-MSG-14, V3-SLI-02, V3-CC-13, V3-SES-11, V2-MSG-01, V2-MSG-02, V2-MSG-03, V2-MSG-04, V2-MSG-05, V2-MSG-06, V2-MSG-07, V2-MSG-08, V2-MSG-09, V2-MSG-10, V2-MSG-11, V2-MSG-12, V2-MSG-13, V2-MSG-14]",
  (cell) => {
    const seen = new Set<string>();
    for (const { message } of wholeLife(cell)) {
      const required = REQUIRED[cell.version][message.type ?? ""];
      if (required === undefined) continue;
      seen.add(message.type!);
      const present = new Set(message.avps.map(({ attribute }) => attribute));
      assertEquals(required.filter((attribute) => !present.has(attribute)), [], message.type);
    }
    assertEquals([...seen].sort(), Object.keys(REQUIRED[cell.version]).sort());
  },
);

eachCell(
  ALL_CELLS,
  "an SCCRQ or SCCRP without one of its required AVPs makes no connection [V3-MSG-01, V3-MSG-02, V3-MSG-19, V3-AVP-15, V2-MSG-01, V2-MSG-02, V2-CC-22]",
  (cell) => {
    for (const missing of REQUIRED[cell.version]["SCCRQ"]!.slice(1)) {
      const peer = requests(cell, (usual) => usual.filter((each) => each.attribute !== missing));
      peer.advance(500);
      assertEquals(peer.told("connectionRequested"), [], `SCCRQ without ${missing}`);
      assert(
        peer.heard.every(({ message }) => message.type === "StopCCN" || message.avps.length < 3),
      );
      const answering = new ScriptedPeer(cell);
      answering.connect();
      answering.expect("SCCRQ");
      const answer = answering.setupAvps("SCCRP").filter((each) => each.attribute !== missing);
      answering.send("SCCRP", answer);
      assertEquals(resultOf(answering.expect("StopCCN"))[0], 2, `SCCRP without ${missing}`);
      assertEquals(answering.told("connectionUp"), []);
    }
  },
);

eachCell(
  V3_CELLS,
  "an ICRQ without one of its required AVPs makes no session [V3-MSG-06, V3-AVP-15]",
  (cell) => {
    for (const missing of REQUIRED_V3["ICRQ"]!.slice(1)) {
      const peer = new ScriptedPeer(cell);
      peer.initiate();
      peer.send("ICRQ", peer.icrqAvps(7).filter((each) => each.attribute !== missing));
      // Without its sender's Session ID there is no session that a CDN could refuse.
      assertEquals(resultOf(peer.expect(missing === 63 ? "StopCCN" : "CDN"))[0], 2);
      assertEquals(peer.told("sessionRequested"), [], `ICRQ without ${missing}`);
      if (missing !== 63) peer.expectAlive();
    }
  },
);

Deno.test("an empty Host Name is malformed [V3-CC-06, V2-CC-13]", () => {
  for (const cell of ALL_CELLS) {
    const peer = requests(cell, (usual) => replaced(usual, avp(7)));
    peer.advance(500);
    assertEquals(peer.told("connectionRequested"), [], cell.name);
  }
});

Deno.test("an Assigned id of zero is malformed [V3-CC-09, V2-CC-05]", () => {
  for (const cell of [V3_UDP, V2_UDP]) {
    const zero = cell.version === 2 ? avp(9, u16(0)) : avp(61, u32(0));
    const peer = requests(cell, (usual) => replaced(usual, zero));
    peer.advance(500);
    assertEquals(peer.told("connectionRequested"), [], cell.name);
  }
});

Deno.test("a Local Session ID of zero names no session that a CDN could refuse: the message is beyond repair [V3-SES-08, V3-SES-32, V3-MSG-19]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  peer.send("ICRQ", peer.icrqAvps(0));
  assertEquals(resultOf(peer.expect("StopCCN"))[0], 2);
  assertEquals(peer.told("sessionRequested"), []);
});

eachCell(
  ALL_CELLS,
  "names go out in US-ASCII [V3-I18N-03, V3-I18N-04, V2-CC-16]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      for (const { attribute, value } of message.avps) {
        if (attribute !== 7 && attribute !== 8) continue;
        assert(value.length > 0 && value.every((octet) => octet >= 0x20 && octet < 0x7f));
      }
    }
  },
);

Deno.test("v2's Protocol Version is 1.0, not the header's 2 [V2-CC-14]", () => {
  for (const { message } of wholeLife(V2_UDP)) {
    const version = message.avps.find(({ attribute }) => attribute === 2);
    if (version) assertEquals(numberOf(version.value), 0x0100);
  }
});

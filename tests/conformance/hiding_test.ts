/**
 * Hidden AVPs, sent and received.
 *
 * RFC 3931 §5.3, §5.4.1; RFC 2661 §4.3. REQUIREMENTS sections 3.2 and 10.4.
 */

import { assert, assertEquals } from "@std/assert";
import { type Cell, DIGEST_CELLS, eachCell, V2_CHALLENGE, V3_CELLS } from "../harness/cells.ts";
import { V3_DIGEST, V3_IP, V3_UDP } from "../harness/cells.ts";
import {
  ascii,
  avp,
  hiddenAvp,
  hidingKey,
  numberOf,
  type PeerAvp,
} from "../harness/peer_message.ts";
import { type PeerMessage, resultOf, revealed, u32, valueOf } from "../harness/peer_message.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { V2Peer } from "../harness/v2_peer.ts";
import { SECRET } from "../harness/settings.ts";
import { livesWhole } from "./whole_life.ts";

const NEVER_HIDDEN = new Set([0, 1, 2, 5, 7, 10, 12, 36, 39, 59, 60, 73]);
const KEY = hidingKey(3, SECRET);
const VECTOR = Uint8Array.fromHex("101112131415161718191a1b1c1d1e1f");

/** Everything a program that hides what it may hide sends. */
function hiddenLife(cell: Cell): PeerMessage[] {
  return (["initiator", "responder"] as const).flatMap((role) => {
    const options = { settings: { hideAvps: true } };
    const peer = cell.version === 3
      ? new HidingPeer(cell, options)
      : new HidingV2Peer(options, cell);
    livesWhole(peer, role);
    return peer.heard.map(({ message }) => message);
  });
}

/** A peer that can read ids in hidden AVPs. */
class HidingPeer extends ScriptedPeer {
  protected override plain(message: PeerMessage): PeerMessage {
    return { ...message, avps: reveal(message, hidingKey(this.cell.version, SECRET)) };
  }
}

/** The same, with calls of L2TPv2. */
class HidingV2Peer extends V2Peer {
  protected override plain(message: PeerMessage): PeerMessage {
    return { ...message, avps: reveal(message, SECRET) };
  }
}

/** The AVPs of a message, hidden ones revealed by the last Random Vector before them. */
function reveal(message: PeerMessage, key: Uint8Array): PeerAvp[] {
  let vector: Uint8Array | undefined;
  return message.avps.map((each) => {
    if (each.attribute === 36) vector = each.value;
    if (!each.hidden) return each;
    assert(vector !== undefined, "hidden before any Random Vector");
    return { ...each, value: revealed(each, key, vector), hidden: true };
  });
}

eachCell(
  [V3_UDP, V3_IP],
  "without Control Message Authentication nothing is hidden, even if asked for [V3-HID-01]",
  (cell) => {
    const peer = new ScriptedPeer(cell, { settings: { hideAvps: true, secrets: [SECRET] } });
    peer.connect();
    assert(peer.expect("SCCRQ").avps.every(({ hidden }) => !hidden));
  },
);

eachCell(
  [...DIGEST_CELLS, V2_CHALLENGE],
  "nothing is hidden that may not be, and a Random Vector comes first [V3-HID-02, V3-HID-08, V3-HID-12, V3-AVP-21, V3-AUTH-26, V3-MSG-28, V2-HID-01, V2-HID-02, V2-HID-05, V2-HID-06, V2-AVP-10]",
  (cell) => {
    let count = 0;
    for (const message of hiddenLife(cell)) {
      let vectors = 0;
      for (const each of message.avps) {
        if (each.attribute === 36) {
          vectors++;
          assertEquals([each.mandatory, each.hidden], [true, false]);
        }
        if (!each.hidden) continue;
        count++;
        assert(!NEVER_HIDDEN.has(each.attribute), `${each.attribute} hidden`);
        assert(vectors > 0, "hidden before any Random Vector");
      }
    }
    assert(count > 0, "nothing was hidden at all");
  },
);

eachCell(
  DIGEST_CELLS,
  "a peer with the secret reads the hidden values [V3-HID-03, V3-HID-04, V3-HID-06, V3-HID-09]",
  (cell) => {
    const peer = new HidingPeer(cell, { settings: { hideAvps: true } });
    peer.autoAck = true;
    const connection = peer.initiate();
    peer.openSession(connection, SESSION_SETTINGS);
    const icrq = peer.expect("ICRQ");
    const hidden = icrq.avps.filter((each) => each.hidden).map(({ attribute }) => attribute);
    assert(hidden.includes(65) && hidden.includes(66), `hidden: ${hidden}`);
    assertEquals(valueOf(icrq, 66), SESSION_SETTINGS.remoteEndId);
    assertEquals(valueOf(icrq, 65)!.length, 8);
    assertEquals(numberOf(valueOf(icrq, 68)!), 5);
  },
);

Deno.test("v2 hides with the bare secret, and nothing before the peer can know which that is [V2-HID-03, V3-HID-03, V2-AUTH-04]", () => {
  const peer = new HidingV2Peer({ settings: { hideAvps: true } }, V2_CHALLENGE);
  const connection = peer.respond();
  for (const { message } of peer.heard) {
    const hidden = message.avps.filter((each) => each.hidden).map(({ attribute }) => attribute);
    assertEquals(hidden, message.type === "SCCCN" ? [13] : [], message.type);
  }
  const sessionId = peer.takeCall(connection).connect.sessionId;
  assertEquals(sessionId, 0x7101);
});

Deno.test("of two v2 secrets the one that the peer has proven hides AVPs [V2-HID-03, V2-AUTH-04]", () => {
  const settings = { hideAvps: true, secrets: [ascii("the next secret"), SECRET] };
  const peer = new HidingV2Peer({ settings }, V2_CHALLENGE);
  const connection = peer.respond();
  assertEquals(peer.takeCall(connection).connect.sessionId, 0x7101);
});

Deno.test("every message with hidden AVPs has a new Random Vector of 16 octets or more [V3-HID-10, V3-HID-11, V2-HID-07]", () => {
  const vectors = hiddenLife(V3_DIGEST).flatMap((message) => valueOf(message, 36) ?? []);
  assert(vectors.length > 3);
  assert(vectors.every(({ length }) => length >= 16));
  // A retransmission is the same message; there is none in this life.
  assertEquals(new Set(vectors.map((vector) => vector.toHex())).size, vectors.length);
});

/** A call from a peer that hides one AVP of its ICRQ thus; by default its Local Session ID. */
function callHidden(hide: (plain: PeerAvp) => PeerAvp[], attribute = 63): ScriptedPeer {
  const peer = new ScriptedPeer(V3_DIGEST);
  peer.initiate();
  const avps = peer.icrqAvps(0x7001);
  peer.send("ICRQ", avps.flatMap((each) => each.attribute === attribute ? hide(each) : [each]));
  return peer;
}

/** That the session was refused and nothing else happened. */
function expectRefusal(peer: ScriptedPeer): void {
  assertEquals(resultOf(peer.expect("CDN"))[0], 2);
  assertEquals(peer.told("sessionRequested"), []);
  peer.expectAlive();
}

Deno.test("hidden values are revealed, whatever their padding [V3-HID-03, V3-HID-04, V3-HID-05, V3-HID-06]", () => {
  for (const padding of [0, 1, 12, 100]) {
    const peer = callHidden((plain) => [avp(36, VECTOR), hiddenAvp(plain, KEY, VECTOR, padding)]);
    assertEquals(valueOf(peer.expect("ICRP"), 64), u32(0x7001));
  }
});

Deno.test("a Random Vector of any length serves [V3-HID-11]", () => {
  for (const length of [1, 16, 64]) {
    const vector = new Uint8Array(length).fill(7);
    const peer = callHidden((plain) => [avp(36, vector), hiddenAvp(plain, KEY, vector)]);
    assertEquals(valueOf(peer.expect("ICRP"), 64), u32(0x7001));
  }
});

Deno.test("the last Random Vector before a hidden AVP is the one [V3-HID-07, V2-HID-05]", () => {
  const other = new Uint8Array(16).fill(9);
  const peer = callHidden((plain) => [
    avp(36, other),
    avp(36, VECTOR),
    hiddenAvp(plain, KEY, VECTOR),
    avp(36, other),
  ]);
  assertEquals(valueOf(peer.expect("ICRP"), 64), u32(0x7001));
});

Deno.test("hidden without a Random Vector is malformed [V3-HID-02]", () => {
  expectRefusal(callHidden((plain) => [hiddenAvp(plain, KEY, VECTOR)], 66));
});

Deno.test("a hidden length beyond the octets present is malformed [V3-HID-13]", () => {
  const peer = callHidden((plain) => {
    const tooLong = hiddenAvp(plain, KEY, VECTOR);
    const octets = tooLong.value.slice();
    octets[0]! ^= 0x40;
    return [avp(36, VECTOR), { ...tooLong, value: octets }];
  }, 66);
  expectRefusal(peer);
});

Deno.test("an AVP that may not be hidden is malformed when it is [V3-HID-12, V3-AVP-21]", () => {
  const peer = new ScriptedPeer(V3_DIGEST);
  const usual = peer.setupAvps("SCCRQ");
  const hostName = hiddenAvp(usual[0]!, KEY, VECTOR);
  peer.send("SCCRQ", [avp(36, VECTOR), hostName, ...usual.slice(1)]);
  peer.advance(500);
  assertEquals(peer.told("connectionRequested"), []);
  const other = new ScriptedPeer(V3_DIGEST);
  other.initiate();
  const type = avp(0, Uint8Array.of(0, 6));
  other.send("HELLO", [], { typeAvp: hiddenAvp(type, KEY, VECTOR) });
  assertEquals(resultOf(other.expect("StopCCN"))[0], 2);
});

Deno.test("a wrong secret reveals nothing and breaks nothing [V3-HID-13]", () => {
  const wrong = hidingKey(3, ascii("other"));
  expectRefusal(callHidden((plain) => [avp(36, VECTOR), hiddenAvp(plain, wrong, VECTOR)], 66));
});

eachCell(V3_CELLS, "the secret never crosses the wire [V3-SEC-05]", (cell) => {
  const secret = SECRET.toHex();
  const peer = new ScriptedPeer(cell);
  livesWhole(peer, "initiator");
  for (const { message } of peer.heard) assert(!message.datagram.toHex().includes(secret));
});

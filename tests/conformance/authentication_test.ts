/**
 * Control Message Authentication: nonces and digests (RFC 3931), challenge and response (RFC 2661).
 *
 * RFC 3931 §4.3, §5.4.1; RFC 2661 §5.1.1. REQUIREMENTS sections 4 and 10.5.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import {
  type Cell,
  DIGEST_CELLS,
  eachCell,
  V2_CHALLENGE,
  V2_UDP,
  V3_DIGEST,
  V3_IP,
  V3_UDP,
} from "../harness/cells.ts";
import {
  ascii,
  avp,
  blankDigest,
  concat,
  digestOf,
  encodeMessage,
  type PeerAvp,
  resultOf,
  TYPE,
  u16,
  valueOf,
} from "../harness/peer_message.ts";
import { replaced, without } from "../harness/peer_voice.ts";
import { isAck, ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { SECRET } from "../harness/settings.ts";
import { livesWhole } from "./whole_life.ts";

const OTHER = ascii("another secret");

eachCell(
  DIGEST_CELLS,
  "every message bears a right digest directly after its type, acknowledgements too [V3-AUTH-02, V3-AUTH-07, V3-AUTH-08, V3-AUTH-09, V3-AUTH-10, V3-AUTH-11, V3-AUTH-12, V3-AUTH-13, V3-AUTH-14, A-02, A-13]",
  (cell) => {
    const types = new Set<string>();
    for (const role of ["initiator", "responder"] as const) {
      const peer = new ScriptedPeer(cell);
      livesWhole(peer, role);
      for (const { message } of peer.heard) {
        types.add(message.type!);
        const { attribute, value } = message.avps[1]!;
        assertEquals([attribute, value[0]], [59, cell.digest === "md5" ? 0 : 1]);
        assertEquals(value.length, cell.digest === "md5" ? 17 : 21);
        assertEquals(peer.verifies(message), true, `${role} ${message.type}`);
      }
    }
    for (const type of ["SCCRQ", "SCCRP", "SCCCN", "StopCCN", "HELLO", "ACK", "CDN", "SLI"]) {
      assert(types.has(type), `no ${type} was sent`);
    }
    assert(!types.has("ZLB"));
  },
);

eachCell(
  DIGEST_CELLS,
  "SCCRQ and SCCRP bear a nonce of 16 octets or more, another one for each connection [V3-AUTH-05, V3-AUTH-06]",
  (cell) => {
    const nonces = [1, 2, 3].flatMap((seed) => {
      const initiator = new ScriptedPeer(cell, { seed });
      initiator.connect();
      const responder = new ScriptedPeer(cell, { seed: seed + 100 });
      responder.send("SCCRQ", responder.setupAvps("SCCRQ"));
      return [valueOf(initiator.expect("SCCRQ"), 73)!, valueOf(responder.expect("SCCRP"), 73)!];
    });
    assert(nonces.every(({ length }) => length >= 16));
    assertEquals(new Set(nonces.map((nonce) => nonce.toHex())).size, nonces.length);
  },
);

eachCell(DIGEST_CELLS, "a nonce of any length serves [V3-AUTH-06]", (cell) => {
  for (const length of [1, 16, 64]) {
    const peer = new ScriptedPeer(cell);
    peer.nonce = peer.prng.octets(length);
    peer.initiate();
    peer.expectAlive();
  }
});

eachCell(
  DIGEST_CELLS,
  "a message with any one bit wrong has no effect and no answer [V3-AUTH-15, V3-AUTH-16, V3-AUTH-17, V3-CC-27]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const hello = peer.compose("HELLO");
    for (let bit = cell.encapsulation === "ip" ? 32 : 0; bit < hello.length * 8; bit += 5) {
      const forged = hello.slice();
      forged[bit >> 3]! ^= 0x80 >> (bit & 7);
      const before = peer.heard.length;
      peer.inject(forged);
      peer.advance(10);
      assertEquals(peer.heard.length, before, `bit ${bit}`);
    }
    peer.inject(hello);
    peer.ns++;
    assertEquals(peer.expectAck().nr, peer.ns);
  },
);

eachCell(
  DIGEST_CELLS,
  "set-up messages that do not verify never move the state machine [V3-AUTH-15, V3-AUTH-17, V3-CC-27]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"), { digest: "wrong", ns: 0 });
    peer.expectSilence();
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"), { secret: OTHER, ns: 0 });
    peer.expectSilence();
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    peer.send("SCCCN", [], { digest: "wrong", ns: peer.ns });
    peer.advance(100);
    assertEquals(peer.told("connectionUp"), []);
    peer.send("SCCCN");
    peer.advance(100);
    assertEquals(peer.told("connectionUp").length, 1);
    const reasons = new Set(peer.told("dropped").map(({ reason }) => reason));
    assertEquals(reasons, new Set(["bad-digest"]));
  },
);

eachCell(
  DIGEST_CELLS,
  "an SCCRP that does not verify is as if it had not come [V3-AUTH-17, V3-CC-27]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", peer.setupAvps("SCCRP"), { digest: "wrong", ns: 0 });
    peer.send("SCCRP", peer.setupAvps("SCCRP"), { digest: "none", ns: 0 });
    peer.expectSilence();
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    peer.expect("SCCCN");
  },
);

eachCell(
  DIGEST_CELLS,
  "a forged acknowledgement does not stop retransmission [V3-AUTH-16]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    const scccn = peer.expect("SCCCN");
    peer.ack({ digest: "wrong" });
    peer.ack({ digest: "none" });
    peer.advance(1_000);
    assertEquals(peer.expect("SCCCN").ns, scccn.ns);
  },
);

eachCell(
  DIGEST_CELLS,
  "a ZLB, which cannot bear a digest, acknowledges nothing [V3-AUTH-25]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    peer.expect("SCCRQ");
    peer.send("SCCRP", peer.setupAvps("SCCRP"));
    const scccn = peer.expect("SCCCN");
    peer.sendZlb();
    peer.advance(1_000);
    assertEquals(peer.expect("SCCCN").ns, scccn.ns);
  },
);

Deno.test("a digest of a wrong length is no digest [V3-AUTH-10]", () => {
  const peer = new ScriptedPeer(V3_DIGEST);
  peer.initiate();
  for (const length of [0, 1, 16, 20, 22]) {
    const octets = encodeMessage(
      { version: 3, connectionId: peer.remoteId, sessionId: 0, ns: peer.ns, nr: peer.nr },
      [avp(0, u16(TYPE.HELLO)), avp(59, new Uint8Array(length).fill(1))],
    );
    peer.inject(octets);
  }
  peer.expectSilence();
  peer.expectAlive();
});

/** A HELLO with two digests, each with its own secret; both value fields are zero for each. */
function helloWithTwoDigests(peer: ScriptedPeer, secrets: readonly [Uint8Array, Uint8Array]) {
  const octets = encodeMessage(
    { version: 3, connectionId: peer.remoteId, sessionId: 0, ns: peer.ns, nr: peer.nr },
    [avp(0, u16(TYPE.HELLO)), blankDigest("sha1"), blankDigest("md5")],
  );
  const nonces = [peer.nonce, peer.remoteNonce];
  const first = digestOf(octets, { digest: "sha1", secret: secrets[0], nonces });
  const second = digestOf(octets, { digest: "md5", secret: secrets[1], nonces });
  octets.set(first, 12 + 8 + 7);
  octets.set(second, 12 + 8 + 27 + 7);
  return octets;
}

Deno.test("of two digests one right one is enough, whichever it is [V3-AUTH-18, V3-AUTH-20, V3-AUTH-22]", () => {
  for (
    const [secrets, accepted] of [
      [[SECRET, SECRET], true],
      [[SECRET, OTHER], true],
      [[OTHER, SECRET], true],
      [[OTHER, OTHER], false],
    ] as const
  ) {
    const peer = new ScriptedPeer(V3_DIGEST);
    peer.initiate();
    peer.inject(helloWithTwoDigests(peer, secrets));
    if (!accepted) peer.expectSilence();
    else assertEquals(peer.expectAck().nr, peer.ns + 1);
  }
});

eachCell(
  DIGEST_CELLS,
  "with two secrets each is tried, and the peer may change over in mid-connection [V3-AUTH-21]",
  (cell) => {
    const peer = new ScriptedPeer(cell, { settings: { secrets: [SECRET, OTHER] } });
    peer.initiate();
    peer.expectAlive();
    peer.send("HELLO", [], { secret: OTHER });
    assertEquals(peer.expectAck().nr, peer.ns);
    peer.expectAlive();
    const newcomer = new ScriptedPeer(cell, { settings: { secrets: [SECRET, OTHER] } });
    newcomer.send("SCCRQ", newcomer.setupAvps("SCCRQ"), { secret: OTHER });
    newcomer.expect("SCCRP");
  },
);

eachCell(
  DIGEST_CELLS,
  "a peer without a nonce is not taken on: authentication is two-way or not at all [V3-AUTH-03]",
  (cell) => {
    const initiating = new ScriptedPeer(cell);
    initiating.connect();
    initiating.expect("SCCRQ");
    initiating.send("SCCRP", without(initiating.setupAvps("SCCRP"), 73), { digest: "none" });
    initiating.advance(500);
    assertEquals(initiating.told("connectionUp"), []);
    assert(initiating.heard.every(({ message }) => message.type !== "SCCCN"));
    const responding = new ScriptedPeer(cell);
    responding.send("SCCRQ", without(responding.setupAvps("SCCRQ"), 73), { digest: "none" });
    responding.advance(500);
    assertEquals(responding.told("connectionRequested"), []);
  },
);

Deno.test("a nonce from a peer with whom no secret is shared is refused [V3-AUTH-03]", () => {
  for (const cell of [V3_UDP, V3_IP]) {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(73, new Uint8Array(16))]);
    peer.advance(500);
    assertEquals(peer.told("connectionUp"), []);
    assert(peer.heard.every(({ message }) => message.type !== "SCCRP"), cell.name);
  }
});

Deno.test("without a secret messages go without digest and nonce, and it works [V3-AUTH-01, V3-AUTH-04]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  livesWhole(peer, "initiator");
  for (const { message } of peer.heard) {
    assertEquals([valueOf(message, 59), valueOf(message, 73)], [undefined, undefined]);
  }
});

Deno.test("over IP without a secret a message whose digest is wrong is dropped [V3-AUTH-23, V3-AUTH-24]", () => {
  const peer = new ScriptedPeer(V3_IP);
  peer.initiate();
  peer.send("HELLO", [], { digest: "wrong", ns: peer.ns });
  peer.expectSilence();
  peer.expectAlive();
});

Deno.test("over IP a message without a digest, from a peer that sends digests, is a damaged one [V3-AUTH-24, V3-IP-07]", () => {
  const peer = new ScriptedPeer(V3_IP);
  peer.initiate();
  peer.send("HELLO", [], { digest: "none", ns: peer.ns });
  peer.sendZlb();
  peer.expectSilence();
  peer.expectAlive();
  // A peer that never sent any is taken without.
  const plain = new ScriptedPeer(V3_IP);
  plain.send("SCCRQ", plain.setupAvps("SCCRQ"), { digest: "none" });
  plain.expect("SCCRP");
  plain.send("SCCCN", [], { digest: "none" });
  plain.advance(100);
  assertEquals(plain.told("connectionUp").length, 1);
});

Deno.test("over UDP without a secret an integrity-only digest is verified where it is there [V3-AUTH-23, V3-AUTH-24, A-01]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const hello = (spoil: boolean) => {
    const octets = encodeMessage(
      { version: 3, connectionId: peer.remoteId, sessionId: 0, ns: peer.ns, nr: peer.nr },
      [avp(0, u16(TYPE.HELLO)), blankDigest("md5")],
    );
    const empty = new Uint8Array(0);
    octets.set(digestOf(octets, { digest: "md5", secret: empty, nonces: [] }), 27);
    if (spoil) octets[30]! ^= 1;
    return octets;
  };
  peer.inject(hello(true));
  peer.expectSilence();
  peer.inject(hello(false));
  assertEquals(peer.expectAck().nr, peer.ns + 1);
});

Deno.test("a StopCCN that refuses an SCCRQ is made with the one nonce that is known [A-12]", () => {
  const peer = new ScriptedPeer(V3_DIGEST, { accept: false });
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  const asked = peer.told("connectionRequested")[0]!;
  peer.lcce.refuseConnection(asked.connection, { resultCode: 4 }, peer.now);
  peer.drain();
  const stop = peer.expect("StopCCN");
  assertEquals(resultOf(stop)[0], 4);
  assertEquals(stop.avps[1]!.attribute, 59);
});

Deno.test("thousands of SCCRQs are limited, and a connection at work does not suffer [V3-AUTH-28]", () => {
  const peer = new ScriptedPeer(V3_UDP, { lcce: { limits: { halfOpen: 100 } }, accept: false });
  for (let i = 1; i <= 10_000; i++) {
    const avps = replaced(peer.setupAvps("SCCRQ"), avp(61, Uint8Array.of(1, 0, i >> 8, i)));
    peer.send("SCCRQ", avps, { ns: 0, connectionId: 0 });
  }
  assert(peer.told("connectionRequested").length <= 100);
  assert(peer.told("dropped").length >= 9_900, `${peer.told("dropped").length} dropped`);
});

// RFC 2661

function response(id: number, challenge: Uint8Array, secret = SECRET): PeerAvp {
  const hash = createHash("md5").update(concat(Uint8Array.of(id), secret, challenge)).digest();
  return avp(13, new Uint8Array(hash));
}

Deno.test("a Challenge is answered with MD5 over message type, secret and challenge [V2-AUTH-01, V2-AUTH-03]", () => {
  const responder = new ScriptedPeer(V2_CHALLENGE);
  const avps = responder.setupAvps("SCCRQ");
  const challenge = avps.find(({ attribute }) => attribute === 11)!.value;
  responder.send("SCCRQ", avps);
  assertEquals(valueOf(responder.expect("SCCRP"), 13), response(2, challenge).value);
  const initiator = new ScriptedPeer(V2_CHALLENGE);
  initiator.connect();
  initiator.expect("SCCRQ");
  initiator.send("SCCRP", initiator.setupAvps("SCCRP"));
  assertEquals(valueOf(initiator.expect("SCCCN"), 13), response(3, challenge).value);
});

Deno.test("challenges of any length are answered [V2-AUTH-05]", () => {
  for (const length of [1, 128]) {
    const peer = new ScriptedPeer(V2_CHALLENGE);
    const challenge = peer.prng.octets(length);
    peer.send("SCCRQ", replaced(peer.setupAvps("SCCRQ"), avp(11, challenge)));
    assertEquals(valueOf(peer.expect("SCCRP"), 13), response(2, challenge).value);
  }
});

Deno.test("a wrong or missing response ends it with StopCCN 4, whichever side asked [V2-AUTH-02]", () => {
  for (const answer of [[avp(13, new Uint8Array(16))], []]) {
    const responder = new ScriptedPeer(V2_CHALLENGE);
    responder.send("SCCRQ", responder.setupAvps("SCCRQ"));
    responder.expect("SCCRP");
    responder.send("SCCCN", answer);
    assertEquals(resultOf(responder.expect("StopCCN"))[0], 4);
    assertEquals(responder.told("connectionUp"), []);
    const initiator = new ScriptedPeer(V2_CHALLENGE);
    initiator.connect();
    initiator.expect("SCCRQ");
    initiator.send("SCCRP", [...without(initiator.setupAvps("SCCRP"), 13), ...answer]);
    assertEquals(resultOf(initiator.expect("StopCCN"))[0], 4);
  }
});

Deno.test("the challenges of two attempts differ [V2-AUTH-05]", () => {
  const challenges = [1, 2].map((seed) => {
    const peer = new ScriptedPeer(V2_CHALLENGE, { seed });
    peer.connect();
    return valueOf(peer.expect("SCCRQ"), 11)!;
  });
  assert(challenges[0]!.length >= 16);
  assertNotEquals(challenges[0], challenges[1]);
});

Deno.test("a Challenge from a peer with whom no secret is shared is refused [V2-AUTH-02]", () => {
  const peer = new ScriptedPeer(V2_UDP);
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(11, new Uint8Array(16))]);
  peer.advance(500);
  assert(peer.heard.every(({ message }) => message.type === "StopCCN" || isAck(message)));
});

eachCell(
  [V3_DIGEST] as readonly Cell[],
  "a session's messages are sealed like the connection's [V3-AUTH-07, V3-AUTH-14]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    const connection = peer.initiate();
    peer.openSession(connection, SESSION_SETTINGS);
    assertEquals(peer.verifies(peer.expect("ICRQ")), true);
  },
);

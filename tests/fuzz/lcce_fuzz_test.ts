/**
 * Whatever octets come, `Lcce` neither throws nor answers with nonsense nor piles anything up; and a
 * connection that does not concern them goes on living.
 *
 * REQUIREMENTS V3-HDR-12, V3-AVP-15, V3-HID-13, V3-AUTH-17: bad input is dropped and counted.
 */

import { assert } from "@std/assert";
import { ALL_CELLS, type Cell, eachCell, V3_DIGEST, V3_UDP } from "../harness/cells.ts";
import { avp, concat, type PeerAvp, TYPE, type TypeName, u16 } from "../harness/peer_message.ts";
import { Prng } from "../harness/prng.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

const ROUNDS = 3_000;

/** What a program under attack may hold on to. */
const MOST_EFFECTS = 5;

/** Feeds octets to an established connection; names the seed and the octets where it throws. */
function attack(cell: Cell, seed: number, next: (peer: ScriptedPeer, prng: Prng) => Uint8Array) {
  const prng = new Prng(seed);
  let peer = new ScriptedPeer(cell, { seed });
  peer.initiate();
  for (let round = 0; round < ROUNDS; round++) {
    const octets = next(peer, prng);
    peer.effects.length =
      peer.heard.length =
      peer.inbox.length =
      peer.paths.length =
        0;
    try {
      peer.inject(octets);
      if (round % 16 === 0) peer.advance(prng.below(3_000));
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}: ${octets.toHex()}`, { cause: error });
    }
    const down = peer.told("connectionDown").length > 0;
    assert(
      down || peer.effects.length <= MOST_EFFECTS || round % 16 === 0,
      `${peer.effects.length} effects of ${octets.toHex()}`,
    );
    // Some of what it hears is a valid reason to end the connection.
    if (down) {
      peer = new ScriptedPeer(cell, { seed: seed + round });
      peer.initiate();
    }
  }
}

eachCell(ALL_CELLS, "random octets do nothing [V3-HDR-12]", (cell) => {
  const peer = new ScriptedPeer(cell);
  peer.initiate();
  const prng = new Prng(11);
  for (let round = 0; round < ROUNDS; round++) {
    const octets = prng.octets(prng.below(200));
    // With zeros in front they pass for control over IP.
    if (cell.encapsulation === "ip" && round % 2 === 0) octets.fill(0, 0, 4);
    const before = peer.heard.length;
    peer.inject(octets);
    assert(peer.heard.length === before, `answered ${octets.toHex()}`);
  }
  peer.expectAlive();
});

eachCell(
  ALL_CELLS,
  "real messages with random damage do no harm [V3-AVP-15, V3-HDR-12]",
  (cell) => {
    attack(cell, 21, (peer, prng) => {
      const type = prng.pick(Object.keys(TYPE) as TypeName[]);
      const avps = type === "SCCRQ" || type === "SCCRP"
        ? peer.setupAvps(type)
        : [...peer.icrqAvps(prng.below(4)), avp(65, prng.octets(8)), avp(69, u16(prng.below(3)))];
      const octets = peer.compose(type, avps, { ns: peer.ns + prng.below(3) });
      for (let hits = prng.below(4); hits > 0; hits--) {
        octets[prng.below(octets.length)] = prng.below(256);
      }
      return octets.subarray(0, prng.chance(0.2) ? prng.below(octets.length) : octets.length);
    });
  },
);

function anyAvp(prng: Prng): PeerAvp {
  const attribute = prng.pick([prng.below(110), prng.below(80), prng.below(0x10000)]);
  return avp(attribute, prng.octets(prng.pick([0, 1, 2, 4, 8, 16, prng.below(300)])), {
    mandatory: prng.chance(0.3),
    hidden: prng.chance(0.2),
    vendor: prng.chance(0.1) ? prng.below(0x10000) : 0,
    reserved: prng.chance(0.1) ? prng.below(16) : 0,
  });
}

eachCell(
  [...ALL_CELLS.filter(({ version }) => version === 2), V3_UDP, V3_DIGEST],
  "well-sealed messages of arbitrary AVPs do no harm [V3-AVP-15, V3-HID-13]",
  (cell) => {
    attack(cell, 31, (peer, prng) => {
      const type = prng.pick(Object.keys(TYPE) as TypeName[]);
      const avps = Array.from({ length: prng.below(8) }, () => anyAvp(prng));
      const usual = prng.chance(0.7) ? peer.icrqAvps(1 + prng.below(3)) : [];
      return peer.compose(type, [...usual, ...avps], { ns: peer.ns });
    });
  },
);

eachCell(
  ALL_CELLS,
  "every truncation of a real message is harmless [V3-HDR-12, V3-AVP-15]",
  (cell) => {
    for (const type of ["SCCRQ", "SCCRP", "ICRQ", "StopCCN"] as const) {
      const peer = new ScriptedPeer(cell);
      peer.initiate();
      const octets = peer.compose(type, [...peer.setupAvps("SCCRQ"), ...peer.icrqAvps(7)]);
      for (let length = 0; length < octets.length; length++) {
        const cut = octets.slice(0, length);
        peer.inject(cut);
        // The same with a Length that fits what is left, so that the AVPs are what is cut.
        const at = cell.encapsulation === "ip" ? 4 : 0;
        if (length >= at + 12) {
          cut.set(u16(length - at), at + 2);
          peer.inject(cut);
        }
      }
      peer.advance(1_000);
    }
  },
);

Deno.test("strangers cannot make the program remember them without end", () => {
  const peer = new ScriptedPeer(V3_UDP, { lcce: { findPeers: () => [] } });
  const prng = new Prng(41);
  for (let i = 0; i < 20_000; i++) {
    const octets = concat(peer.compose("SCCRQ", peer.setupAvps("SCCRQ"), { ns: 0 }));
    octets[12 + prng.below(octets.length - 12)]! ^= prng.below(256);
    peer.inject(octets, { ...peer.path, remote: { address: `10.0.0.${i & 255}`, port: i } });
  }
  assert(peer.heard.length === 0, `${peer.heard.length} answers to strangers`);
  assert(peer.lcce.nextTimeout() === undefined, "a timer for a stranger");
});

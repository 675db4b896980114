/** The decoders as targets: octets of any kind, and whole messages whose digest is right. */

import { assertEquals } from "@std/assert";
import { digestKey } from "../../src/crypto/digest.ts";
import { decodeControlMessage } from "../../src/wire/control_message.ts";
import { verifyDigest } from "../../src/wire/message_digest.ts";
import { V3_DIGEST, V3_IP_DIGEST, V3_UDP } from "../harness/cells.ts";
import { hidingKey, u16 } from "../harness/peer_message.ts";
import { PeerVoice } from "../harness/peer_voice.ts";
import type { Prng } from "../harness/prng.ts";
import { SECRET } from "../harness/settings.ts";
import { V2Peer } from "../harness/v2_peer.ts";
import { DATAGRAMS, octetsOfMessage, SEALED_MESSAGES } from "./corpus.ts";
import { decodeAll } from "./decoders.ts";
import { damaged, distorted, TYPE_NAMES, usualAvps, usualV2Avps } from "./generate.ts";
import type { Target } from "./target.ts";

const VOICES = [new PeerVoice(V3_UDP, {}), new V2Peer(), new PeerVoice(V3_DIGEST, {})];

const SEEDS: readonly Uint8Array[] = [
  ...DATAGRAMS.map(({ octets }) => octets),
  ...SEALED_MESSAGES.map(octetsOfMessage),
];

/** What only one says who has heard from the other side. */
const KNOWN_SENDERS_TYPES = TYPE_NAMES.filter((name) => name !== "SCCRQ");

function anyOctets(prng: Prng): Uint8Array {
  const choice = prng.below(10);
  if (choice === 0) return prng.octets(prng.below(300));
  if (choice < 4) return damaged(prng, prng.pick(SEEDS));
  const voice = prng.pick(VOICES);
  const type = prng.pick(TYPE_NAMES);
  const key = hidingKey(voice.cell.version, SECRET);
  const avps = voice instanceof V2Peer
    ? usualV2Avps(prng, voice, type)
    : usualAvps(prng, voice, type, []);
  const octets = voice.compose(type, distorted(prng, avps, key));
  if (choice < 7) return octets;
  const out = damaged(prng, octets);
  // A Length that fits, or the rest would not be looked at.
  if (choice < 9 && out.length >= 12) out.set(u16(out.length), 2);
  return out;
}

/** What a digest and its check take. */
const DIGEST_OCTETS = 512;

/** Anything at all. */
export const DECODERS: Target = {
  name: "decoders",
  share: 44,
  isExposed: true,
  isRepeatable: true,
  fixedOctets: DIGEST_OCTETS,
  executions: 1_000,
  begin: (prng) => () => {
    const octets = anyOctets(prng);
    const key = hidingKey((octets[1] ?? 0) & 0xf, SECRET);
    return {
      octets,
      run: () => void decodeControlMessage(octets, 0, key),
      check: () => decodeAll(octets, key),
    };
  },
};

/** Messages that pass their digest, so that everything behind it is reached. */
export const MESSAGES: Target = {
  name: "sealed messages",
  share: 20,
  isExposed: true,
  isRepeatable: true,
  fixedOctets: DIGEST_OCTETS,
  executions: 1_000,
  begin: (prng) => {
    const cell = prng.pick([V3_DIGEST, V3_IP_DIGEST]);
    const voice = new PeerVoice(cell, { seed: prng.uint32() });
    voice.remoteNonce = prng.octets(16);
    const context = {
      keys: [digestKey(SECRET)],
      localNonce: voice.remoteNonce,
      remoteNonce: voice.nonce,
    };
    const revealing = hidingKey(3, SECRET);
    const offset = cell.encapsulation === "ip" ? 4 : 0;
    return () => {
      const type = prng.pick(KNOWN_SENDERS_TYPES);
      const avps = distorted(prng, usualAvps(prng, voice, type, []), revealing);
      const octets = voice.compose(type, avps);
      let verdict: unknown;
      return {
        octets,
        run: () => {
          verdict = verifyDigest(octets, offset, context).kind;
          decodeControlMessage(octets, offset, revealing);
        },
        check: () => {
          decodeAll(octets, revealing);
          // A second digest must be right, too.
          if (avps[0]?.attribute !== 59) assertEquals(verdict, "valid");
        },
      };
    };
  },
};

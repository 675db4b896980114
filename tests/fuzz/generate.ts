/** Octets, AVPs and messages by chance: nearly right ones, for those reach deepest. */

import {
  avp,
  concat,
  crypt,
  hiddenAvp,
  type PeerAvp,
  TYPE,
  type TypeName,
  u16,
} from "../harness/peer_message.ts";
import type { PeerVoice } from "../harness/peer_voice.ts";
import type { V2Peer } from "../harness/v2_peer.ts";
import type { Prng } from "../harness/prng.ts";

export const TYPE_NAMES = Object.keys(TYPE) as readonly TypeName[];

/** Lengths at which fields of one and two octets, and blocks of a digest, come to an end. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 20, 21, 32, 64, 253, 254, 255, 256, 1017];

const EDGES = [0, 1, 2, 5, 6, 0x7f, 0x80, 0xff, 0x100, 0x3ff, 0x7fff, 0x8000, 0xfffe, 0xffff];

/** Any AVP: of ours or of nobody, of any length that fits. */
export function anyAvp(prng: Prng): PeerAvp {
  const attribute = prng.pick([prng.below(110), prng.below(80), prng.below(0x10000)]);
  const length = prng.chance(0.7) ? prng.pick(LENGTHS) : prng.below(300);
  return avp(attribute, prng.octets(length), {
    mandatory: prng.chance(0.3),
    hidden: prng.chance(0.1),
    vendor: prng.chance(0.1) ? prng.pick([9, prng.below(0x10000)]) : 0,
    reserved: prng.chance(0.05) ? prng.below(16) : 0,
  });
}

/** An AVP that is hidden well, but whose length inside may say anything (V3-HID-13). */
function lyingHiddenAvp(prng: Prng, plain: PeerAvp, key: Uint8Array, vector: Uint8Array): PeerAvp {
  if (prng.chance(0.4)) return hiddenAvp(plain, key, vector, prng.below(20));
  const clear = concat(u16(prng.pick(EDGES)), plain.value);
  const value = crypt(clear, plain.attribute, key, vector, "hide");
  return { ...plain, value: value.subarray(0, 1017), hidden: true };
}

function mutated(prng: Prng, plain: PeerAvp): PeerAvp {
  const value = prng.chance(0.5) ? prng.octets(prng.pick(LENGTHS)) : plain.value.slice();
  if (value.length > 0) value[prng.below(value.length)] = prng.pick(EDGES);
  return { ...plain, value };
}

/** The same AVPs with some of them left out, doubled, changed, hidden, or joined by others. */
export function distorted(prng: Prng, avps: readonly PeerAvp[], key: Uint8Array): PeerAvp[] {
  const vector = prng.octets(prng.pick([0, 1, 16, 20]));
  const out = prng.chance(0.3) ? [avp(36, vector)] : [];
  for (const each of avps) {
    const fate = prng.below(40);
    if (fate === 0) continue;
    if (fate === 1) out.push(each);
    if (fate === 2) out.push(mutated(prng, each));
    else if (fate === 3 && each.value.length < 1000) {
      out.push(lyingHiddenAvp(prng, each, key, vector));
    } else out.push(each);
  }
  for (let more = prng.pick([0, 0, 0, 1, 2, prng.below(12)]); more > 0; more--) {
    out.splice(prng.below(out.length + 1), 0, anyAvp(prng));
  }
  return out;
}

/** What a peer says in a message of this type, about sessions with these ids. */
export function usualAvps(
  prng: Prng,
  voice: PeerVoice,
  type: TypeName,
  remoteIds: readonly number[],
): readonly PeerAvp[] {
  const localId = 1 + prng.below(4);
  const remoteId = remoteIds.length > 0 ? prng.pick(remoteIds) : prng.below(4);
  switch (type) {
    case "SCCRQ":
    case "SCCRP":
      return voice.setupAvps(type);
    case "SCCCN":
      return voice.challengeResponse(3);
    case "StopCCN":
      return voice.stopAvps(prng.below(9), prng.below(10));
    case "HELLO":
    case "ACK":
      return [];
    case "ICRQ":
    case "OCRQ":
      return voice.icrqAvps(localId, prng.pick(["lan", "dmz"]), prng.pick([4, 5, 7]));
    case "CDN":
      return [avp(1, u16(prng.below(20))), ...voice.sessionAvps(localId, remoteId)];
    case "WEN":
      return [...voice.sessionAvps(localId, remoteId), avp(34, prng.octets(26))];
    default:
      return voice.icrpAvps(localId, remoteId);
  }
}

/** What a peer says of calls in L2TPv2, whose headers name the session. */
export function usualV2Avps(prng: Prng, peer: V2Peer, type: TypeName): readonly PeerAvp[] {
  const localId = 1 + prng.below(4);
  switch (type) {
    case "ICRQ":
    case "OCRQ":
      return peer.requestAvps(type, localId);
    case "ICRP":
    case "OCRP":
      return peer.nameAvps(localId);
    case "ICCN":
      return [...peer.connectAvps(), ...anyConnectAvps(prng)];
    case "OCCN":
      return peer.connectAvps();
    case "CDN":
      return [
        avp(1, u16(prng.below(20))),
        ...peer.nameAvps(localId),
        ...(prng.chance(0.5) ? [avp(46, prng.octets(prng.pick(LENGTHS)), OPTIONAL)] : []),
        ...(prng.chance(0.5) ? [avp(12, prng.octets(3 + prng.below(8)))] : []),
      ];
    case "WEN":
      return [avp(34, prng.octets(26))];
    case "SLI":
      return [avp(35, prng.octets(10)), avp(51, prng.octets(prng.below(20)), OPTIONAL)];
    default:
      return usualAvps(prng, peer, type, []);
  }
}

const OPTIONAL = { mandatory: false };

/** What an ICCN may tell besides: numbers of two octets and of four, and octets. */
function anyConnectAvps(prng: Prng): PeerAvp[] {
  const avps = [
    ...[26, 27, 28, 30, 31, 33, 37, 49, 50].map((type) =>
      avp(type, prng.octets(prng.below(40)), OPTIONAL)
    ),
    avp(29, u16(prng.below(8)), OPTIONAL),
    avp(32, u16(prng.below(0x10000)), OPTIONAL),
    avp(38, prng.octets(4), OPTIONAL),
    avp(39),
  ];
  return avps.filter(() => prng.chance(0.4));
}

/** A copy with octets changed, taken out, doubled or cut off. */
export function damaged(prng: Prng, octets: Uint8Array): Uint8Array {
  let out: Uint8Array = octets.slice();
  for (let hits = 1 + prng.below(4); hits > 0 && out.length > 0; hits--) {
    const at = prng.below(out.length);
    const length = Math.min(prng.below(16), out.length - at);
    const how = prng.below(5);
    if (how === 0) out = concat(out.subarray(0, at), out.subarray(at + length));
    else if (how === 1) out = concat(out.subarray(0, at + length), out.subarray(at));
    else if (how === 2) out = out.slice(0, at);
    else if (how === 3 && at + 2 <= out.length) out.set(u16(prng.pick(EDGES)), at);
    else out[at]! ^= 1 << prng.below(8);
  }
  return out.slice(0, 0xffff);
}

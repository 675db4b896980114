/**
 * What a scripted peer says: messages of its own in either version, numbered, and sealed with
 * digests and challenge responses that it makes itself (RFC 3931 §4.2, §4.3, §6; RFC 2661 §5.1.1).
 */

import { createHash } from "node:crypto";
import type { Cell } from "./cells.ts";
import {
  ascii,
  avp,
  blankDigest,
  concat,
  type DigestInput,
  digestOf,
  digestVerifies,
  encodeMessage,
  type PeerAvp,
  type PeerMessage,
  TYPE,
  type TypeName,
  u16,
  u32,
} from "./peer_message.ts";
import { Prng } from "./prng.ts";
import { SECRET } from "./settings.ts";

/** What the peer is called. */
export const PEER_NAME = "peer.example";

const EMPTY = new Uint8Array(0);

/** What the peer says of itself in SCCRQ and SCCRP, where a test wants it otherwise. */
export interface Persona {
  /** Ties over IP go by it (V3-CC-23). */
  readonly routerId?: number;
  /** The RWS AVP; `null` sends none. Default 64. */
  readonly receiveWindow?: number | null;
  /** The PW types the peer supports. Default Ethernet and Ethernet-VLAN. */
  readonly capabilities?: readonly number[];
  /** L2TPv2: AVP 3; default both kinds. */
  readonly framingCapabilities?: number;
  /** L2TPv2: AVP 4; `null` sends none. Default both kinds. */
  readonly bearerCapabilities?: number | null;
  readonly seed?: number;
}

/** How one message differs from what the peer would say by itself. */
export interface Unusual {
  readonly ns?: number;
  readonly nr?: number;
  readonly connectionId?: number;
  readonly sessionId?: number;
  readonly flags?: number;
  readonly length?: number;
  /** `"none"` leaves the digest out, `"wrong"` flips a bit of it. Default: what the cell has. */
  readonly digest?: "none" | "wrong";
  readonly secret?: Uint8Array;
  /** Message Type AVP in place of the usual one. */
  readonly typeAvp?: PeerAvp;
  /** Octets after the last AVP, which need not be AVPs; Length and digest count them in. */
  readonly tail?: Uint8Array;
}

export class PeerVoice {
  readonly cell: Cell;
  readonly prng: Prng;
  /** The peer's Assigned CCID or Tunnel ID. */
  localId: number;
  /** The program's. */
  remoteId = 0;
  ns = 0;
  nr = 0;
  nonce: Uint8Array;
  remoteNonce: Uint8Array = EMPTY;
  /** The program's Challenge, once it has sent one. */
  protected challenged: Uint8Array | undefined;
  readonly #persona: Persona;
  readonly #challenge: Uint8Array;

  constructor(cell: Cell, persona: Persona) {
    this.cell = cell;
    this.#persona = persona;
    this.prng = new Prng(persona.seed ?? 1);
    this.nonce = this.prng.octets(16);
    this.#challenge = this.prng.octets(16);
    this.localId = cell.version === 2 ? 0x5151 : 0x51515151;
  }

  /** A whole datagram with a message of this type; nothing is counted. */
  compose(type: TypeName, avps: readonly PeerAvp[] = [], unusual: Unusual = {}): Uint8Array {
    const head = [unusual.typeAvp ?? avp(0, u16(TYPE[type]))];
    const digest = unusual.digest === "none" ? undefined : this.#digestInput(type, unusual);
    if (digest) head.push(blankDigest(digest.digest));
    const octets = this.#encode([...head, ...avps], unusual);
    if (digest) {
      const at = 12 + 6 + head[0]!.value.length + 7;
      octets.set(digestOf(octets, digest), at);
      if (unusual.digest === "wrong") octets[at]! ^= 1;
    }
    return this.framed(octets);
  }

  /** A datagram without any AVP. */
  composeZlb(unusual: Unusual = {}): Uint8Array {
    return this.framed(this.#encode([], unusual));
  }

  /** A message from the T bit on, made ready for the encapsulation. */
  framed(octets: Uint8Array): Uint8Array {
    return this.cell.encapsulation === "ip" ? concat(u32(0), octets) : octets;
  }

  #encode(avps: readonly PeerAvp[], unusual: Unusual): Uint8Array {
    const octets = encodeMessage({
      version: this.cell.version,
      connectionId: unusual.connectionId ?? this.remoteId,
      sessionId: unusual.sessionId ?? 0,
      ns: unusual.ns ?? this.ns,
      nr: unusual.nr ?? this.nr,
      flags: unusual.flags,
      length: unusual.length,
    }, avps);
    if (unusual.tail === undefined) return octets;
    const whole = concat(octets, unusual.tail);
    whole.set(u16(unusual.length ?? whole.length), 2);
    return whole;
  }

  #digestInput(type: TypeName, { secret }: Unusual): DigestInput | undefined {
    if (this.cell.version === 2) return undefined;
    const { authentication, encapsulation, digest } = this.cell;
    if (authentication === "digest") {
      const nonces = type === "SCCRQ" ? [] : [this.nonce, this.remoteNonce];
      return { digest, secret: secret ?? SECRET, nonces };
    }
    return encapsulation === "ip" ? { digest, secret: EMPTY, nonces: [] } : undefined;
  }

  /** Whether the digest of a message from the program is right; `undefined` without one. */
  verifies(message: PeerMessage): boolean | undefined {
    const isKeyed = this.cell.authentication === "digest";
    const nonces = isKeyed && message.type !== "SCCRQ" ? [this.remoteNonce, this.nonce] : [];
    return digestVerifies(message, isKeyed ? SECRET : EMPTY, nonces);
  }

  // The AVPs of each message.

  /** What the peer says of itself. */
  setupAvps(type: "SCCRQ" | "SCCRP"): PeerAvp[] {
    return this.cell.version === 2 ? this.#setupAvpsV2(type) : this.#setupAvpsV3();
  }

  #window(): PeerAvp[] {
    const { receiveWindow = 64 } = this.#persona;
    return receiveWindow === null ? [] : [avp(10, u16(receiveWindow))];
  }

  #setupAvpsV3(): PeerAvp[] {
    const { capabilities = [5, 4], routerId = 0xc0000202 } = this.#persona;
    return [
      avp(7, ascii(PEER_NAME)),
      avp(60, u32(routerId)),
      avp(61, u32(this.localId)),
      avp(62, concat(...capabilities.map(u16))),
      ...this.#window(),
      ...(this.cell.authentication === "digest" ? [avp(73, this.nonce)] : []),
    ];
  }

  #setupAvpsV2(type: "SCCRQ" | "SCCRP"): PeerAvp[] {
    const { framingCapabilities = 3, bearerCapabilities = 3 } = this.#persona;
    return [
      avp(2, u16(0x0100)),
      avp(7, ascii(PEER_NAME)),
      avp(3, u32(framingCapabilities)),
      ...(bearerCapabilities === null ? [] : [avp(4, u32(bearerCapabilities))]),
      avp(9, u16(this.localId)),
      ...this.#window(),
      ...(this.cell.authentication === "challenge" ? [avp(11, this.#challenge)] : []),
      ...(type === "SCCRP" ? this.challengeResponse(2) : []),
    ];
  }

  /** The answer to the program's challenge; `id` is the type of the message it goes in. */
  challengeResponse(id: 2 | 3): PeerAvp[] {
    if (this.challenged === undefined) return [];
    const hash = createHash("md5").update(concat(Uint8Array.of(id), SECRET, this.challenged));
    return [avp(13, new Uint8Array(hash.digest()))];
  }

  stopAvps(resultCode = 1, errorCode?: number): PeerAvp[] {
    const error = errorCode === undefined ? EMPTY : u16(errorCode);
    const id = this.cell.version === 2 ? avp(9, u16(this.localId)) : avp(61, u32(this.localId));
    return [avp(1, concat(u16(resultCode), error)), id];
  }

  icrqAvps(localId: number, remoteEndId = "lan", pseudowireType = 5): PeerAvp[] {
    return [
      avp(63, u32(localId)),
      avp(64, u32(0)),
      avp(15, u32(1)),
      avp(68, u16(pseudowireType)),
      avp(66, ascii(remoteEndId)),
      avp(71, u16(1)),
    ];
  }

  icrpAvps(localId: number, remoteId: number): PeerAvp[] {
    return [...this.sessionAvps(localId, remoteId), avp(71, u16(1))];
  }

  /** Local and Remote Session ID, as in an ICCN, CDN, WEN or SLI. */
  sessionAvps(localId: number, remoteId: number): PeerAvp[] {
    return [avp(63, u32(localId)), avp(64, u32(remoteId))];
  }
}

/** The same AVPs without those of one attribute. */
export function without(avps: readonly PeerAvp[], attribute: number): PeerAvp[] {
  return avps.filter((each) => each.vendor !== 0 || each.attribute !== attribute);
}

/** The same AVPs, the one of this attribute in another form. */
export function replaced(avps: readonly PeerAvp[], other: PeerAvp): PeerAvp[] {
  return avps.map((each) => each.attribute === other.attribute ? other : each);
}

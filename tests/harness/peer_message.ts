/**
 * Control messages as the scripted peer writes and reads them: plain octets, put together here from
 * RFC 3931 §3.2.1, §5.1 and §5.4.1 without the program's own codec, so that an error in the codec
 * cannot hide on both sides of a test.
 */

import { createHash, createHmac } from "node:crypto";
import type { Encapsulation } from "../../src/model/path.ts";

/** Message types by name (RFC 3931 §3.1). */
export const TYPE = {
  SCCRQ: 1,
  SCCRP: 2,
  SCCCN: 3,
  StopCCN: 4,
  HELLO: 6,
  OCRQ: 7,
  OCRP: 8,
  OCCN: 9,
  ICRQ: 10,
  ICRP: 11,
  ICCN: 12,
  CDN: 14,
  WEN: 15,
  SLI: 16,
  ACK: 20,
} as const;

/** A message type this peer speaks of by name. */
export type TypeName = keyof typeof TYPE;

/** One AVP, exactly as it goes on the wire. */
export interface PeerAvp {
  readonly attribute: number;
  readonly value: Uint8Array;
  readonly mandatory: boolean;
  readonly hidden: boolean;
  readonly vendor: number;
  /** The four reserved bits. */
  readonly reserved: number;
}

/** A whole message as it was found on the wire. */
export interface PeerMessage {
  readonly version: number;
  readonly flags: number;
  readonly length: number;
  /** v3: 32 bits. v2: the Tunnel ID. */
  readonly connectionId: number;
  /** v2 only. */
  readonly sessionId: number;
  readonly ns: number;
  readonly nr: number;
  /** `"ZLB"` has no AVPs; `undefined` is a type this peer has no name for. */
  readonly type: TypeName | "ZLB" | undefined;
  readonly avps: readonly PeerAvp[];
  /** From the T bit on, without the zero octets of IP. */
  readonly octets: Uint8Array;
  /** As it came. */
  readonly datagram: Uint8Array;
}

/** What the header of a message to be written holds. */
export interface PeerHeader {
  readonly version: number;
  readonly connectionId: number;
  readonly sessionId: number;
  readonly ns: number;
  readonly nr: number;
  /** The first 16 bits, where they are to differ from C80x. */
  readonly flags?: number | undefined;
  /** The Length field, where it is to lie. */
  readonly length?: number | undefined;
}

// Not by `Uint8Array.of`, which takes several times as long: the fuzzer calls them most.

export function u16(value: number): Uint8Array {
  const octets = new Uint8Array(2);
  octets[0] = value >> 8;
  octets[1] = value;
  return octets;
}

export function u32(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  octets[0] = value >>> 24;
  octets[1] = value >>> 16;
  octets[2] = value >>> 8;
  octets[3] = value;
  return octets;
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An AVP with M set, not hidden, of the IETF, unless told otherwise. */
export function avp(
  attribute: number,
  value: Uint8Array = new Uint8Array(0),
  other: Partial<PeerAvp> = {},
): PeerAvp {
  return { attribute, value, mandatory: true, hidden: false, vendor: 0, reserved: 0, ...other };
}

function encodeAvp({ attribute, value, mandatory, hidden, vendor, reserved }: PeerAvp): Uint8Array {
  const octets = new Uint8Array(6 + value.length);
  const view = new DataView(octets.buffer);
  const first = (mandatory ? 0x8000 : 0) | (hidden ? 0x4000 : 0) | (reserved << 10);
  view.setUint16(0, first | octets.length);
  view.setUint16(2, vendor);
  view.setUint16(4, attribute);
  octets.set(value, 6);
  return octets;
}

/** A message of these AVPs, from the T bit on. */
export function encodeMessage(header: PeerHeader, avps: readonly PeerAvp[]): Uint8Array {
  const body = concat(...avps.map(encodeAvp));
  const ids = header.version === 2
    ? concat(u16(header.connectionId), u16(header.sessionId))
    : u32(header.connectionId);
  return concat(
    u16(header.flags ?? (0xc800 | header.version)),
    u16(header.length ?? 12 + body.length),
    ids,
    u16(header.ns),
    u16(header.nr),
    body,
  );
}

function readAvps(octets: Uint8Array): PeerAvp[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const avps: PeerAvp[] = [];
  for (let at = 12; at < octets.length;) {
    const first = view.getUint16(at);
    const length = first & 0x3ff;
    if (length < 6 || at + length > octets.length) throw new Error(`bad AVP length at ${at}`);
    avps.push({
      mandatory: (first & 0x8000) !== 0,
      hidden: (first & 0x4000) !== 0,
      reserved: (first >> 10) & 0xf,
      vendor: view.getUint16(at + 2),
      attribute: view.getUint16(at + 4),
      value: octets.slice(at + 6, at + length),
    });
    at += length;
  }
  return avps;
}

function typeOf(avps: readonly PeerAvp[]): TypeName | "ZLB" | undefined {
  const first = avps[0];
  if (first === undefined) return "ZLB";
  if (first.attribute !== 0) return undefined;
  const number = numberOf(first.value);
  return (Object.keys(TYPE) as TypeName[]).find((name) => TYPE[name] === number);
}

/** Reads a datagram that must hold a well-formed control message; throws where it does not. */
export function readMessage(datagram: Uint8Array, encapsulation: Encapsulation): PeerMessage {
  const octets = datagram.subarray(encapsulation === "ip" ? 4 : 0);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const flags = view.getUint16(0);
  const version = flags & 0xf;
  const length = view.getUint16(2);
  if (length !== octets.length) throw new Error(`Length ${length} of ${octets.length} octets`);
  const avps = readAvps(octets);
  return {
    version,
    flags,
    length,
    connectionId: version === 2 ? view.getUint16(4) : view.getUint32(4),
    sessionId: version === 2 ? view.getUint16(6) : 0,
    ns: view.getUint16(8),
    nr: view.getUint16(10),
    type: typeOf(avps),
    avps,
    octets,
    datagram,
  };
}

/** An unsigned number of any width. */
export function numberOf(value: Uint8Array): number {
  return value.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The value of an IETF AVP in a message, or `undefined` where it has none. */
export function valueOf(message: PeerMessage, attribute: number): Uint8Array | undefined {
  return message.avps.find((found) => found.vendor === 0 && found.attribute === attribute)?.value;
}

/** The number in an AVP, or `undefined` where the message has no such AVP. */
export function numberIn(message: PeerMessage, attribute: number): number | undefined {
  const value = valueOf(message, attribute);
  return value === undefined ? undefined : numberOf(value);
}

/** Result and error code of a StopCCN or CDN, `[2, 8]`; the error is 0 where there is none. */
export function resultOf(message: PeerMessage): [result: number, error: number] {
  const value = valueOf(message, 1) ?? new Uint8Array(2);
  return [numberOf(value.subarray(0, 2)), numberOf(value.subarray(2, 4))];
}

/** The text of a StopCCN or CDN. */
export function resultTextOf(message: PeerMessage): string {
  return new TextDecoder("utf-8", { fatal: true })
    .decode((valueOf(message, 1) ?? new Uint8Array(4)).subarray(4));
}

/** What a digest is made with (RFC 3931 §5.4.1). */
export interface DigestInput {
  readonly digest: "md5" | "sha1";
  readonly secret: Uint8Array;
  /** Of the sender and of the receiver of the message, in this order. */
  readonly nonces: readonly Uint8Array[];
}

/** Octets of a digest by type. */
export const DIGEST_OCTETS = { md5: 16, sha1: 20 } as const;

/** A Message Digest AVP whose digest is still zero. */
export function blankDigest(digest: "md5" | "sha1"): PeerAvp {
  const type = Uint8Array.of(digest === "md5" ? 0 : 1);
  return avp(59, concat(type, new Uint8Array(DIGEST_OCTETS[digest])));
}

/** The digest of a message whose digest octets are zero. */
export function digestOf(zeroed: Uint8Array, { digest, secret, nonces }: DigestInput): Uint8Array {
  const key = derivedKey(secret, 2);
  return new Uint8Array(createHmac(digest, key).update(concat(...nonces, zeroed)).digest());
}

/** Whether every digest in a message is right; `undefined` where it has none. */
export function digestVerifies(
  message: PeerMessage,
  secret: Uint8Array,
  nonces: readonly Uint8Array[],
): boolean | undefined {
  const found = message.avps.filter((each) => each.vendor === 0 && each.attribute === 59);
  if (found.length === 0) return undefined;
  const zeroed = message.octets.slice();
  let at = 12;
  for (const each of message.avps) {
    if (each.attribute === 59 && each.vendor === 0) {
      zeroed.fill(0, at + 7, at + 6 + each.value.length);
    }
    at += 6 + each.value.length;
  }
  return found.every(({ value }) => {
    const digest = value[0] === 0 ? "md5" : "sha1";
    const right = digestOf(zeroed, { digest, secret, nonces });
    return right.length === value.length - 1 && right.every((octet, i) => octet === value[i + 1]);
  });
}

/** The key that hides AVPs: derived in L2TPv3 (RFC 3931 §5.3), the bare secret in L2TPv2. */
export function hidingKey(version: number, secret: Uint8Array): Uint8Array {
  if (version === 2) return secret;
  return derivedKey(secret, 1);
}

/** Keys made of secrets before, by the octet that makes them (RFC 3931 §5.3, §5.4.1). */
const derivedKeys = new Map<string, Uint8Array>();

function derivedKey(secret: Uint8Array, octet: 1 | 2): Uint8Array {
  const name = `${octet} ${secret.toHex()}`;
  const known = derivedKeys.get(name);
  if (known !== undefined) return known;
  const key = new Uint8Array(createHmac("md5", secret).update(Uint8Array.of(octet)).digest());
  derivedKeys.set(name, key);
  return key;
}

/** Hides or reveals: the octets of a hidden value XOR the chain of MD5 blocks (RFC 3931 §5.3). */
export function crypt(
  octets: Uint8Array,
  attribute: number,
  key: Uint8Array,
  vector: Uint8Array,
  direction: "hide" | "reveal",
): Uint8Array {
  const out = octets.slice();
  let pad = createHash("md5").update(concat(u16(attribute), key, vector)).digest();
  for (let at = 0; at < octets.length; at += 16) {
    for (let i = at; i < Math.min(at + 16, octets.length); i++) out[i]! ^= pad[i - at]!;
    const cipher = (direction === "hide" ? out : octets).subarray(at, at + 16);
    pad = createHash("md5").update(concat(key, cipher)).digest();
  }
  return out;
}

/** A hidden AVP: true length, value and padding, hidden (RFC 3931 §5.3). */
export function hiddenAvp(
  plain: PeerAvp,
  key: Uint8Array,
  vector: Uint8Array,
  padding = 0,
): PeerAvp {
  const clear = concat(u16(plain.value.length), plain.value, new Uint8Array(padding));
  const value = crypt(clear, plain.attribute, key, vector, "hide");
  return { ...plain, value, hidden: true };
}

/** The value inside a hidden AVP. */
export function revealed({ value, attribute }: PeerAvp, key: Uint8Array, vector: Uint8Array) {
  const clear = crypt(value, attribute, key, vector, "reveal");
  return clear.subarray(2, 2 + numberOf(clear.subarray(0, 2)));
}

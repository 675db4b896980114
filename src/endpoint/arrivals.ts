/**
 * What a packet that arrives says about the peer's settings, held against our own: a pure judgement,
 * for `doctor`. Nothing of a cookie's octets leaves this file.
 *
 * Read RFC 3931 §4.1 (headers) and §4.6 (sublayer). Without a session's agreement a data packet does
 * not tell where its frame begins; what does is an Ethernet header, which is known when it is seen.
 */

import {
  TYPE_ARP,
  TYPE_CUSTOMER_TAG,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_SERVICE_TAG,
} from "../model/ethertype.ts";
import type { Encapsulation } from "../model/path.ts";
import type { L2SpecificSublayer } from "../model/session_descriptor.ts";
import { firstLook } from "../wire/first_look.ts";
import { COOKIE_OFFSET, SESSION_ID_OFFSET } from "../wire/session_header.ts";

/** The payload of UDP or of IP protocol 115, and where it came from and went to. */
export interface Arrival {
  readonly encapsulation: Encapsulation;
  readonly source: string;
  /** 0 over IP. */
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** What a session expects of packets to it. */
export interface ExpectedSession {
  /** Address literal of the peer. */
  readonly remote: string;
  readonly encapsulation: Encapsulation;
  /** 0 over IP. */
  readonly localPort: number;
  readonly localSessionId: number;
  readonly cookie: Uint8Array;
  readonly sublayer: L2SpecificSublayer;
}

/** A difference between what arrives and what is expected. */
export type Mismatch =
  | { readonly kind: "encapsulation"; readonly arrives: Encapsulation }
  | { readonly kind: "port"; readonly arrives: number; readonly expected: number }
  | { readonly kind: "session-id"; readonly arrives: number }
  /** Another host sends to this session's identifier. */
  | { readonly kind: "id-collision"; readonly from: string }
  | { readonly kind: "cookie-length"; readonly arrives: number; readonly expected: number }
  | { readonly kind: "cookie-value" }
  | { readonly kind: "sublayer"; readonly arrives: L2SpecificSublayer };

const SUBLAYER = 4;
const COOKIE_LENGTHS = [0, 4, 8] as const;
/** Of a Default L2-Specific Sublayer's first octet: all but S is zero, or goes unused. */
const SUBLAYER_FIRST_OCTETS: ReadonlySet<number> = new Set([0x00, 0x40]);

/** What a data packet shows to be different; `undefined` where it fits, or is about something else. */
export function judgeArrival(arrival: Arrival, expected: ExpectedSession): Mismatch | undefined {
  const { encapsulation, source, destinationPort, payload } = arrival;
  const look = firstLook(payload, encapsulation);
  if (look.kind !== "data" || payload.length < COOKIE_OFFSET[encapsulation]) return undefined;
  const sessionId = uint32(payload, SESSION_ID_OFFSET[encapsulation]);
  const isOurs = sessionId === expected.localSessionId;
  if (source !== expected.remote) {
    const reaches = encapsulation === expected.encapsulation &&
      destinationPort === expected.localPort;
    return isOurs && reaches ? { kind: "id-collision", from: source } : undefined;
  }
  if (encapsulation !== expected.encapsulation) {
    return isOurs ? { kind: "encapsulation", arrives: encapsulation } : undefined;
  }
  if (destinationPort !== expected.localPort) {
    if (!isOurs) return undefined;
    return { kind: "port", arrives: destinationPort, expected: expected.localPort };
  }
  if (!isOurs) return { kind: "session-id", arrives: sessionId };
  return judgeHeaders(payload.subarray(COOKIE_OFFSET[encapsulation]), expected);
}

/** @param rest What follows the Session ID. */
function judgeHeaders(rest: Uint8Array, expected: ExpectedSession): Mismatch | undefined {
  const { cookie, sublayer } = expected;
  const own = sublayer === "default" ? SUBLAYER : 0;
  const other = SUBLAYER - own;
  const fits = (octets: number, withSublayer: number) =>
    isEthernet(rest, octets + withSublayer) &&
    (withSublayer === 0 || SUBLAYER_FIRST_OCTETS.has(rest[octets]!));
  if (startsWith(rest, cookie)) {
    if (fits(cookie.length, own)) return undefined;
    if (fits(cookie.length, other)) {
      return { kind: "sublayer", arrives: other === 0 ? "none" : "default" };
    }
    if (cookie.length > 0) return undefined;
  }
  for (const withSublayer of [own, other]) {
    for (const length of COOKIE_LENGTHS) {
      if (length === cookie.length || !fits(length, withSublayer)) continue;
      return { kind: "cookie-length", arrives: length, expected: cookie.length };
    }
  }
  if (cookie.length === 0 || startsWith(rest, cookie)) return undefined;
  return { kind: "cookie-value" };
}

function startsWith(octets: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.every((octet, index) => octets[index] === octet);
}

/** EtherTypes that LANs are full of; anything else proves nothing. */
const COMMON_ETHERTYPES: ReadonlySet<number> = new Set([
  ...[TYPE_IPV4, TYPE_ARP, TYPE_IPV6, TYPE_CUSTOMER_TAG, TYPE_SERVICE_TAG],
  ...[0x88cc, 0x88b5, 0x88b6, 0x8863, 0x8864],
]);

function isEthernet(octets: Uint8Array, at: number): boolean {
  const type = at + 12;
  if (octets.length < type + 2) return false;
  return COMMON_ETHERTYPES.has(octets[type]! << 8 | octets[type + 1]!);
}

function uint32(octets: Uint8Array, at: number): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(at);
}

/**
 * How PPP peers prove who they are: what is negotiated, what a verifier is given, what it answers.
 *
 * Read RFC 1334 §2, RFC 1994 §4.1 and RFC 2759 §4 first. Whoever verifies (a list of users, RADIUS)
 * sees the evidence as it came, and needs nothing else of PPP.
 */

import type { Ipv4Settings, Ipv6Settings } from "./ppp_settings.ts";

/** PAP, CHAP with MD5, MS-CHAPv2. */
export type AuthenticationProtocol = "pap" | "chap" | "ms-chap-v2";

/** A name and a password in clear (RFC 1334 §2.2.1). */
export interface PapEvidence {
  /** What it is evidence of. */
  readonly protocol: "pap";
  /** Whom the peer says it is, as it came. */
  readonly name: Uint8Array;
  /** The identifier of the exchange. */
  readonly identifier: number;
  /** In clear. */
  readonly password: Uint8Array;
}

/** A response to a challenge of ours, or of a LAC's in our place (RFC 1994 §4.1). */
export interface ChapEvidence {
  /** What it is evidence of. */
  readonly protocol: "chap";
  /** Whom the peer says it is, as it came. */
  readonly name: Uint8Array;
  /** The identifier of the exchange, which is hashed, too. */
  readonly identifier: number;
  /** What the peer was challenged with. */
  readonly challenge: Uint8Array;
  /** 16 octets. */
  readonly response: Uint8Array;
}

/** A response to a challenge of ours (RFC 2759 §4). */
export interface MsChapV2Evidence {
  /** What it is evidence of. */
  readonly protocol: "ms-chap-v2";
  /** Whom the peer says it is, as it came. */
  readonly name: Uint8Array;
  /** The identifier of the exchange. */
  readonly identifier: number;
  /** What the peer was challenged with. */
  readonly challenge: Uint8Array;
  /** The peer's own: 16 octets. */
  readonly peerChallenge: Uint8Array;
  /** 24 octets. */
  readonly ntResponse: Uint8Array;
}

/** What a peer has said to prove who it is. */
export type AuthenticationEvidence = PapEvidence | ChapEvidence | MsChapV2Evidence;

/** The peer is who it says. */
export interface Accepted {
  readonly accepted: true;
  /** A word to the peer's user, in UTF-8. Default: none. */
  readonly message?: string;
  /** MS-CHAPv2: `S=` and 40 digits, by which we prove that we know the password (RFC 2759 §5). */
  readonly authenticatorResponse?: string;
  /** The addresses of this user, instead of those of the link's settings. */
  readonly ipv4?: Ipv4Settings;
  /** The interface identifiers of this user, instead of those of the link's settings. */
  readonly ipv6?: Ipv6Settings;
}

/** The peer is refused, and the link ends. */
export interface Refused {
  readonly accepted: false;
  /** A word to the peer's user, in UTF-8. Default: none. */
  readonly message?: string;
}

/** A verifier's answer. */
export type AuthenticationVerdict = Accepted | Refused;

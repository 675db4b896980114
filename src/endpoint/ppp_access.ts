/**
 * Who decides whether a PPP peer may come in, and what it gets: the seam between a link and whoever
 * knows its users, in a file or, over a network, elsewhere. It is asynchronous for that.
 *
 * Read RFC 1661 §3.5 (Authentication Phase) first.
 */

import type { CallInformation } from "../model/call_information.ts";
import type { Path } from "../model/path.ts";
import type {
  AuthenticationEvidence,
  ChapEvidence,
  MsChapV2Evidence,
  PapEvidence,
} from "../ppp/evidence.ts";

export type { AuthenticationEvidence, ChapEvidence, MsChapV2Evidence, PapEvidence };

/** How a PPP peer proves who it is: RFC 1334, RFC 1994 with MD5, RFC 2759. */
export type PppAuthentication = AuthenticationEvidence["protocol"];

/** What is kept of a password, and can be held against an attempt. */
export type PppCredential =
  /** Fits every protocol. */
  | { readonly kind: "password"; readonly password: Uint8Array }
  /** MD4 of the password in UTF-16 (RFC 2759 §8.3): fits "pap" and "ms-chap-v2". */
  | { readonly kind: "nt-hash"; readonly hash: Uint8Array };

/** A peer that wants to come in. */
export interface PppAttempt {
  /** What it has shown; `undefined` where nobody has asked it who it is. */
  readonly evidence: AuthenticationEvidence | undefined;
  /** Whom it says it is; empty where nobody has asked. */
  readonly name: string;
  /** The session's name. */
  readonly session: string;
  /** The control connection's name. */
  readonly connection: string | undefined;
  /** Between which addresses. */
  readonly path: Path;
  /** What the LAC tells of the call: numbers, line, speeds. */
  readonly call: CallInformation;
  /**
   * Whether the evidence proves that the peer knows a credential. Of MS-CHAPv2 the peer is later
   * shown that we know it, too, which takes the one that was asked for last.
   */
  proves(credential: PppCredential): boolean;
}

/** What a peer gets that may come in. */
export interface PppGrant {
  /** What tells it from a refusal. */
  readonly allowed: true;
  /** Its IPv4 address; `undefined`: its own choice. */
  readonly address?: string | undefined;
  /** Our IPv4 address towards it; `undefined`: that of the options. */
  readonly localAddress?: string | undefined;
  /** Name servers that it is told of; `undefined`: those of the options. */
  readonly dns?: readonly string[] | undefined;
  /** Prefixes that are reached through it beside its address: IPv6 ones, networks behind it. */
  readonly routes?: readonly string[] | undefined;
  /** Milliseconds without traffic that end the session; `undefined`: those of the options. */
  readonly idle?: number | undefined;
  /** Milliseconds that it may take; `undefined`: those of the options. */
  readonly sessionTime?: number | undefined;
  /**
   * Gives back what was granted; called once, when the link has ended or before the peer, whose LCP
   * has begun anew, is asked again who it is.
   */
  readonly release?: (() => void) | undefined;
}

/** Why a peer may not come in. */
export interface PppRefusal {
  /** What tells it from a grant. */
  readonly allowed: false;
  /** For our log; the peer is told only that it may not. */
  readonly text: string;
}

/** Decides on attempts. An error that it throws is a refusal. */
export interface PppAccess {
  /** Answers an attempt; the link waits. */
  admit(attempt: PppAttempt): Promise<PppGrant | PppRefusal>;
}

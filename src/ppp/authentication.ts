/**
 * What PAP and CHAP have in common: an authenticator that asks the peer who it is, a prover that
 * tells the peer who we are, and the timer of both.
 *
 * Read RFC 1661 §3.5 first.
 */

import type { ControlPacket } from "./control_packet.ts";
import type { AuthenticationEvidence, AuthenticationVerdict } from "./evidence.ts";
import type { PppDownReason, PppDropReason } from "./ppp_effect.ts";

/** What either side tells the link that it is part of. */
export interface AuthenticationLink {
  /** Sends a packet of the side's protocol. */
  transmit(packet: ControlPacket): void;
  drop(reason: PppDropReason): void;
  /** The peer has shown its evidence. */
  show(evidence: AuthenticationEvidence): void;
  /** This side is satisfied. */
  succeed(now: number): void;
  /** It never will be. */
  fail(reason: PppDownReason, now: number): void;
}

/** One side of an authentication. */
export interface AuthenticationSide {
  readonly nextTimeout: number | undefined;
  start(now: number): void;
  handlePacket(packet: ControlPacket, now: number): void;
  handleTimeout(now: number): void;
}

/** The side that asks. */
export interface Authenticator extends AuthenticationSide {
  /** Goes on where a LAC has left off: the evidence is there. */
  resume(evidence: AuthenticationEvidence): void;
  /** Whether a challenge is the one that the peer is to answer. */
  hasAsked(challenge: Uint8Array): boolean;
  /** Tells the peer what came of its evidence. */
  answer(verdict: AuthenticationVerdict, now: number): void;
}

/** When to say it again, and how often. */
export interface RetryLimits {
  readonly restartMs: number;
  readonly maxConfigure: number;
}

/** The timer of a side. */
export class Retries {
  readonly #limits: RetryLimits;
  #left = 0;
  #at: number | undefined;

  constructor(limits: RetryLimits) {
    this.#limits = limits;
  }

  get at(): number | undefined {
    return this.#at;
  }

  /** Something has been said for the first time. */
  start(now: number): void {
    this.#left = this.#limits.maxConfigure - 1;
    this.#at = now + this.#limits.restartMs;
  }

  stop(): void {
    this.#at = undefined;
  }

  /** Whether by now it is to be said again, or never more. */
  take(now: number): "wait" | "again" | "over" {
    if (this.#at === undefined || now < this.#at) return "wait";
    if (this.#left === 0) {
      this.#at = undefined;
      return "over";
    }
    this.#left--;
    this.#at = now + this.#limits.restartMs;
    return "again";
  }
}

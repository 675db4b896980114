/**
 * The authentication of a link, after LCP and before the network protocols: the peer's, ours, both
 * or none, as LCP has agreed; and the end of it if it takes too long.
 *
 * Read RFC 1661 §3.5 first, and RFC 2661 §4.4.5 for what a LAC has seen in our place.
 */

import type { Random } from "../crypto/random.ts";
import type { ProxyAuthentication } from "../model/call_information.ts";
import type {
  AuthenticationLink,
  AuthenticationSide,
  Authenticator,
  RetryLimits,
} from "./authentication.ts";
import { ChapAuthenticator, ChapProver } from "./chap.ts";
import { CHAP_MD5, MS_CHAP_V2 } from "./chap_algorithm.ts";
import { composeControlPacket, type ControlPacket, readControlPacket } from "./control_packet.ts";
import type {
  AuthenticationEvidence,
  AuthenticationProtocol,
  AuthenticationVerdict,
} from "./evidence.ts";
import { evidenceOf } from "./proxy_evidence.ts";
import { PapAuthenticator, PapProver } from "./pap.ts";
import type { PppDownReason, PppDropReason } from "./ppp_effect.ts";
import type { PppSettings } from "./ppp_settings.ts";
import { CHAP, PAP } from "./protocol_numbers.ts";

const DEFAULT_NAME = "longwire";
const DEFAULT_DURATION_MS = 60_000;

/** Packets that an authenticator sends; the others are a prover's. */
const FROM_PAP_AUTHENTICATOR: ReadonlySet<number> = new Set([2, 3]);
const FROM_CHAP_AUTHENTICATOR: ReadonlySet<number> = new Set([1, 3, 4]);

/** What the phase tells the link. */
export interface AuthenticationPhaseLink {
  transmit(protocol: number, packet: Uint8Array): void;
  drop(reason: PppDropReason, protocol: number): void;
  show(evidence: AuthenticationEvidence): void;
  /** Everybody is who he says. */
  finish(now: number): void;
  fail(reason: PppDownReason, now: number): void;
}

/** What LCP has agreed on. */
export interface AgreedProofs {
  readonly peerProof: AuthenticationProtocol | undefined;
  readonly ownProof: AuthenticationProtocol | undefined;
}

/** Both sides of the authentication of one link, from one opening of LCP to its end. */
export class AuthenticationPhase {
  readonly #link: AuthenticationPhaseLink;
  readonly #proofs: AgreedProofs;
  readonly #authenticator: Authenticator | undefined;
  readonly #prover: AuthenticationSide | undefined;
  readonly #open = new Set<AuthenticationSide>();
  readonly #deadlineMs: number;
  #deadline: number | undefined;
  #evidence: AuthenticationEvidence | undefined;
  #isJudged = false;

  constructor(
    link: AuthenticationPhaseLink,
    proofs: AgreedProofs,
    settings: PppSettings,
    limits: RetryLimits,
    random: Random,
  ) {
    this.#link = link;
    this.#proofs = proofs;
    this.#deadlineMs = settings.authenticationMs ?? DEFAULT_DURATION_MS;
    const { peerProof, ownProof } = proofs;
    const name = settings.localName ?? DEFAULT_NAME;
    if (peerProof !== undefined) {
      const side = this.#sideLink(peerProof, () => this.#authenticator);
      this.#authenticator = peerProof === "pap"
        ? new PapAuthenticator(side)
        : new ChapAuthenticator(side, algorithmOf(peerProof), name, limits, random);
      this.#open.add(this.#authenticator);
    }
    const { credentials } = settings;
    if (ownProof !== undefined && credentials !== undefined) {
      const side = this.#sideLink(ownProof, () => this.#prover);
      this.#prover = ownProof === "pap"
        ? new PapProver(side, credentials, limits)
        : new ChapProver(side, algorithmOf(ownProof), credentials, limits, random, (challenge) =>
          this.#authenticator?.hasAsked(challenge) === true);
      this.#open.add(this.#prover);
    }
  }

  /** Whom the peer says it is. */
  get peerName(): Uint8Array | undefined {
    return this.#evidence?.name;
  }

  get nextTimeout(): number | undefined {
    const instants = [
      this.#deadline,
      this.#authenticator?.nextTimeout,
      this.#prover?.nextTimeout,
    ].filter((instant) => instant !== undefined);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /** @param seen The client's evidence, where a LAC has it. */
  start(seen: ProxyAuthentication | undefined, now: number): void {
    if (this.#open.size === 0) return this.#link.finish(now);
    this.#deadline = now + this.#deadlineMs;
    const { peerProof } = this.#proofs;
    const evidence = seen && peerProof && evidenceOf(seen, peerProof);
    if (evidence === undefined) this.#authenticator?.start(now);
    else this.#authenticator?.resume(evidence);
    this.#prover?.start(now);
  }

  handleTimeout(now: number): void {
    if (this.#deadline !== undefined && now >= this.#deadline) {
      this.#deadline = undefined;
      return this.#link.fail("authentication-timeout", now);
    }
    this.#authenticator?.handleTimeout(now);
    this.#prover?.handleTimeout(now);
  }

  /** A packet of PAP or CHAP; it is for the side that the peer's other side talks to. */
  handlePacket(protocol: number, information: Uint8Array, now: number): void {
    const packet = readControlPacket(information);
    if (packet === undefined) return this.#link.drop("malformed", protocol);
    const fromAuthenticator = protocol === PAP ? FROM_PAP_AUTHENTICATOR : FROM_CHAP_AUTHENTICATOR;
    const isForProver = fromAuthenticator.has(packet.code);
    const proof = isForProver ? this.#proofs.ownProof : this.#proofs.peerProof;
    const side = isForProver ? this.#prover : this.#authenticator;
    if (side === undefined || proof === undefined || numberOf(proof) !== protocol) {
      return this.#link.drop("out-of-phase", protocol);
    }
    side.handlePacket(packet, now);
  }

  /** Whether a verdict on this evidence is waited for; one on other evidence is nothing to it. */
  isWaitingFor(evidence: AuthenticationEvidence): boolean {
    return evidence === this.#evidence && !this.#isJudged;
  }

  answer(verdict: AuthenticationVerdict, now: number): void {
    this.#isJudged = true;
    this.#authenticator?.answer(verdict, now);
  }

  #sideLink(
    proof: AuthenticationProtocol,
    side: () => AuthenticationSide | undefined,
  ): AuthenticationLink {
    const protocol = numberOf(proof);
    return {
      transmit: (packet: ControlPacket) =>
        this.#link.transmit(protocol, composeControlPacket(packet)),
      drop: (reason) => this.#link.drop(reason, protocol),
      show: (evidence) => {
        this.#evidence = evidence;
        this.#link.show(evidence);
      },
      succeed: (now) => this.#close(side(), now),
      fail: (reason, now) => this.#link.fail(reason, now),
    };
  }

  #close(side: AuthenticationSide | undefined, now: number): void {
    if (side === undefined || !this.#open.delete(side) || this.#open.size > 0) return;
    this.#deadline = undefined;
    this.#link.finish(now);
  }
}

function numberOf(proof: AuthenticationProtocol): number {
  return proof === "pap" ? PAP : CHAP;
}

function algorithmOf(proof: "chap" | "ms-chap-v2"): typeof CHAP_MD5 {
  return proof === "chap" ? CHAP_MD5 : MS_CHAP_V2;
}

/**
 * A PPP link: its phases, and the protocols in them. Pure: octets and time go in, effects come out.
 *
 * Read RFC 1661 §3 first, then ppp_settings.ts and ppp_effect.ts; RFC 2661 §4.4.5 for a link that a
 * LAC has begun. A link is used once: after `down` it only acknowledges its end.
 */

import type { Random } from "../crypto/random.ts";
import type { PppDisconnectCause, ProxyLcp } from "../model/call_information.ts";
import { AuthenticationPhase } from "./authentication_phase.ts";
import type { NegotiationLimits } from "./control_protocol.ts";
import { disconnectCause } from "./disconnect_cause.ts";
import type { AuthenticationEvidence, AuthenticationVerdict } from "./evidence.ts";
import { composePppFrame, readPppFrame } from "./frame.ts";
import { Lcp } from "./lcp.ts";
import { type NetworkName, NetworkPhase, type NetworkSettings } from "./network_phase.ts";
import type { PppDownReason, PppDropReason, PppEffect } from "./ppp_effect.ts";
import type { PppSettings } from "./ppp_settings.ts";
import { BCP, BRIDGED, CHAP, IPCP, IPV4, IPV6, IPV6CP, LCP, PAP } from "./protocol_numbers.ts";

const DEFAULT_LIMITS: NegotiationLimits = {
  restartMs: 3_000,
  maxConfigure: 10,
  maxTerminate: 2,
  maxFailure: 5,
};

/**
 * A peer may have LCP begin anew so often within a minute, and has to prove itself each time. A line
 * that doubles and reorders frames does so a few times by itself.
 */
const MOST_RESTARTS = 20;
const RESTART_MEMORY_MS = 60_000;

/** Where a link is (RFC 1661 §3.2). */
export type PppPhase = "dead" | "establish" | "authenticate" | "network" | "terminate";

/** What a person may know of a link; there is no secret in it. */
export interface PppStatus {
  readonly phase: PppPhase;
  /** Whom the peer says it is, as far as it has said. */
  readonly peerName?: string;
  /** Network protocols that are open. */
  readonly open: readonly NetworkName[];
}

/** One link. */
export class PppLink {
  readonly #settings: PppSettings;
  readonly #limits: NegotiationLimits;
  readonly #random: Random;
  readonly #lcp: Lcp;
  readonly #effects: PppEffect[] = [];
  #phase: PppPhase = "dead";
  #authentication: AuthenticationPhase | undefined;
  #network: NetworkPhase | undefined;
  #networkSettings: NetworkSettings;
  /** When the peer had LCP begin anew, as far as that still counts. */
  #restarts: number[] = [];
  #isOver = false;

  /** @param random Magic numbers, challenges, interface identifiers. */
  constructor(settings: PppSettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#networkSettings = settings;
    this.#limits = {
      restartMs: settings.restartMs ?? DEFAULT_LIMITS.restartMs,
      maxConfigure: settings.maxConfigure ?? DEFAULT_LIMITS.maxConfigure,
      maxTerminate: settings.maxTerminate ?? DEFAULT_LIMITS.maxTerminate,
      maxFailure: settings.maxFailure ?? DEFAULT_LIMITS.maxFailure,
    };
    this.#lcp = new Lcp(
      {
        transmit: (packet) => this.#transmit(LCP, packet),
        layerUp: (now) => this.#authenticate(now),
        layerDown: (now) => this.#leaveNetwork(now),
        layerFinished: (reason, now) => this.#end(reason, now),
        drop: (reason) => this.#drop(reason, LCP),
        handleProtocolReject: (protocol, now) => this.#handleProtocolReject(protocol, now),
      },
      settings,
      this.#limits,
      random,
    );
  }

  get status(): PppStatus {
    const name = this.#authentication?.peerName;
    const peerName = name === undefined ? {} : { peerName: new TextDecoder().decode(name) };
    return { phase: this.#phase, ...peerName, open: this.#network?.open ?? [] };
  }

  /** Why we are ending it, while the peer has not answered to that yet. */
  get ending(): PppDisconnectCause | undefined {
    const { state, reason } = this.#lcp;
    return state === "closing" && reason !== undefined ? this.#causeOf(reason) : undefined;
  }

  /** LCP's Configure-Requests so far, as a LAC tells an LNS of them. */
  get lcpRequests(): Required<ProxyLcp> {
    return this.#lcp.requests;
  }

  /** The link is wanted. */
  open(now: number): void {
    this.#lcp.open(now);
  }

  /** The session under it can carry frames: LCP begins. */
  lowerUp(now: number): void {
    this.#phase = "establish";
    this.#lcp.lowerUp(now);
  }

  /** The session under it is gone, perhaps because of an end that had begun here. */
  lowerDown(now: number): void {
    const reason = this.#lcp.reason ?? "lower-layer";
    this.#lcp.lowerDown(now);
    this.#phase = "dead";
    this.#end(reason, now);
  }

  /** Ends the link; the peer is told, and `down` follows when it has answered, or has not. */
  close(now: number): void {
    this.#lcp.close("closed", now);
  }

  /** Takes a frame from the peer: `[FF 03] protocol information`. The octets are borrowed. */
  handleFrame(octets: Uint8Array, now: number): void {
    const frame = readPppFrame(octets);
    if (frame === undefined) return this.#drop("malformed");
    const { protocol, information } = frame;
    if (this.#phase === "dead") return this.#drop("link-down", protocol);
    if (protocol === LCP) return this.#handleLcp(information, now);
    if (this.#isOver) return this.#drop("link-down", protocol);
    // Nothing but LCP before authentication and while the link ends (PPP-02).
    if (!this.#lcp.isOpened) return this.#drop("out-of-phase", protocol);
    if (protocol === PAP || protocol === CHAP) {
      return this.#authentication?.handlePacket(protocol, information, now);
    }
    // No network protocol before everybody is who he says (PPP-03).
    if (this.#phase !== "network") return this.#drop("out-of-phase", protocol);
    this.#handleNetworkFrame(protocol, information, now);
  }

  /** What has come of evidence that `authenticate` has shown; a second verdict is ignored. */
  answerAuthentication(
    evidence: AuthenticationEvidence,
    verdict: AuthenticationVerdict,
    now: number,
  ): void {
    if (this.#phase !== "authenticate" || !this.#authentication?.isWaitingFor(evidence)) return;
    if (verdict.accepted) {
      const { ipv4, ipv6, bridge } = this.#settings;
      this.#networkSettings = {
        ipv4: verdict.ipv4 ?? ipv4,
        ipv6: verdict.ipv6 ?? ipv6,
        bridge,
      };
    }
    this.#authentication.answer(verdict, now);
  }

  /** When `handleTimeout` is to be called; `undefined` where nothing is due. */
  nextTimeout(): number | undefined {
    const instants = [
      this.#lcp.nextTimeout,
      this.#authentication?.nextTimeout,
      this.#network?.nextTimeout,
    ].filter((instant) => instant !== undefined);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  handleTimeout(now: number): void {
    this.#lcp.handleTimeout(now);
    this.#authentication?.handleTimeout(now);
    this.#network?.handleTimeout(now);
  }

  /** The next effect, in order; `undefined` when there is none. */
  poll(): PppEffect | undefined {
    return this.#effects.shift();
  }

  #handleLcp(information: Uint8Array, now: number): void {
    this.#lcp.handlePacket(information, now);
    if (this.#restarts.length > MOST_RESTARTS) this.#lcp.close("not-converging", now);
  }

  #handleNetworkFrame(protocol: number, information: Uint8Array, now: number): void {
    if (this.#network?.handlePacket(protocol, information, now)) return;
    const control = CONTROL_OF_DATA.get(protocol);
    // Data of a protocol that is not open (yet) is dropped; of one that is not spoken, refused.
    if (control !== undefined && this.#wants(control)) return this.#drop("out-of-phase", protocol);
    this.#lcp.rejectProtocol(protocol, information);
    this.#drop("unknown-protocol", protocol);
  }

  #wants(control: number): boolean {
    const { ipv4, ipv6, bridge } = this.#networkSettings;
    return (control === IPCP ? ipv4 : control === IPV6CP ? ipv6 : bridge) !== undefined;
  }

  /** LCP is opened: who are you (RFC 1661 §3.5)? A LAC may have asked already. */
  #authenticate(now: number): void {
    this.#phase = "authenticate";
    this.#authentication = new AuthenticationPhase(
      {
        transmit: (protocol, packet) => this.#transmit(protocol, packet),
        drop: (reason, protocol) => this.#drop(reason, protocol),
        show: (evidence) => this.#effects.push({ kind: "authenticate", evidence }),
        finish: (now) => this.#enterNetwork(now),
        fail: (reason, now) => this.#lcp.close(reason, now),
      },
      this.#lcp,
      this.#settings,
      this.#limits,
      this.#random,
    );
    // Who negotiates LCP anew has to be asked anew (RFC 1661 §3.5).
    const seen = this.#lcp.isProxied ? this.#settings.proxy?.authentication : undefined;
    this.#authentication.start(seen, now);
  }

  #enterNetwork(now: number): void {
    this.#phase = "network";
    const { local, remote, peerProof, ownProof, requests } = this.#lcp;
    const peerName = this.#authentication?.peerName;
    this.#effects.push({
      kind: "linkUp",
      local: { ...local },
      remote,
      ...(peerProof === undefined ? {} : { peerProof }),
      ...(ownProof === undefined ? {} : { ownProof }),
      ...(peerName === undefined ? {} : { peerName }),
      lastSent: requests.lastSent,
      lastReceived: requests.lastReceived,
    });
    this.#network = new NetworkPhase(
      {
        remoteMru: remote.mru,
        transmit: (protocol, packet) => this.#transmit(protocol, packet),
        drop: (reason, protocol) => this.#drop(reason, protocol),
        tell: (effect) => this.#effects.push(effect),
        finish: (reason, now) => this.#lcp.close(reason, now),
      },
      this.#networkSettings,
      this.#limits,
      this.#random,
    );
    this.#network.start(now);
  }

  /** LCP is no longer opened: it ends, or begins anew, which the peer may have it do at any time. */
  #leaveNetwork(now: number): void {
    const isEnding = this.#lcp.state === "closing" || this.#lcp.state === "stopping";
    this.#phase = isEnding ? "terminate" : "establish";
    if (!isEnding) {
      this.#restarts = this.#restarts.filter((at) => at > now - RESTART_MEMORY_MS);
      this.#restarts.push(now);
    }
    this.#network?.stop(now);
    this.#network = undefined;
    this.#authentication = undefined;
  }

  #handleProtocolReject(protocol: number, now: number): void {
    if (protocol === LCP) return this.#lcp.close("rejected", now);
    if (protocol === PAP || protocol === CHAP) {
      if (this.#phase === "authenticate") this.#lcp.close("authentication-refused", now);
      return;
    }
    const data = protocol === IPV4 || protocol === IPV6 || protocol === BRIDGED;
    const control = data ? CONTROL_OF_DATA.get(protocol)! : protocol;
    this.#network?.handleProtocolReject(control, now);
  }

  /** The link is used once: LCP is closed for good, and answers no request any more. */
  #end(reason: PppDownReason, now: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#phase !== "dead") this.#phase = "terminate";
    this.#effects.push({ kind: "down", reason, cause: this.#causeOf(reason) });
    this.#lcp.close(reason, now);
  }

  #causeOf(reason: PppDownReason): PppDisconnectCause {
    const proof = this.#lcp.peerProof ?? this.#lcp.ownProof;
    return disconnectCause(reason, proof === undefined ? 0 : proof === "pap" ? PAP : CHAP);
  }

  #transmit(protocol: number, packet: Uint8Array): void {
    this.#effects.push({ kind: "transmit", octets: composePppFrame(protocol, packet) });
  }

  #drop(reason: PppDropReason, protocol?: number): void {
    this.#effects.push({
      kind: "dropped",
      reason,
      ...(protocol === undefined ? {} : { protocol }),
    });
  }
}

/** The control protocol that opens a data protocol. */
const CONTROL_OF_DATA: ReadonlyMap<number, number> = new Map([
  [IPV4, IPCP],
  [IPV6, IPV6CP],
  [BRIDGED, BCP],
]);

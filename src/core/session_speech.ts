/**
 * What one session says to its peer, under the identifiers of both: its part of the set-up, with
 * what is asked and agreed in it, and later its SLIs, WENs and the CDN.
 *
 * Read RFC 3931 §6.6 to §6.14; which message is due in which state is session.ts's business.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallCauses, LinkInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { CallTerms, Composition, SessionDialect } from "./dialect.ts";
import type { SessionSettings } from "./lcce_config.ts";
import { PerHopAgreement } from "./per_hop_agreement.ts";
import type { SessionData } from "./session_data.ts";
import { TIE_BREAKER_OCTETS } from "./tie_breaker.ts";

/** Who carries what is said. */
export interface SpeechHost {
  readonly dialect: SessionDialect;
  /** Queues a message for reliable delivery. */
  send(message: Composition): void;
  randomOctets(length: number): Uint8Array;
}

/** What the request for a session says of the circuit and the call. */
export interface CallOrigin {
  readonly call: CallDirection;
  /** AVP 66: what circuit is meant. */
  readonly remoteEndId: Uint8Array;
  /** AVP 15. */
  readonly serialNumber: number;
}

/** The words of one session. */
export class SessionSpeech {
  /** Our identifier, and the peer's; 0 until they are known. */
  readonly ids = { local: 0, remote: 0 };
  readonly #origin: CallOrigin;
  readonly #data: SessionData;
  #host: SpeechHost;
  #tieBreaker: Uint8Array = new Uint8Array(0);
  #behaviour = new PerHopAgreement();

  constructor(host: SpeechHost, origin: CallOrigin, data: SessionData) {
    this.#host = host;
    this.#origin = origin;
    this.#data = data;
  }

  /** AVP 5 of the request that was sent. */
  get tieBreaker(): Uint8Array {
    return this.#tieBreaker;
  }

  /** The behaviour that data packets are marked with, once it is agreed on. */
  get perHopBehaviour(): PerHopBehaviour | undefined {
    return this.#behaviour.agreed;
  }

  moveTo(host: SpeechHost): void {
    this.#host = host;
  }

  /** This side's application has said what it wants. */
  configure({ perHopBehaviours }: SessionSettings): void {
    this.#behaviour = new PerHopAgreement(perHopBehaviours);
  }

  /** DS-03: answers whether the behaviour that the peer chose is one that was offered. */
  acceptsBehaviour({ perHopBehaviour }: CallTerms): boolean {
    return this.#behaviour.takeAnswer(perHopBehaviour);
  }

  /** The ICRQ or OCRQ, under a new tie breaker and a new cookie. */
  sendRequest(): void {
    const { call, remoteEndId, serialNumber } = this.#origin;
    this.#tieBreaker = this.#host.randomOctets(TIE_BREAKER_OCTETS);
    this.#assignCookie();
    const request = {
      ...this.#data.ask(this.#behaviour.proposal),
      pseudowireTypeNumber: PSEUDOWIRE_TYPE_NUMBERS[this.#data.settings!.pseudowire],
      remoteEndId,
      serialNumber,
      tieBreaker: this.#tieBreaker,
    };
    this.#host.send(this.#host.dialect.composeRequest(call, this.ids, request));
  }

  /** Settles what is answered to the peer's request, before anything is told of it. */
  prepareReply(): CallTerms {
    this.#assignCookie();
    this.#behaviour.takeProposal(this.#data.terms.perHopBehaviour);
    return this.#data.ask(this.#behaviour.agreed);
  }

  /** The ICRP or OCRP. */
  sendReply(terms: CallTerms): void {
    this.#host.send(this.#host.dialect.composeReply(this.#origin.call, this.ids, terms));
  }

  /** The ICCN or OCCN. */
  sendConnect(): void {
    const terms = this.#data.ask(undefined);
    this.#host.send(this.#host.dialect.composeConnect(this.#origin.call, this.ids, terms));
  }

  sendCdn(code: ResultCode, causes: CallCauses): void {
    this.#host.send(this.#host.dialect.composeCdn(this.ids, code, causes));
  }

  /** The SLI of our circuit, where the version has one. */
  sendCircuitStatus(): void {
    const { dialect } = this.#host;
    this.#sendIfAny(dialect.composeCircuitStatus(this.ids, this.#data.localStatus));
  }

  /** The SLI of PPP's link, where the version has one (V2-SLI-01, LCPX-02). */
  sendLinkInformation(information: LinkInformation): void {
    this.#sendIfAny(this.#host.dialect.composeLinkInformation(this.ids, information));
  }

  sendWen(errors: CircuitErrors): void {
    this.#host.send(this.#host.dialect.composeWen(this.ids, errors));
  }

  #assignCookie(): void {
    this.#data.assignCookie((length) => this.#host.randomOctets(length));
  }

  #sendIfAny(message: Composition | undefined): void {
    if (message !== undefined) this.#host.send(message);
  }
}

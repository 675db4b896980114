/**
 * One control protocol of a link: the automaton, the packets that it sends and takes, identifiers,
 * and an end to negotiations that lead nowhere.
 *
 * Read RFC 1661 §4.4 (actions) and §5 (packets) first.
 */

import {
  Automaton,
  type AutomatonAction,
  type AutomatonLimits,
  type AutomatonState,
} from "./automaton.ts";
import {
  CODE_REJECT,
  composeControlPacket,
  composeOptions,
  type ConfigurationOption,
  CONFIGURE_ACK,
  CONFIGURE_NAK,
  CONFIGURE_REJECT,
  CONFIGURE_REQUEST,
  type ControlPacket,
  isSameOctets,
  isSameOption,
  readControlPacket,
  readOptions,
  TERMINATE_ACK,
  TERMINATE_REQUEST,
} from "./control_packet.ts";
import { judgeRequest, type OptionNegotiation } from "./option_negotiation.ts";
import type { PppDownReason, PppDropReason } from "./ppp_effect.ts";

/** Naks and Rejects, of both ends together, in one negotiation, for each Max-Configure. */
const DISPUTES_PER_CONFIGURE = 3;

const NOTHING = new Uint8Array(0);

/** The timer and all counters (PPP-19). */
export interface NegotiationLimits extends AutomatonLimits {
  /** Configure-Naks before options are rejected instead. */
  readonly maxFailure: number;
}

/** What a protocol tells the link that it is part of. */
export interface ControlProtocolLink {
  /** Sends a packet of this protocol. */
  transmit(packet: Uint8Array): void;
  /** This-Layer-Up. */
  layerUp(now: number): void;
  /** This-Layer-Down. */
  layerDown(now: number): void;
  /** This-Layer-Finished: it is over. */
  layerFinished(reason: PppDownReason, now: number): void;
  /** A packet was of no use. */
  drop(reason: PppDropReason): void;
  /** Takes a packet that only this protocol has; answers whether there is such a one. */
  handleOther?(packet: ControlPacket, isOpened: boolean, now: number): boolean;
  /** Longest packet that the peer takes. */
  readonly remoteMru: number;
}

/** LCP, IPCP, IPV6CP or BCP. */
export class ControlProtocol {
  readonly #link: ControlProtocolLink;
  readonly #negotiation: OptionNegotiation;
  readonly #limits: NegotiationLimits;
  readonly #automaton: Automaton;
  #identifier = 0;
  #identifierOfRequest = 0;
  /** Data of the last Configure-Request sent, and of the last one acknowledged. */
  #sent: Uint8Array = NOTHING;
  #received: Uint8Array = NOTHING;
  #isAnswered = true;
  /** What is being reacted to, and what there is to be said of a Configure-Request. */
  #packet: ControlPacket = { code: 0, identifier: 0, data: NOTHING };
  #verdict: ControlPacket = this.#packet;
  #naks = 0;
  #disputes = 0;
  #reason: PppDownReason | undefined;

  constructor(
    link: ControlProtocolLink,
    negotiation: OptionNegotiation,
    limits: NegotiationLimits,
  ) {
    this.#link = link;
    this.#negotiation = negotiation;
    this.#limits = limits;
    this.#automaton = new Automaton(limits, (action, now) => this.#perform(action, now));
  }

  get state(): AutomatonState {
    return this.#automaton.state;
  }

  get isOpened(): boolean {
    return this.#automaton.state === "opened";
  }

  /** Why it ends, or has ended, where that is so. */
  get reason(): PppDownReason | undefined {
    return this.#reason;
  }

  /** Options of our last Configure-Request. */
  get lastSent(): Uint8Array {
    return this.#sent;
  }

  /** Options of the last Configure-Request that we acknowledged. */
  get lastReceived(): Uint8Array {
    return this.#received;
  }

  get nextTimeout(): number | undefined {
    return this.#automaton.restartAt;
  }

  handleTimeout(now: number): void {
    this.#automaton.handleTimeout(now);
  }

  open(now: number): void {
    this.#automaton.handle("open", now);
  }

  /** Ends it; the peer is told if there is one. */
  close(reason: PppDownReason, now: number): void {
    this.#reason ??= reason;
    this.#automaton.handle("close", now);
  }

  lowerUp(now: number): void {
    this.#restart();
    this.#automaton.handle("up", now);
  }

  lowerDown(now: number): void {
    this.#automaton.handle("down", now);
  }

  /** The peer does not have this protocol at all (RFC 1661 §5.7). */
  handleProtocolReject(now: number): void {
    this.#reason ??= "rejected";
    this.#automaton.handle("rxj-", now);
  }

  /** Is opened with options that others have agreed on in our place. */
  enterOpened(sent: Uint8Array, received: Uint8Array, now: number): void {
    this.#sent = sent;
    this.#received = received;
    this.#automaton.enterOpened(now);
  }

  /** An identifier that has not been used for a while. */
  nextIdentifier(): number {
    this.#identifier = (this.#identifier + 1) & 0xff;
    return this.#identifier;
  }

  handlePacket(information: Uint8Array, now: number): void {
    const packet = readControlPacket(information);
    if (packet === undefined) return this.#link.drop("malformed");
    this.#packet = packet;
    switch (packet.code) {
      case CONFIGURE_REQUEST:
        return this.#handleRequest(packet, now);
      case CONFIGURE_ACK:
        return this.#handleAck(packet, now);
      case CONFIGURE_NAK:
      case CONFIGURE_REJECT:
        return this.#handleDisagreement(packet, now);
      case TERMINATE_REQUEST:
        this.#reason ??= "terminated";
        return this.#automaton.handle("rtr", now);
      case TERMINATE_ACK:
        return this.#automaton.handle("rta", now);
      case CODE_REJECT:
        return this.#handleCodeReject(packet, now);
      default:
        if (this.#link.handleOther?.(packet, this.isOpened, now)) return;
        return this.#automaton.handle("ruc", now);
    }
  }

  #handleRequest({ identifier, data }: ControlPacket, now: number): void {
    const options = readOptions(data);
    if (options === undefined) return this.#link.drop("malformed");
    const { state } = this.#automaton;
    const isBusy = state !== "closed" && state !== "closing" && state !== "stopping";
    if (!isBusy) return this.#automaton.handle("rcr-", now);
    if (state === "opened" || state === "stopped") this.#restart();
    const mayNak = this.#naks < this.#limits.maxFailure;
    const { code, options: said } = judgeRequest(this.#negotiation, options, mayNak);
    // An Ack has the options as they came, octet for octet (PPP-08).
    const answer = code === CONFIGURE_ACK ? data.slice() : composeOptions(said);
    this.#verdict = { code, identifier, data: answer };
    if (code === CONFIGURE_ACK) {
      this.#negotiation.adopt(options.map(({ type, value }) => ({ type, value: value.slice() })));
      this.#received = answer;
    }
    this.#automaton.handle(code === CONFIGURE_ACK ? "rcr+" : "rcr-", now);
    this.#giveUpIfHopeless(now);
  }

  #handleAck({ identifier, data }: ControlPacket, now: number): void {
    const isValid = this.#isAnswer(identifier) && isSameOctets(data, this.#sent);
    if (!isValid) return this.#strayAnswer("rca", now);
    this.#isAnswered = true;
    this.#automaton.handle("rca", now);
  }

  #handleDisagreement({ code, identifier, data }: ControlPacket, now: number): void {
    const options = readOptions(data);
    if (options === undefined) return this.#link.drop("malformed");
    const isReject = code === CONFIGURE_REJECT;
    const isValid = this.#isAnswer(identifier) && (!isReject || this.#haveAsked(options));
    if (!isValid) return this.#strayAnswer("rcn", now);
    this.#isAnswered = true;
    this.#disputes++;
    if (isReject) this.#negotiation.handleReject(options);
    else this.#negotiation.handleNak(options);
    this.#automaton.handle("rcn", now);
    this.#giveUpIfHopeless(now);
  }

  /** Where nothing was asked, the table still has its answer: a Terminate-Ack (§4.1). */
  #strayAnswer(event: "rca" | "rcn", now: number): void {
    const { state } = this.#automaton;
    if (state === "closed" || state === "stopped") return this.#automaton.handle(event, now);
    this.#link.drop("stray-answer");
  }

  #isAnswer(identifier: number): boolean {
    return !this.#isAnswered && identifier === this.#identifierOfRequest;
  }

  /** A Reject has only what was asked for, unmodified and in order (RFC 1661 §5.4). */
  #haveAsked(options: readonly ConfigurationOption[]): boolean {
    const asked = readOptions(this.#sent) ?? [];
    let at = 0;
    for (const option of options) {
      while (at < asked.length && !isSameOption(asked[at]!, option)) at++;
      if (at++ >= asked.length) return false;
    }
    return options.length > 0;
  }

  #handleCodeReject({ data }: ControlPacket, now: number): void {
    const code = data[0];
    if (code === undefined) return this.#link.drop("malformed");
    const isVital = code >= CONFIGURE_REQUEST && code <= CODE_REJECT;
    if (isVital) this.#reason ??= "rejected";
    this.#automaton.handle(isVital ? "rxj-" : "rxj+", now);
  }

  #perform(action: AutomatonAction, now: number): void {
    switch (action) {
      case "scr":
        return this.#sendRequest();
      case "sca":
        this.#naks = 0;
        return this.#transmit(this.#verdict);
      case "scn":
        this.#disputes++;
        if (this.#verdict.code === CONFIGURE_NAK) this.#naks++;
        return this.#transmit(this.#verdict);
      case "str":
        return this.#send(TERMINATE_REQUEST, this.nextIdentifier(), NOTHING);
      case "sta":
        return this.#send(TERMINATE_ACK, this.#packet.identifier, NOTHING);
      case "scj":
        return this.#sendCodeReject();
      case "tlu":
        this.#disputes = 0;
        this.#reason = undefined;
        return this.#link.layerUp(now);
      case "tld":
        return this.#link.layerDown(now);
      case "tlf":
        return this.#link.layerFinished(this.#reason ?? "lcp-timeout", now);
      case "tls":
      case "ser":
        return;
      default:
        return action satisfies never;
    }
  }

  /** A new identifier where the options are others or the last ones were answered (PPP-07). */
  #sendRequest(): void {
    const data = composeOptions(this.#negotiation.request());
    if (this.#isAnswered || !isSameOctets(data, this.#sent)) {
      this.#identifierOfRequest = this.nextIdentifier();
    }
    this.#sent = data;
    this.#isAnswered = false;
    this.#send(CONFIGURE_REQUEST, this.#identifierOfRequest, data);
  }

  /** The packet comes back in it, as far as the peer can take it (RFC 1661 §5.6). */
  #sendCodeReject(): void {
    const packet = composeControlPacket(this.#packet);
    const room = this.#link.remoteMru - 4;
    this.#send(CODE_REJECT, this.nextIdentifier(), packet.subarray(0, room));
  }

  #send(code: number, identifier: number, data: Uint8Array): void {
    this.#transmit({ code, identifier, data });
  }

  #transmit(packet: ControlPacket): void {
    this.#link.transmit(composeControlPacket(packet));
  }

  #restart(): void {
    this.#negotiation.reset();
    this.#isAnswered = true;
    this.#naks = 0;
    this.#reason = undefined;
  }

  #giveUpIfHopeless(now: number): void {
    const most = DISPUTES_PER_CONFIGURE * this.#limits.maxConfigure;
    const reason = this.#negotiation.failure ??
      (this.#disputes > most ? "not-converging" : undefined);
    if (reason !== undefined) this.close(reason, now);
  }
}

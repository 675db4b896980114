/**
 * What one control connection says and hears: the path, the dialect, and the reliable channel
 * between them. Octets are believed only after the dialect has verified them (V3-AUTH-16).
 *
 * Read RFC 3931 §4.1.2.2 (ports), §4.2 and §4.3 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import { type Path, samePath } from "../model/path.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import { type DecodedMessage, messageTypeOf } from "../wire/control_message.ts";
import { isFailure } from "../wire/decode_failure.ts";
import { messageTypeLabel } from "../wire/message_rules.ts";
import type { Composition, Dialect } from "./dialect.ts";
import type { ControlDropReason } from "./effect.ts";
import type { ConnectionSettings } from "./lcce_config.ts";
import { MessageTally, type TallySnapshot } from "./message_tally.ts";
import type { Proposal } from "./negotiation.ts";
import { type ChannelSnapshot, ReliableChannel } from "./reliable_channel.ts";
import type { Services } from "./services.ts";

/** A message in its turn, and where it came from. */
export interface Received {
  readonly message: DecodedMessage;
  readonly path: Path;
}

/** A moment's view of a conversation. */
export interface ConversationSnapshot {
  readonly path: Path;
  readonly channel: ChannelSnapshot;
  readonly tally: TallySnapshot;
  readonly lastReceivedAt: number | undefined;
  readonly lastTransmittedAt: number | undefined;
  /** Messages that were dropped because their digest was wrong or missing. */
  readonly distrusted: number;
}

/** What an address that may be another's gets for each octet from it, at most. */
const CREDIT_PER_OCTET = 3;

/** The messages of one control connection. */
export class Conversation {
  readonly #services: Services;
  readonly #channel: ReliableChannel<Composition, Received>;
  readonly #tally = new MessageTally();
  #path: Path;
  #dialect: Dialect;
  /** L2TPv2, offered beside L2TPv3, until the peer has chosen. */
  #alternative: Dialect | undefined;
  #lastReceivedAt: number | undefined;
  #lastTransmittedAt: number | undefined;
  /**
   * Octets that may yet be sent to an address which has not shown that it hears us: somebody may
   * have written another's address into the SCCRQ. `undefined` once it has.
   */
  #credit: number | undefined;
  /** What both ends have agreed on for these packets (RFC 3308 §6, DS-04). */
  perHopBehaviour: PerHopBehaviour | undefined;
  #distrusted = 0;
  #lastDistrust: ControlDropReason | undefined;

  constructor(services: Services, path: Path, proposal: Proposal, settings: ConnectionSettings) {
    this.#services = services;
    this.#path = path;
    this.#dialect = proposal.dialect;
    this.#alternative = proposal.alternative;
    this.#channel = new ReliableChannel(settings.retransmission, settings.receiveWindow);
  }

  get path(): Path {
    return this.#path;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  get alternative(): Dialect | undefined {
    return this.#alternative;
  }

  /** Whether the peer has shown that it is where its messages come from. */
  get isProven(): boolean {
    return this.#credit === undefined;
  }

  get owesAcknowledgement(): boolean {
    return this.#channel.owesAcknowledgement;
  }

  /** Whether the peer has acknowledged everything. */
  get isDrained(): boolean {
    return this.#channel.isDrained;
  }

  get timeoutAt(): number | undefined {
    return this.#channel.timeoutAt;
  }

  /**
   * Which message was given up, how long nothing has been heard, and why a peer that seems silent
   * may not be: for the person who has to find out.
   */
  describeSilence(heardAt: number | undefined, now: number): string {
    const { unanswered } = this.#channel;
    const what = unanswered === undefined
      ? "no answer"
      : `${unanswered.retransmissions} retransmissions of ${
        messageTypeLabel(messageTypeOf(unanswered.message))
      } unanswered`;
    const silence = heardAt === undefined
      ? "nothing was ever heard"
      : `last packet heard ${Math.round((now - heardAt) / 1000)} s ago`;
    const suspicion = this.#lastDistrust === undefined
      ? ""
      : `; ${this.#distrusted} of its messages were dropped, the last for: ${this.#lastDistrust}`;
    return `${what}, ${silence}${suspicion}`;
  }

  /** Queues a message for reliable delivery. */
  send(message: Composition): void {
    this.#channel.enqueue(message);
  }

  /** Queues the message after which there is nothing to say. */
  sendLast(message: Composition): void {
    this.#channel.enqueueLast(message);
  }

  /** Transmits again, at the next `flush`, what the peer has not acknowledged. */
  resend(now: number): void {
    this.#channel.resend(now);
  }

  /** Says nothing more; what comes is still acknowledged. */
  abandon(): void {
    this.#channel.abandon();
  }

  setPeerWindow(size: number): void {
    this.#channel.setPeerWindow(size);
  }

  /** Transmits what the window lets out. */
  flush(now: number): void {
    for (;;) {
      const transmission = this.#channel.nextTransmission(now);
      if (transmission === undefined) return;
      const { message, ns, nr, isRetransmission } = transmission;
      this.#tally.noteSent(messageTypeOf(message), ns, isRetransmission, now);
      this.#transmit(this.#dialect.seal(message, ns, nr));
      this.#lastTransmittedAt = now;
    }
  }

  /** Acknowledges what no message has acknowledged on its way (V3-REL-04). */
  flushAcknowledgement(): void {
    if (!this.#channel.owesAcknowledgement) return;
    const { ns, nr } = this.#channel.takeAcknowledgement();
    this.#tally.noteAcknowledgementSent();
    this.#transmit(this.#dialect.sealAcknowledgement(ns, nr));
  }

  /** The retransmission timer may be due; "exhausted" means the peer is lost. */
  handleTimeout(now: number): "waiting" | "retransmit" | "exhausted" {
    return this.#channel.handleTimeout(now);
  }

  /** Takes the message with which a stranger began the conversation, which was verified before. */
  begin(message: DecodedMessage, now: number): void {
    const { ns, nr, length } = message.header;
    this.#tally.noteReceived(message.type, nr, now);
    this.#credit = CREDIT_PER_OCTET * length;
    this.#channel.receive(ns, nr, { message, path: this.#path }, now);
    this.#channel.takeDelivered();
    this.#lastReceivedAt = now;
  }

  /**
   * Takes a datagram. Answers whether the peer is really to be heard in it; `takeDelivered` has
   * what is to be done about it.
   *
   * @param mayMove The peer may answer from another port than it was asked at (V3-UDP-07).
   */
  receive(
    version: ProtocolVersion,
    path: Path,
    octets: Uint8Array,
    offset: number,
    now: number,
    mayMove: boolean,
  ): boolean {
    const dialect = this.#dialectOf(version);
    if (dialect === undefined) return this.#drop("unknown-version", path);
    if (!samePath(path, this.#path) && !(mayMove && this.#sharesAddress(path))) {
      return this.#drop("wrong-path", path);
    }
    const authenticity = dialect.verify(octets, offset);
    if (authenticity !== "authentic") {
      this.#distrusted++;
      this.#lastDistrust = authenticity;
      return this.#drop(authenticity, path);
    }
    const message = dialect.decode(octets, offset);
    if (isFailure(message)) return this.#drop("malformed", path);
    this.#lastReceivedAt = now;
    // Nobody knows our identifier but who has heard it from us.
    if (message.header.connectionId !== 0) this.#credit = undefined;
    else if (this.#credit !== undefined) this.#credit += CREDIT_PER_OCTET * message.header.length;
    this.#count({ message, path }, now);
    return true;
  }

  /** The messages that are due, in order and once only. */
  takeDelivered(): Received | undefined {
    return this.#channel.takeDelivered();
  }

  /** The peer has answered from there: this is the path from now on (V3-UDP-08, V2-UDP-03). */
  settleOn({ message, path }: Received): void {
    this.#path = path;
    this.#dialect = this.#dialectOf(message.header.version) ?? this.#dialect;
    this.#alternative = undefined;
  }

  snapshot(): ConversationSnapshot {
    return {
      path: this.#path,
      channel: this.#channel.snapshot(),
      tally: this.#tally.snapshot(),
      lastReceivedAt: this.#lastReceivedAt,
      lastTransmittedAt: this.#lastTransmittedAt,
      distrusted: this.#distrusted,
    };
  }

  #count(received: Received, now: number): void {
    const { header: { ns, nr }, type } = received.message;
    this.#tally.noteReceived(type, nr, now);
    if (type === "ZLB" || type === "ACK") {
      if (this.#channel.receiveAcknowledgement(nr, now)) return;
      this.#drop("out-of-window", received.path);
      return;
    }
    const reception = this.#channel.receive(ns, nr, received, now);
    if (reception === "duplicate") this.#drop("duplicate", received.path);
    if (reception === "out-of-window" || reception === "invalid-nr") {
      this.#drop("out-of-window", received.path);
    }
  }

  #dialectOf(version: ProtocolVersion): Dialect | undefined {
    if (this.#dialect.version === version) return this.#dialect;
    return this.#alternative?.version === version ? this.#alternative : undefined;
  }

  #sharesAddress({ encapsulation, remote }: Path): boolean {
    return encapsulation === this.#path.encapsulation &&
      remote.address === this.#path.remote.address;
  }

  #transmit(octets: Uint8Array): void {
    if (this.#credit !== undefined) {
      if (octets.length > this.#credit) return;
      this.#credit -= octets.length;
    }
    const { perHopBehaviour } = this;
    this.#services.emit({ kind: "transmit", path: this.#path, octets, perHopBehaviour });
  }

  #drop(reason: ControlDropReason, path: Path): false {
    this.#services.emit({ kind: "dropped", reason, path });
    return false;
  }
}

/**
 * Reliable delivery of control messages: numbering, acknowledgement, retransmission, ordering, and
 * the sender's window with slow start and congestion avoidance. Blind to versions and contents.
 *
 * Read RFC 3931 §4.2, Appendix A and Appendix B.2; RFC 2661 §5.8 and Appendix A are the same.
 */

import type { RetransmissionSettings } from "./lcce_config.ts";
import { isAlreadyReceived, serialAfter, serialDistance } from "./serial_number.ts";

/** The window of a peer that sent no Receive Window Size AVP (V3-REL-22, V2-REL-18). */
const DEFAULT_PEER_WINDOW = 4;

/** One (re)transmission: seal this message with these numbers and send it. */
export interface Transmission<Outgoing> {
  readonly message: Outgoing;
  readonly ns: number;
  readonly nr: number;
  readonly isRetransmission: boolean;
}

/** What became of a received message. */
export type Reception =
  /** It, and perhaps others that waited for it, can be had from `takeDelivered`. */
  | "accepted"
  /** It is ahead of its turn and waits for those before it (V3-REL-05). */
  | "held"
  /** It was received before; it is acknowledged again and not processed (V3-REL-03). */
  | "duplicate"
  /** Its Ns lies beyond the window that was advertised; it is as if it had been lost. */
  | "out-of-window"
  /** Its Nr acknowledges what was never sent: the message is invalid (V3-REL-08). */
  | "invalid-nr";

/** A moment's view of a channel, for status and for tests. */
export interface ChannelSnapshot {
  readonly nextNs: number;
  readonly nr: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly retransmissions: number;
  readonly congestionWindow: number;
  readonly slowStartThreshold: number;
  readonly peerWindow: number;
}

/** The reliable delivery state of one control connection (V3-REL-01). */
export class ReliableChannel<Outgoing, Incoming> {
  readonly #settings: RetransmissionSettings;
  readonly #receiveWindow: number;

  /** Sent or waiting to be; the first has the number `#oldestNs`. */
  #queue: Outgoing[] = [];
  #oldestNs = 0;
  /** How many of the queue are out in the present window. A retransmission starts again at one. */
  #inFlight = 0;
  /** How many of the queue were ever sent: the largest number that Nr may acknowledge. */
  #sent = 0;
  #attempts = 0;
  #retransmitAt: number | undefined;
  #retransmissions = 0;

  #peerWindow = DEFAULT_PEER_WINDOW;
  #congestionWindow = 1;
  #slowStartThreshold = DEFAULT_PEER_WINDOW;
  #acksSinceGrowth = 0;

  #nr = 0;
  #acknowledgementOwed = false;
  readonly #held = new Map<number, Incoming>();
  #delivered: Incoming[] = [];

  constructor(settings: RetransmissionSettings, receiveWindow: number) {
    this.#settings = settings;
    this.#receiveWindow = receiveWindow;
  }

  /** Takes the peer's Receive Window Size; CWND and SSTHRESH never exceed it (V3-REL-25, V3-REL-28). */
  setPeerWindow(size: number): void {
    this.#peerWindow = size;
    this.#slowStartThreshold = size;
    this.#congestionWindow = Math.min(this.#congestionWindow, size);
  }

  /** Queues a message; `nextTransmission` sends it when the window lets it. */
  enqueue(message: Outgoing): void {
    this.#queue.push(message);
  }

  /**
   * Queues the message that ends it all: what was never sent is forgotten, and the congestion window
   * lets this one out at once, for a peer that is not there yet will not open it.
   */
  enqueueLast(message: Outgoing): void {
    this.#queue.length = this.#sent;
    this.#queue.push(message);
    this.#congestionWindow = Math.max(this.#congestionWindow, this.#sent + 1);
  }

  /** Sends and retransmits nothing more; what comes is still acknowledged. */
  abandon(): void {
    this.#oldestNs = serialAfter(this.#oldestNs, this.#sent);
    this.#queue = [];
    this.#sent = 0;
    this.#inFlight = 0;
    this.#retransmitAt = undefined;
  }

  /** Whether everything queued was acknowledged. */
  get isDrained(): boolean {
    return this.#queue.length === 0;
  }

  /** What the peer has left without an acknowledgement for longest, and how often it came again. */
  get unanswered(): { readonly message: Outgoing; readonly retransmissions: number } | undefined {
    const message = this.#sent === 0 ? undefined : this.#queue[0];
    return message === undefined ? undefined : { message, retransmissions: this.#attempts };
  }

  /** Whether an acknowledgement waits for a message to ride on (V3-REL-04). */
  get owesAcknowledgement(): boolean {
    return this.#acknowledgementOwed;
  }

  /** When `handleTimeout` is to be called, if at all. */
  get timeoutAt(): number | undefined {
    return this.#retransmitAt;
  }

  /**
   * The next message to put on the wire now, with its numbers; `undefined` when the window is full
   * or nothing waits (V3-REL-20, V3-REL-21). The Nr it carries settles what was owed.
   */
  nextTransmission(now: number): Transmission<Outgoing> | undefined {
    if (this.#inFlight >= Math.min(this.#congestionWindow, this.#peerWindow)) return undefined;
    const message = this.#queue[this.#inFlight];
    if (message === undefined) return undefined;
    const ns = serialAfter(this.#oldestNs, this.#inFlight);
    const isRetransmission = this.#inFlight < this.#sent;
    this.#inFlight++;
    if (isRetransmission) this.#retransmissions++;
    else this.#sent = this.#inFlight;
    if (this.#retransmitAt === undefined) this.#armTimer(now);
    this.#acknowledgementOwed = false;
    return { message, ns, nr: this.#nr, isRetransmission };
  }

  /**
   * The numbers of a pure acknowledgement: the Ns of the next message, which it does not use up
   * (V3-REL-06). Settles what was owed.
   */
  takeAcknowledgement(): { readonly ns: number; readonly nr: number } {
    this.#acknowledgementOwed = false;
    return { ns: serialAfter(this.#oldestNs, this.#sent), nr: this.#nr };
  }

  /** Takes a numbered message that passed its digest (V3-AUTH-16). */
  receive(ns: number, nr: number, message: Incoming, now: number): Reception {
    if (!this.#acknowledge(nr, now)) return "invalid-nr";
    if (isAlreadyReceived(ns, this.#nr)) {
      this.#acknowledgementOwed = true;
      return "duplicate";
    }
    const ahead = serialDistance(this.#nr, ns);
    if (ahead >= this.#receiveWindow) return "out-of-window";
    if (ahead > 0) {
      this.#held.set(ns, message);
      return "held";
    }
    this.#acknowledgementOwed = true;
    this.#deliver(message);
    return "accepted";
  }

  /**
   * Takes a pure acknowledgement. Its Nr counts, its Ns moves nothing (V3-REL-07).
   * Answers whether the Nr was believable.
   */
  receiveAcknowledgement(nr: number, now: number): boolean {
    return this.#acknowledge(nr, now);
  }

  /** The messages that are due to the upper layer, in order and once only (V3-REL-05). */
  takeDelivered(): Incoming | undefined {
    return this.#delivered.shift();
  }

  /**
   * The retransmission timer fired. "exhausted": the peer had all its chances, the connection is
   * lost (V3-REL-16); "retransmit": drain `nextTransmission` again.
   */
  handleTimeout(now: number): "waiting" | "retransmit" | "exhausted" {
    if (this.#retransmitAt === undefined || now < this.#retransmitAt) return "waiting";
    if (this.#attempts >= this.#settings.limit) {
      this.#retransmitAt = undefined;
      return "exhausted";
    }
    this.#attempts++;
    // App. A: congestion shows in a retransmission; half the window is remembered, and sending
    // starts again with one message, the oldest (V3-REL-29).
    this.#slowStartThreshold = Math.max(1, this.#congestionWindow >> 1);
    this.#congestionWindow = 1;
    this.#acksSinceGrowth = 0;
    this.#inFlight = 0;
    this.#armTimer(now);
    return "retransmit";
  }

  /**
   * The peer shows that it is there, and may not have been when it was sent to: what is out goes out
   * again at once, under the same numbers, and has all its attempts before it.
   */
  resend(now: number): void {
    if (this.#sent === 0) return;
    this.#inFlight = 0;
    this.#attempts = 0;
    this.#armTimer(now);
  }

  snapshot(): ChannelSnapshot {
    return {
      nextNs: serialAfter(this.#oldestNs, this.#sent),
      nr: this.#nr,
      inFlight: this.#sent,
      queued: this.#queue.length - this.#sent,
      retransmissions: this.#retransmissions,
      congestionWindow: this.#congestionWindow,
      slowStartThreshold: this.#slowStartThreshold,
      peerWindow: this.#peerWindow,
    };
  }

  #deliver(message: Incoming): void {
    this.#delivered.push(message);
    this.#nr = serialAfter(this.#nr);
    for (;;) {
      const next = this.#held.get(this.#nr);
      if (next === undefined) return;
      this.#held.delete(this.#nr);
      this.#delivered.push(next);
      this.#nr = serialAfter(this.#nr);
    }
  }

  #acknowledge(nr: number, now: number): boolean {
    const acknowledged = serialDistance(this.#oldestNs, nr);
    // An Nr from before the oldest is that of a message which was delayed; it tells nothing new.
    if (acknowledged === 0 || isAlreadyReceived(nr, this.#oldestNs)) return true;
    if (acknowledged > this.#sent) return false;
    this.#queue.splice(0, acknowledged);
    this.#oldestNs = nr;
    this.#sent -= acknowledged;
    this.#inFlight = Math.max(0, this.#inFlight - acknowledged);
    this.#attempts = 0;
    this.#growWindow();
    if (this.#sent === 0) this.#retransmitAt = undefined;
    else this.#armTimer(now);
    return true;
  }

  /** One acknowledgement that moved the window: App. A (V3-REL-26, V3-REL-27). */
  #growWindow(): void {
    if (this.#congestionWindow < this.#slowStartThreshold) {
      this.#congestionWindow++;
    } else if (++this.#acksSinceGrowth >= this.#congestionWindow) {
      this.#acksSinceGrowth = 0;
      this.#congestionWindow++;
    }
    this.#congestionWindow = Math.min(this.#congestionWindow, this.#peerWindow);
  }

  /** First after the initial interval, then twice as long each time, up to the cap (V3-REL-11..14). */
  #armTimer(now: number): void {
    this.#retransmitAt = now + retransmissionIntervalMs(this.#settings, this.#attempts);
  }
}

/** How long a message is tried for before the peer is given up: 71 s by default. */
export function retransmissionCycleMs(settings: RetransmissionSettings): number {
  let total = 0;
  for (let attempt = 0; attempt <= settings.limit; attempt++) {
    total += retransmissionIntervalMs(settings, attempt);
  }
  return total;
}

/** The wait after this many retransmissions; the cap never lies below the first (V3-REL-14). */
function retransmissionIntervalMs(
  { initialMs, capMs }: RetransmissionSettings,
  attempts: number,
): number {
  return Math.max(1, Math.min(initialMs * 2 ** attempts, Math.max(capMs, initialMs)));
}

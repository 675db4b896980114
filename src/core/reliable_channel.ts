/**
 * Reliable delivery of control messages: numbering, acknowledgement, retransmission, ordering. Blind
 * to versions and contents.
 *
 * Read RFC 3931 §4.2 and Appendix B.2; RFC 2661 §5.8 is the same. Appendix A's window is in
 * congestion_window.ts.
 */

import { CongestionWindow, type WindowSnapshot } from "./congestion_window.ts";
import { Queue } from "./queue.ts";
import type { RetransmissionSettings } from "./lcce_config.ts";
import { isAlreadyReceived, serialAfter, serialDistance } from "./serial_number.ts";

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
export interface ChannelSnapshot extends WindowSnapshot {
  readonly nextNs: number;
  readonly nr: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly retransmissions: number;
}

/** The reliable delivery state of one control connection (V3-REL-01). */
export class ReliableChannel<Outgoing, Incoming> {
  readonly #settings: RetransmissionSettings;
  readonly #receiveWindow: number;

  /** Sent or waiting to be; the first has the number `#oldestNs`. */
  readonly #queue = new Queue<Outgoing>();
  #oldestNs = 0;
  /** How many of the queue are out in the present window. A retransmission starts again at one. */
  #inFlight = 0;
  /** How many of the queue were ever sent: the largest number that Nr may acknowledge. */
  #sent = 0;
  #attempts = 0;
  #retransmitAt: number | undefined;
  #retransmissions = 0;
  /** When the oldest of the queue went out last. */
  #oldestSentAt = 0;
  /**
   * The peer repeated itself, and so cannot have heard the oldest of the queue, which then goes out
   * as the acknowledgement: our timer may have backed off for long, and a peer that got nothing else
   * would fall silent. Deviation from App. B.2 (V3-REL-33): there the timer alone repeats. At most
   * once in half the first interval, so that neither two ends that repeat themselves spur each
   * other, nor the network's own copies them; the timed ones are as ever (V3-REL-13).
   */
  #repeatsOldest = false;
  readonly #window = new CongestionWindow();

  #nr = 0;
  #acknowledgementOwed = false;
  readonly #held = new Map<number, Incoming>();
  #delivered: Incoming[] = [];

  constructor(settings: RetransmissionSettings, receiveWindow: number) {
    this.#settings = settings;
    this.#receiveWindow = receiveWindow;
  }

  /** Takes the peer's Receive Window Size. */
  setPeerWindow(size: number): void {
    this.#window.setPeerWindow(size);
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
    this.#queue.truncate(this.#sent);
    this.#queue.push(message);
    this.#window.openTo(this.#sent + 1);
  }

  /** Sends and retransmits nothing more; what comes is still acknowledged. */
  abandon(): void {
    this.#repeatsOldest = false;
    this.#oldestNs = serialAfter(this.#oldestNs, this.#sent);
    this.#queue.truncate(0);
    this.#sent = 0;
    this.#inFlight = 0;
    this.#retransmitAt = undefined;
  }

  /** Whether everything queued was acknowledged. */
  get isDrained(): boolean {
    return this.#queue.isEmpty;
  }

  /** What the peer has left without an acknowledgement for longest, and how often it came again. */
  get unanswered(): { readonly message: Outgoing; readonly retransmissions: number } | undefined {
    const message = this.#sent === 0 ? undefined : this.#queue.at(0);
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
   * or nothing waits. The Nr it carries settles what was owed.
   */
  nextTransmission(now: number): Transmission<Outgoing> | undefined {
    if (this.#repeatsOldest) return this.#repetition(now);
    if (this.#inFlight >= this.#window.limit) return undefined;
    const message = this.#queue.at(this.#inFlight);
    if (message === undefined) return undefined;
    const ns = serialAfter(this.#oldestNs, this.#inFlight);
    const isRetransmission = this.#inFlight < this.#sent;
    if (this.#inFlight === 0) this.#oldestSentAt = now;
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
      this.#repeatsOldest = this.#sent > 0 &&
        now - this.#oldestSentAt >= this.#settings.initialMs / 2;
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
    this.#window.collapse();
    this.#repeatsOldest = false;
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
    this.#repeatsOldest = false;
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
      ...this.#window.snapshot(),
    };
  }

  /** The oldest message again, which leaves the timer and its attempts as they are. */
  #repetition(now: number): Transmission<Outgoing> {
    this.#repeatsOldest = false;
    this.#acknowledgementOwed = false;
    this.#oldestSentAt = now;
    this.#retransmissions++;
    return {
      message: this.#queue.at(0)!,
      ns: this.#oldestNs,
      nr: this.#nr,
      isRetransmission: true,
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
    for (let count = 0; count < acknowledged; count++) this.#queue.shift();
    this.#oldestNs = nr;
    this.#repeatsOldest = false;
    this.#sent -= acknowledged;
    this.#inFlight = Math.max(0, this.#inFlight - acknowledged);
    this.#attempts = 0;
    this.#window.grow();
    if (this.#sent === 0) this.#retransmitAt = undefined;
    else this.#armTimer(now);
    return true;
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

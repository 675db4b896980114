/**
 * What passed over one control connection, by type of message, and how long the peer took to
 * acknowledge a HELLO.
 *
 * Read RFC 3931 §4.4 (Keepalive) first. A HELLO that was sent again measures nothing: nobody knows
 * which of the two was acknowledged.
 */

import { messageTypeLabel } from "../wire/message_rules.ts";
import { isAlreadyReceived } from "./serial_number.ts";

/** Upper bounds of the classes of round trips, in milliseconds; the last class has none. */
export const ROUND_TRIP_BOUNDS_MS: readonly number[] = [
  ...[1, 2.5, 5, 10, 25, 50],
  ...[100, 250, 500, 1_000, 2_500, 5_000, 10_000],
];

const HELLO_TYPE = 6;
/** A pure acknowledgement, be it the message ACK or one of no length. */
const ACKNOWLEDGEMENT = "ACK";

/** How long the peer took to acknowledge HELLOs. */
export interface RoundTrips {
  /** How many fell into each class of `ROUND_TRIP_BOUNDS_MS`, and into the one above them. */
  readonly classes: readonly number[];
  readonly sumMs: number;
  /** The latest; `undefined` where there was none. */
  readonly lastMs: number | undefined;
}

/** A moment's view of a tally. */
export interface TallySnapshot {
  /** Messages sent, retransmissions included, by type. */
  readonly sent: Readonly<Record<string, number>>;
  /** Messages received and believed, duplicates included, by type. */
  readonly received: Readonly<Record<string, number>>;
  readonly helloRoundTrips: RoundTrips;
}

/** Counts the messages of one control connection. */
export class MessageTally {
  readonly #sent = new Map<string, number>();
  readonly #received = new Map<string, number>();
  readonly #classes: number[] = new Array(ROUND_TRIP_BOUNDS_MS.length + 1).fill(0);
  #sumMs = 0;
  #lastMs: number | undefined;
  /** The HELLO whose acknowledgement is waited for. */
  #hello: { readonly ns: number; readonly at: number } | undefined;

  /** A message leaves, for the first time or again. */
  noteSent(type: number, ns: number, isRetransmission: boolean, now: number): void {
    increase(this.#sent, messageTypeLabel(type));
    if (type !== HELLO_TYPE) return;
    this.#hello = isRetransmission ? undefined : { ns, at: now };
  }

  /** A pure acknowledgement leaves. */
  noteAcknowledgementSent(): void {
    increase(this.#sent, ACKNOWLEDGEMENT);
  }

  /** A message has come, of a known type or not, or a pure acknowledgement. */
  noteReceived(type: string | undefined, nr: number, now: number): void {
    // The number of a type that is not known is the peer's to choose: it makes no entry of its own.
    increase(this.#received, type === "ZLB" ? ACKNOWLEDGEMENT : type ?? "unknown");
    const hello = this.#hello;
    if (hello === undefined || !isAlreadyReceived(hello.ns, nr)) return;
    this.#hello = undefined;
    this.#lastMs = now - hello.at;
    this.#sumMs += this.#lastMs;
    const found = ROUND_TRIP_BOUNDS_MS.findIndex((bound) => now - hello.at <= bound);
    this.#classes[found < 0 ? ROUND_TRIP_BOUNDS_MS.length : found]!++;
  }

  snapshot(): TallySnapshot {
    return {
      sent: Object.fromEntries(this.#sent),
      received: Object.fromEntries(this.#received),
      helloRoundTrips: {
        classes: [...this.#classes],
        sumMs: this.#sumMs,
        lastMs: this.#lastMs,
      },
    };
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

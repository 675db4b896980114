/**
 * Answers back to the hosts of a LAN, not more than they need: ICMP errors must be limited in rate.
 *
 * Read RFC 4443 §2.4 (f) and RFC 1812 §4.3.2.8: a bucket of tokens, which fills while nothing is
 * answered.
 */

import { DROP_NO_BUFFER } from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink } from "./frame_port.ts";

/** Answers in a burst, and in a second: several hosts that begin to send at once are all told. */
const BURST = 50;
const PER_SECOND = 50;

/** A sink that lets so much through to another. */
export class AnswerSink implements FrameSink {
  readonly #port: FrameSink;
  readonly #now: () => number;
  #tokens = BURST;
  #filledAt: number;

  /** @param now in milliseconds. */
  constructor(port: FrameSink, now: () => number) {
    this.#port = port;
    this.#now = now;
    this.#filledAt = now();
  }

  send(batch: FrameBatch, first: number, count: number): void {
    const now = this.#now();
    const filled = this.#tokens + (now - this.#filledAt) * PER_SECOND / 1000;
    this.#tokens = Math.min(filled, BURST);
    this.#filledAt = now;
    if (this.#tokens < count) return batch.settle(first, count, DROP_NO_BUFFER);
    this.#tokens -= count;
    this.#port.send(batch, first, count);
  }
}

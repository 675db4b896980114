/**
 * Answers back to the hosts of a LAN, not more than they need: ICMP errors must be limited in rate.
 *
 * Read RFC 4443 §2.4 (f) and RFC 1812 §4.3.2.8: a bucket of tokens, which fills while nothing is
 * answered.
 */

import { Allowance } from "./allowance.ts";
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
  readonly #allowance = new Allowance(BURST, PER_SECOND);

  /** @param now in milliseconds. */
  constructor(port: FrameSink, now: () => number) {
    this.#port = port;
    this.#now = now;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    if (this.#allowance.take(count, this.#now())) this.#port.send(batch, first, count);
    else batch.settle(first, count, DROP_NO_BUFFER);
  }
}

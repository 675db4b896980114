/**
 * When the peer is to be told of circuit errors: where there are new ones, once a minute at most.
 *
 * Read RFC 3931 §6.13 (WEN) first. The counters are totals since the session was established
 * (V3-WEN-02); each session has its own report, so a new one begins at nothing.
 */

import type { CircuitErrors } from "../model/circuit_errors.ts";

/** V3-WEN-01. */
const SPACING_MS = 60_000;

const NO_ERRORS: CircuitErrors = {
  crc: 0,
  framing: 0,
  hardwareOverruns: 0,
  bufferOverruns: 0,
  timeouts: 0,
  alignment: 0,
};

/** The circuit errors of one session, and what of them was told. */
export class CircuitErrorReport {
  #totals = NO_ERRORS;
  #told = NO_ERRORS;
  #notBefore = -Infinity;

  /** Takes the totals so far. */
  update(totals: CircuitErrors): void {
    this.#totals = totals;
  }

  /** When the peer is to be told; `undefined` where there is nothing new. */
  get dueAt(): number | undefined {
    return sameErrors(this.#totals, this.#told) ? undefined : this.#notBefore;
  }

  /** What the peer is to be told now, if anything. */
  take(now: number): CircuitErrors | undefined {
    const { dueAt } = this;
    if (dueAt === undefined || dueAt > now) return undefined;
    this.#told = this.#totals;
    this.#notBefore = now + SPACING_MS;
    return this.#told;
  }
}

function sameErrors(a: CircuitErrors, b: CircuitErrors): boolean {
  return a.crc === b.crc && a.framing === b.framing && a.alignment === b.alignment &&
    a.hardwareOverruns === b.hardwareOverruns && a.bufferOverruns === b.bufferOverruns &&
    a.timeouts === b.timeouts;
}

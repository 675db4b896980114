/**
 * What one worker does: both directions, which share nothing but their thread. See DESIGN section 5.
 *
 * An answer to what has just been received is then sent without another thread's being woken, which
 * is most of what a lone packet waits for. See RFC 3931 §4.5.
 */

import type { Command, WorkerStart } from "./commands.ts";
import { DecapWork } from "./decap_work.ts";
import type { DirectionWork, ReadinessWatch, Reporter } from "./direction_work.ts";
import { EncapWork } from "./encap_work.ts";

/** The directions' tokens: each has as many as it wants from its first one on. */
const FIRST_DECAP_TOKEN = 0x2000_0000;

/** Both directions of a worker. */
export class DuplexWork implements DirectionWork {
  readonly #encap: EncapWork;
  readonly #decap: DecapWork;

  /** @param firstToken is the first of the tokens that may be given to the watch. */
  constructor(watch: ReadinessWatch, firstToken: number, report: Reporter, start: WorkerStart) {
    this.#encap = new EncapWork(watch, firstToken, report, start);
    this.#decap = new DecapWork(watch, FIRST_DECAP_TOKEN, report, start);
  }

  apply(command: Command): void {
    this.#encap.apply(command);
    this.#decap.apply(command);
  }

  turn(token: number): void {
    if (token < FIRST_DECAP_TOKEN) this.#encap.turn(token);
    else this.#decap.turn(token);
  }

  tend(): number {
    return Math.min(this.#encap.tend(), this.#decap.tend());
  }
}

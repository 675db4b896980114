/**
 * The timers of one control connection: how long its set-up may take, when a HELLO is due, and how
 * long it is remembered after its end.
 *
 * Read RFC 3931 §3.3.2, §4.2 and §4.4 first.
 */

import type { Random } from "../crypto/random.ts";
import { Deadlines } from "./deadlines.ts";
import { Keepalive } from "./keepalive.ts";
import type { ConnectionSettings } from "./lcce_config.ts";
import { retransmissionCycleMs } from "./reliable_channel.ts";

/** The peer's StopCCN is acknowledged again for at least this long. */
const SHORTEST_LINGER_MS = 31_000;

/** So long a stranger that nothing more is heard of is remembered. */
const STRANGERS_LIMIT_MS = 60_000;

/** What may be due. */
export type ConnectionTimer = "set-up" | "hello" | "linger";

/** The timers of one control connection. */
export class ConnectionTimers {
  /** How long a message is tried for, and so the longest that a step of the set-up may take. */
  readonly setUpLimitMs: number;
  readonly #deadlines = new Deadlines<ConnectionTimer>();
  readonly #keepalive: Keepalive;

  constructor({ retransmission, helloMs }: ConnectionSettings, random: Random) {
    this.setUpLimitMs = retransmissionCycleMs(retransmission);
    this.#keepalive = new Keepalive(helloMs, random);
  }

  get next(): number | undefined {
    return this.#deadlines.next();
  }

  /** When anything came from the peer last; `undefined` where nothing ever has. */
  get heardAt(): number | undefined {
    return this.#keepalive.heardAt;
  }

  /** Something came from the peer (V3-KA-01). */
  noteActivity(at: number): void {
    this.#keepalive.noteActivity(at);
  }

  takeDue(now: number): ConnectionTimer | undefined {
    return this.#deadlines.takeDue(now);
  }

  startSetUp(isProven: boolean, now: number): void {
    const limit = isProven ? this.setUpLimitMs : STRANGERS_LIMIT_MS;
    this.#deadlines.set("set-up", now + Math.min(limit, this.setUpLimitMs));
  }

  endSetUp(): void {
    this.#deadlines.clear("set-up");
  }

  startHello(): void {
    const at = this.#keepalive.schedule();
    if (at !== undefined) this.#deadlines.set("hello", at);
  }

  /** Whether the HELLO timer fired after a silence of the whole interval; then the next begins. */
  isHelloDue(now: number): boolean {
    return this.#keepalive.isDue(now);
  }

  endHello(): void {
    this.#deadlines.clear("hello");
  }

  /** Nothing is waited for but the peer's last words coming again (V3-CC-29, V2-CC-20). */
  startLinger(now: number): void {
    this.clear();
    this.#deadlines.set("linger", now + Math.max(SHORTEST_LINGER_MS, this.setUpLimitMs));
  }

  clear(): void {
    for (const name of ["set-up", "hello", "linger"] as const) this.#deadlines.clear(name);
  }
}

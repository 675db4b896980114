/**
 * The driver: where the control plane meets the kernel and the clock.
 *
 * It waits for datagrams, deadlines and the doorbell, feeds `Lcce`, and applies what comes out of
 * `poll()` (DESIGN section 4; the order is in effects_in_flight.ts). Calls from outside go through
 * `perform`, which changes the machine at once and rings the doorbell, so that effects are applied in
 * one place.
 */

import { setImmediate } from "node:timers";
import type { Effect } from "../core/effect.ts";
import type { Lcce } from "../core/lcce.ts";
import { monotonicMs } from "../io/clock.ts";
import { type Doorbell, openDoorbell } from "../io/doorbell.ts";
import { openPoller, type Poller } from "../io/poller.ts";
import { SystemError } from "../io/system_error.ts";
import { EffectsInFlight } from "./effects_in_flight.ts";

/** The longest wait that epoll_wait can be asked for. */
const LONGEST_WAIT_MS = 0x7fff_ffff;
const FOR_EVER = -1;

interface Alarm {
  readonly at: number;
  readonly action: () => void;
}

/** Something that is waited for, and looked for after every turn. */
interface Expectation {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
}

/** What a driver asks of those it drives. */
export interface DriverSurroundings {
  /** Applies one effect; `EffectsInFlight` says which others are applied meanwhile. */
  apply(effect: Effect): void | Promise<void>;
  /** Last chance to tell the core what keeps its timers from expiring (V3-KA-01). */
  handleBeforeTimeout(now: number): void;
}

/**
 * Lets everything else of the program have its turn. Whoever is asked for something by a peer
 * answers in it, mostly, and then the answer carries the acknowledgement (V3-REL-04).
 */
function turnOfTheProgram(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The loop of an endpoint. */
export class Driver {
  readonly #lcce: Lcce;
  readonly #surroundings: DriverSurroundings;
  readonly #inFlight: EffectsInFlight;
  readonly #poller: Poller = openPoller();
  readonly #doorbell: Doorbell = openDoorbell();
  readonly #readers = new Map<number, () => void>();
  readonly #alarms = new Set<Alarm>();
  readonly #expectations = new Set<Expectation>();
  #lastToken = 0;
  #stopping = false;
  /** Somebody has changed something since the loop last looked. */
  #changed = false;
  /** The loop is about to wait, and must be woken to look again. */
  #asleep = false;

  constructor(lcce: Lcce, surroundings: DriverSurroundings) {
    this.#lcce = lcce;
    this.#surroundings = surroundings;
    this.#inFlight = new EffectsInFlight((effect) => surroundings.apply(effect));
    this.watch(this.#doorbell.descriptor.number, () => this.#doorbell.answer());
  }

  /** Changes the machine now; the effects are applied by the loop, after this call. */
  perform<T>(action: (lcce: Lcce, now: number) => T): T {
    const result = action(this.#lcce, monotonicMs());
    this.#wake();
    return result;
  }

  /** Calls `onReadable` whenever the descriptor is; the answered function ends it. */
  watch(fd: number, onReadable: () => void): () => void {
    const token = ++this.#lastToken;
    this.#poller.add(fd, token);
    this.#readers.set(token, onReadable);
    return () => {
      if (this.#readers.delete(token)) this.#poller.remove(fd);
    };
  }

  /** Runs an action later; the answered function calls it off. */
  readonly after = (delayMs: number, action: () => void): () => void => {
    const alarm = { at: monotonicMs() + delayMs, action };
    this.#alarms.add(alarm);
    this.#wake();
    return () => void this.#alarms.delete(alarm);
  };

  /** Resolves when the core has come to where `isMet` holds, or after `timeoutMs`. */
  async until(isMet: (lcce: Lcce) => boolean, timeoutMs: number): Promise<void> {
    if (this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const expectation = { isMet: () => isMet(this.#lcce), resolve };
    this.#expectations.add(expectation);
    const callOff = this.after(timeoutMs, resolve);
    await promise;
    callOff();
    this.#expectations.delete(expectation);
  }

  /** Runs until `stop()`; rejects with what must not happen, after which it has stopped too. */
  async run(): Promise<void> {
    try {
      while (!this.#stopping) {
        do {
          this.#changed = false;
          await this.#applyEffects();
        } while (this.#changed);
        for (const { isMet, resolve } of this.#expectations) if (isMet()) resolve();
        const ready = await this.#wait();
        if (ready < 0) throw new SystemError("epoll_wait", -ready, "wait for control messages");
        for (let index = 0; index < ready; index++) {
          this.#readers.get(this.#poller.token(index))?.();
        }
        this.#expire(monotonicMs());
      }
      await this.#applyEffects();
    } finally {
      this.#stopping = true;
      this.#asleep = false;
      this.#readers.clear();
      this.#poller.close();
      this.#doorbell.close();
    }
  }

  /** Ends `run()` once what has been decided is applied. */
  stop(): void {
    this.#wake();
    this.#stopping = true;
  }

  /** How many descriptors are ready, or minus errno. */
  async #wait(): Promise<number> {
    // Waiting takes another thread, and where much comes something is there already.
    const ready = this.#poller.wait(0);
    if (ready !== 0) {
      await turnOfTheProgram();
      return ready;
    }
    this.#asleep = true;
    try {
      return await this.#poller.waitAsync(this.#patience());
    } finally {
      this.#asleep = false;
    }
  }

  #wake(): void {
    this.#changed = true;
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#doorbell.ring();
  }

  async #applyEffects(): Promise<void> {
    let asked = false;
    for (;;) {
      if (asked && !this.#lcce.hasEffects) {
        await turnOfTheProgram();
        asked = false;
      }
      const effect = this.#lcce.poll();
      if (effect !== undefined) {
        asked ||= effect.kind === "connectionRequested" || effect.kind === "sessionRequested";
        const applied = this.#inFlight.take(effect);
        if (applied !== undefined) await applied;
      } else if (this.#inFlight.isEmpty) {
        return;
      } else {
        await this.#inFlight.settle();
      }
    }
  }

  /** Milliseconds until something is due; an instant that has passed is due now. */
  #patience(): number {
    if (this.#stopping) return 0;
    let next = this.#lcce.nextTimeout() ?? Infinity;
    for (const alarm of this.#alarms) next = Math.min(next, alarm.at);
    if (next === Infinity) return FOR_EVER;
    return Math.min(Math.max(Math.ceil(next - monotonicMs()), 0), LONGEST_WAIT_MS);
  }

  #expire(now: number): void {
    if ((this.#lcce.nextTimeout() ?? Infinity) <= now) {
      this.#surroundings.handleBeforeTimeout(now);
      this.#lcce.handleTimeout(now);
    }
    for (const alarm of this.#alarms) {
      if (alarm.at > now) continue;
      this.#alarms.delete(alarm);
      alarm.action();
    }
  }
}

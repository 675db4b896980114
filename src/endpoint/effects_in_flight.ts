/**
 * The effects that are being applied: those of different sessions side by side, for a worker takes as
 * long to answer once as a hundred times; each session's in their order; and what is transmitted
 * after all that came before it, so that a session can receive before the peer is invited to send.
 *
 * Read DESIGN.md section 4 first.
 */

import type { Effect, SessionHandle } from "../core/effect.ts";

/** Effects on their way between the core and what applies them. */
export class EffectsInFlight {
  readonly #apply: (effect: Effect) => void | Promise<void>;
  readonly #sessions = new Map<SessionHandle, Promise<void>>();
  #transmissions: Effect[] = [];

  constructor(apply: (effect: Effect) => void | Promise<void>) {
    this.#apply = apply;
  }

  /** Whether everything that was taken has been applied. */
  get isEmpty(): boolean {
    return this.#sessions.size === 0 && this.#transmissions.length === 0;
  }

  /** Takes the next effect. Answers a promise where nothing else may be taken before it resolves. */
  take(effect: Effect): void | Promise<void> {
    switch (effect.kind) {
      case "transmit":
        this.#transmissions.push(effect);
        return;
      case "installSession":
      case "updateSession":
      case "sessionUp":
      case "circuitStatus":
        this.#chain(effect.session, effect);
        return;
      case "sessionRequested":
      case "dropped":
        return this.#apply(effect);
      default:
        return this.isEmpty ? this.#apply(effect) : this.settle().then(() => this.#apply(effect));
    }
  }

  /** Waits for what sessions do, then transmits. Rejects with the first thing that went wrong. */
  async settle(): Promise<void> {
    const changes = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(changes);
    const transmissions = this.#transmissions;
    this.#transmissions = [];
    for (const transmission of transmissions) {
      const applied = this.#apply(transmission);
      if (applied !== undefined) await applied;
    }
  }

  #chain(session: SessionHandle, effect: Effect): void {
    const before = this.#sessions.get(session);
    const applied = before?.then(() => this.#apply(effect)) ?? this.#apply(effect);
    if (applied !== undefined) this.#sessions.set(session, applied);
  }
}

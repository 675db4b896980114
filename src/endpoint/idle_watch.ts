/**
 * Ends what carries nothing: looks at a count of frames now and then. What keeps a link alive, its
 * echoes, is no traffic, and must not be in the count.
 */

import type { Schedule } from "./request_queue.ts";

/** Looks in the time that a session may be idle: its end is late by one of them at most. */
const LOOKS = 10;

/** What is watched, and how. */
export interface IdleParts {
  readonly idleMs: number;
  /** Frames so far. */
  readonly count: () => number;
  readonly after: Schedule;
  readonly onIdle: () => void;
}

/** Watches one session. */
export class IdleWatch {
  readonly #parts: IdleParts;
  readonly #lookMs: number;
  #frames: number;
  #idleLooks = 0;
  #cancel: () => void;

  constructor(parts: IdleParts) {
    this.#parts = parts;
    this.#lookMs = Math.max(parts.idleMs / LOOKS, 100);
    this.#frames = parts.count();
    this.#cancel = this.#wait();
  }

  /** Looks no more. */
  stop(): void {
    this.#cancel();
  }

  #wait(): () => void {
    return this.#parts.after(this.#lookMs, () => this.#look());
  }

  #look(): void {
    const frames = this.#parts.count();
    this.#idleLooks = frames > this.#frames ? 0 : this.#idleLooks + 1;
    this.#frames = frames;
    if (this.#idleLooks >= LOOKS) this.#parts.onIdle();
    else this.#cancel = this.#wait();
  }
}

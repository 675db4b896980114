/**
 * The daemon's events: numbered, kept for a while for whoever asks what has just happened, and sent
 * to whoever listens.
 */

import { Broadcast } from "./broadcast.ts";
import type { DaemonEvent, News } from "./event.ts";

/** Events that are kept; enough for the story of a bad night. */
const KEPT = 500;

/** Every event of one daemon. */
export class EventFeed {
  readonly #broadcast = new Broadcast<DaemonEvent>("event");
  readonly #recent: DaemonEvent[] = [];
  #lastId = 0;

  /** Numbers news and passes it on. */
  readonly announce = (news: News): void => {
    const event = { id: ++this.#lastId, at: new Date().toISOString(), ...news };
    this.#recent.push(event);
    if (this.#recent.length > KEPT) this.#recent.shift();
    this.#broadcast.send(event);
  };

  /**
   * Everything from now on, and before it the events after number `after`, or the latest `recent`
   * ones, as far as they are kept.
   */
  respond({ after, recent = 0 }: { after?: number; recent?: number }): Response {
    const first = after === undefined
      ? this.#recent.slice(Math.max(0, this.#recent.length - recent))
      : this.#recent.filter(({ id }) => id > after);
    return this.#broadcast.respond(first);
  }

  /** Ends every listener's stream. */
  close(): void {
    this.#broadcast.close();
  }
}

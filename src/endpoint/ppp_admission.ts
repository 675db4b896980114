/**
 * Whether the peer of one PPP link may come in, and what it has been granted: asked again as often as
 * it proves itself, given back when the link ends or it is asked anew.
 *
 * Read ppp_access.ts first.
 */

import { logger } from "./logger.ts";
import type { PppAccess, PppGrant, PppRefusal } from "./ppp_access.ts";
import type { Attempt } from "./ppp_attempt.ts";

/** What a peer has that nobody has judged. */
const NOTHING_GRANTED: PppGrant = { allowed: true };

/** One link's dealings with whoever knows the users. */
export class PppAdmission {
  readonly #session: string;
  readonly #access: PppAccess | undefined;
  #grant: PppGrant = NOTHING_GRANTED;
  /** The one that counts; others have been overtaken. */
  #attempt: Attempt | undefined;
  #ended = false;

  constructor(session: string, access: PppAccess | undefined) {
    this.#session = session;
    this.#access = access;
  }

  /** What the peer has been granted. */
  get grant(): PppGrant {
    return this.#grant;
  }

  /** Asks whoever knows the users; keeps what is granted. */
  async admit(attempt: Attempt): Promise<PppGrant | PppRefusal> {
    // A peer that proves itself once more has ended what it had, and may be given it again.
    this.#giveBack();
    this.#attempt = attempt;
    const answer = await (this.#access?.admit(attempt) ?? Promise.resolve(this.#grant)).catch(
      (error): PppRefusal => ({ allowed: false, text: `nobody could be asked: ${error}` }),
    );
    if (!answer.allowed) {
      logger.info("{session}: {user} is refused: {text}", {
        session: this.#session,
        user: attempt.name,
        text: answer.text,
      });
      return answer;
    }
    if (this.#ended || this.#attempt !== attempt) {
      answer.release?.();
      return { allowed: false, text: "the peer has ended this attempt" };
    }
    this.#grant = answer;
    return answer;
  }

  /** The link has ended: gives back what was granted, and what is still to be. */
  end(): void {
    this.#ended = true;
    this.#giveBack();
  }

  #giveBack(): void {
    const { release } = this.#grant;
    this.#grant = NOTHING_GRANTED;
    release?.();
  }
}

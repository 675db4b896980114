/**
 * A change that has to be confirmed, or is taken back: for whoever changes a configuration over the
 * very link that it configures.
 */

/** The latest time that may be asked for. */
export const LONGEST_CONFIRMATION_MS = 24 * 3_600_000;

interface Pending<Former> {
  readonly former: Former;
  readonly until: Date;
  readonly timer: ReturnType<typeof setTimeout>;
  isDue: boolean;
}

/** Waits for a confirmation; what it takes back to is `Former`. */
export class Confirmation<Former> {
  readonly #onDue: () => void;
  #pending: Pending<Former> | undefined;

  /**
   * @param onDue is called when nobody has confirmed in time. Whoever hears it may be busy with
   * another change, and asks `takeDue()` when its turn has come.
   */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** When the change is taken back; `undefined` when none waits. */
  get until(): Date | undefined {
    return this.#pending?.until;
  }

  /**
   * Waits from now on. What a change that still waits would have been taken back to stays: it is
   * the last state that anybody has confirmed.
   */
  await(former: Former, ms: number): void {
    const kept = this.#pending === undefined ? former : this.#pending.former;
    this.confirm();
    const timer = setTimeout(() => {
      pending.isDue = true;
      this.#onDue();
    }, ms);
    const until = new Date(Date.now() + ms);
    const pending: Pending<Former> = { former: kept, until, timer, isDue: false };
    this.#pending = pending;
  }

  /**
   * What is to be taken back to now, once; `undefined` where the change was confirmed since its time
   * ran out, or another one waits in its place.
   */
  takeDue(): Former | undefined {
    if (this.#pending?.isDue !== true) return undefined;
    const { former } = this.#pending;
    this.#pending = undefined;
    return former;
  }

  /** Answers whether there was anything to confirm. */
  confirm(): boolean {
    const pending = this.#pending;
    this.#pending = undefined;
    clearTimeout(pending?.timer);
    return pending !== undefined;
  }
}

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
}

/** Waits for a confirmation; what it takes back to is `Former`. */
export class Confirmation<Former> {
  readonly #takeBack: (former: Former) => void;
  #pending: Pending<Former> | undefined;

  /** @param takeBack is called when nobody has confirmed in time. */
  constructor(takeBack: (former: Former) => void) {
    this.#takeBack = takeBack;
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
      this.#pending = undefined;
      this.#takeBack(kept);
    }, ms);
    this.#pending = { former: kept, until: new Date(Date.now() + ms), timer };
  }

  /** Answers whether there was anything to confirm. */
  confirm(): boolean {
    const pending = this.#pending;
    this.#pending = undefined;
    clearTimeout(pending?.timer);
    return pending !== undefined;
  }
}

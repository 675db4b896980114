/**
 * The life that control connections and sessions have in common: connecting, established, closing,
 * closed; and the two promises that tell of it.
 */

import type { CloseReason } from "../model/close_reason.ts";
import type { LifeState } from "./status.ts";

/** One life. It moves forward only; what comes too late is ignored. */
export class Lifetime {
  readonly #opened = Promise.withResolvers<void>();
  /** Made when somebody asks: most lives are long, and there may be thousands. */
  #closed: PromiseWithResolvers<CloseReason> | undefined;
  readonly #errorOf: (reason: CloseReason) => Error;
  readonly #onEnter: (state: LifeState, reason: CloseReason | undefined) => void;
  #state: LifeState = "connecting";
  #since = new Date();
  #reason: CloseReason | undefined;
  /** Whoever waits for the beginning has been told of it, or that it will not come. */
  #isOpenSettled = false;

  /**
   * `errorOf` makes the error of `opened` from the reason of an end that came before; `onEnter` is
   * told of every state after the first.
   */
  constructor(
    errorOf: (reason: CloseReason) => Error,
    onEnter: (state: LifeState, reason: CloseReason | undefined) => void = () => {},
  ) {
    this.#errorOf = errorOf;
    this.#onEnter = onEnter;
    // Whoever waits gets the error; where nobody does it is no unhandled rejection.
    this.#opened.promise.catch(() => {});
  }

  get state(): LifeState {
    return this.#state;
  }

  /** When the present state was entered, ISO 8601. */
  get since(): string {
    return this.#since.toISOString();
  }

  /** Why it ended, once it has. */
  get reason(): CloseReason | undefined {
    return this.#reason;
  }

  /** Resolves when established, rejects when it ends before. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves when closed; never rejects. */
  get closed(): Promise<CloseReason> {
    this.#closed ??= Promise.withResolvers<CloseReason>();
    if (this.#state === "closed") this.#closed.resolve(this.#reason!);
    return this.#closed.promise;
  }

  /** The peer and this side agree. */
  establish(): void {
    if (this.#state !== "connecting") return;
    this.#enter("established");
    this.#isOpenSettled = true;
    this.#opened.resolve();
  }

  /** The end has been decided; whether this call was the one that decided it. */
  beginClosing(reason?: CloseReason): boolean {
    if (this.#state === "closing" || this.#state === "closed") return false;
    this.#enter("closing", reason);
    return true;
  }

  /** Fails calls that wait for it to be established, before everything is put away. */
  fail(reason: CloseReason): void {
    this.#reason ??= reason;
    if (this.#isOpenSettled) return;
    this.#isOpenSettled = true;
    this.#opened.reject(this.#errorOf(this.#reason));
  }

  /** Everything of it has been put away. */
  end(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.fail(reason);
    this.#enter("closed", this.#reason);
    this.#closed?.resolve(this.#reason!);
  }

  #enter(state: LifeState, reason?: CloseReason): void {
    this.#state = state;
    this.#since = new Date();
    this.#onEnter(state, reason);
  }
}

/**
 * Waits for `opened` unless `signal` gives up first: then `giveUp` is called, and the signal's
 * reason thrown.
 */
export async function openedOrAborted(
  opened: Promise<void>,
  signal: AbortSignal | undefined,
  giveUp: () => void,
): Promise<void> {
  if (signal === undefined) return await opened;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => {
    giveUp();
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort);
  try {
    if (signal.aborted) onAbort();
    await Promise.race([opened, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * One thing that is to be tried again: its back-off, its timer, and what went wrong last.
 *
 * The single owner of retry state: neither the endpoint nor an init system retries beside it.
 */

import { ControlConnectionError, SessionError } from "../endpoint/errors.ts";
import { Backoff, type BackoffBounds } from "./backoff.ts";

/** After this long a success counts as one, and the next failure is the first again. */
const STABLE_MS = 10_000;

/** The reason alone where an error repeats whose it is: the daemon names that itself. */
function textOf(problem: unknown): string {
  if (problem instanceof ControlConnectionError || problem instanceof SessionError) {
    return problem.reason.text;
  }
  return problem instanceof Error ? problem.message : String(problem);
}

/** A failure and the attempt that follows it. */
export class Retry {
  readonly #backoff = new Backoff();
  readonly #attempt: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryAt: Date | undefined;
  #lastError: string | null = null;
  #succeededAt: number | undefined;

  /** `attempt` is called when it is time. */
  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  /** Has attempts be made within these bounds from now on. Default: those of `Backoff`. */
  setBounds(bounds: BackoffBounds | undefined): void {
    this.#backoff.setBounds(bounds);
  }

  /** When the next attempt is, while one is waited for. */
  get retryAt(): Date | undefined {
    return this.#retryAt;
  }

  /** Why it failed last, in one sentence; kept after a success, for whoever asks what happened. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** How many attempts have failed in a row. */
  get failures(): number {
    return this.#backoff.failures;
  }

  /** Notes why it failed, without another attempt. */
  note(problem: unknown): void {
    this.#lastError = textOf(problem);
  }

  /**
   * Notes a failure and plans the next attempt. Answers how long that is from now: `Infinity` after the
   * last one.
   */
  fail(problem: unknown): number {
    this.note(problem);
    const now = performance.now();
    if (this.#succeededAt !== undefined && now - this.#succeededAt >= STABLE_MS) {
      this.#backoff.reset();
    }
    this.#succeededAt = undefined;
    const wait = this.#backoff.next();
    if (wait === Infinity) this.cancel();
    else this.plan(wait);
    return wait;
  }

  /** Plans the next attempt for later, where nothing has failed. */
  plan(wait: number): void {
    this.cancel();
    this.#retryAt = new Date(Date.now() + wait);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#retryAt = undefined;
      this.#attempt();
    }, wait);
  }

  /** Notes a success. It has to last before failures are forgotten: flapping is slowed down too. */
  succeed(): void {
    this.cancel();
    this.#succeededAt = performance.now();
  }

  /** Forgets the planned attempt. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#retryAt = undefined;
  }

  /** Forgets the planned attempt and every failure: the next one is on somebody's order. */
  reset(): void {
    this.cancel();
    this.#backoff.reset();
    this.#succeededAt = undefined;
  }
}

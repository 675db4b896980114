/**
 * How a session acts on its peer: through the core, or, for a static session, not at all.
 */

import type { SessionHandle } from "../core/effect.ts";
import type { LinkInformation } from "../model/call_information.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { Driver } from "./driver.ts";
import { SessionError } from "./errors.ts";
import type { CloseOptions, SessionControl } from "./session_parts.ts";

/** CDN: for administrative reasons (section 13.7). */
const ADMINISTRATIVE = 3;
const CLOSED = "closed by its operator";

/** A session that the core conducts, once it has been asked for. */
export class CoreSessionControl implements SessionControl {
  readonly #driver: Driver;
  #handle: SessionHandle | undefined;
  #closedBefore: CloseReason | undefined;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** The core's name for it; `undefined` until it has been asked for. */
  get handle(): SessionHandle | undefined {
    return this.#handle;
  }

  /**
   * Has the core ask for it.
   *
   * @throws {SessionError} when the session was closed in the meantime.
   */
  begin(name: string, ask: () => SessionHandle): SessionHandle {
    if (this.#closedBefore !== undefined) throw new SessionError(name, this.#closedBefore);
    return this.#handle = ask();
  }

  /** The core goes on with the peer's request in the place of ours. */
  replace(kept: SessionHandle): void {
    this.#handle = kept;
  }

  setCircuitStatus(bits: number): void {
    const handle = this.#handle;
    if (handle === undefined) return;
    this.#driver.perform((lcce, now) => lcce.setCircuitStatus(handle, bits, now));
  }

  tellLinkInformation(information: LinkInformation): void {
    const handle = this.#handle;
    if (handle === undefined) return;
    this.#driver.perform((lcce, now) => lcce.tellLinkInformation(handle, information, now));
  }

  reportCircuitErrors(totals: CircuitErrors): void {
    const handle = this.#handle;
    if (handle === undefined) return;
    this.#driver.perform((lcce, now) => lcce.reportCircuitErrors(handle, totals, now));
  }

  close({ resultCode = ADMINISTRATIVE, text = CLOSED, ...causes }: CloseOptions): void {
    const handle = this.#handle;
    const reason = { resultCode, text, ...causes };
    if (handle === undefined) this.#closedBefore = { cause: "local", ...reason };
    else this.#driver.perform((lcce, now) => lcce.closeSession(handle, reason, now));
  }
}

/** A session whose peer is not told anything. */
export class StaticSessionControl implements SessionControl {
  readonly #handleDown: (reason: CloseReason) => void;

  constructor(handleDown: (reason: CloseReason) => void) {
    this.#handleDown = handleDown;
  }

  setCircuitStatus(): void {}

  tellLinkInformation(): void {}

  reportCircuitErrors(): void {}

  close({ text = CLOSED }: CloseOptions): void {
    this.#handleDown({ cause: "local", text });
  }
}

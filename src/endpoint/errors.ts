/**
 * The errors of calls that were waiting for a control connection or a session that did not come.
 *
 * Mistakes of the caller are `TypeError` and `RangeError`, the kernel's refusals `SystemError`;
 * what ends after it was established is told by a `closed` promise, not by an error.
 */

import type { CloseReason } from "../model/close_reason.ts";

export { SystemError } from "../io/system_error.ts";

/** A control connection could not be established. */
export class ControlConnectionError extends Error {
  /** The class's name, as `Error` has it. */
  override readonly name = "ControlConnectionError";
  /** What ended the attempt, with the peer's result and error codes where it gave any. */
  readonly reason: CloseReason;

  /** `connectionName` is for the message. */
  constructor(connectionName: string, reason: CloseReason) {
    super(`control connection ${connectionName}: ${reason.text}`);
    this.reason = reason;
  }
}

/** A session could not be established. */
export class SessionError extends Error {
  /** The class's name, as `Error` has it. */
  override readonly name = "SessionError";
  /** What ended the attempt, with the peer's result and error codes where it gave any. */
  readonly reason: CloseReason;

  /** `sessionName` is for the message. */
  constructor(sessionName: string, reason: CloseReason) {
    super(`session ${sessionName}: ${reason.text}`);
    this.reason = reason;
  }
}

/** A remote name could not be turned into an address; worth another attempt later. */
export class NameResolutionError extends Error {
  /** The class's name, as `Error` has it. */
  override readonly name = "NameResolutionError";

  /** `detail` is why, in words; the resolver's own error is the `cause`. */
  constructor(host: string, detail: string, options?: ErrorOptions) {
    super(`cannot resolve ${host}: ${detail}`, options);
  }
}

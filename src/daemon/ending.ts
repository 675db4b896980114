/**
 * What an ending means to whoever runs the daemon: somebody wanted it, or something is wrong.
 *
 * Read RFC 3931 §5.4.2 (result codes) and §5.4.3 (ties) first.
 */

import { ControlConnectionError } from "../endpoint/errors.ts";
import type { CloseReason } from "../model/close_reason.ts";

/** StopCCN: general request to clear, requester is being shut down. */
const ORDERLY_STOPS: ReadonlySet<number | undefined> = new Set([1, 6]);
/** CDN: administrative reasons; a Frame Relay PVC or HDLC link deleted, or unused for long. */
const ORDERLY_DISCONNECTS: ReadonlySet<number | undefined> = new Set([3, 17, 18, 20, 21]);
/** StopCCN: control connection already exists. */
const ALREADY_EXISTS = 3;

/** Whether one of the two ends wanted the control connection to end. */
export function isOrderlyStop({ cause, resultCode }: CloseReason): boolean {
  return isByChoice(cause) && ORDERLY_STOPS.has(resultCode);
}

/** Whether one of the two ends wanted the session to end. */
export function isOrderlyDisconnect({ cause, resultCode }: CloseReason): boolean {
  return isByChoice(cause) && ORDERLY_DISCONNECTS.has(resultCode);
}

/** Whether an attempt ended because the peer's own request at the same time has won (V3-CC-17). */
export function hasLostTie(error: unknown): boolean {
  if (!(error instanceof ControlConnectionError)) return false;
  const { cause, resultCode } = error.reason;
  return cause === "tie" || (cause === "remote" && resultCode === ALREADY_EXISTS);
}

function isByChoice(cause: CloseReason["cause"]): boolean {
  return cause === "local" || cause === "remote";
}

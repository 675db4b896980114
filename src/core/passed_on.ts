/**
 * How the end of a session is passed on over the one that it was joined to, where calls go through
 * this endpoint from one peer to another.
 *
 * Read RFC 2661 §4.4.2 and RFC 3931 §5.4.2 (Result Code), and RFC 3145 §1 first.
 */

import type { CloseReason } from "../model/close_reason.ts";
import { CDN_RESULTS } from "../wire/result_codes.ts";
import type { Farewell } from "./farewell.ts";

/**
 * What the one peer is told where the other one's session ended: what that peer said of it, or, where
 * it said nothing, that the call is lost.
 */
export function farewellAfter(reason: CloseReason): Farewell {
  const { cause, resultCode, errorCode, text, q931Cause, disconnectCause } = reason;
  if (cause !== "remote" || resultCode === undefined) {
    return { resultCode: CDN_RESULTS.lossOfCarrier.code, text };
  }
  return {
    resultCode,
    text,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(q931Cause === undefined ? {} : { q931Cause }),
    ...(disconnectCause === undefined ? {} : { disconnectCause }),
  };
}

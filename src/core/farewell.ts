/**
 * What the application says when it refuses or leaves a connection or a session, in the AVPs' terms.
 *
 * Read RFC 3931 §5.4.2 first; where to turn instead is V3-MSG-25 and V3-MSG-26.
 */

import type { CallCauses } from "../model/call_information.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import { GENERAL_ERRORS, STOP_CCN_RESULTS } from "../wire/result_codes.ts";
import { formatAddressList } from "../wire/try_another.ts";

/** What an application tells a peer that it refuses or leaves: a StopCCN's or CDN's result code. */
export interface Farewell extends CallCauses {
  readonly resultCode: number;
  readonly errorCode?: number;
  readonly text?: string;
  /**
   * Addresses that the peer may try instead, best first: error 9 in place of the codes and the text;
   * where there are none, error 7 (V3-MSG-25, V3-MSG-26).
   */
  readonly alternatives?: readonly string[];
}

/** The Result Code AVP that says it. */
export function codeOf(
  { resultCode: result, errorCode, text, alternatives }: Farewell,
): ResultCode {
  if (alternatives !== undefined) return redirection(alternatives);
  return {
    result,
    ...(errorCode === undefined ? {} : { error: errorCode }),
    ...(text === undefined ? {} : { text }),
  };
}

/** The other AVPs of causes that go with it. */
export function causesOf({ q931Cause, disconnectCause }: Farewell): CallCauses {
  return {
    ...(q931Cause === undefined ? {} : { q931Cause }),
    ...(disconnectCause === undefined ? {} : { disconnectCause }),
  };
}

/** "General error" has the same number in StopCCN and CDN. */
function redirection(alternatives: readonly string[]): ResultCode {
  const result = STOP_CCN_RESULTS.generalError.code;
  if (alternatives.length === 0) return { result, error: GENERAL_ERRORS.tryAnother.code };
  const text = formatAddressList(alternatives);
  return { result, error: GENERAL_ERRORS.tryAnotherDirected.code, text };
}

/**
 * What the peer did wrong, and what it must be told about it: decided where it is found.
 *
 * Read RFC 3931 §5.2, §5.4.2 and §7.1 first; the codes are in wire/result_codes.ts.
 */

import type { CallCauses } from "../model/call_information.ts";
import type { CloseCause, CloseReason } from "../model/close_reason.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import { describeProblem } from "../wire/avp_problem.ts";
import type { DecodedMessage } from "../wire/control_message.ts";
import {
  CDN_RESULTS,
  describeResultCode,
  GENERAL_ERRORS,
  STOP_CCN_RESULTS,
} from "../wire/result_codes.ts";
import { parseAddressList } from "../wire/try_another.ts";

/** A breach of the protocol by the peer: a CDN for a session, a StopCCN for a connection. */
export interface ProtocolFault {
  readonly scope: "connection" | "session";
  readonly code: ResultCode;
}

/** Whether a reader's answer is a fault. */
export function isFault(answer: object): answer is ProtocolFault {
  return "scope" in answer && "code" in answer;
}

/** The fault that ends a connection; the text tells people more than the codes do. */
export function connectionFault(
  result: keyof typeof STOP_CCN_RESULTS,
  error: keyof typeof GENERAL_ERRORS,
  text: string,
): ProtocolFault {
  return {
    scope: "connection",
    code: { result: STOP_CCN_RESULTS[result].code, error: GENERAL_ERRORS[error].code, text },
  };
}

/** An SCCRQ or SCCRP whose sender cannot be told, or cannot be answered. */
export const NAMELESS = connectionFault("generalError", "outOfRange", "no name, or no identifier");

/** The peer's version is not ours; the error code tells the highest that we take (V3-MSG-27). */
export function versionFault(highest: number): ProtocolFault {
  const text = `version ${highest} is the highest supported here`;
  const result = STOP_CCN_RESULTS.versionNotSupported.code;
  return { scope: "connection", code: { result, error: highest, text } };
}

/** The fault that ends a session. */
export function sessionFault(
  result: keyof typeof CDN_RESULTS,
  error: keyof typeof GENERAL_ERRORS,
  text: string,
): ProtocolFault {
  return {
    scope: "session",
    code: { result: CDN_RESULTS[result].code, error: GENERAL_ERRORS[error].code, text },
  };
}

/** Messages about a session; all others are about the control connection (RFC 3931 §6). */
const SESSION_MESSAGES: ReadonlySet<DecodedMessage["type"]> = new Set(
  [
    "OCRQ",
    "OCRP",
    "OCCN",
    "ICRQ",
    "ICRP",
    "ICCN",
    "CDN",
    "WEN",
    "SLI",
  ] as const,
);

/** Whether a message is about a session. */
export function isSessionMessage(message: DecodedMessage): boolean {
  return SESSION_MESSAGES.has(message.type);
}

/**
 * What is fatally wrong with a message's contents, if anything: an unknown type that must be known
 * (V3-AVP-19, V2-AVP-12), or the first AVP that cannot be done without (V3-AVP-06..08, V3-AVP-13).
 */
export function faultOf(message: DecodedMessage): ProtocolFault | undefined {
  const problem = message.problems.find((each) => each.mandatory);
  if (problem !== undefined) {
    const scope = isSessionMessage(message) ? "session" : "connection";
    // "General error" has the same number in StopCCN and CDN.
    const result = STOP_CCN_RESULTS.generalError.code;
    return { scope, code: { result, error: problem.errorCode, text: describeProblem(problem) } };
  }
  if (message.type !== undefined || !message.typeMandatory) return undefined;
  const text = `Message Type ${message.typeNumber} (attribute 0) is not known here`;
  return connectionFault("generalError", "unknownMandatoryAvp", text);
}

/** An end: what the peer is told, and what the application is. */
export interface Ending {
  readonly code: ResultCode;
  readonly reason: CloseReason;
}

/** The end of a control connection. */
export function stopEnding(cause: CloseCause, code: ResultCode): Ending {
  return { code, reason: reasonOf(cause, "StopCCN", code) };
}

/** The end of a session. */
export function callEnding(cause: CloseCause, code: ResultCode, causes: CallCauses = {}): Ending {
  return { code, reason: { ...reasonOf(cause, "CDN", code), ...causes } };
}

function reasonOf(cause: CloseCause, message: "StopCCN" | "CDN", code: ResultCode): CloseReason {
  return {
    cause,
    resultCode: code.result,
    ...(code.error === undefined ? {} : { errorCode: code.error }),
    ...alternativesIn(code),
    text: describeResultCode(message, code),
  };
}

/** Where the peer says to try instead (V3-MSG-25). */
function alternativesIn(
  { result, error, text = "" }: ResultCode,
): Pick<CloseReason, "alternatives"> {
  const isDirected = result === STOP_CCN_RESULTS.generalError.code &&
    error === GENERAL_ERRORS.tryAnotherDirected.code;
  return isDirected ? { alternatives: parseAddressList(text) } : {};
}

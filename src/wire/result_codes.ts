/**
 * Result and error codes of StopCCN and CDN, with the words for each.
 *
 * Read RFC 3931 §5.4.2, RFC 2661 §4.4.2 and REQUIREMENTS 13.7 first.
 */

import type { ResultCode } from "./avp_formats.ts";
import { quotedText } from "./quoted_text.ts";

interface Code {
  readonly code: number;
  readonly text: string;
}

/** Result codes of StopCCN. */
export const STOP_CCN_RESULTS = {
  generalRequest: { code: 1, text: "general request to clear the control connection" },
  generalError: { code: 2, text: "general error" },
  alreadyExists: { code: 3, text: "control connection already exists" },
  notAuthorised: { code: 4, text: "requester is not authorised" },
  /** The error code is then the highest version supported (V3-MSG-27). */
  versionNotSupported: { code: 5, text: "protocol version not supported" },
  shuttingDown: { code: 6, text: "requester is being shut down" },
  stateMachineError: { code: 7, text: "finite state machine error or timeout" },
  mismatchingDiffServ: { code: 8, text: "mismatching CCDS value" },
} as const satisfies Readonly<Record<string, Code>>;

/** Result codes of CDN. */
export const CDN_RESULTS = {
  lossOfCarrier: { code: 1, text: "loss of carrier or circuit disconnect" },
  generalError: { code: 2, text: "general error" },
  administrative: { code: 3, text: "administrative reasons" },
  noFacilitiesTemporarily: { code: 4, text: "no appropriate facilities for now" },
  noFacilities: { code: 5, text: "no appropriate facilities" },
  invalidDestination: { code: 6, text: "invalid destination" },
  noCarrier: { code: 7, text: "no carrier detected" },
  busy: { code: 8, text: "busy signal" },
  noDialTone: { code: 9, text: "no dial tone" },
  timeAllottedPassed: { code: 10, text: "not established within the time allotted" },
  noFraming: { code: 11, text: "connected, but no appropriate framing detected" },
  mismatchingDiffServ: { code: 12, text: "mismatching SDS value" },
  lostTieBreaker: { code: 13, text: "lost the tie breaker" },
  pseudowireTypeNotSupported: { code: 14, text: "unsupported pseudowire type" },
  sequencingWithoutSublayer: { code: 15, text: "sequencing required without a valid sublayer" },
  stateMachineError: { code: 16, text: "finite state machine error or timeout" },
  frameRelayDeleted: { code: 17, text: "Frame Relay PVC deleted permanently" },
  frameRelayInactive: { code: 18, text: "Frame Relay PVC inactive for an extended period" },
  frameRelayHeaderMismatch: { code: 19, text: "mismatched Frame Relay header length" },
  hdlcDeleted: { code: 20, text: "HDLC link deleted permanently" },
  hdlcInactive: { code: 21, text: "HDLC link inactive for an extended period" },
  noOamEmulation: { code: 22, text: "OAM cell emulation not supported" },
  mismatchingMtu: { code: 23, text: "mismatching interface MTU" },
  noSuchForwarder: { code: 24, text: "non-existent forwarder" },
  unauthorisedForwarder: { code: 25, text: "unauthorised forwarder" },
  loopDetected: { code: 26, text: "loop detected" },
  boundToOtherEdge: { code: 27, text: "attachment circuit bound to a different PE" },
  boundToOtherCircuit: { code: 28, text: "attachment circuit bound to a different remote circuit" },
  tdmParameters: { code: 30, text: "refused because of TDM parameters" },
  sequencingNotSupported: { code: 31, text: "sequencing not supported" },
} as const satisfies Readonly<Record<string, Code>>;

/** General error codes, which go with result code 2. */
export const GENERAL_ERRORS = {
  none: { code: 0, text: "no general error" },
  noControlConnection: { code: 1, text: "no control connection exists yet" },
  wrongLength: { code: 2, text: "length is wrong" },
  outOfRange: { code: 3, text: "field value out of range" },
  insufficientResources: { code: 4, text: "insufficient resources" },
  invalidSessionId: { code: 5, text: "invalid Session ID" },
  vendorSpecific: { code: 6, text: "vendor-specific error" },
  tryAnother: { code: 7, text: "try another" },
  unknownMandatoryAvp: { code: 8, text: "unknown AVP with the M bit set" },
  /** The text lists the addresses to try (V3-MSG-25). */
  tryAnotherDirected: { code: 9, text: "try another directed" },
} as const satisfies Readonly<Record<string, Code>>;

const RESULTS = { StopCCN: STOP_CCN_RESULTS, CDN: CDN_RESULTS } as const;

/** A Result Code AVP in words, with what its sender adds: for logs and `CloseReason`. */
export function describeResultCode(message: "StopCCN" | "CDN", avp: ResultCode): string {
  const parts = [wordsOf(RESULTS[message], avp.result, "result")];
  if (avp.error !== undefined && avp.result === RESULTS[message].generalError.code) {
    parts.push(wordsOf(GENERAL_ERRORS, avp.error, "error"));
  } else if (avp.error !== undefined && avp.error !== 0) parts.push(`error ${avp.error}`);
  if (avp.text !== undefined && avp.text !== "") parts.push(quotedText(avp.text));
  return parts.join(": ");
}

function wordsOf(codes: Readonly<Record<string, Code>>, code: number, noun: string): string {
  const known = Object.values(codes).find((each) => each.code === code);
  return known === undefined ? `${noun} ${code}` : `${known.text} (${noun} ${code})`;
}

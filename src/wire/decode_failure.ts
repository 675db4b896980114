/**
 * A datagram or message that cannot be decoded at all, as a value: what the network sends never
 * throws. Mistakes inside a message that can be walked are `AvpProblem`s instead.
 *
 * Read RFC 3931 §7.1 first.
 */

/** What is wrong with the header (V3-HDR-12, V2-HDR-19): such a message is discarded. */
export type DecodeFailureKind =
  /** Fewer octets than the header has. */
  | "short"
  /** Not a control message: T, L or S is 0, or (L2TPv2) O is 1. */
  | "flags"
  /** Neither version 2 nor version 3. */
  | "version"
  /** Length is less than the header, or more than the datagram. */
  | "length";

/** Why octets could not be decoded, and where. */
export interface DecodeFailure {
  readonly failure: DecodeFailureKind;
  /** Offset of the field at fault in the octets that were given. */
  readonly offset: number;
}

/** Whether a decoder's answer is a failure. */
export function isFailure(answer: object): answer is DecodeFailure {
  return "failure" in answer;
}

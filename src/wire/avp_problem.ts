/**
 * What may be wrong with one AVP of a message, and what it must lead to.
 *
 * Read RFC 3931 §5.2 and §7.1, RFC 2661 §4.1 and §7.1, and A-30 first. A mandatory problem ends the
 * session or the control connection that the message belongs to (V3-AVP-06..08, V3-AVP-13); any
 * other is for the log, and the message counts as if the AVP were absent (V3-AVP-09, V3-AVP-14).
 */

import { avpNameOf } from "./avp_registry.ts";

/** What is wrong. */
export type AvpProblemKind =
  /** Not in our table, or of a feature that we do not have. */
  | "unrecognised"
  | "wrong-length"
  | "out-of-range"
  /** Hidden though it never may be (V3-AVP-21, V3-HID-12). */
  | "hidden-not-allowed"
  /** Hidden without a Random Vector before it (V3-HID-02). */
  | "no-random-vector"
  /** Hidden, and we have no secret to reveal it with. */
  | "no-secret"
  /** Hidden, in a message that hides more than we are willing to reveal. */
  | "hidden-too-often"
  /** A second one where one is allowed; the first counts. */
  | "repeated"
  /** Required in this message, and not there (V3-AVP-15). */
  | "missing"
  /** Some other AVP stands where Message Type belongs (V3-AVP-17). */
  | "not-first"
  /** A Length from which the next AVP cannot be found: there is no recovery. */
  | "unbounded";

/** General error codes of the Result Code AVP that AVPs give rise to (13.7, A-30). */
const ERROR_CODES: Readonly<Record<AvpProblemKind, 2 | 3 | 8>> = {
  "unrecognised": 8,
  "wrong-length": 2,
  "out-of-range": 3,
  "hidden-not-allowed": 3,
  "no-random-vector": 3,
  "no-secret": 8,
  "hidden-too-often": 8,
  "repeated": 3,
  "missing": 3,
  "not-first": 3,
  "unbounded": 2,
};

const WORDS: Readonly<Record<AvpProblemKind, string>> = {
  "unrecognised": "is not recognised",
  "wrong-length": "has the wrong length",
  "out-of-range": "has a value out of range",
  "hidden-not-allowed": "is hidden, which it may not be",
  "no-random-vector": "is hidden, with no Random Vector before it",
  "no-secret": "is hidden, and there is no secret to reveal it with",
  "hidden-too-often": "is one hidden AVP too many",
  "repeated": "comes twice",
  "missing": "is missing",
  "not-first": "stands where Message Type belongs",
  "unbounded": "has a Length that leads nowhere; what follows it is lost",
};

/** One thing that is wrong with a message's body. */
export interface AvpProblem {
  readonly kind: AvpProblemKind;
  /** Vendor and attribute; 0 and 0 of an unbounded AVP, which may not even have them. */
  readonly vendor: number;
  readonly attribute: number;
  /** Whether it must end the session or control connection. */
  readonly mandatory: boolean;
  /** Error code for the Result Code AVP that says so: 2, 3 or 8. */
  readonly errorCode: 2 | 3 | 8;
  /** Where in the message. */
  readonly offset: number;
}

/** A problem of an AVP; `mandatory` is its M bit unless there is no getting around the problem. */
export function avpProblem(
  kind: AvpProblemKind,
  avp: Pick<AvpProblem, "vendor" | "attribute" | "mandatory" | "offset">,
): AvpProblem {
  const { vendor, attribute, mandatory, offset } = avp;
  return { kind, vendor, attribute, mandatory, errorCode: ERROR_CODES[kind], offset };
}

/** One sentence that names the attribute, fit for a Result Code AVP's text (V3-MSG-22). */
export function describeProblem({ kind, vendor, attribute, offset }: AvpProblem): string {
  if (kind === "unbounded") return `the AVP at octet ${offset} ${WORDS[kind]}`;
  const name = vendor === 0 ? avpNameOf(attribute) : undefined;
  const label = name === undefined ? `vendor ${vendor}, ` : `${name}, `;
  return `AVP ${label}attribute ${attribute} ${WORDS[kind]}`;
}

/**
 * Why a link ended, in the words of a PPP Disconnect Cause Code AVP and in plain ones.
 *
 * Read RFC 3145 §3 first; the codes are in REQUIREMENTS 13.8 (PDC-03, PDC-04).
 */

import type { PppDisconnectCause } from "../model/call_information.ts";
import type { PppDownReason } from "./ppp_effect.ts";
import { LCP } from "./protocol_numbers.ts";

const AT_PEER = 1;
const AT_LOCAL = 2;

interface Cause {
  readonly code: number;
  readonly direction: number;
  readonly text: string;
}

const CAUSES: Readonly<Record<PppDownReason, Cause>> = {
  "closed": { code: 3, direction: AT_LOCAL, text: "PPP was closed here" },
  "terminated": { code: 3, direction: AT_PEER, text: "the peer terminated PPP" },
  "lower-layer": { code: 0, direction: 0, text: "the session under PPP ended" },
  "lcp-timeout": { code: 5, direction: 0, text: "the peer does not answer in LCP" },
  "not-converging": {
    code: 0,
    direction: 0,
    text: "the peer refuses whatever is offered, again and again",
  },
  "loop": { code: 7, direction: 0, text: "the line is looped: our own frames come back" },
  "echo-timeout": { code: 8, direction: 0, text: "the peer does not answer LCP's echoes" },
  "authentication-refused": {
    code: 15,
    direction: AT_PEER,
    text: "the peer refuses every way of authentication that is asked of it",
  },
  "authentication-failed": {
    code: 16,
    direction: AT_LOCAL,
    text: "the peer could not prove who it is",
  },
  "credentials-refused": {
    code: 16,
    direction: AT_PEER,
    text: "the peer refused our name or password",
  },
  "authentication-timeout": {
    code: 13,
    direction: 0,
    text: "authentication was not over in time",
  },
  "no-network-protocol": {
    code: 18,
    direction: 0,
    text: "no network protocol could be agreed on",
  },
  "rejected": { code: 0, direction: 0, text: "the peer rejects what PPP cannot do without" },
};

/** The cause of an end. @param authentication Number of the protocol that was agreed on, or 0. */
export function disconnectCause(
  reason: PppDownReason,
  authentication: number,
): PppDisconnectCause {
  const cause = CAUSES[reason];
  return { ...cause, controlProtocol: protocolOf(cause.code, authentication) };
}

function protocolOf(code: number, authentication: number): number {
  if (code >= 13 && code <= 16) return authentication;
  return code >= 5 && code <= 12 ? LCP : 0;
}

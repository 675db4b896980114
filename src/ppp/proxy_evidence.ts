/**
 * A client's evidence as a LAC tells an LNS of it, and the way back.
 *
 * Read RFC 2661 §4.4.5 first: MS-CHAPv2's has no form there, and a client that uses it is asked again.
 */

import type { ProxyAuthentication } from "../model/call_information.ts";
import type { AuthenticationEvidence, AuthenticationProtocol } from "./evidence.ts";

/** A LAC's report as evidence, where it is of the kind that LCP has agreed on. */
export function evidenceOf(
  { type, name, id, challenge, response }: ProxyAuthentication,
  proof: AuthenticationProtocol,
): AuthenticationEvidence | undefined {
  if (type !== proof) return undefined;
  const identifier = id & 0xff;
  return type === "pap"
    ? { protocol: "pap", name, identifier, password: response }
    : { protocol: "chap", name, identifier, challenge, response };
}

/** What a LAC reports of evidence; `undefined` where the LNS has to ask the client itself. */
export function proxyAuthenticationOf(
  evidence: AuthenticationEvidence,
): ProxyAuthentication | undefined {
  const { protocol, name, identifier: id } = evidence;
  switch (protocol) {
    case "pap":
      return { type: "pap", name, challenge: new Uint8Array(0), id, response: evidence.password };
    case "chap":
      return { type: "chap", name, challenge: evidence.challenge, id, response: evidence.response };
    case "ms-chap-v2":
      return undefined;
    default:
      return protocol satisfies never;
  }
}

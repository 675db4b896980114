/**
 * The first look at a datagram: control or data, and which version. The only code that gives
 * meaning to flag bits before the version is known (V3-UDP-05).
 *
 * Read RFC 3931 §4.1.1, §4.1.2 and §4.7.2, and RFC 2661 §3.1 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Encapsulation } from "../model/path.ts";

/** T, the first bit of the first octet: a control message (V3-HDR-02, V3-UDP-01). */
export const T_BIT = 0x80;
const VERSION_MASK = 0x0f;

/** What a datagram seems to be. */
export type FirstLook =
  /** `offset` is where the control header begins: 4 over IP, after the zero Session ID. */
  | { readonly kind: "control"; readonly version: ProtocolVersion; readonly offset: number }
  | { readonly kind: "data"; readonly version: ProtocolVersion }
  | { readonly kind: "unusable"; readonly reason: "short" | "unknown-version" | "not-control" };

/** Looks at a datagram's payload: what follows the UDP header, or the IP header for protocol 115. */
export function firstLook(octets: Uint8Array, encapsulation: Encapsulation): FirstLook {
  return encapsulation === "ip" ? lookOverIp(octets) : lookAtFlags(octets, 0);
}

/** RFC 3931 §4.1.1: a Session ID of zero means "control message" (V3-IP-05, V3-IP-06). */
function lookOverIp(octets: Uint8Array): FirstLook {
  if (octets.length < 4) return { kind: "unusable", reason: "short" };
  const sessionId = octets[0]! | octets[1]! | octets[2]! | octets[3]!;
  if (sessionId !== 0) return { kind: "data", version: 3 };
  const look = lookAtFlags(octets, 4);
  if (look.kind === "data") return { kind: "unusable", reason: "not-control" };
  // Only L2TPv3 runs directly over IP (V3-CO-02).
  if (look.kind === "control" && look.version !== 3) {
    return { kind: "unusable", reason: "unknown-version" };
  }
  return look;
}

/** The version first, then T; nothing else means the same in every version (V3-CO-01, V3-CO-08). */
function lookAtFlags(octets: Uint8Array, offset: number): FirstLook {
  if (octets.length < offset + 2) return { kind: "unusable", reason: "short" };
  const version = octets[offset + 1]! & VERSION_MASK;
  if (version !== 2 && version !== 3) return { kind: "unusable", reason: "unknown-version" };
  return (octets[offset]! & T_BIT) !== 0
    ? { kind: "control", version, offset }
    : { kind: "data", version };
}

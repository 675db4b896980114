/**
 * Static sessions: what a control connection would have negotiated comes from options, the same
 * set of them as `ip l2tp` and QEMU have.
 *
 * Read RFC 3931 §4.1 (data header) and §3.4 (sessions whose parameters are known beforehand).
 */

import { L2TP_PORT, type Path } from "../model/path.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { StaticSessionOptions } from "./options.ts";
import { resolvePayload } from "./payload_options.ts";
import { integer, resolveSequencing } from "./resolve_options.ts";

/** The UDP ports of a static session; both are 0 over IP. */
export interface StaticPorts {
  readonly local: number;
  readonly remote: number;
}

/** @throws {TypeError | RangeError} for ports that cannot be. */
export function resolveStaticPorts(options: StaticSessionOptions): StaticPorts {
  if (options.encapsulation === "ip") {
    if (options.localPort !== undefined || options.remotePort !== undefined) {
      throw new TypeError("localPort and remotePort: IP protocol 115 has no ports");
    }
    return { local: 0, remote: 0 };
  }
  return {
    local: integer("localPort", options.localPort ?? L2TP_PORT, 1, 65_535),
    remote: integer("remotePort", options.remotePort ?? L2TP_PORT, 1, 65_535),
  };
}

/** @throws {TypeError | RangeError} for options that contradict each other or are out of range. */
export function resolveStaticSession(
  options: StaticSessionOptions,
  path: Path,
): SessionDescriptor {
  const pseudowire = options.pseudowire ?? "ethernet";
  const { sublayer, sequencing } = resolveSequencing(
    options.sublayer ?? "none",
    options.sequencing ?? "none",
  );
  const expected = resolveSequencing(sublayer, options.receiveSequencing ?? "none");
  return {
    version: 3,
    path,
    pseudowire,
    // Zero is the control channel over IP, and never names a session (V3-IP-05).
    localSessionId: integer("localSessionId", options.localSessionId, 1, 0xffff_ffff),
    remoteSessionId: integer("remoteSessionId", options.remoteSessionId, 1, 0xffff_ffff),
    receiveCookie: resolveCookie("receiveCookie", options.receiveCookie),
    ...(options.otherReceiveCookie === undefined ? {} : {
      otherReceiveCookie: resolveCookie("otherReceiveCookie", options.otherReceiveCookie),
    }),
    transmitCookie: resolveCookie("transmitCookie", options.transmitCookie),
    receiveSublayer: sublayer,
    transmitSublayer: sublayer,
    receiveSequencing: expected.sequencing,
    transmitSequencing: sequencing,
    ...resolvePayload(pseudowire, options),
  };
}

function resolveCookie(name: string, cookie: string | Uint8Array | undefined): Uint8Array {
  if (cookie === undefined) return new Uint8Array();
  const octets = typeof cookie === "string" ? hexOctets(name, cookie) : cookie.slice();
  if (octets.length !== 0 && octets.length !== 4 && octets.length !== 8) {
    throw new RangeError(`${name}: ${octets.length} octets, 0, 4 and 8 are possible`);
  }
  return octets;
}

function hexOctets(name: string, text: string): Uint8Array {
  if (!/^0x(?:[\da-f]{2})*$/i.test(text)) {
    throw new RangeError(`${name}: "${text}" is not 0x followed by whole octets`);
  }
  return Uint8Array.fromHex(text.slice(2));
}

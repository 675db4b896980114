/**
 * Which sessions can be carried: what is refused before a row is made of a descriptor.
 *
 * Read RFC 3931 §4.1 and §4.6, and RFC 2661 §3.1 and §5.3 first.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { pseudowireFor } from "../pseudowire/selection.ts";

const LARGEST_V2_ID = 0xffff;

/**
 * Refuses what no row can be made of.
 *
 * @throws {RangeError} for an id, a cookie, sequencing or a pseudowire that cannot be carried.
 */
export function checkDescriptor(descriptor: SessionDescriptor): void {
  if (descriptor.version === 2) checkV2(descriptor);
  else checkV3(descriptor);
  pseudowireFor(descriptor);
}

function checkV3(descriptor: SessionDescriptor): void {
  if (descriptor.localSessionId === 0) {
    throw new RangeError("local Session ID is 0; it should be 1 to 4294967295 (V3-IP-05)");
  }
  for (const cookie of [descriptor.receiveCookie, descriptor.transmitCookie]) {
    if (cookie.length !== 0 && cookie.length !== 4 && cookie.length !== 8) {
      throw new RangeError(
        `a cookie has ${cookie.length} octets; it should be 0, 4 or 8 (V3-DP-03)`,
      );
    }
  }
  const other = descriptor.otherReceiveCookie;
  if (other !== undefined && other.length !== descriptor.receiveCookie.length) {
    throw new RangeError("two receive cookies must be of one length");
  }
  const unnumbered = (descriptor.transmitSequencing !== "none" &&
    descriptor.transmitSublayer === "none") ||
    (descriptor.receiveSequencing !== "none" && descriptor.receiveSublayer === "none");
  if (unnumbered) {
    throw new RangeError("sequencing needs the default L2-Specific Sublayer (V3-DP-30)");
  }
}

/** The remote session id is 0 while it is not yet known; every other id is the session's own. */
function checkV2(descriptor: SessionDescriptor): void {
  checkV2Id("local Tunnel ID", descriptor.localTunnelId, 1);
  checkV2Id("remote Tunnel ID", descriptor.remoteTunnelId, 1);
  checkV2Id("local Session ID", descriptor.localSessionId, 1);
  checkV2Id("remote Session ID", descriptor.remoteSessionId, 0);
  if (descriptor.path.encapsulation !== "udp") {
    throw new RangeError("an L2TPv2 session runs over UDP only (V3-CO-02)");
  }
  const { receiveCookie, transmitCookie, receiveSublayer, transmitSublayer } = descriptor;
  const hasCookie = receiveCookie.length > 0 || transmitCookie.length > 0;
  if (hasCookie || receiveSublayer !== "none" || transmitSublayer !== "none") {
    throw new RangeError("an L2TPv2 session has neither cookies nor an L2-Specific Sublayer");
  }
  if (descriptor.transmitSequencing === "non-ip") {
    throw new RangeError("an L2TPv2 session numbers all packets or none (RFC 2661 §5.4)");
  }
}

function checkV2Id(name: string, id: number | undefined, least: number): void {
  if (id !== undefined && Number.isInteger(id) && id >= least && id <= LARGEST_V2_ID) return;
  throw new RangeError(`${name} is ${id}; in L2TPv2 it should be ${least} to ${LARGEST_V2_ID}`);
}

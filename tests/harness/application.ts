/**
 * What the applications of simulated endpoints do, by chance: they ask for sessions, answer requests,
 * tell of their circuits, and end what is up.
 */

import type { ConnectionHandle, SessionHandle, SessionRequest } from "../../src/core/effect.ts";
import type { OutgoingSessionSettings } from "../../src/core/lcce_config.ts";
import type { CallInformation } from "../../src/model/call_information.ts";
import type { ProtocolVersion } from "../../src/model/identifiers.ts";
import { pseudowireTypeOf } from "../../src/model/pseudowire_type.ts";
import type { End } from "./pair.ts";
import { ascii } from "./peer_message.ts";
import type { Prng } from "./prng.ts";

/** What an application asks a peer for, or answers its request with. */
export function anySession(prng: Prng, request?: SessionRequest): OutgoingSessionSettings {
  const asked = request && pseudowireTypeOf(request.pseudowireTypeNumber);
  const sublayer = prng.pick(["none", "default"] as const);
  return {
    pseudowire: asked ?? prng.pick(["ethernet", "ethernet-vlan"] as const),
    cookieLength: prng.pick([0, 4, 8] as const),
    sublayer,
    sequencing: sublayer === "none" ? "none" : prng.pick(["none", "non-ip", "all"] as const),
    circuitStatus: prng.below(2),
    // Few names, so that requests for the same circuit cross.
    remoteEndId: ascii(prng.pick(["lan", "dmz", "lab"])),
  };
}

/** What an application asks a peer for, in the version that the two of them speak. */
export function anyCall(prng: Prng, version: ProtocolVersion): OutgoingSessionSettings {
  const session = {
    ...anySession(prng),
    call: prng.pick(["incoming", "incoming", "outgoing"] as const),
  };
  return version === 3
    ? session
    : { ...session, pseudowire: "ppp", information: anyInformation(prng) };
}

function anyInformation(prng: Prng): CallInformation {
  return {
    calledNumber: String(prng.below(1_000_000)),
    ...(prng.chance(0.5) ? { callingNumber: String(prng.below(1_000_000)) } : {}),
    ...(prng.chance(0.3) ? { txConnectSpeed: BigInt(prng.uint32()) } : {}),
    ...(prng.chance(0.3) ? { proxyLcp: { lastSent: prng.octets(prng.below(40)) } } : {}),
  };
}

/** The connections of an end that are up, as far as its application has heard. */
export function liveConnections(end: End): ConnectionHandle[] {
  return end.invariants.connections.map(([handle]) => handle);
}

/** Its sessions. */
export function liveSessions(end: End): SessionHandle[] {
  return end.invariants.sessions.map(([handle]) => handle);
}

/** Something an application may do, if it can. */
export function act(end: End, prng: Prng, now: number): void {
  const connections = liveConnections(end);
  const sessions = liveSessions(end);
  const choice = prng.below(10);
  if (choice < 5 && connections.length > 0) {
    const connection = prng.pick(connections);
    end.openSession(connection, anyCall(prng, end.invariants.versionOf(connection)), now);
  } else if (choice === 5 && sessions.length > 0) {
    end.lcce.closeSession(prng.pick(sessions), { resultCode: 3, text: "" }, now);
  } else if (choice === 6 && connections.length > 0) {
    end.lcce.closeConnection(prng.pick(connections), { resultCode: 1, text: "" }, now);
  } else if (choice === 7 && sessions.length > 0) {
    const accm = { send: prng.uint32(), receive: prng.uint32() };
    end.lcce.tellLinkInformation(prng.pick(sessions), { accm }, now);
  } else if (sessions.length > 0) {
    end.lcce.setCircuitStatus(prng.pick(sessions), prng.below(2), now);
  }
}

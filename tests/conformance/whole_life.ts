/**
 * Everything the program sends over the life of a connection: set-up in one role, a session of each
 * kind asked for by each side, a status change, circuit errors, HELLOs in both directions, tear-down. Rules that hold for
 * every message are checked on this.
 */

import type { ConnectionHandle } from "../../src/core/effect.ts";
import {
  BEARER_DIGITAL,
  type CallInformation,
  FRAMING_SYNCHRONOUS,
} from "../../src/model/call_information.ts";
import { disconnectCause } from "../../src/model/ppp_disconnect.ts";
import type { CircuitErrors } from "../../src/model/circuit_errors.ts";
import { type Cell } from "../harness/cells.ts";
import { type Heard, ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { V2Peer } from "../harness/v2_peer.ts";
import { avp, u16 } from "../harness/peer_message.ts";

/** Which side opens the connection. */
export type Role = "initiator" | "responder";

/** Messages the program sent, in order; by default those of a life in each role. */
export function wholeLife(cell: Cell, role?: Role): readonly Heard[] {
  if (role === undefined) return [...wholeLife(cell, "initiator"), ...wholeLife(cell, "responder")];
  const peer = cell.version === 3 ? new ScriptedPeer(cell) : new V2Peer({}, cell);
  livesWhole(peer, role);
  return peer.heard;
}

/** What a circuit may have come to. */
export const SOME_ERRORS: CircuitErrors = {
  crc: 1,
  framing: 2,
  hardwareOverruns: 3,
  bufferOverruns: 4,
  timeouts: 5,
  alignment: 6,
};

/** Lets a peer and the program go through it all. */
export function livesWhole(peer: ScriptedPeer, role: Role): void {
  const connection = role === "initiator" ? peer.respond() : peer.initiate();
  peer.autoAck = true;
  if (peer.cell.version === 3) {
    const incoming = peer.callIn(0x7001, [avp(69, u16(1))], "theirs");
    const called = peer.answerCall(connection);
    peer.lcce.setCircuitStatus(called.handle, 0, peer.now);
    peer.lcce.reportCircuitErrors(called.handle, SOME_ERRORS, peer.now);
    peer.drain();
    peer.lcce.closeSession(called.handle, { resultCode: 3, text: "done" }, peer.now);
    peer.drain();
    placesCalls(peer, connection);
    peer.send("SLI", [...peer.sessionAvps(incoming.localId, incoming.remoteId), avp(71, u16(0))]);
  } else if (peer instanceof V2Peer) hasCalls(peer, connection);
  peer.send("HELLO");
  peer.advance(120_000);
  peer.lcce.closeConnection(connection, { resultCode: 6, text: "done" }, peer.now);
  peer.drain();
  peer.advance(100);
}

/** L2TPv2's calls: one of each kind each way, with everything that can be told of them. */
function hasCalls(peer: V2Peer, connection: ConnectionHandle): void {
  const settings = { information: ALL_INFORMATION, sequencing: "all" } as const;
  peer.sessionSettings = { ...peer.sessionSettings, ...settings };
  const { handle: called } = peer.dialIn();
  peer.dialOut();
  const { handle: calling } = peer.takeCall(connection, settings);
  peer.placeCall(connection, settings);
  peer.lcce.reportCircuitErrors(calling, SOME_ERRORS, peer.now);
  const options = ALL_INFORMATION.lcpWantOptions;
  peer.lcce.tellLinkInformation(called, { lastSent: options, lastReceived: options }, peer.now);
  peer.lcce.closeSession(calling, {
    resultCode: 1,
    text: "done",
    q931Cause: { cause: 16, message: 0, advisory: "done" },
    disconnectCause: disconnectCause("normal", { direction: "peer" }),
  }, peer.now);
  peer.drain();
}

const SOME_OCTETS = Uint8Array.of(1, 4, 5, 0xdc);

/** Everything that one end can tell of a call. */
export const ALL_INFORMATION = {
  calledNumber: "5551234",
  callingNumber: "30",
  subAddress: "1",
  bearerType: BEARER_DIGITAL,
  framingType: FRAMING_SYNCHRONOUS,
  physicalChannelId: 1,
  minimumBps: 1,
  maximumBps: 64_000,
  txConnectSpeed: 64_000n,
  rxConnectSpeed: 64_000n,
  privateGroupId: SOME_OCTETS,
  proxyLcp: { initialReceived: SOME_OCTETS, lastSent: SOME_OCTETS, lastReceived: SOME_OCTETS },
  proxyAuthentication: {
    type: "chap",
    name: SOME_OCTETS,
    challenge: SOME_OCTETS,
    id: 1,
    response: SOME_OCTETS,
  },
  lcpWantOptions: SOME_OCTETS,
  lcpAllowOptions: SOME_OCTETS,
} as const satisfies CallInformation;

/** One outgoing call each way. */
function placesCalls(peer: ScriptedPeer, connection: ConnectionHandle): void {
  const settings = { ...SESSION_SETTINGS, call: "outgoing" } as const;
  const session = peer.openSession(connection, settings);
  const remoteId = peer.lcce.describeSession(session)!.localSessionId;
  peer.send("OCRP", peer.icrpAvps(0x7201, remoteId));
  peer.send("OCCN", peer.sessionAvps(0x7201, remoteId));
  peer.send("OCRQ", peer.icrqAvps(0x7202, "far"));
  peer.advance(100);
}

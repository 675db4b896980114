/**
 * Everything the program sends over the life of a connection: set-up in one role, a session asked
 * for by each side, a status change, HELLOs in both directions, tear-down. Rules that hold for
 * every message are checked on this.
 */

import { type Cell } from "../harness/cells.ts";
import { type Heard, ScriptedPeer } from "../harness/scripted_peer.ts";
import { avp, u16 } from "../harness/peer_message.ts";

/** Which side opens the connection. */
export type Role = "initiator" | "responder";

/** Messages the program sent, in order; by default those of a life in each role. */
export function wholeLife(cell: Cell, role?: Role): readonly Heard[] {
  if (role === undefined) return [...wholeLife(cell, "initiator"), ...wholeLife(cell, "responder")];
  const peer = new ScriptedPeer(cell);
  livesWhole(peer, role);
  return peer.heard;
}

/** Lets a peer and the program go through it all. */
export function livesWhole(peer: ScriptedPeer, role: Role): void {
  const connection = role === "initiator" ? peer.respond() : peer.initiate();
  peer.autoAck = true;
  if (peer.cell.version === 3) {
    const incoming = peer.callIn(0x7001, [avp(69, u16(1))], "theirs");
    const outgoing = peer.answerCall(connection);
    peer.lcce.setCircuitStatus(outgoing.handle, 0, peer.now);
    peer.drain();
    peer.lcce.closeSession(outgoing.handle, { resultCode: 3, text: "done" }, peer.now);
    peer.drain();
    peer.send("SLI", [...peer.sessionAvps(incoming.localId, incoming.remoteId), avp(71, u16(0))]);
  }
  peer.send("HELLO");
  peer.advance(120_000);
  peer.lcce.closeConnection(connection, { resultCode: 6, text: "done" }, peer.now);
  peer.drain();
  peer.advance(100);
}

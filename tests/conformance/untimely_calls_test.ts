/**
 * Calls that come before their control connection is up, or when it is about to end.
 *
 * RFC 3931 §3.3, §3.4, §7.2; RFC 2661 §5.1, §7.2.1. REQUIREMENTS sections 5, 10.5.
 */

import { assertEquals } from "@std/assert";
import { ALL_CELLS, eachCell } from "../harness/cells.ts";
import { avp, resultOf, u16, u32 } from "../harness/peer_message.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

/** The peer asks for a call, whatever the connection's state. */
function sendIcrq(peer: ScriptedPeer): void {
  const v2 = [avp(14, u16(7)), avp(15, u32(1))];
  peer.send("ICRQ", peer.cell.version === 2 ? v2 : peer.icrqAvps(7));
}

eachCell(
  ALL_CELLS,
  "a call before the connection is up is answered by StopCCN 7, and nobody hears of it [V3-CC-28, A-08]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
    peer.expect("SCCRP");
    sendIcrq(peer);
    assertEquals(resultOf(peer.expect("StopCCN"))[0], 7);
    assertEquals(peer.told("sessionRequested"), []);
    assertEquals(peer.told("connectionDown").length, 1);
  },
);

eachCell(
  ALL_CELLS,
  "a call over a connection that is closing is acknowledged and no more, at either end [V3-CC-30, V3-REL-19]",
  (cell) => {
    const closer = new ScriptedPeer(cell);
    closer.lcce.closeConnection(closer.initiate(), { resultCode: 6 }, closer.now);
    closer.drain();
    closer.expect("StopCCN");
    sendIcrq(closer);
    closer.expectSilence(500, "only acknowledgements");
    const closed = new ScriptedPeer(cell);
    closed.initiate();
    closed.send("StopCCN", closed.stopAvps());
    closed.expectAck();
    sendIcrq(closed);
    closed.expectSilence(500, "only acknowledgements");
    for (const peer of [closer, closed]) assertEquals(peer.told("sessionRequested"), []);
  },
);

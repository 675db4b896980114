/** What one peer hears of the end of another's session, in the words of its own version. */

import { assertEquals } from "@std/assert";
import { farewellAfter } from "../../src/core/passed_on.ts";
import { V3_UDP } from "../harness/cells.ts";
import {
  ascii,
  avp,
  concat,
  resultOf,
  resultTextOf,
  u16,
  valueOf,
} from "../harness/peer_message.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";
import { V2Peer } from "../harness/v2_peer.ts";

/** The CDN that an L2TPv2 peer gets after such an end. */
function passedOn(farewell: ReturnType<typeof farewellAfter>) {
  const peer = new V2Peer();
  peer.initiate();
  const { handle } = peer.dialIn();
  peer.ack();
  peer.lcce.closeSession(handle, farewell, peer.now);
  peer.drain();
  return peer.expect("CDN");
}

Deno.test("a peer's CDN is passed on with its codes and causes [V2-SES-15]", () => {
  const peer = new V2Peer();
  peer.initiate();
  const { localId, remoteId } = peer.dialIn();
  const q931 = concat(u16(17), Uint8Array.of(0x45), ascii("busy"));
  const ppp = concat(u16(16), u16(0xc223), Uint8Array.of(1), ascii("wrong"));
  peer.sendTo(remoteId, "CDN", [
    avp(1, concat(u16(8), u16(0), ascii("busy"))),
    ...peer.nameAvps(localId),
    avp(12, q931),
    avp(46, ppp, { mandatory: false }),
  ]);
  const cdn = passedOn(farewellAfter(peer.told("sessionDown")[0]!.reason));
  assertEquals(resultOf(cdn)[0], 8);
  assertEquals([valueOf(cdn, 12), valueOf(cdn, 46)], [q931, ppp]);
});

Deno.test("a code that only L2TPv3 has is told in words to a peer that speaks L2TPv2", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.initiate();
  const { localId, remoteId } = peer.callIn();
  peer.send("CDN", [avp(1, u16(16)), ...peer.sessionAvps(localId, remoteId)]);
  const cdn = passedOn(farewellAfter(peer.told("sessionDown")[0]!.reason));
  assertEquals(resultOf(cdn), [2, 6]);
  assertEquals(resultTextOf(cdn).startsWith("finite state machine error"), true);
});

Deno.test("a session that ended otherwise is a call that is lost", () => {
  const text = "connection closed: no answer";
  const cdn = passedOn(farewellAfter({ cause: "connection", resultCode: 6, text }));
  assertEquals([resultOf(cdn)[0], resultTextOf(cdn)], [1, text]);
});

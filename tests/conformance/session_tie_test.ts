/**
 * Two ICRQs for one circuit that cross.
 *
 * RFC 3931 §5.4.4, §7.3.1. REQUIREMENTS section 6; readings.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { eachCell, V3_CELLS, V3_UDP } from "../harness/cells.ts";
import { avp, numberIn, resultOf, u16, valueOf } from "../harness/peer_message.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

const LOWEST = new Uint8Array(8);
const HIGHEST = new Uint8Array(8).fill(0xff);

/** A program whose ICRQ is out, and the peer's own ICRQ for the same Remote End ID. */
function cross(breaker: Uint8Array | undefined, cell = V3_UDP, remoteEndId = "lan") {
  const peer = new ScriptedPeer(cell);
  const connection = peer.initiate();
  const session = peer.openSession(connection);
  const icrq = peer.expect("ICRQ");
  const extra = breaker === undefined ? [] : [avp(5, breaker)];
  peer.send("ICRQ", [...peer.icrqAvps(7, remoteEndId), ...extra]);
  return { peer, connection, session, icrq, remoteId: numberIn(icrq, 63)! };
}

eachCell(
  V3_CELLS,
  "the lower value wins: the program as loser answers the peer's ICRQ [V3-SES-19, V3-SES-20, V3-SES-22, S3IS-07, A-09, A-10]",
  (cell) => {
    const { peer, session } = cross(LOWEST, cell);
    const icrp = peer.expect("ICRP");
    assertEquals(numberIn(icrp, 64), 7);
    const [replaced] = peer.told("sessionReplaced");
    assertEquals(replaced!.lost, session);
    peer.send("ICCN", peer.sessionAvps(7, numberIn(icrp, 63)!));
    peer.advance(5_000);
    assertEquals(peer.told("sessionUp").map((up) => up.session), [replaced!.kept]);
    assertEquals(peer.told("sessionDown"), []);
    assert(peer.heard.every(({ message }) => message.type !== "CDN"));
  },
);

eachCell(
  V3_CELLS,
  "the program as winner refuses the peer's ICRQ with CDN 13, and its own goes on [V3-SES-19, V3-SES-20, V3-SES-21, S3IS-08]",
  (cell) => {
    const { peer, session, remoteId } = cross(HIGHEST, cell);
    const cdn = peer.expect("CDN");
    assertEquals([resultOf(cdn)[0], numberIn(cdn, 64)], [13, 7]);
    peer.send("ICRP", peer.icrpAvps(8, remoteId));
    peer.expect("ICCN");
    assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
  },
);

Deno.test("a CDN 13 from a loser of the other school does not end the surviving session [A-09]", () => {
  const { peer, session, remoteId } = cross(HIGHEST);
  peer.expect("CDN");
  peer.send("CDN", [...peer.sessionAvps(7, 0), avp(1, u16(13))]);
  peer.send("ICRP", peer.icrpAvps(8, remoteId));
  peer.expect("ICCN");
  assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
});

Deno.test("equal values: both requests go, and a new one comes with another value [V3-SES-23]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  peer.openSession(connection);
  const icrq = peer.expect("ICRQ");
  const first = valueOf(icrq, 5)!;
  peer.autoAck = true;
  peer.send("ICRQ", [...peer.icrqAvps(7), avp(5, first)]);
  peer.advance(30_000);
  const again = peer.heard.filter(({ message }) => message.type === "ICRQ").at(-1)!.message;
  assertNotEquals(valueOf(again, 5), first);
  assertNotEquals(again.ns, icrq.ns);
  assertEquals(peer.told("sessionUp"), []);
});

Deno.test("where only the program sent a tie breaker, it wins [V3-SES-24]", () => {
  const { peer } = cross(undefined);
  const cdn = peer.expect("CDN");
  assertEquals([resultOf(cdn)[0], numberIn(cdn, 64)], [13, 7]);
});

Deno.test("the loser does not take the winner's request for another type of pseudowire: CDN 14 [V3-SES-27, V3-SES-22]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  const connection = peer.initiate();
  const session = peer.openSession(connection);
  peer.expect("ICRQ");
  peer.send("ICRQ", [...peer.icrqAvps(7, "lan", 4), avp(5, LOWEST)]);
  const cdn = peer.expect("CDN");
  assertEquals([resultOf(cdn)[0], numberIn(cdn, 64)], [14, 7]);
  const [replaced] = peer.told("sessionReplaced");
  assertEquals(replaced!.lost, session);
  assertEquals(peer.told("sessionDown").map((down) => down.session), [replaced!.kept]);
});

Deno.test("requests for different circuits are no tie [V3-SES-19]", () => {
  const { peer } = cross(LOWEST, V3_UDP, "another");
  peer.expect("ICRP");
  assertEquals(peer.told("sessionReplaced"), []);
});

Deno.test("an ICRQ has a tie breaker of eight random octets [V3-SES-19, V3-SES-24]", () => {
  const breakers = [1, 2].map((seed) => {
    const peer = new ScriptedPeer(V3_UDP, { seed });
    peer.openSession(peer.initiate());
    return valueOf(peer.expect("ICRQ"), 5)!;
  });
  assertEquals(breakers.map(({ length }) => length), [8, 8]);
  assertNotEquals(breakers[0], breakers[1]);
});

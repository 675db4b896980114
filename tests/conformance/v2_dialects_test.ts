/**
 * L2TPv2's calls as xl2tpd, Windows, Cisco IOS and l2tpns have them, played by a scripted peer: made
 * from what is known of each (PEERS.md, tests/vectors/xl2tpd_exchange.ts), not from captures.
 */

import { assertEquals } from "@std/assert";
import { V2_CHALLENGE, V2_UDP } from "../harness/cells.ts";
import {
  ascii,
  avp,
  concat,
  numberIn,
  type PeerAvp,
  u16,
  u32,
  valueOf,
} from "../harness/peer_message.ts";
import { V2Peer } from "../harness/v2_peer.ts";

const OPTIONAL = { mandatory: false };

/** What a peer says of itself beside what it must. */
function described(peer: V2Peer, type: "SCCRQ" | "SCCRP", firmware: number, vendor: string) {
  const own = [avp(6, u16(firmware), OPTIONAL), avp(8, ascii(vendor), OPTIONAL)];
  return [...peer.setupAvps(type), ...own];
}

function begins(peer: V2Peer, setup: readonly PeerAvp[]): void {
  peer.send("SCCRQ", setup);
  peer.expect("SCCRP");
  peer.send("SCCCN", peer.challengeResponse(3));
  peer.expectAck();
  assertEquals(peer.told("connectionUp").length, 1);
}

for (const cell of [V2_UDP, V2_CHALLENGE]) {
  Deno.test(`${cell.name}: xl2tpd as LAC: no bearer, speeds of 0, a window of 4; it hangs up and leaves [V2-SES-11, V2-SES-17, V2-CC-19]`, () => {
    const peer = new V2Peer({ bearerCapabilities: 0, receiveWindow: 4 }, cell);
    begins(peer, described(peer, "SCCRQ", 0x0690, "xelerance.com"));
    peer.send("ICRQ", [avp(14, u16(0xbd16)), avp(15, u32(1)), avp(18, u32(0))]);
    const remoteId = numberIn(peer.expect("ICRP"), 14)!;
    const speeds = [avp(24, u32(0)), avp(19, u32(1)), avp(38, u32(0), OPTIONAL)];
    peer.sendTo(remoteId, "ICCN", speeds);
    peer.expectAck();
    const { information } = peer.told("sessionUp")[0]!;
    assertEquals(information, {
      bearerType: 0,
      txConnectSpeed: 0n,
      rxConnectSpeed: 0n,
      framingType: 1,
    });
    peer.sendTo(remoteId, "CDN", [
      avp(1, concat(u16(1), u16(0), ascii("Goodbye!"))),
      avp(14, u16(0xbd16)),
    ]);
    peer.send("StopCCN", [
      avp(9, u16(peer.localId)),
      avp(1, concat(u16(1), u16(0), ascii("Goodbye!"))),
    ]);
    assertEquals(peer.told("sessionDown").length, 1);
    assertEquals(peer.told("connectionDown")[0]!.reason.cause, "remote");
  });
}

Deno.test("xl2tpd with hidden bit = yes: a Random Vector before AVPs that are all in clear [V2-HID-02]", () => {
  const peer = new V2Peer({}, V2_CHALLENGE);
  const vector = () => avp(36, peer.prng.octets(16));
  begins(peer, [vector(), ...peer.setupAvps("SCCRQ")]);
  peer.send("ICRQ", [vector(), ...peer.requestAvps("ICRQ", 9)]);
  const remoteId = numberIn(peer.expect("ICRP"), 14)!;
  peer.sendTo(remoteId, "ICCN", [vector(), ...peer.connectAvps()]);
  assertEquals(peer.told("sessionUp").length, 1);
});

Deno.test("xl2tpd as LNS: bearer capabilities of 0 are no bar to a call, and ask for none [V2-SES-08, V2-SES-10]", () => {
  const peer = new V2Peer({ bearerCapabilities: 0, receiveWindow: 4 });
  const connection = peer.connect();
  peer.expect("SCCRQ");
  peer.send("SCCRP", described(peer, "SCCRP", 0x0690, "xelerance.com"));
  peer.expect("SCCCN");
  peer.ack();
  assertEquals(peer.takeCall(connection).connect.sessionId, 0x7101);
  peer.ack();
  peer.ask(connection, { call: "outgoing" });
  assertEquals(numberIn(peer.expect("OCRQ"), 18), 0);
});

Deno.test("Windows: serial number 0, analog bearer, no proxy authentication; CDN and StopCCN in one go [V2-PXY-01, V2-SES-17]", () => {
  const peer = new V2Peer({ framingCapabilities: 1, bearerCapabilities: 0, receiveWindow: 8 });
  begins(peer, described(peer, "SCCRQ", 0x0a00, "Microsoft"));
  peer.send("ICRQ", [avp(14, u16(1)), avp(15, u32(0)), avp(18, u32(2))]);
  const remoteId = numberIn(peer.expect("ICRP"), 14)!;
  peer.sendTo(remoteId, "ICCN", [
    avp(24, u32(100_000_000)),
    avp(19, u32(1)),
    avp(29, u16(4), OPTIONAL),
  ]);
  const { information } = peer.told("sessionUp")[0]!;
  assertEquals(information.proxyAuthentication?.type, "none");
  peer.sendTo(remoteId, "CDN", [avp(1, u16(3)), avp(14, u16(1))]);
  peer.send("StopCCN", [avp(9, u16(peer.localId)), avp(1, u16(6))]);
  assertEquals(peer.told("sessionDown").map(({ reason }) => reason.resultCode), [3]);
  assertEquals(peer.told("connectionDown").map(({ reason }) => reason.resultCode), [6]);
  peer.expectSilence(2_000, "only acknowledgements");
});

Deno.test("Cisco IOS as LAC: proxy LCP and CHAP, numbers, AVPs of its own that need not be known [V2-PXY-02, V2-PXY-06, V2-AVP-05]", () => {
  const peer = new V2Peer();
  const own = (attribute: number) => avp(attribute, u32(1), { ...OPTIONAL, vendor: 9 });
  begins(peer, described(peer, "SCCRQ", 0x1130, "Cisco Systems, Inc."));
  peer.send("ICRQ", [
    ...peer.requestAvps("ICRQ", 0x1001),
    avp(18, u32(2)),
    avp(21, ascii("5551234")),
    avp(22, ascii("4085551")),
    avp(25, u32(0x20000), OPTIONAL),
    own(101),
  ]);
  const remoteId = numberIn(peer.expect("ICRP"), 14)!;
  const lcp = Uint8Array.of(1, 4, 5, 0xdc, 3, 5, 0xc2, 0x23, 5, 5, 6, 9, 9, 9, 9);
  peer.sendTo(remoteId, "ICCN", [
    ...peer.connectAvps(),
    ...[26, 27, 28].map((attribute) => avp(attribute, lcp, OPTIONAL)),
    avp(29, u16(2), OPTIONAL),
    avp(30, ascii("user@isp.example"), OPTIONAL),
    avp(31, peer.prng.octets(16), OPTIONAL),
    avp(32, u16(1), OPTIONAL),
    avp(33, peer.prng.octets(16), OPTIONAL),
    avp(38, u32(64_000), OPTIONAL),
    own(102),
  ]);
  const { calledNumber, proxyAuthentication, proxyLcp } = peer.told("sessionUp")[0]!.information;
  assertEquals([calledNumber, proxyAuthentication?.type], ["5551234", "chap"]);
  assertEquals(new TextDecoder().decode(proxyAuthentication?.name), "user@isp.example");
  assertEquals(proxyLcp, { initialReceived: lcp, lastSent: lcp, lastReceived: lcp });
});

Deno.test("l2tpns as LNS: it answers late, and says HELLO as soon as there is a call [V2-REL-12, V2-KA-03]", () => {
  const peer = new V2Peer({ receiveWindow: null });
  const connection = peer.connect();
  peer.expect("SCCRQ");
  peer.advance(10_000);
  peer.inbox.length = 0;
  peer.send("SCCRP", described(peer, "SCCRP", 1, "Linux L2TPNS"), { nr: 1 });
  peer.expect("SCCCN");
  peer.ack();
  const { connect } = peer.takeCall(connection);
  assertEquals(valueOf(connect, 39), undefined);
  peer.send("HELLO");
  peer.expectAck();
});

/** Data packets as they arrive: what is delivered, and what is dropped under which name. */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { DropReason } from "../../src/dataplane/drop_reason.ts";
import type { Encapsulation } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import {
  anyFrame,
  anySession,
  ARP,
  benchOf,
  descriptorOf,
  ethernetFrame,
  hexOf,
  KEY,
  mirrored,
  packetsOf,
  pathOver,
} from "./sessions.ts";

const FRAME = ethernetFrame(ARP);
const COOKIE = Uint8Array.of(0xc0, 1, 2, 3, 4, 5, 6, 7);
const UDP_HEADER = [0x00, 0x03, 0x00, 0x00, 0x0a, 0x0b, 0x0c, 0x0d];
const IP_HEADER = [0x0a, 0x0b, 0x0c, 0x0d];

function packetWith(...header: number[]): Uint8Array {
  return Uint8Array.from([...header, ...FRAME]);
}

/** What becomes of one packet: the frame that comes out, or the reason for the drop. */
function fateOf(
  changes: Partial<SessionDescriptor>,
  packet: Uint8Array,
  encapsulation: Encapsulation = "udp",
): string {
  const { dataplane } = benchOf(descriptorOf(changes));
  dataplane.receivePackets(encapsulation, packet);
  const frames = dataplane.takeFrames(KEY);
  const own = Object.entries(dataplane.counters(KEY).drops);
  const stray = Object.entries(dataplane.strayCounters().drops);
  const reasons = [...own, ...stray].filter(([, count]) => count > 0).map(([reason]) => reason);
  assertEquals(frames.length + reasons.length, 1, "delivered once or dropped once");
  return frames.length > 0 ? hexOf(frames[0]!) : reasons[0]!;
}

const DELIVERED = hexOf(FRAME);

Deno.test("a session in standby drops what comes, also after an update, until it steps in [ECS-10]", () => {
  const descriptor = descriptorOf({ receiveCookie: new Uint8Array(0) });
  const { dataplane } = benchOf(descriptor);
  dataplane.setReceive(KEY, false);
  dataplane.receivePackets("udp", packetWith(...UDP_HEADER));
  dataplane.installSession(KEY, descriptor, false);
  dataplane.receivePackets("udp", packetWith(...UDP_HEADER));
  assertEquals(dataplane.takeFrames(KEY), []);
  dataplane.setReceive(KEY, true);
  dataplane.receivePackets("udp", packetWith(...UDP_HEADER));
  assertEquals(dataplane.takeFrames(KEY).map(hexOf), [DELIVERED]);
});

function assertDropped(
  reason: DropReason,
  changes: Partial<SessionDescriptor>,
  packet: Uint8Array,
  encapsulation: Encapsulation = "udp",
): void {
  assertEquals(fateOf(changes, packet, encapsulation), reason);
}

Deno.test("every frame comes out as it went in, over every kind of session [V3-DP-01, V3-DP-03, V3-DP-09, ETH-16, ETH-17]", () => {
  fc.assert(fc.property(anySession, fc.array(anyFrame, { maxLength: 12 }), (session, frames) => {
    const { dataplane } = benchOf(mirrored(session));
    dataplane.receivePackets(session.path.encapsulation, ...packetsOf(session, frames));
    assertEquals(dataplane.takeFrames(KEY), frames);
    const octets = frames.reduce((sum, frame) => sum + frame.length, 0);
    const { receivedFrames, receivedOctets } = dataplane.counters(KEY);
    assertEquals([receivedFrames, receivedOctets], [frames.length, octets]);
  }));
});

Deno.test("reserved bits and the reserved word are ignored [V3-UDP-03, V3-UDP-05]", () => {
  assertEquals(fateOf({}, packetWith(0x7f, 0xf3, 0xff, 0xff, ...IP_HEADER)), DELIVERED);
});

Deno.test("a control message on a data socket is dropped [V3-IP-05, V3-UDP-01]", () => {
  assertDropped("control", {}, packetWith(0xc8, 0x03, 0, 72, ...IP_HEADER));
  assertDropped("control", { path: pathOver("ip") }, packetWith(0, 0, 0, 0, 0xc8, 3), "ip");
});

Deno.test("L2F and versions that nobody knows are dropped [V3-CO-08, V3-UDP-04, V2-HDR-09, V2-HDR-10]", () => {
  for (const version of [0, 1, 4, 15]) {
    assertDropped("version", {}, packetWith(0x00, version, 0, 0, ...IP_HEADER));
  }
});

Deno.test("an unknown Session ID is dropped [V3-DP-05]", () => {
  assertDropped("unknownSession", {}, packetWith(0, 3, 0, 0, 0x0a, 0x0b, 0x0c, 0x0e));
  // The peer's own id is not ours.
  assertDropped("unknownSession", {}, packetWith(0, 3, 0, 0, 0xf1, 0xf2, 0xf3, 0xf4));
});

Deno.test("a session's packet over the other transport is dropped [V3-DP-31]", () => {
  assertDropped("wrongTransport", {}, packetWith(...IP_HEADER), "ip");
  assertDropped("wrongTransport", { path: pathOver("ip") }, packetWith(...UDP_HEADER), "udp");
});

Deno.test("a cookie that differs in any bit is dropped [V3-DP-05]", () => {
  for (const length of [4, 8]) {
    const cookie = COOKIE.subarray(0, length);
    const changes = { receiveCookie: cookie };
    assertEquals(fateOf(changes, packetWith(...UDP_HEADER, ...cookie)), DELIVERED);
    for (let bit = 0; bit < 8 * length; bit++) {
      const wrong = cookie.slice();
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      assertDropped("cookie", changes, packetWith(...UDP_HEADER, ...wrong));
    }
  }
});

Deno.test("the session is found by its ID alone: another's cookie is a wrong one, and makes nothing the other's [V3-DP-05, V3-DP-06]", () => {
  const [first, other] = [COOKIE, COOKIE.toReversed()];
  const descriptor = descriptorOf({ receiveCookie: first });
  const { dataplane } = benchOf(descriptor);
  const otherId = descriptor.localSessionId + 1;
  dataplane.installSession(
    KEY + 1,
    { ...descriptor, localSessionId: otherId, receiveCookie: other },
    true,
  );
  dataplane.receivePackets("udp", packetWith(...UDP_HEADER, ...other));
  assertEquals(dataplane.counters(KEY).drops.cookie, 1);
  assertEquals(dataplane.counters(KEY + 1).drops.cookie, 0);
  assertEquals([...dataplane.takeFrames(KEY), ...dataplane.takeFrames(KEY + 1)], []);
});

Deno.test("two cookies are taken while one takes the other's place, and no mixture of them [K6-01, K6-03]", () => {
  const other = COOKIE.map((octet) => octet ^ 0xff);
  for (const length of [4, 8]) {
    const [first, second] = [COOKIE.subarray(0, length), other.subarray(0, length)];
    const changes = { receiveCookie: first, otherReceiveCookie: second };
    assertEquals(fateOf(changes, packetWith(...UDP_HEADER, ...first)), DELIVERED);
    assertEquals(fateOf(changes, packetWith(...UDP_HEADER, ...second)), DELIVERED);
  }
  const changes = { receiveCookie: COOKIE, otherReceiveCookie: other };
  const mixed = [...COOKIE.subarray(0, 4), ...other.subarray(4)];
  assertDropped("cookie", changes, packetWith(...UDP_HEADER, ...mixed));
});

Deno.test("a missing cookie is dropped, and so is one of the other length [V3-DP-05, V3-SEC-03]", () => {
  assertDropped("cookie", { receiveCookie: COOKIE }, packetWith(...UDP_HEADER));
  assertDropped(
    "cookie",
    { receiveCookie: COOKIE },
    packetWith(...UDP_HEADER, ...COOKIE.subarray(0, 4)),
  );
});

Deno.test("the cookie that we were assigned to send is not the one we check [V3-DP-05]", () => {
  const changes = { receiveCookie: COOKIE, transmitCookie: COOKIE.toReversed() };
  assertDropped("cookie", changes, packetWith(...UDP_HEADER, ...changes.transmitCookie));
  assertEquals(fateOf(changes, packetWith(...UDP_HEADER, ...COOKIE)), DELIVERED);
});

Deno.test("a packet cut anywhere is dropped, never delivered in part of its header [V3-DP-05]", () => {
  const changes = { receiveCookie: COOKIE, receiveSublayer: "default" } as const;
  const whole = packetWith(...UDP_HEADER, ...COOKIE, 0, 0, 0, 0);
  for (let length = 0; length < 20 + 14; length++) {
    const fate = fateOf(changes, whole.subarray(0, length));
    assertEquals(fate, length < 20 ? "short" : "runt", `${length} octets`);
  }
  assertEquals(fateOf(changes, whole.subarray(0, 34)), hexOf(FRAME.subarray(0, 14)));
});

Deno.test("a packet longer than a slot is dropped", () => {
  assertDropped("oversize", {}, Uint8Array.from([...UDP_HEADER, ...new Uint8Array(10_300)]));
});

const SEQUENCED = { receiveSublayer: "default", receiveSequencing: "all" } as const;

function numbered(sequence: number, flags = 0x40): Uint8Array {
  const octets = [flags, sequence >> 16 & 0xff, sequence >> 8 & 0xff, sequence & 0xff];
  return packetWith(...UDP_HEADER, ...octets);
}

Deno.test("old and duplicate packets are dropped by number [V3-DP-18]", () => {
  const { dataplane } = benchOf(descriptorOf(SEQUENCED));
  dataplane.receivePackets("udp", ...[0, 1, 1, 3, 2, 4].map((n) => numbered(n)));
  assertEquals(dataplane.takeFrames(KEY).length, 4);
  assertEquals(dataplane.counters(KEY).drops.sequence, 2);
});

Deno.test("with S = 0 the number means nothing and moves nothing [V3-DP-13]", () => {
  const { dataplane } = benchOf(descriptorOf(SEQUENCED));
  const packets = [numbered(0), numbered(0x123456, 0), numbered(7, 0xbf), numbered(1)];
  dataplane.receivePackets("udp", ...packets);
  assertEquals(dataplane.takeFrames(KEY).length, 4);
});

Deno.test("numbers that were not asked for are ignored [V3-DP-26]", () => {
  const { dataplane } = benchOf(descriptorOf({ receiveSublayer: "default" }));
  dataplane.receivePackets("udp", ...[500, 3, 3, 0].map((n) => numbered(n)));
  assertEquals(dataplane.takeFrames(KEY).length, 4);
});

Deno.test("a packet with a wrong cookie does not move the expected number [V3-DP-05]", () => {
  const { dataplane } = benchOf(descriptorOf({ ...SEQUENCED, receiveCookie: COOKIE }));
  const forged = [...UDP_HEADER, ...COOKIE.toReversed(), 0x40, 0x40, 0, 0];
  dataplane.receivePackets("udp", packetWith(...forged));
  dataplane.receivePackets("udp", packetWith(...UDP_HEADER, ...COOKIE, 0x40, 0, 0, 0));
  assertEquals(dataplane.takeFrames(KEY).length, 1);
});

Deno.test("the expected number survives an update of the session [V3-DP-18]", () => {
  const { dataplane } = benchOf(descriptorOf(SEQUENCED));
  dataplane.receivePackets("udp", numbered(0), numbered(1));
  dataplane.installSession(KEY, descriptorOf({ ...SEQUENCED, remoteSessionId: 5 }), true);
  dataplane.receivePackets("udp", numbered(1), numbered(2));
  assertEquals(dataplane.takeFrames(KEY).length, 3);
});

Deno.test("no octets from the network are thrown at us: each is delivered or counted [V3-DP-05]", () => {
  const octets = fc.uint8Array({ maxLength: 60 });
  const known = octets.map((tail) => Uint8Array.from([...UDP_HEADER, ...tail]));
  fc.assert(
    fc.property(anySession, fc.array(fc.oneof(octets, known)), (session, packets) => {
      const { dataplane } = benchOf(session);
      dataplane.receivePackets("udp", ...packets);
      dataplane.receivePackets("ip", ...packets);
      const counters = [dataplane.counters(KEY), dataplane.strayCounters()];
      const dropped = counters.flatMap(({ drops }) => Object.values(drops));
      const total = dropped.reduce((sum, count) => sum + count, counters[0]!.receivedFrames);
      assertEquals(total, 2 * packets.length);
      assertEquals(dataplane.takeFrames(KEY).length, counters[0]!.receivedFrames);
    }),
    { numRuns: 300 },
  );
});

/** Data packets octet for octet, as they leave (RFC 3931 §4.1.1.1, §4.1.2.1, §4.6). */

import { assertEquals, assertThrows } from "@std/assert";
import { allocateCounters, DirectionCounters } from "../../src/dataplane/counters.ts";
import { NOT_DROPPED } from "../../src/dataplane/drop_reason.ts";
import { encapsulate } from "../../src/dataplane/encapsulate.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { FrameQueue } from "../../src/dataplane/frame_queue.ts";
import { TransmitRow } from "../../src/dataplane/session_row.ts";
import type { DataSequencing } from "../../src/model/session_descriptor.ts";
import {
  ARP,
  benchOf,
  descriptorOf,
  ethernetFrame,
  hexOf,
  IPV4,
  IPV6,
  KEY,
  packetsOf,
  pathOver,
} from "./sessions.ts";

const FRAME = ethernetFrame(ARP);
const COOKIE = Uint8Array.of(0xc0, 1, 2, 3, 4, 5, 6, 7);

function headerOf(packet: Uint8Array): string {
  return hexOf(packet.subarray(0, packet.length - FRAME.length));
}

function onlyHeader(changes: Parameters<typeof descriptorOf>[0]): string {
  const [packet] = packetsOf(descriptorOf(changes), [FRAME]);
  assertEquals(packet!.subarray(packet!.length - FRAME.length), FRAME);
  return headerOf(packet!);
}

Deno.test("over UDP: T 0, Ver 3, all else 0, then the peer's Session ID [V3-UDP-01, V3-UDP-02, V3-UDP-04, V3-DP-32]", () => {
  assertEquals(onlyHeader({}), "00 03 00 00 f1 f2 f3 f4");
});

Deno.test("over IP: the Session ID alone, no flags [V3-IP-04]", () => {
  assertEquals(onlyHeader({ path: pathOver("ip") }), "f1 f2 f3 f4");
});

Deno.test("the peer's cookie follows the Session ID, 4 or 8 octets [V3-DP-02, V3-SEC-03]", () => {
  assertEquals(
    onlyHeader({ transmitCookie: COOKIE.subarray(0, 4) }),
    "00 03 00 00 f1 f2 f3 f4 c0 01 02 03",
  );
  assertEquals(
    onlyHeader({ transmitCookie: COOKIE, path: pathOver("ip") }),
    "f1 f2 f3 f4 c0 01 02 03 04 05 06 07",
  );
});

Deno.test("our own cookie is not what we send [V3-DP-02]", () => {
  assertEquals(onlyHeader({ receiveCookie: COOKIE }), "00 03 00 00 f1 f2 f3 f4");
});

Deno.test("a sublayer is sent where the peer asked for one, S 0 without numbers [V3-DP-07, V3-DP-10]", () => {
  assertEquals(
    onlyHeader({ transmitSublayer: "default", transmitCookie: COOKIE }),
    "00 03 00 00 f1 f2 f3 f4 c0 01 02 03 04 05 06 07 00 00 00 00",
  );
});

Deno.test("a sublayer that only we asked for is not sent [V3-DP-08, V3-DP-09]", () => {
  assertEquals(onlyHeader({ receiveSublayer: "default" }), "00 03 00 00 f1 f2 f3 f4");
});

/** The sublayers of packets made from frames of these types. */
function sublayersOf(sequencing: DataSequencing, types: number[]): string[] {
  const descriptor = descriptorOf({ transmitSublayer: "default", transmitSequencing: sequencing });
  const frames = types.map((type) => ethernetFrame(type));
  return packetsOf(descriptor, frames).map((packet) => hexOf(packet.subarray(8, 12)));
}

Deno.test("level 2: every packet is numbered, from 0 on, with S set [V3-DP-11, V3-DP-12, V3-DP-15, V3-DP-29]", () => {
  assertEquals(sublayersOf("all", [ARP, IPV4, IPV6]), [
    "40 00 00 00",
    "40 00 00 01",
    "40 00 00 02",
  ]);
});

Deno.test("level 1: IP goes without number and uses none up [V3-DP-16, V3-DP-27]", () => {
  assertEquals(sublayersOf("non-ip", [ARP, IPV4, ARP, IPV6, IPV4, ARP]), [
    "40 00 00 00",
    "00 00 00 00",
    "40 00 00 01",
    "00 00 00 00",
    "00 00 00 00",
    "40 00 00 02",
  ]);
});

Deno.test("level 1: what cannot be classified is numbered [V3-DP-28]", () => {
  // Ends inside its VLAN tags.
  const descriptor = descriptorOf({ transmitSublayer: "default", transmitSequencing: "non-ip" });
  const [packet] = packetsOf(descriptor, [ethernetFrame(0x8100, 14)]);
  assertEquals(hexOf(packet!.subarray(8, 12)), "40 00 00 00");
});

Deno.test("the number wraps from 0xFFFFFF to 0 [V3-DP-14]", () => {
  const descriptor = descriptorOf({ transmitSublayer: "default", transmitSequencing: "all" });
  const network = new FrameQueue();
  const counters = new DirectionCounters(allocateCounters(), "encap");
  const row = new TransmitRow(KEY, descriptor, network, counters);
  row.open = true;
  row.sequence = 0xff_ffff;
  const batch = new FrameBatch(2);
  const words = [0, 1].map((index) => {
    batch.place(index, FRAME);
    assertEquals(encapsulate(row, batch, index), NOT_DROPPED);
    return hexOf(batch.copy(index).subarray(8, 12));
  });
  assertEquals(words, ["40 ff ff ff", "40 00 00 00"]);
});

Deno.test("numbers go on after an update of the session, and a new session begins at 0 [V3-DP-15, V3-DP-16]", () => {
  const descriptor = descriptorOf({ transmitSublayer: "default", transmitSequencing: "all" });
  const { dataplane, packets } = benchOf(descriptor);
  dataplane.transmitFrames(KEY, FRAME, FRAME);
  dataplane.installSession(KEY, { ...descriptor, transmitCookie: COOKIE }, true);
  dataplane.transmitFrames(KEY, FRAME);
  assertEquals(hexOf(packets[2]!.subarray(16, 20)), "40 00 00 02");
  dataplane.removeSession(KEY);
  dataplane.installSession(KEY, descriptor, true);
  dataplane.transmitFrames(KEY, FRAME);
  assertEquals(hexOf(packets[3]!.subarray(8, 12)), "40 00 00 00");
});

Deno.test("a session that may not send drops what its circuit gives it [V3-SLI-05]", () => {
  const { dataplane, packets } = benchOf(descriptorOf());
  dataplane.setTransmit(KEY, false);
  dataplane.transmitFrames(KEY, FRAME, FRAME);
  assertEquals(packets.length, 0);
  assertEquals(dataplane.counters(KEY).drops.transmitClosed, 2);
  dataplane.setTransmit(KEY, true);
  dataplane.transmitFrames(KEY, FRAME);
  assertEquals(packets.length, 1);
});

Deno.test("nothing is sent while the peer's Session ID is not known [V3-DP-32]", () => {
  const unknown = descriptorOf({ remoteSessionId: 0 });
  assertThrows(() => benchOf(unknown), RangeError, "Session ID is not known");
});

Deno.test("frames from 14 to 9,018 octets with any tags are sent, others are dropped and counted [ETH-16]", () => {
  const lengths = [13, 14, 9018, 9018 + 12 * 4, 10_240, 0];
  const { dataplane, packets } = benchOf(descriptorOf());
  dataplane.transmitFrames(KEY, ...lengths.map((length) => ethernetFrame(0x88a8, length)));
  assertEquals(packets.map((packet) => packet.length - 8), [14, 9018, 9066]);
  const { drops, transmittedFrames, transmittedOctets } = dataplane.counters(KEY);
  assertEquals([drops.runt, drops.oversize], [2, 1]);
  assertEquals([transmittedFrames, transmittedOctets], [3, 14 + 9018 + 9066]);
});

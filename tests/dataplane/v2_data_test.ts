/** L2TPv2 data messages, octet for octet and both ways (RFC 2661 §3.1 and §5.4). */

import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { MemoryDataplane } from "../harness/memory_dataplane.ts";
import { benchOf, descriptorOf, hexOf, KEY, mirrored, v2DescriptorOf } from "./sessions.ts";

const LCP = Uint8Array.of(0xff, 0x03, 0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4);
const LCP_HEX = hexOf(LCP);
const NUMBERED = v2DescriptorOf({ transmitSequencing: "all" });
const FOLLOWING = v2DescriptorOf({ sequencingFollowsPeer: true });

const L = 0x40, S = 0x08, O = 0x02, P = 0x01;
const OUR_IDS = [0x0a, 0x0b, 0x0c, 0x0d];

interface Fields {
  readonly ids?: readonly number[];
  readonly ns?: number;
  readonly nr?: number;
  readonly pad?: number;
  /** Octets behind the message that Length leaves out. */
  readonly behind?: number;
}

/** A data message with the optional fields that `flags` speak of. */
function message(flags: number, fields: Fields = {}): Uint8Array {
  const { ids = OUR_IDS, ns = 0, nr = 0, pad = 0, behind = 0 } = fields;
  const optional = [
    ...ids,
    ...(flags & S ? [ns >> 8, ns & 0xff, nr >> 8, nr & 0xff] : []),
    ...(flags & O ? [pad >> 8, pad & 0xff, ...new Array<number>(pad).fill(0xee)] : []),
  ];
  const length = 2 + (flags & L ? 2 : 0) + optional.length + LCP.length;
  const lengthField = flags & L ? [length >> 8, length & 0xff] : [];
  const trailer = new Array<number>(behind).fill(0xdd);
  return Uint8Array.from([flags, 0x02, ...lengthField, ...optional, ...LCP, ...trailer]);
}

/** The payloads that packets become, as hex. */
function delivered(descriptor: SessionDescriptor, ...packets: Uint8Array[]): string[] {
  const { dataplane } = benchOf(descriptor);
  dataplane.receivePackets("udp", ...packets);
  return dataplane.takeFrames(KEY).map(hexOf);
}

/** The reasons why packets were dropped, as often as each occurred. */
function dropsOf(descriptor: SessionDescriptor, ...packets: Uint8Array[]): Record<string, number> {
  const { dataplane } = benchOf(descriptor);
  dataplane.receivePackets("udp", ...packets);
  assertEquals(dataplane.takeFrames(KEY), []);
  const all = [dataplane.counters(KEY), dataplane.strayCounters()];
  const counted = all.flatMap(({ drops }) => Object.entries(drops)).filter(([, n]) => n > 0);
  return Object.fromEntries(counted);
}

function sent(descriptor: SessionDescriptor, ...frames: Uint8Array[]): string[] {
  const { dataplane, packets } = benchOf(descriptor);
  dataplane.transmitFrames(KEY, ...frames);
  return packets.map((packet) => hexOf(packet.subarray(0, packet.length - LCP.length)));
}

Deno.test("what is sent: L, Ver 2, the length of all, the peer's two ids [V2-HDR-06, V2-HDR-08, V2-HDR-11, V2-HDR-12, V2-HDR-17, V2-HDR-18]", () => {
  assertEquals(sent(v2DescriptorOf(), LCP), ["40 02 00 14 f1 f2 f3 f4"]);
});

Deno.test("numbers are sent where they were asked for, from 0 through 65535, with Nr 0 [V2-DP-02, V2-HDR-16, V2-HDR-18]", () => {
  assertEquals(sent(NUMBERED, LCP, LCP), [
    "48 02 00 18 f1 f2 f3 f4 00 00 00 00",
    "48 02 00 18 f1 f2 f3 f4 00 01 00 00",
  ]);
  const { dataplane, packets } = benchOf(NUMBERED);
  for (let ns = 0; ns < 0x10001; ns++) dataplane.transmitFrames(KEY, LCP);
  const numbers = packets.map((packet) => packet[8]! << 8 | packet[9]!);
  assertEquals(numbers.slice(-3), [0xfffe, 0xffff, 0]);
});

Deno.test("every combination of optional fields gives up the same frame [V2-HDR-01, V2-HDR-13, V2-HDR-14]", () => {
  for (let flags = 0; flags < 16; flags++) {
    const bits = (flags & 1 ? L : 0) | (flags & 2 ? S : 0) | (flags & 4 ? O : 0) |
      (flags & 8 ? P : 0);
    for (const pad of [0, 2, 7]) {
      assertEquals(delivered(v2DescriptorOf(), message(bits, { pad })), [LCP_HEX]);
    }
  }
});

Deno.test("reserved bits mean nothing, and Length leaves out what is behind it [V2-HDR-07, V2-HDR-11]", () => {
  const odd = message(L | S | 0x34);
  odd[1]! |= 0xf0;
  assertEquals(delivered(v2DescriptorOf(), odd), [LCP_HEX]);
  assertEquals(delivered(v2DescriptorOf(), message(L, { behind: 9 })), [LCP_HEX]);
});

Deno.test("a message that ends inside its fields, or says it is longer than it is, is dropped [V2-HDR-01, V2-HDR-11]", () => {
  const whole = message(L | S | O, { pad: 7 });
  for (let length = 6; length < whole.length - LCP.length; length++) {
    assertEquals(dropsOf(v2DescriptorOf(), whole.subarray(0, length)), { short: 1 });
  }
  const long = message(L);
  long[3]! += 1;
  const tiny = message(L);
  tiny[3] = 3;
  assertEquals(dropsOf(v2DescriptorOf(), long, tiny), { short: 2 });
});

Deno.test("a session is found by its two ids together, and by its socket [V2-HDR-12]", () => {
  const others = [[0x0a, 0x0c, 0x0c, 0x0d], [0x0a, 0x0b, 0x0c, 0x0e], [0xf1, 0xf2, 0xf3, 0xf4]];
  const packets = others.map((ids) => message(L, { ids }));
  assertEquals(dropsOf(v2DescriptorOf(), ...packets), { unknownSession: 3 });
});

Deno.test("sessions of both versions with the same ids do not meet", () => {
  const { dataplane } = benchOf(descriptorOf({ localSessionId: 0x0a0b0c0d }));
  dataplane.installSession(8, v2DescriptorOf(), true);
  dataplane.receivePackets("udp", message(L), message(0));
  assertEquals(dataplane.takeFrames(8).length, 2);
  assertEquals(dataplane.takeFrames(KEY), []);
  assertThrows(() => dataplane.installSession(9, v2DescriptorOf(), true), RangeError, "in use");
  dataplane.removeSession(8);
  dataplane.installSession(9, v2DescriptorOf(), true);
});

Deno.test("old numbers and duplicates are dropped, through the wrap; Nr is never looked at [V2-HDR-15, V2-HDR-16, V2-DP-08]", () => {
  const numbers = [0, 1, 1, 0, 3, 2, 0x7fff, 0xfffe, 0xffff, 0, 1];
  const packets = numbers.map((ns, index) => message(L | S, { ns, nr: index * 7919 & 0xffff }));
  const { dataplane } = benchOf(NUMBERED);
  dataplane.receivePackets("udp", ...packets);
  assertEquals(dataplane.takeFrames(KEY).length, 8);
  assertEquals(dataplane.counters(KEY).drops.sequence, 3);
});

Deno.test("a LAC stops numbering when its LNS does, and goes on where it stood [V2-DP-03, V2-DP-04, V2-DP-05, V2-DP-06]", () => {
  const { dataplane, packets } = benchOf({ ...FOLLOWING, transmitSequencing: "all" });
  const send = () => {
    dataplane.transmitFrames(KEY, LCP, LCP);
    return packets.splice(0).map((packet) => (packet[0]! & S) === 0 ? -1 : packet[9]!);
  };
  assertEquals(send(), [0, 1]);
  dataplane.receivePackets("udp", message(L));
  assertEquals(send(), [-1, -1]);
  dataplane.receivePackets("udp", message(L | S));
  assertEquals(send(), [2, 3]);
  // An update of the session leaves what the peer does as it is.
  dataplane.receivePackets("udp", message(L));
  dataplane.installSession(KEY, { ...FOLLOWING, transmitSequencing: "all" }, true);
  assertEquals(send(), [-1, -1]);
});

Deno.test("an LNS, and a LAC that required numbers, keep to what was agreed [V2-DP-02]", () => {
  for (const descriptor of [NUMBERED, v2DescriptorOf()]) {
    const { dataplane, packets } = benchOf(descriptor);
    dataplane.receivePackets("udp", message(descriptor === NUMBERED ? L : L | S));
    dataplane.transmitFrames(KEY, LCP);
    assertEquals((packets[0]![0]! & S) !== 0, descriptor === NUMBERED);
  }
});

Deno.test("LCP echoes of the main thread ask for precedence, other payloads do not [V2-HDR-14]", () => {
  const routed = v2DescriptorOf({ framing: "routed" });
  const request = Uint8Array.of(0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4);
  for (const descriptor of [routed, { ...routed, transmitSequencing: "all" } as const]) {
    const { dataplane, packets } = benchOf(descriptor);
    dataplane.transmitPayloads(KEY, LCP, request);
    assertEquals(packets.map((packet) => packet[0]! & P), [P, 0]);
    assertEquals(packets.map((packet) => hexOf(packet.subarray(-8))), [
      hexOf(LCP.subarray(-8)),
      hexOf(request),
    ]);
    assertEquals(dataplane.counters(KEY).transmittedFrames, 0);
  }
});

Deno.test("what goes in at one end comes out at the other, numbered or not", () => {
  const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 2000 }), { maxLength: 12 });
  fc.assert(fc.property(frames, fc.boolean(), fc.boolean(), (sentFrames, here, there) => {
    const descriptor = v2DescriptorOf({
      transmitSequencing: here ? "all" : "none",
      receiveSequencing: there ? "all" : "none",
    });
    const far = new MemoryDataplane(() => {});
    far.installSession(KEY, mirrored(descriptor), true);
    const near = new MemoryDataplane((_path, packet) => far.receivePackets("udp", packet));
    near.installSession(KEY, descriptor, true);
    near.transmitFrames(KEY, ...sentFrames);
    assertEquals(far.takeFrames(KEY), sentFrames);
    assertEquals(far.counters(KEY).receivedOctets, near.counters(KEY).transmittedOctets);
  }));
});

Deno.test("no octets make a data plane with a session throw", () => {
  const { dataplane } = benchOf(v2DescriptorOf({ framing: "routed" }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
    dataplane.receivePackets("udp", Uint8Array.from([...message(L).subarray(0, 8), ...noise]));
    dataplane.receivePackets("udp", Uint8Array.from([noise[0] ?? 0, 2, ...noise]));
  }));
});

/** Every pseudowire with every kind of port, from one end's port to the other's and what is refused. */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { DropReason } from "../../src/dataplane/drop_reason.ts";
import { MemoryDataplane } from "../harness/memory_dataplane.ts";
import {
  benchOf,
  BRIDGED,
  type Carriage,
  descriptorOf,
  ethernetFrame,
  hexOf,
  IPV4,
  KEY,
  mirrored,
  ROUTED,
  SHORT_ADDRESS,
  speaksPpp,
} from "./sessions.ts";

const OPEN = { ipv4: true, ipv6: true, bridged: true };

function nameOf({ pseudowire, framing, frameRelay, hdlc }: Carriage): string {
  const detail = frameRelay === undefined ? hdlc ?? "" : `address of ${frameRelay.length} octets`;
  return `${pseudowire} ${detail} ${framing}`.replace("  ", " ");
}

function ipPacket(version: 4 | 6, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index === 0 ? version << 4 | 5 : index & 0xff);
}

const anyPacket = fc.record({
  version: fc.constantFrom<4 | 6>(4, 6),
  length: fc.integer({ min: 20, max: 1500 }),
}).map(({ version, length }) => ipPacket(version, length));

const anyEthernet = fc.record({
  type: fc.constantFrom(IPV4, 0x86dd, 0x0806, 0x0026),
  length: fc.integer({ min: 14, max: 1514 }),
}).map(({ type, length }) => ethernetFrame(type, length));

const LEVELS = fc.constantFrom("none" as const, "non-ip" as const, "all" as const);

for (const carriage of [...BRIDGED, ...ROUTED]) {
  const frames = fc.array(carriage.framing === "routed" ? anyPacket : anyEthernet, {
    maxLength: 6,
  });

  Deno.test(`${nameOf(carriage)}: frames come out at the other end as they went in`, () => {
    fc.assert(
      fc.property(frames, LEVELS, (sent, sequencing) => {
        const descriptor = descriptorOf({
          ...carriage,
          transmitSublayer: "default",
          transmitSequencing: sequencing,
        });
        const far = new MemoryDataplane(() => {});
        far.installSession(KEY, mirrored(descriptor), true);
        const near = new MemoryDataplane((_path, packet) => far.receivePackets("udp", packet));
        near.installSession(KEY, descriptor, true);
        if (speaksPpp(carriage)) {
          for (const end of [near, far]) end.setPppProtocols(KEY, OPEN);
        }
        near.transmitFrames(KEY, ...sent);
        assertEquals(far.takeFrames(KEY), sent);
        assertEquals(far.counters(KEY).receivedOctets, near.counters(KEY).transmittedOctets);
      }),
      { numRuns: 30 },
    );
  });

  Deno.test(`${nameOf(carriage)}: noise is counted or for the main thread, and never a frame of none`, () => {
    const shortest = carriage.framing === "routed" ? 20 : 14;
    const { dataplane } = benchOf(descriptorOf(carriage));
    if (speaksPpp(carriage)) dataplane.setPppProtocols(KEY, OPEN);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      const before = total(dataplane.counters(KEY).drops);
      dataplane.receivePackets("udp", packetWith(noise));
      const delivered = dataplane.takeFrames(KEY);
      const punted = dataplane.takePunted(KEY);
      const dropped = total(dataplane.counters(KEY).drops) - before;
      assertEquals(delivered.length + punted.length + dropped, 1);
      assertEquals(delivered.every(({ length }) => length >= shortest), true);
    }));
  });
}

function total(drops: Readonly<Record<string, number>>): number {
  return Object.values(drops).reduce((sum, count) => sum + count, 0);
}

/** A packet of the plain session with this payload. */
function packetWith(payload: ArrayLike<number>): Uint8Array {
  return Uint8Array.from([0, 3, 0, 0, 0x0a, 0x0b, 0x0c, 0x0d, ...Array.from(payload)]);
}

/** Why a payload is dropped, if it is for that reason alone. */
function dropOf(carriage: Carriage, payload: readonly number[], open = true): string {
  const { dataplane } = benchOf(descriptorOf(carriage));
  if (speaksPpp(carriage) && open) dataplane.setPppProtocols(KEY, OPEN);
  dataplane.receivePackets("udp", packetWith(payload));
  assertEquals([dataplane.takeFrames(KEY), dataplane.takePunted(KEY)], [[], []]);
  const drops = Object.entries(dataplane.counters(KEY).drops);
  return drops.filter(([, count]) => count > 0).map(([reason]) => reason).join();
}

Deno.test("a bad address, a bad protocol, one that is closed: each is counted by its name", () => {
  const [relay, cisco, ppp]: readonly Carriage[] = [
    { pseudowire: "frame-relay", framing: "routed", frameRelay: SHORT_ADDRESS },
    { pseudowire: "hdlc", framing: "routed", hdlc: "cisco" },
    { pseudowire: "ppp", framing: "routed" },
  ];
  const packet = [...ipPacket(4, 20)];
  const cases: readonly [DropReason, string][] = [
    ["address", dropOf(relay!, [0x19, 0x41, 0x03, 0xcc, ...packet])],
    ["protocol", dropOf(relay!, [0x18, 0x41, 0x03, 0x81, ...packet])],
    ["malformed", dropOf(relay!, [0x18, 0x41, 0x03, 0x8e, ...packet])],
    ["address", dropOf(cisco!, [0x55, 0, 0x08, 0, ...packet])],
    ["protocol", dropOf(cisco!, [0x0f, 0, 0x08, 0x06, ...packet])],
    ["malformed", dropOf(ppp!, [0xff, 3, 0, 0x57, ...packet])],
    ["protocolClosed", dropOf(ppp!, [0xff, 3, 0, 0x21, ...packet], false)],
  ];
  for (const [expected, reason] of cases) assertEquals(reason, expected);
});

Deno.test("PPP over L2TPv3 is PPP as over L2TPv2, behind the other header [A-26, A-25]", () => {
  const { dataplane, packets } = benchOf(descriptorOf({ pseudowire: "ppp", framing: "routed" }));
  dataplane.setPppProtocols(KEY, OPEN);
  dataplane.transmitFrames(KEY, ipPacket(4, 20));
  assertEquals(
    packets.map((packet) => hexOf(packet.subarray(0, 13))),
    ["00 03 00 00 f1 f2 f3 f4 ff 03 00 21 45"],
  );
});

Deno.test("what protocols may pass survives an update of the session", () => {
  const descriptor = descriptorOf({ pseudowire: "ppp", framing: "routed" });
  const { dataplane, packets } = benchOf(descriptor);
  dataplane.setPppProtocols(KEY, OPEN);
  dataplane.installSession(KEY, { ...descriptor, remoteSessionId: 9 }, true);
  dataplane.transmitFrames(KEY, ipPacket(4, 20));
  dataplane.receivePackets("udp", packetWith([0, 0x21, ...ipPacket(4, 20)]));
  assertEquals([packets.length, dataplane.takeFrames(KEY).length], [1, 1]);
});

Deno.test("sessions of every pseudowire live side by side", () => {
  const far = new MemoryDataplane(() => {});
  const near = new MemoryDataplane((_path, packet) => far.receivePackets("udp", packet));
  for (const [index, carriage] of [...BRIDGED, ...ROUTED].entries()) {
    const key = index + 1;
    const descriptor = descriptorOf({ ...carriage, localSessionId: key, remoteSessionId: key });
    near.installSession(key, descriptor, true);
    far.installSession(key, mirrored(descriptor), true);
    if (!speaksPpp(carriage)) continue;
    for (const end of [near, far]) end.setPppProtocols(key, OPEN);
  }
  for (const [index, { framing }] of [...BRIDGED, ...ROUTED].entries()) {
    const frame = framing === "routed" ? ipPacket(6, 40) : ethernetFrame(0x0806);
    near.transmitFrames(index + 1, frame);
    assertEquals(far.takeFrames(index + 1), [frame]);
  }
});

Deno.test("level 1 numbers no packet of a routed port, and of a bridged one what is no IP [V3-DP-27, V3-DP-28]", () => {
  const numbered = (carriage: Carriage, frame: Uint8Array) => {
    const asked = { transmitSublayer: "default", transmitSequencing: "non-ip" } as const;
    const { dataplane, packets } = benchOf(descriptorOf({ ...carriage, ...asked }));
    if (speaksPpp(carriage)) dataplane.setPppProtocols(KEY, OPEN);
    dataplane.transmitFrames(KEY, frame);
    return (packets[0]![8]! & 0x40) !== 0;
  };
  for (const carriage of ROUTED) assertEquals(numbered(carriage, ipPacket(4, 20)), false);
  for (const carriage of BRIDGED) {
    assertEquals(numbered(carriage, ethernetFrame(IPV4)), false);
    assertEquals(numbered(carriage, ethernetFrame(0x0806)), true);
  }
});

/** Capture files: what is written is read again, whatever comes is survived, tshark agrees. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LINK_TYPES } from "../../src/endpoint/link_types.ts";
import {
  type PacketToWrite,
  pcapngHeader,
  pcapngMissed,
  pcapngPacket,
  readCapture,
} from "../../src/endpoint/pcapng.ts";

function fileOf(packets: readonly PacketToWrite[]): Uint8Array {
  const parts = [
    pcapngHeader(LINK_TYPES.ip, "to 192.0.2.1", "longwire test"),
    ...packets.map(pcapngPacket),
    pcapngMissed(3),
  ];
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const PACKET = fc.record({
  direction: fc.constantFrom("inbound" as const, "outbound" as const),
  seconds: fc.integer({ min: 0, max: 2 ** 33 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  octets: fc.uint8Array({ maxLength: 100 }),
  comment: fc.option(fc.string({ unit: "grapheme", minLength: 1 }), { nil: undefined }),
});

Deno.test("packets keep their octets, nanoseconds, directions and comments", () => {
  fc.assert(fc.property(fc.array(PACKET, { maxLength: 5 }), (packets) => {
    const read = [...readCapture(fileOf(packets))];
    assertEquals(
      read,
      packets.map(({ direction, seconds, nanoseconds, octets, comment }) => ({
        linkType: 101,
        interfaceName: "to 192.0.2.1",
        at: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
        direction,
        octets,
        originalLength: octets.length,
        comments: comment === undefined ? [] : [comment],
      })),
    );
  }));
});

Deno.test("whatever is read, it ends, in packets or in a RangeError", () => {
  const file = fileOf([{
    direction: "inbound",
    seconds: 1,
    nanoseconds: 2,
    octets: new Uint8Array(20),
    comment: "words",
  }]);
  const flips = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 4 });
  fc.assert(fc.property(flips, fc.nat(file.length), (changes, length) => {
    const damaged = file.slice(0, length);
    for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
    try {
      for (const { octets } of readCapture(damaged)) assertEquals(octets.length <= length, true);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }));
});

Deno.test("the older format, in either byte order and resolution", () => {
  for (const little of [true, false]) {
    for (const [magic, perUnit] of [[0xa1b2c3d4, 1_000n], [0xa1b23c4d, 1n]] as const) {
      const view = new DataView(new ArrayBuffer(24 + 16 + 3));
      view.setUint32(0, magic, little);
      view.setUint32(20, 1, little);
      for (const [at, value] of [[24, 7], [28, 9], [32, 3], [36, 60]] as const) {
        view.setUint32(at, value, little);
      }
      view.setUint8(40, 0xaa);
      const [packet] = readCapture(new Uint8Array(view.buffer));
      assertEquals([packet?.at, packet?.linkType], [7_000_000_000n + 9n * perUnit, 1]);
      assertEquals([packet?.octets[0], packet?.octets.length, packet?.originalLength], [
        0xaa,
        3,
        60,
      ]);
    }
  }
});

Deno.test("a frame check sequence that an older file speaks of is no part of its frames", () => {
  const frame = Uint8Array.of(0x18, 0x41, 3, 0xcc, 0x45);
  const cases = [
    { link: 107, captured: 7, original: 7, kept: 7, of: 7 },
    { link: 0x1400_0000 + 107, captured: 7, original: 7, kept: 5, of: 5 },
    { link: 0x2400_0000 + 107, captured: 9, original: 9, kept: 5, of: 5 },
    { link: 0x1400_0000 + 107, captured: 5, original: 9, kept: 5, of: 7 },
    { link: 0xf400_0000 + 107, captured: 5, original: 5, kept: 0, of: 0 },
    { link: 0x1000_0000 + 107, captured: 5, original: 5, kept: 5, of: 5 },
  ];
  for (const { link, captured, original, kept, of } of cases) {
    const file = new Uint8Array(24 + 16 + captured);
    const view = new DataView(file.buffer);
    for (const [at, value] of [[0, 0xa1b2c3d4], [20, link], [32, captured], [36, original]]) {
      view.setUint32(at!, value!, true);
    }
    file.set(frame, 40);
    const [packet] = readCapture(file);
    assertEquals([packet?.linkType, packet?.octets.length, packet?.originalLength], [
      107,
      kept,
      of,
    ]);
  }
});

Deno.test("a packet of pcapng ends before its check, by its own word or by its interface's", () => {
  const cases = [
    { option: 0, flags: 0, kept: 8 },
    { option: 2, flags: 0, kept: 6 },
    { option: 16, flags: 0, kept: 6 },
    { option: 32, flags: 0, kept: 4 },
    { option: 32, flags: 2 << 5, kept: 6 },
    { option: 0, flags: 8 << 5 | 1, kept: 0 },
  ];
  for (const { option, flags, kept } of cases) {
    const header = pcapngHeader(107, "", "");
    // The option that says the resolution, which nobody asks for here, is made that of the check.
    const resolution = header.length - 16;
    header.set([13, 0, 1, 0, option], resolution);
    const packet = pcapngPacket({
      direction: "inbound",
      seconds: 1,
      nanoseconds: 0,
      octets: new Uint8Array(8),
      comment: undefined,
    });
    new DataView(packet.buffer).setUint32(packet.length - 12, flags, true);
    const [read] = readCapture(new Uint8Array([...header, ...packet]));
    assertEquals([read?.octets.length, read?.originalLength], [kept, kept], `${option} ${flags}`);
  }
});

Deno.test("what is no capture says so", () => {
  const texts = ["", "hello", "a text that is longer than any header of a capture file"];
  for (const text of texts) {
    assertThrows(
      () => [...readCapture(new TextEncoder().encode(text))],
      RangeError,
      "neither a pcapng nor a pcap",
    );
  }
});

/** The reader that never leaves its octets, and the writer that never cuts a number. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ByteReader } from "../../src/wire/byte_reader.ts";
import { ByteWriter } from "../../src/wire/byte_writer.ts";

Deno.test("numbers are read in network order, unsigned [V3-HDR-01]", () => {
  const reader = new ByteReader(
    Uint8Array.fromHex("ff" + "fffe" + "fffefdfc" + "fffefdfcfbfaf9f8" + "0102"),
  );
  assertEquals(reader.u8(), 0xff);
  assertEquals(reader.u16(), 0xfffe);
  assertEquals(reader.u32(), 0xfffefdfc);
  assertEquals(reader.u64(), 0xfffefdfcfbfaf9f8n);
  assertEquals(reader.rest(), Uint8Array.of(1, 2));
  assertEquals([reader.remaining, reader.overrun], [0, false]);
});

Deno.test("the first overrun sticks, and from then on there is nothing to read", () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  assertEquals(reader.u8(), 1);
  assertEquals(reader.u32(), 0);
  assertEquals([reader.overrun, reader.remaining], [true, 0]);
  assertEquals([reader.u8(), reader.u16(), reader.u64(), reader.octets(1).length], [0, 0, 0n, 0]);
});

Deno.test("what is written is read again, however the writer had to grow", () => {
  const numbers = fc.record({
    u8: fc.integer({ min: 0, max: 0xff }),
    u16: fc.integer({ min: 0, max: 0xffff }),
    u32: fc.integer({ min: 0, max: 0xffffffff }),
    u64: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    octets: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(fc.property(numbers, fc.nat(8), (values, capacity) => {
    const writer = new ByteWriter(capacity);
    writer.u8(values.u8);
    writer.u16(values.u16);
    writer.octets(values.octets);
    writer.zeros(3);
    writer.u32(values.u32);
    writer.u64(values.u64);
    const reader = new ByteReader(writer.finish());
    assertEquals(reader.u8(), values.u8);
    assertEquals(reader.u16(), values.u16);
    assertEquals(reader.octets(values.octets.length).toHex(), values.octets.toHex());
    assertEquals(reader.octets(3).toHex(), "000000");
    assertEquals(reader.u32(), values.u32);
    assertEquals(reader.u64(), values.u64);
    assertEquals([reader.remaining, reader.overrun], [0, false]);
  }));
});

Deno.test("a number that does not fit its field throws", () => {
  const writer = new ByteWriter();
  assertThrows(() => writer.u8(256), RangeError, "8 bits");
  assertThrows(() => writer.u16(-1), RangeError, "16 bits");
  assertThrows(() => writer.u32(1.5), RangeError, "32 bits");
  assertThrows(() => writer.u64(1n << 64n), RangeError, "64 bits");
});

/** The control header of both versions: RFC 3931 §3.2.1, RFC 2661 §3.1. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type ControlHeader,
  decodeControlHeader,
  encodeControlHeader,
} from "../../src/wire/control_header.ts";
import { type DecodeFailureKind, isFailure } from "../../src/wire/decode_failure.ts";

const V3 = "c803000c" + "123456789abc" + "def0";
const V2 = "c802000c" + "12345678" + "9abcdef0";

const decode = (hex: string, offset = 0) => decodeControlHeader(Uint8Array.fromHex(hex), offset);

function refuses(hex: string, failure: DecodeFailureKind): void {
  const answer = decode(hex);
  assert(isFailure(answer), hex);
  assertEquals(answer.failure, failure, hex);
}

Deno.test("fields are read in network order [V3-HDR-01, V2-HDR-17]", () => {
  assertEquals(decode(V3), {
    version: 3,
    length: 12,
    connectionId: 0x12345678,
    sessionId: 0,
    ns: 0x9abc,
    nr: 0xdef0,
  });
  assertEquals(decode(V2), {
    version: 2,
    length: 12,
    connectionId: 0x1234,
    sessionId: 0x5678,
    ns: 0x9abc,
    nr: 0xdef0,
  });
});

Deno.test("reserved bits are ignored on receipt [V3-HDR-05, V2-HDR-07]", () => {
  assertEquals(decode("fff3" + V3.slice(4)), decode(V3));
  assertEquals(decode("fcf2" + V2.slice(4)), decode(V2));
});

Deno.test("a malformed header is refused, with what is wrong [V3-HDR-12, V2-HDR-19]", () => {
  for (const flags of ["4803", "8803", "c003", "4802", "8802", "c002"]) {
    refuses(flags + V3.slice(4), "flags");
  }
  refuses("ca02" + V2.slice(4), "flags"); // O = 1: other fields would follow (V2-HDR-04)
  for (const version of ["00", "01", "04", "0f"]) refuses("c8" + version + V3.slice(4), "version");
  refuses("c803000b" + V3.slice(8), "length");
  refuses("c803000d" + V3.slice(8), "length");
  for (let octets = 0; octets < 12; octets++) refuses(V3.slice(0, 2 * octets), "short");
});

Deno.test("Length is counted from the header, wherever that begins [V3-HDR-07]", () => {
  assertEquals(decode("00000000" + V3, 4), decode(V3));
  assertEquals(decode(V3 + "ffff"), decode(V3)); // octets beyond Length are not the message's
});

Deno.test("what is written is read again, and reserved bits are 0 [V3-HDR-03, V3-HDR-04, V2-HDR-06]", () => {
  const u16 = fc.integer({ min: 0, max: 0xffff });
  const shared = { length: fc.constant(12), ns: u16, nr: u16 };
  const header = fc.oneof(
    fc.record({
      version: fc.constant(3 as const),
      connectionId: fc.integer({ min: 0, max: 0xffffffff }),
      sessionId: fc.constant(0),
      ...shared,
    }),
    fc.record({ version: fc.constant(2 as const), connectionId: u16, sessionId: u16, ...shared }),
  );
  fc.assert(fc.property(header, (values: ControlHeader) => {
    const octets = new Uint8Array(12);
    encodeControlHeader(octets, values);
    assertEquals(octets.subarray(0, 2).toHex(), `c80${values.version}`);
    assertEquals(decodeControlHeader(octets, 0), values);
  }));
});

Deno.test("an identifier or length that does not fit is our own mistake and throws", () => {
  const header = { version: 2, length: 12, connectionId: 1, sessionId: 1, ns: 0, nr: 0 } as const;
  const write = (changes: Partial<ControlHeader>) => () =>
    encodeControlHeader(new Uint8Array(12), { ...header, ...changes });
  assertThrows(write({ connectionId: 0x10000 }), RangeError, "65536");
  assertThrows(write({ sessionId: 0x10000 }), RangeError, "65536");
  assertThrows(write({ version: 3 }), RangeError, "identifiers");
  assertThrows(write({ length: 0x10000 }), RangeError, "65536");
});

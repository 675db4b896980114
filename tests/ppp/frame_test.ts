/** Headers of PPP frames. Read RFC 1661 §2 and REQUIREMENTS A-25 first. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { composePppFrame, readPppFrame } from "../../src/ppp/frame.ts";

function read(hex: string): [protocol: string, information: string] | undefined {
  const frame = readPppFrame(Uint8Array.fromHex(hex));
  return frame && [frame.protocol.toString(16), frame.information.toHex()];
}

Deno.test("frames are read in every form that a peer may choose [A-25, PPP-17]", () => {
  assertEquals(read("ff03c0210101"), ["c021", "0101"]);
  assertEquals(read("c0210101"), ["c021", "0101"]);
  assertEquals(read("ff03002145"), ["21", "45"]);
  assertEquals(read("ff032145"), ["21", "45"]);
  assertEquals(read("2145"), ["21", "45"]);
  assertEquals(read("21"), ["21", ""]);
});

Deno.test("octets without a whole protocol are no frame", () => {
  for (const hex of ["", "ff03", "ff03c0", "c0"]) assertEquals(read(hex), undefined, hex);
});

Deno.test("frames are written with address, control and the whole protocol [PPP-18, A-25]", () => {
  assertEquals(composePppFrame(0xc021, Uint8Array.of(1, 2)).toHex(), "ff03c0210102");
  assertEquals(composePppFrame(0x0021, new Uint8Array(0)).toHex(), "ff030021");
});

Deno.test("what is written can be read", () => {
  const protocol = fc.integer({ min: 0, max: 0xffff }).filter((number) => (number & 0x0101) === 1);
  fc.assert(fc.property(protocol, fc.uint8Array(), (protocol, information) => {
    assertEquals(readPppFrame(composePppFrame(protocol, information)), { protocol, information });
  }));
});

/** Frames on an asynchronous line: there and back, whatever is in them and however they are cut. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { AsyncDeframer, encodeAsyncFrame } from "../../src/ppp/async_framing.ts";

const octets = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

Deno.test("a Configure-Request of pppd, as it stands on the line", () => {
  // LCP Configure-Request 1: ACCM 0, magic 0x12345678, PFC, ACFC.
  const frame = octets("ff 03 c021 01 01 0014 0206 00000000 0506 12345678 0702 0802");
  const line = encodeAsyncFrame(frame);
  assertEquals(line.subarray(0, 8).toHex(), "7eff7d23c0217d21");
  assertEquals([...line].filter((octet) => octet < 0x20), []);
  assertEquals(new AsyncDeframer().push(line), [frame]);
});

Deno.test("the check sequence is that of RFC 1662 Appendix C.2", () => {
  // CRC-16/IBM-SDLC of "123456789" is 0x906e, low octet first.
  const frame = new TextEncoder().encode("123456789");
  assertEquals(encodeAsyncFrame(frame, 0).toHex(), `7e${frame.toHex()}6e907e`);
});

Deno.test("property: every frame comes through, cut anywhere, with any map", () => {
  const frame = fc.uint8Array({ minLength: 2, maxLength: 200 });
  const map = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(fc.array(frame), map, fc.integer({ min: 1, max: 50 }), (frames, accm, cut) => {
      const line = frames.flatMap((each) => [...encodeAsyncFrame(each, accm)]);
      const deframer = new AsyncDeframer();
      const found: Uint8Array[] = [];
      for (let at = 0; at < line.length; at += cut) {
        found.push(...deframer.push(Uint8Array.from(line.slice(at, at + cut))));
      }
      assertEquals(found.map((each) => each.toHex()), frames.map((each) => each.toHex()));
      assertEquals(deframer.errors, { crc: 0, framing: 0 });
    }),
  );
});

Deno.test("what is broken is counted, and the next frame is found", () => {
  const frame = octets("ff 03 c021 09 01 0008 00000000");
  const good = encodeAsyncFrame(frame);
  const broken = good.slice();
  broken[5]! ^= 0x40;
  const deframer = new AsyncDeframer();
  assertEquals(deframer.push(broken), []);
  assertEquals(deframer.push(octets("7e 0102 7e 41424344 7d 7e")), []);
  assertEquals(deframer.push(new Uint8Array(20_000).fill(0x41)), []);
  assertEquals(deframer.push(good), [frame]);
  assertEquals(deframer.errors, { crc: 1, framing: 3 });
});

/** The L2TPv2 data header: RFC 2661 §3.1, all sixteen combinations of its optional fields. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteWriter } from "../../src/wire/byte_writer.ts";
import {
  v2FrameEnd,
  v2FrameStart,
  v2Ns,
  v2SessionId,
  v2TunnelId,
} from "../../src/wire/v2_data_header.ts";

const FRAME = Uint8Array.of(0xff, 0x03, 0xc0, 0x21);
const L = 0x40, S = 0x08, O = 0x02, P = 0x01;

/** A packet with `pad` octets of offset padding if O is set, behind four octets of something else. */
function packet(flags: number, pad = 2): Uint8Array {
  const writer = new ByteWriter();
  writer.zeros(4);
  writer.u8(flags);
  writer.u8(0x02);
  if (flags & L) writer.u16(0);
  writer.u16(0x1234);
  writer.u16(0x5678);
  if (flags & S) {
    writer.u16(0x9abc);
    writer.u16(0xffff);
  }
  if (flags & O) {
    writer.u16(pad);
    writer.octets(new Uint8Array(pad).fill(0xee));
  }
  writer.octets(FRAME);
  const octets = writer.finish();
  if (flags & L) new DataView(octets.buffer).setUint16(6, octets.length - 4);
  return octets;
}

Deno.test("optional fields take space only where they are flagged [V2-HDR-01, V2-HDR-12]", () => {
  for (let combination = 0; combination < 16; combination++) {
    const flags = (combination & 1 ? L : 0) | (combination & 2 ? S : 0) |
      (combination & 4 ? O : 0) | (combination & 8 ? P : 0);
    const octets = packet(flags);
    const start = v2FrameStart(octets, 4, octets.length);
    const end = v2FrameEnd(octets, 4, octets.length);
    assertEquals(octets.slice(start, end), FRAME, `flags ${flags.toString(16)}`);
    assertEquals(v2TunnelId(octets, 4), 0x1234);
    assertEquals(v2SessionId(octets, 4), 0x5678);
    assertEquals(v2Ns(octets, 4), flags & S ? 0x9abc : -1);
  }
});

Deno.test("reserved bits change nothing [V2-HDR-07]", () => {
  const octets = packet(L | S);
  octets[4]! |= 0x34;
  octets[5]! |= 0xf0;
  assertEquals(octets.slice(v2FrameStart(octets, 4, octets.length)), FRAME);
});

Deno.test("Offset Size counts the padding, which may be none [V2-HDR-13]", () => {
  for (const pad of [0, 2, 7]) {
    const octets = packet(O, pad);
    assertEquals(octets.slice(v2FrameStart(octets, 4, octets.length)), FRAME);
  }
});

Deno.test("octets beyond Length are not the frame's [V2-HDR-11]", () => {
  const octets = Uint8Array.of(...packet(L), 1, 2, 3);
  assertEquals(
    octets.slice(v2FrameStart(octets, 4, octets.length), v2FrameEnd(octets, 4, octets.length)),
    FRAME,
  );
});

Deno.test("what does not fit is refused, and nothing is read beyond the end", () => {
  const octets = packet(L | S | O, 7);
  const whole = v2FrameStart(octets, 4, octets.length);
  for (let end = 4; end < octets.length; end++) {
    assertEquals(v2FrameStart(octets, 4, end), end < whole ? -1 : whole, `end ${end}`);
    if (end >= whole) assertEquals(v2FrameEnd(octets, 4, end), -1);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 24 }), (random) => {
    const start = v2FrameStart(random, 0, random.length);
    assert(start >= -1 && start <= random.length);
    if (start >= 0) assert(v2FrameEnd(random, 0, random.length) <= random.length);
  }));
});

/** The L2TPv3 data header: RFC 3931 §4.1.1.1 and §4.1.2.1. */

import { assertEquals } from "@std/assert";
import { firstLook } from "../../src/wire/first_look.ts";
import {
  COOKIE_OFFSET,
  encodeSessionHeader,
  SESSION_ID_OFFSET,
  sessionHeaderLength,
  SUBLAYER_LENGTH,
  SUBLAYER_S_BIT,
  SUBLAYER_SEQUENCE_BITS,
} from "../../src/wire/session_header.ts";

const session = { sessionId: 0x01020304, cookie: Uint8Array.fromHex("a0a1a2a3a4a5a6a7") };

Deno.test("the header is written as the RFC draws it [V3-IP-04, V3-UDP-02, V3-UDP-04, V3-DP-02, V3-DP-32]", () => {
  const header = (encapsulation: "udp" | "ip", cookieLength: number, hasSublayer: boolean) =>
    encodeSessionHeader({
      encapsulation,
      sessionId: session.sessionId,
      cookie: session.cookie.subarray(0, cookieLength),
      hasSublayer,
    }).toHex();
  assertEquals(header("ip", 0, false), "01020304");
  assertEquals(header("ip", 4, false), "01020304" + "a0a1a2a3");
  assertEquals(header("ip", 8, true), "01020304" + "a0a1a2a3a4a5a6a7" + "00000000");
  assertEquals(header("udp", 0, false), "00030000" + "01020304");
  assertEquals(header("udp", 0, true), "00030000" + "01020304" + "00000000");
  assertEquals(header("udp", 8, true), "00030000" + "01020304" + "a0a1a2a3a4a5a6a7" + "00000000");
});

Deno.test("offsets and lengths agree with what is written, in every shape [V3-DP-03]", () => {
  for (const encapsulation of ["udp", "ip"] as const) {
    for (const length of [0, 4, 8]) {
      for (const hasSublayer of [false, true]) {
        const cookie = session.cookie.subarray(0, length);
        const header = encodeSessionHeader({ ...session, encapsulation, cookie, hasSublayer });
        const view = new DataView(header.buffer);
        const cookieAt = COOKIE_OFFSET[encapsulation];
        assertEquals(view.getUint32(SESSION_ID_OFFSET[encapsulation]), session.sessionId);
        assertEquals(header.subarray(cookieAt, cookieAt + length), cookie);
        assertEquals(header.length, sessionHeaderLength(encapsulation, length, hasSublayer));
        assertEquals(header.length, cookieAt + length + (hasSublayer ? SUBLAYER_LENGTH : 0));
        assertEquals(firstLook(header, encapsulation), { kind: "data", version: 3 });
      }
    }
  }
});

Deno.test("the sublayer's word has S in bit 1 and the number in its low 24 [V3-DP-11]", () => {
  const word = new DataView(new ArrayBuffer(4));
  word.setUint32(0, SUBLAYER_S_BIT | SUBLAYER_SEQUENCE_BITS);
  assertEquals(new Uint8Array(word.buffer).toHex(), "40ffffff");
});

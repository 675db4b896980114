/** The first look at a datagram: RFC 3931 §4.1 and §4.7.2, RFC 2661 §3.1. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { firstLook } from "../../src/wire/first_look.ts";

const look = (hex: string, encapsulation: "udp" | "ip") =>
  firstLook(Uint8Array.fromHex(hex), encapsulation);

Deno.test("T and Ver alone tell control from data and v2 from v3 [V3-HDR-02, V3-UDP-01, V3-CO-01]", () => {
  assertEquals(look("c803", "udp"), { kind: "control", version: 3, offset: 0 });
  assertEquals(look("c802", "udp"), { kind: "control", version: 2, offset: 0 });
  assertEquals(look("0003", "udp"), { kind: "data", version: 3 });
  assertEquals(look("4002", "udp"), { kind: "data", version: 2 });
});

Deno.test("other bits have no meaning before the version is known [V3-UDP-03, V3-UDP-05, V3-HDR-05]", () => {
  assertEquals(look("7ff3ffff", "udp"), { kind: "data", version: 3 });
  assertEquals(look("fff3", "udp"), { kind: "control", version: 3, offset: 0 });
});

Deno.test("versions that are neither 2 nor 3 are unusable, L2F's too [V2-HDR-09, V2-HDR-10, V3-CO-08]", () => {
  for (let version = 0; version < 16; version++) {
    if (version === 2 || version === 3) continue;
    for (const flags of [0x00, 0x80, 0xc8]) {
      const octets = Uint8Array.of(flags, version, 0, 0);
      assertEquals(firstLook(octets, "udp"), { kind: "unusable", reason: "unknown-version" });
    }
  }
});

Deno.test("over IP a Session ID of zero means control, any other data [V3-IP-05, V3-IP-06]", () => {
  assertEquals(look("00000000c803", "ip"), { kind: "control", version: 3, offset: 4 });
  for (const hex of ["00000001", "01000000", "00010000c803", "c8030000"]) {
    assertEquals(look(hex, "ip"), { kind: "data", version: 3 });
  }
});

Deno.test("over IP there is no L2TPv2, and no data in a control message's place [V3-CO-02]", () => {
  assertEquals(look("00000000c802", "ip"), { kind: "unusable", reason: "unknown-version" });
  assertEquals(look("000000000003", "ip"), { kind: "unusable", reason: "not-control" });
});

Deno.test("too few octets to look at are unusable", () => {
  for (const hex of ["", "c8"]) {
    assertEquals(look(hex, "udp"), { kind: "unusable", reason: "short" });
  }
  for (const hex of ["", "000000", "00000000", "00000000c8"]) {
    assertEquals(look(hex, "ip"), { kind: "unusable", reason: "short" });
  }
});

Deno.test("any octets get an answer, and control never begins beyond them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.constantFrom("udp", "ip"), (octets, over) => {
      const seen = firstLook(octets, over as "udp" | "ip");
      if (seen.kind === "control") assertEquals(octets.length >= seen.offset + 2, true);
    }),
  );
});

/** What a session may say of its payloads, resolved; and what is refused in words. */

import { assertEquals, assertThrows } from "@std/assert";
import { resolveOrder, resolvePayload } from "../../src/endpoint/payload_options.ts";

Deno.test("each kind has its own: addresses, tags, a protocol", () => {
  assertEquals(resolvePayload("frame-relay", { frameRelay: { dlci: 100 } }), {
    frameRelay: { dlci: 100, length: 2 },
  });
  const long = { frameRelay: { dlci: 0x7fffff, addressLength: 4 } } as const;
  assertEquals(resolvePayload("frame-relay", long).frameRelay, { dlci: 0x7fffff, length: 4 });
  assertEquals(resolvePayload("hdlc", { hdlc: "cisco" }), { hdlc: "cisco" });
  assertEquals(resolvePayload("ethernet-vlan", { vlan: { port: 7 } }), { vlan: { port: 7 } });
  assertEquals(resolvePayload("ethernet", {}), {});
});

Deno.test("what belongs to another kind, or does not fit, is refused", () => {
  const refused = [
    () => resolvePayload("ethernet", { frameRelay: { dlci: 100 } }),
    () => resolvePayload("frame-relay", { hdlc: "cisco" }),
    () => resolvePayload("ethernet", { vlan: { peer: 7 } }),
    () => resolvePayload("ethernet-vlan", { vlan: { peer: 4095 } }),
    () => resolvePayload("frame-relay", { frameRelay: { dlci: 1024 } }),
    () => resolveOrder({ reorder: { frames: 0 } }),
    () => resolveOrder({ reorder: { time: 1001 } }),
  ];
  for (const refuse of refused) assertThrows(refuse, RangeError);
});

Deno.test("bounds of order are filled in, and nothing is where nothing was said [V3-DP-19, V3-DP-24]", () => {
  assertEquals(resolveOrder({}), {});
  assertEquals(resolveOrder({ reorder: {} }).reorder, { frames: 32, timeMs: 20 });
  assertEquals(resolveOrder({ sequenceLimits: { resetAfter: 3 } }).sequenceLimits, {
    window: 0x800000,
    resetAfter: 3,
  });
});

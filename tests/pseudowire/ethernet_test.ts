/** Which Ethernet frames carry IP: what Data Sequencing level 1 spares (RFC 3931 §5.4.4). */

import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { ethernetCarriesIp } from "../../src/pseudowire/ethernet.ts";
import { pseudowireFor } from "../../src/pseudowire/selection.ts";

const ADDRESSES = [0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2];

function frameOf(types: readonly number[], payload = 46): Uint8Array {
  const words = types.flatMap((type, index) => {
    const octets = [type >> 8, type & 0xff];
    // Every type but the last is a tag, with its control information behind it.
    return index < types.length - 1 ? [...octets, 0x20, 0x64] : octets;
  });
  return Uint8Array.from([...ADDRESSES, ...words, ...new Array<number>(payload).fill(0)]);
}

function carriesIp(frame: Uint8Array): boolean {
  return ethernetCarriesIp(frame, 0, frame.length);
}

Deno.test("IPv4 and IPv6 are known to be IP, ARP and the rest are not [V3-DP-27]", () => {
  assertEquals(carriesIp(frameOf([0x0800])), true);
  assertEquals(carriesIp(frameOf([0x86dd])), true);
  assertEquals(carriesIp(frameOf([0x0806])), false);
  assertEquals(carriesIp(frameOf([0x88cc])), false);
  // An 802.3 length, not a type.
  assertEquals(carriesIp(frameOf([0x0026])), false);
});

Deno.test("IP is seen behind any number of VLAN tags [V3-DP-27]", () => {
  const tag = fc.constantFrom(0x8100, 0x88a8, 0x9100);
  fc.assert(fc.property(fc.array(tag, { maxLength: 30 }), fc.boolean(), (tags, isIp) => {
    assertEquals(carriesIp(frameOf([...tags, isIp ? 0x0800 : 0x0806])), isIp);
  }));
});

Deno.test("a frame that ends inside its tags is not known to be IP [V3-DP-28]", () => {
  const whole = frameOf([0x8100, 0x88a8, 0x0800], 0);
  for (let length = 0; length < whole.length; length++) {
    // What lies behind the frame in the buffer is the next one's, and must not be looked at.
    assertEquals(ethernetCarriesIp(whole, 0, length), false, `${length} octets`);
  }
  assertEquals(carriesIp(whole), true);
});

Deno.test("a frame is judged where it lies in a larger buffer", () => {
  const frame = frameOf([0x8100, 0x86dd]);
  const buffer = new Uint8Array(100 + frame.length + 100).fill(0x08);
  buffer.set(frame, 100);
  assertEquals(ethernetCarriesIp(buffer, 100, frame.length), true);
});

Deno.test("both Ethernet pseudowires are carried, as frames only", () => {
  assertEquals(pseudowireFor({ pseudowire: "ethernet" }).shortestFrame, 14);
  assertEquals(
    pseudowireFor({ pseudowire: "ethernet-vlan" }),
    pseudowireFor({ pseudowire: "ethernet" }),
  );
  assertThrows(
    () => pseudowireFor({ pseudowire: "ethernet", framing: "routed" }),
    RangeError,
    "Ethernet frames, not packets",
  );
});

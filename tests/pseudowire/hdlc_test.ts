/** HDLC frames: any pass where the port has them; Cisco's encapsulation where it has not. */

import { assertEquals } from "@std/assert";
import { BRIDGED_CISCO_HDLC, NATIVE_HDLC, ROUTED_CISCO_HDLC } from "../../src/pseudowire/hdlc.ts";
import { BridgedPpp, RoutedPpp } from "../../src/pseudowire/ppp.ts";
import {
  BAD_ADDRESS,
  BAD_FRAME,
  TO_MAIN_THREAD,
  UNKNOWN_PROTOCOL,
} from "../../src/pseudowire/pseudowire.ts";
import { pseudowireFor } from "../../src/pseudowire/selection.ts";
import { unwrapped, wrapped } from "./framing.ts";

const IPV4 = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
const IPV6 = [0x60, ...new Array<number>(39).fill(0)];
const ETHERNET = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, ...IPV4];

function carriesIp(frame: readonly number[]): boolean {
  return NATIVE_HDLC.carriesIp(Uint8Array.from(frame), 0, frame.length);
}

Deno.test("PPP, Cisco HDLC, LAPB and Frame Relay pass a port as they are [HDLC-07]", () => {
  const frames = [[0xff, 3, 0x80, 0x21, 1, 1, 0, 4], [0x0f, 0, 8, 0, ...IPV4], [0x03, 0x3f], [
    0x10,
    0x61,
    0x03,
    0xcc,
    ...IPV4,
  ]];
  assertEquals(NATIVE_HDLC.isTransparent, true);
  for (const frame of frames) {
    assertEquals(wrapped(NATIVE_HDLC, frame), frame);
    assertEquals(unwrapped(NATIVE_HDLC, frame), frame);
    assertEquals(frame.length >= NATIVE_HDLC.shortestFrame, true);
  }
});

Deno.test("IP in PPP and in Cisco HDLC is known to be IP, all else is not [V3-DP-27, V3-DP-28]", () => {
  for (
    const header of [[0xff, 3, 0, 0x21], [0xff, 3, 0x57], [0x0f, 0, 8, 0], [0x8f, 0, 0x86, 0xdd]]
  ) {
    assertEquals(carriesIp([...header, ...IPV4]), true);
  }
  const others = [[0xff, 3, 0xc0, 0x21], [0x0f, 0, 0x80, 0x35], [0x0f, 1, 8, 0], [3, 0x3f], [0, 1]];
  for (const frame of others) assertEquals(carriesIp(frame), false);
});

Deno.test("packets have Cisco's header, taken with either address [HDLC-07]", () => {
  assertEquals(wrapped(ROUTED_CISCO_HDLC, IPV4), [0x0f, 0, 0x08, 0x00, ...IPV4]);
  assertEquals(wrapped(ROUTED_CISCO_HDLC, IPV6), [0x0f, 0, 0x86, 0xdd, ...IPV6]);
  assertEquals(wrapped(ROUTED_CISCO_HDLC, [0, ...IPV4]), BAD_FRAME);
  assertEquals(unwrapped(ROUTED_CISCO_HDLC, [0x8f, 0, 0x08, 0x00, ...IPV4]), IPV4);
  assertEquals(unwrapped(ROUTED_CISCO_HDLC, [0x0f, 0, 0x86, 0xdd, ...IPV6]), IPV6);
});

Deno.test("what is no packet of Cisco HDLC is refused by name, SLARP is for the main thread", () => {
  const refuse = (payload: number[]) => unwrapped(ROUTED_CISCO_HDLC, payload);
  assertEquals(refuse([0xff, 3, 0, 0x21, ...IPV4]), BAD_ADDRESS);
  assertEquals(refuse([0x0f, 0, 8]), BAD_FRAME);
  assertEquals(refuse([0x0f, 0, 8, 0, 0x45]), BAD_FRAME);
  assertEquals(refuse([0x0f, 0, 8, 0, ...IPV6]), BAD_FRAME);
  assertEquals(refuse([0x8f, 0, 0x20, 0, 1, 2, 3]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([0x8f, 0, 0x80, 0x35, 0, 0, 0, 2]), TO_MAIN_THREAD);
});

Deno.test("Ethernet frames in Cisco HDLC are those of transparent bridging", () => {
  assertEquals(wrapped(BRIDGED_CISCO_HDLC, ETHERNET), [0x0f, 0, 0x65, 0x58, ...ETHERNET]);
  assertEquals(unwrapped(BRIDGED_CISCO_HDLC, [0x0f, 0, 0x65, 0x58, ...ETHERNET]), ETHERNET);
  assertEquals(unwrapped(BRIDGED_CISCO_HDLC, [0x0f, 0, 8, 0, ...IPV4]), UNKNOWN_PROTOCOL);
  assertEquals(unwrapped(BRIDGED_CISCO_HDLC, [0x0f, 0, 0x65, 0x58, 1, 2]), BAD_FRAME);
  assertEquals(unwrapped(BRIDGED_CISCO_HDLC, [0x8f, 0, 0x80, 0x35]), TO_MAIN_THREAD);
  assertEquals(
    wrapped(BRIDGED_CISCO_HDLC, [0x01, 0x80, 0xc2, 0, 0, 0, ...ETHERNET.slice(6)]),
    UNKNOWN_PROTOCOL,
  );
});

Deno.test("PPP in HDLC is PPP: the same rules, and so the same gates", () => {
  const pseudowire = "hdlc";
  assertEquals(pseudowireFor({ pseudowire }), NATIVE_HDLC);
  assertEquals(pseudowireFor({ pseudowire, framing: "routed" }) instanceof RoutedPpp, true);
  assertEquals(pseudowireFor({ pseudowire, framing: "bridged" }) instanceof BridgedPpp, true);
  assertEquals(pseudowireFor({ pseudowire, framing: "routed", hdlc: "cisco" }), ROUTED_CISCO_HDLC);
});

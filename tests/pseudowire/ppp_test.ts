/** PPP frames made of packets and of Ethernet frames, and taken apart again, octet for octet. */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { PppProtocols } from "../../src/model/ppp_protocols.ts";
import { BridgedPpp, NATIVE_PPP, pppProtocol, RoutedPpp } from "../../src/pseudowire/ppp.ts";
import {
  BAD_FRAME,
  PROTOCOL_CLOSED,
  type Pseudowire,
  TO_MAIN_THREAD,
} from "../../src/pseudowire/pseudowire.ts";
import { unwrapped, wrapped } from "./framing.ts";

const OPEN: PppProtocols = { ipv4: true, ipv6: true, bridged: true };
const IPV4 = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
const IPV6 = [0x60, ...new Array<number>(39).fill(0)];
const ETHERNET = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, ...IPV4];

function routed(protocols: PppProtocols = OPEN): Pseudowire {
  const pseudowire = new RoutedPpp();
  pseudowire.setPppProtocols(protocols);
  return pseudowire;
}

function bridged(protocols: PppProtocols = OPEN): Pseudowire {
  const pseudowire = new BridgedPpp();
  pseudowire.setPppProtocols(protocols);
  return pseudowire;
}

Deno.test("packets get address, control and protocol, unless less was agreed on [A-25, V2-DP-01]", () => {
  assertEquals(wrapped(routed(), IPV4), [0xff, 3, 0, 0x21, ...IPV4]);
  assertEquals(wrapped(routed(), IPV6), [0xff, 3, 0, 0x57, ...IPV6]);
  const compressProtocol = { ...OPEN, compressProtocol: true };
  assertEquals(wrapped(routed(compressProtocol), IPV4), [0xff, 3, 0x21, ...IPV4]);
  const compressAddress = { ...OPEN, compressAddress: true };
  assertEquals(wrapped(routed(compressAddress), IPV6), [0, 0x57, ...IPV6]);
  assertEquals(wrapped(routed({ ...compressProtocol, compressAddress: true }), IPV4), [
    0x21,
    ...IPV4,
  ]);
});

Deno.test("address and control may be missing on receipt, and the protocol be short [A-25]", () => {
  for (const header of [[0xff, 3, 0, 0x21], [0xff, 3, 0x21], [0, 0x21], [0x21]]) {
    assertEquals(unwrapped(routed(), [...header, ...IPV4]), IPV4);
  }
  assertEquals(unwrapped(routed(), [0xff, 3, 0, 0x57, ...IPV6]), IPV6);
});

Deno.test("everything that is no packet is for the main thread, also before any protocol is open [PPP-01]", () => {
  const controls = [0x0100, 0x0020, 0xc021, 0xc023, 0xc223, 0x8021, 0x8057, 0x80fd, 0x0031, 0x002b];
  for (const pseudowire of [routed(), new RoutedPpp()]) {
    for (const protocol of controls) {
      const frame = [0xff, 3, protocol >> 8, protocol & 0xff, 1, 1, 0, 4];
      assertEquals(unwrapped(pseudowire, frame), TO_MAIN_THREAD, protocol.toString(16));
    }
  }
  assertEquals(unwrapped(bridged(), [0xff, 3, 0, 0x21, ...IPV4]), TO_MAIN_THREAD);
});

Deno.test("what is not open passes neither way [PPP-04, BCP-02]", () => {
  for (const protocol of [{ ...OPEN, ipv4: false }, { ...OPEN, ipv6: false }]) {
    const [packet, header] = protocol.ipv4 ? [IPV6, [0, 0x57]] : [IPV4, [0, 0x21]];
    assertEquals(wrapped(routed(protocol), packet), PROTOCOL_CLOSED);
    assertEquals(unwrapped(routed(protocol), [...header, ...packet]), PROTOCOL_CLOSED);
  }
  assertEquals(wrapped(new BridgedPpp(), ETHERNET), PROTOCOL_CLOSED);
  assertEquals(unwrapped(new BridgedPpp(), [0, 0x31, 0, 1, ...ETHERNET]), PROTOCOL_CLOSED);
});

Deno.test("a frame without a protocol, or whose packet is another, is none", () => {
  for (const frame of [[0xff, 3], [0xff, 3, 0], [0]]) {
    assertEquals(unwrapped(routed(), frame), BAD_FRAME);
  }
  assertEquals(unwrapped(routed(), [0, 0x21, ...IPV6]), BAD_FRAME);
  assertEquals(unwrapped(routed(), [0, 0x57, ...IPV4]), BAD_FRAME);
  assertEquals(unwrapped(routed(), [0, 0x21, ...IPV4.slice(0, 19)]), BAD_FRAME);
  assertEquals(wrapped(routed(), [0x55, ...IPV4]), BAD_FRAME);
});

Deno.test("a bridged frame is one Ethernet frame behind flags and MAC type 1 [BCP-03, BCP-04, BCP-06]", () => {
  assertEquals(wrapped(bridged(), ETHERNET), [0xff, 3, 0, 0x31, 0, 1, ...ETHERNET]);
  assertEquals(unwrapped(bridged(), [0xff, 3, 0, 0x31, 0, 1, ...ETHERNET]), ETHERNET);
  assertEquals(unwrapped(bridged(), [0x31, 0x40, 1, ...ETHERNET]), ETHERNET);
});

Deno.test("LAN FCS and padding are taken off, in every number [BCP-04, BCP-07]", () => {
  for (let pads = 0; pads < 16; pads++) {
    const padding = new Array<number>(pads).fill(0xaa);
    const plain = [0xff, 3, 0, 0x31, pads, 1, ...ETHERNET, ...padding];
    assertEquals(unwrapped(bridged(), plain), ETHERNET);
    const withFcs = [0, 0x31, 0x80 | pads, 1, ...ETHERNET, 0xf, 0xc, 0x5, 0, ...padding];
    assertEquals(unwrapped(bridged(), withFcs), ETHERNET);
  }
  assertEquals(unwrapped(bridged(), [0, 0x31, 0x8f, 1, ...ETHERNET.slice(0, 20)]), BAD_FRAME);
});

Deno.test("other MAC types and frames without an Ethernet header are none [BCP-04]", () => {
  for (const type of [0, 2, 3, 4, 11, 12, 255]) {
    assertEquals(unwrapped(bridged(), [0, 0x31, 0, type, ...ETHERNET]), BAD_FRAME);
  }
  assertEquals(unwrapped(bridged(), [0, 0x31]), BAD_FRAME);
  assertEquals(unwrapped(bridged(), [0, 0x31, 0, 1, ...ETHERNET.slice(0, 13)]), BAD_FRAME);
});

Deno.test("tagged frames are sent to a peer that takes them, and taken always [BCP-09]", () => {
  const tagged = [...ETHERNET.slice(0, 12), 0x81, 0, 0, 5, ...ETHERNET.slice(12)];
  assertEquals(wrapped(bridged(), tagged), PROTOCOL_CLOSED);
  const taking = bridged({ ...OPEN, taggedFrames: true });
  assertEquals(wrapped(taking, tagged), [0xff, 3, 0, 0x31, 0, 1, ...tagged]);
  assertEquals(unwrapped(bridged(), [0, 0x31, 0, 1, ...tagged]), tagged);
});

Deno.test("frames between bridges pass only inline by agreement, and without the B flag, which nobody agrees on [BCP-10, BCP-12, BCP-17, BCP-18]", () => {
  const to = (last: number) => [1, 0x80, 0xc2, 0, 0, last, ...ETHERNET.slice(6)];
  const inline = bridged({ ...OPEN, managementInline: true });
  for (const last of [0x00, 0x01, 0x10, 0x20, 0x21, 0x2f]) {
    const frame = to(last);
    assertEquals(wrapped(bridged(), frame), PROTOCOL_CLOSED);
    assertEquals(unwrapped(bridged(), [0, 0x31, 0, 1, ...frame]), PROTOCOL_CLOSED);
    assertEquals(wrapped(inline, frame), [0xff, 3, 0, 0x31, 0, 1, ...frame]);
    assertEquals(unwrapped(inline, [0, 0x31, 0, 1, ...frame]), frame);
  }
  // LLDP and the like are no spanning tree; neither are other groups.
  const others = [to(0x0e), to(0x30), [1, 0, 0x5e, 0, 0, 0, ...ETHERNET.slice(6)]];
  for (const frame of others) assertEquals(unwrapped(bridged(), [0, 0x31, 0, 1, ...frame]), frame);
});

Deno.test("which frames carry IP: packets always, PPP frames by their protocol [V3-DP-27, V3-DP-28]", () => {
  const carriesIp = (pseudowire: Pseudowire, frame: number[]) =>
    pseudowire.carriesIp(Uint8Array.from(frame), 0, frame.length);
  assertEquals(carriesIp(routed(), IPV4), true);
  assertEquals(carriesIp(bridged(), ETHERNET), true);
  assertEquals(carriesIp(NATIVE_PPP, [0xff, 3, 0, 0x21, ...IPV4]), true);
  assertEquals(carriesIp(NATIVE_PPP, [0x57, ...IPV6]), true);
  assertEquals(carriesIp(NATIVE_PPP, [0xff, 3, 0xc0, 0x21, 9]), false);
});

Deno.test("no octets are read beyond a frame's end, and none make anything throw", () => {
  const all = [routed(), bridged(), NATIVE_PPP];
  fc.assert(fc.property(fc.uint8Array({ maxLength: 48 }), fc.nat(2), (noise, which) => {
    const answer = unwrapped(all[which]!, [...noise]);
    if (typeof answer !== "number" && which < 2) assertEquals(answer.length >= 14, true);
    const padded = Uint8Array.from([...noise, 0, 0x21, 0, 0x21]);
    assertEquals(pppProtocol(padded, 0, noise.length), pppProtocol(noise, 0, noise.length));
  }));
});

/** SLARP: keepalives that keep a link up, and the answer to who asks for an address. */

import { assertEquals } from "@std/assert";
import { Slarp } from "../../src/pseudowire/slarp.ts";

const OWN = { address: 0xc0000202, mask: 0xffffff00 };
const REQUEST = [0x8f, 0, 0x80, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

Deno.test("a keepalive has our number and the last one heard", () => {
  const slarp = new Slarp(0, OWN);
  slarp.handleTimeout(0);
  const first = [0x8f, 0, 0x80, 0x35, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff];
  assertEquals([...slarp.poll()!], first);
  slarp.handlePayload(Uint8Array.from(first).with(11, 77));
  slarp.handleTimeout(slarp.nextTimeout() - 1);
  assertEquals(slarp.poll(), undefined);
  slarp.handleTimeout(slarp.nextTimeout());
  assertEquals([...slarp.poll()!].slice(8, 16), [0, 0, 0, 2, 0, 0, 0, 77]);
});

Deno.test("who asks is told our address and mask, where we have one", () => {
  const slarp = new Slarp(0, OWN);
  assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST)), true);
  const address = [192, 0, 2, 2, 255, 255, 255, 0];
  assertEquals([...slarp.poll()!], [0x0f, 0, 0x80, 0x35, 0, 0, 0, 1, ...address, 0xff, 0xff]);
  const nameless = new Slarp(0, undefined);
  nameless.handlePayload(Uint8Array.from(REQUEST));
  assertEquals(nameless.poll(), undefined);
});

Deno.test("what is short, of another type or of no known code is not read", () => {
  const slarp = new Slarp(0, OWN);
  for (let length = 0; length < 16; length++) {
    assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST.slice(0, length))), false);
  }
  assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST).with(3, 0)), false);
  assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST).with(7, 3)), false);
});

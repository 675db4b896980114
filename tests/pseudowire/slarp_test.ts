/** SLARP: keepalives that keep a link up, and the answer to who asks for an address. */

import { assertEquals } from "@std/assert";
import { Slarp } from "../../src/pseudowire/slarp.ts";

const OWN = { address: 0xc0000202, mask: 0xffffff00 };
const REQUEST = [0x8f, 0, 0x80, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Carries what each has for the other, as long as there is anything. */
function converse(a: Slarp, b: Slarp, now: number): void {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    for (let payload = from.poll(); payload !== undefined; payload = from.poll()) {
      assertEquals(to.handlePayload(payload, now), true);
    }
  }
}

Deno.test("a keepalive has our number and the last one heard", () => {
  const slarp = new Slarp(0, OWN);
  slarp.handleTimeout(0);
  const first = [0x8f, 0, 0x80, 0x35, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff];
  assertEquals([...slarp.poll()!], first);
  slarp.handlePayload(Uint8Array.from(first).with(11, 77), 5);
  slarp.handleTimeout(slarp.nextTimeout() - 1);
  assertEquals(slarp.poll(), undefined);
  slarp.handleTimeout(slarp.nextTimeout());
  assertEquals([...slarp.poll()!].slice(8, 16), [0, 0, 0, 2, 0, 0, 0, 77]);
});

Deno.test("two ends come up at the second keepalive, and down when three are missing", () => {
  const [a, b] = [new Slarp(0, undefined), new Slarp(0, OWN)];
  for (const now of [0, 10_000, 20_000]) {
    for (const end of [a, b]) end.handleTimeout(now);
    converse(a, b, now);
    assertEquals([a.isUp(now), b.isUp(now)], [now > 0 || a.isUp(now), true]);
  }
  assertEquals(a.isUp(49_999), true);
  assertEquals(a.isUp(50_000), false);
});

Deno.test("a peer that hears nothing of ours does not hold the link up", () => {
  const slarp = new Slarp(0, undefined);
  const deaf = Uint8Array.from([...REQUEST.slice(0, 7), 2, 0, 0, 0, 9, 0, 0, 0, 0, 0xff, 0xff]);
  for (const now of [0, 10_000, 20_000, 30_000]) slarp.handleTimeout(now);
  assertEquals(slarp.handlePayload(deaf, 30_000), true);
  assertEquals(slarp.isUp(30_000), false);
});

Deno.test("who asks is told our address and mask, where we have one", () => {
  const slarp = new Slarp(0, OWN);
  assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST), 0), true);
  const address = [192, 0, 2, 2, 255, 255, 255, 0];
  assertEquals([...slarp.poll()!], [0x0f, 0, 0x80, 0x35, 0, 0, 0, 1, ...address, 0xff, 0xff]);
  const nameless = new Slarp(0, undefined);
  nameless.handlePayload(Uint8Array.from(REQUEST), 0);
  assertEquals(nameless.poll(), undefined);
});

Deno.test("what is short, of another type or of no known code is not read", () => {
  const slarp = new Slarp(0, OWN);
  for (let length = 0; length < 16; length++) {
    assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST.slice(0, length)), 0), false);
  }
  assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST).with(3, 0), 0), false);
  assertEquals(slarp.handlePayload(Uint8Array.from(REQUEST).with(7, 3), 0), false);
});

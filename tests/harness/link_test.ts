/** The link itself: it does what its impairment says, and the same for the same seed. */

import { assert, assertEquals } from "@std/assert";
import type { Path } from "../../src/model/path.ts";
import { CLEAN, type Impairment, Link, reversed } from "./link.ts";
import { Prng } from "./prng.ts";

const PATH: Path = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "192.0.2.2", port: 1701 },
};

function arrivals(seed: number, impairment: Impairment, count = 1000): number[] {
  const link = new Link(new Prng(seed), impairment);
  for (let i = 0; i < count; i++) link.send(PATH, Uint8Array.of(i >> 8, i), i);
  const got: number[] = [];
  for (;;) {
    const datagram = link.receive(Infinity);
    if (datagram === undefined) return got;
    got.push(datagram.octets[0]! << 8 | datagram.octets[1]!);
  }
}

Deno.test("a clean link delivers everything once, in order, to the other end's path", () => {
  assertEquals(arrivals(1, CLEAN), [...Array(1000).keys()]);
  const link = new Link(new Prng(1));
  link.send(PATH, Uint8Array.of(1), 0);
  assertEquals(link.receive(4), undefined);
  assertEquals(link.nextArrival(), 5);
  assertEquals(link.receive(5)!.path, reversed(PATH));
});

Deno.test("loss, duplication and reordering come as often as asked", () => {
  const lossy = arrivals(2, { ...CLEAN, loss: 0.3 }).length;
  assert(lossy > 600 && lossy < 800, `${lossy} of 1000 with 30 % loss`);
  const doubled = arrivals(3, { ...CLEAN, duplication: 0.2 }).length;
  assert(doubled > 1100 && doubled < 1300, `${doubled} of 1000 with 20 % duplication`);
  const mixed = arrivals(4, { ...CLEAN, reordering: 0.5, holdMs: 10 });
  assertEquals(mixed.length, 1000);
  assert(mixed.some((value, at) => at > 0 && value < mixed[at - 1]!), "nothing was reordered");
});

Deno.test("corruption touches a copy, never the sender's octets", () => {
  const link = new Link(new Prng(5), { ...CLEAN, corruption: 1 });
  const octets = new Uint8Array(64);
  link.send(PATH, octets, 0);
  const carried = link.receive(Infinity)!.octets;
  assertEquals(octets.every((octet) => octet === 0), true);
  assertEquals(carried.some((octet) => octet !== 0), true);
});

Deno.test("a seed fixes what happens", () => {
  const rough = { ...CLEAN, loss: 0.2, duplication: 0.2, reordering: 0.3, holdMs: 20 };
  assertEquals(arrivals(6, rough), arrivals(6, rough));
  assert(arrivals(6, rough).join() !== arrivals(7, rough).join());
});

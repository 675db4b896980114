/** Address pools: everybody's own, and what was given back comes again last. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AddressPool } from "../../src/endpoint/address_pool.ts";

Deno.test("a range is given out from its beginning, then what came back longest ago", () => {
  const pool = new AddressPool({ ranges: ["10.0.0.254-10.0.1.1"] });
  assertEquals(pool.size, 4);
  assertEquals([pool.take(), pool.take(), pool.take()], ["10.0.0.254", "10.0.0.255", "10.0.1.0"]);
  pool.release("10.0.1.0");
  pool.release("10.0.0.254");
  assertEquals([pool.take(), pool.take(), pool.take()], ["10.0.1.1", "10.0.1.0", "10.0.0.254"]);
  assertEquals(pool.take(), undefined);
  assertEquals(pool.taken, 4);
});

Deno.test("an IPv4 network keeps its first and last address", () => {
  const pool = new AddressPool({ ranges: ["192.0.2.4/30", "192.0.2.8/32"] });
  assertEquals([pool.take(), pool.take(), pool.take(), pool.take()], [
    "192.0.2.5",
    "192.0.2.6",
    "192.0.2.8",
    undefined,
  ]);
});

Deno.test("prefixes are given out of a prefix", () => {
  const pool = new AddressPool({ ranges: ["2001:db8:0:fffe::/63"], prefixLength: 64 });
  assertEquals([pool.take(), pool.take(), pool.take()], [
    "2001:db8:0:fffe::",
    "2001:db8:0:ffff::",
    undefined,
  ]);
  pool.release("2001:db8:0:fffe::");
  assertEquals(pool.take(), "2001:db8:0:fffe::");
});

Deno.test("what is reserved is nobody else's, and comes back where it belongs", () => {
  const pool = new AddressPool({ ranges: ["10.0.0.1-10.0.0.3"] });
  assertEquals([pool.reserve("10.0.0.2"), pool.reserve("10.0.0.2")], [true, false]);
  assertEquals(pool.reserve("10.9.9.9"), true);
  assertEquals([pool.take(), pool.take(), pool.take()], ["10.0.0.1", "10.0.0.3", undefined]);
  pool.release("10.9.9.9");
  pool.release("10.0.0.2");
  assertEquals([pool.take(), pool.take()], ["10.0.0.2", undefined]);
});

Deno.test("ranges that are none are refused in words", () => {
  const refused = (range: string, prefixLength?: number) =>
    assertThrows(() =>
      new AddressPool({ ranges: [range], ...(prefixLength === undefined ? {} : { prefixLength }) })
    );
  for (const range of ["", "10.0.0.1-", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/33"]) {
    refused(range);
  }
  refused("2001:db8::/65", 64);
  refused("2001:db8::1-2001:db8::9", 64);
  assertThrows(() => new AddressPool({ ranges: ["10.0.0.1", "::1"] }), TypeError, "all IPv4");
});

Deno.test("property: nobody ever has what another one has, and nothing is lost", () => {
  const action = fc.oneof(
    fc.constant({ kind: "take" as const }),
    fc.record({ kind: fc.constant("release" as const), which: fc.nat() }),
    fc.record({ kind: fc.constant("reserve" as const), host: fc.integer({ min: 0, max: 20 }) }),
  );
  fc.assert(fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
    const pool = new AddressPool({ ranges: ["10.0.0.1-10.0.0.8", "10.0.0.12-10.0.0.15"] });
    const held: string[] = [];
    const hold = (address: string) => {
      if (held.includes(address)) throw new Error(`${address} was given out twice`);
      held.push(address);
    };
    for (const each of actions) {
      if (each.kind === "take") {
        const address = pool.take();
        if (address !== undefined) hold(address);
      } else if (each.kind === "reserve") {
        const address = `10.0.0.${each.host}`;
        if (pool.reserve(address)) hold(address);
      } else if (held.length > 0) {
        pool.release(held.splice(each.which % held.length, 1)[0]!);
      }
    }
    assertEquals(pool.taken, held.length);
    for (const address of held) pool.release(address);
    const all = Array.from({ length: 12 }, () => pool.take());
    assertEquals(new Set(all).size, 12);
    assertEquals([all.includes(undefined), pool.take()], [false, undefined]);
  }));
});

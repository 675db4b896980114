/** The longest prefix wins, in both families, through every change (RFC 1812 §5.2.4.3). */

import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import {
  ALL_PREFIXES,
  NO_ROUTE,
  type RoutePrefix,
  RouteTable,
} from "../../src/dataplane/route_table.ts";

/** A packet to `destination` from `source`, of as many octets each as its version has. */
function packet(destination: readonly number[], source = destination): DataView {
  const octets = destination.length === 4
    ? [0x45, ...new Array<number>(11).fill(0), ...source, ...destination]
    : [0x60, ...new Array<number>(7).fill(0), ...source, ...destination];
  return new DataView(Uint8Array.from([0xee, ...octets]).buffer);
}

function destinationOf(table: RouteTable, address: readonly number[]): number {
  const view = packet(address);
  return table.byDestination(view, 1, view.byteLength - 1);
}

function prefix(octets: readonly number[], length: number): RoutePrefix {
  return { octets: Uint8Array.from(octets), length, text: `${octets.join(".")}/${length}` };
}

Deno.test("an address is its own, a longer prefix comes before a shorter one", () => {
  const table = new RouteTable();
  table.assign(1, [prefix([10, 0, 0, 0], 8)]);
  table.assign(2, [prefix([10, 1, 0, 0], 16), prefix([192, 0, 2, 1], 32)]);
  assertEquals(destinationOf(table, [10, 2, 0, 1]), 1);
  assertEquals(destinationOf(table, [10, 1, 0, 1]), 2);
  assertEquals(destinationOf(table, [192, 0, 2, 1]), 2);
  assertEquals(destinationOf(table, [192, 0, 2, 2]), NO_ROUTE);
  table.assign(2, []);
  assertEquals(destinationOf(table, [10, 1, 0, 1]), 1);
  table.remove(1);
  assertEquals(destinationOf(table, [10, 1, 0, 1]), NO_ROUTE);
});

Deno.test("source and destination are told apart; a default takes all of its family", () => {
  const table = new RouteTable();
  table.assign(7, ALL_PREFIXES);
  table.assign(8, [prefix([10, 0, 0, 8], 32)]);
  const view = packet([10, 0, 0, 8], [10, 0, 0, 9]);
  assertEquals(table.byDestination(view, 1, 20), 8);
  assertEquals(table.bySource(view, 1, 20), 7);
  assertEquals(destinationOf(table, new Array<number>(16).fill(0xfd)), 7);
});

Deno.test("what is no whole IP packet leads nowhere", () => {
  const table = new RouteTable();
  table.assign(7, ALL_PREFIXES);
  assertEquals(table.byDestination(packet([10, 0, 0, 8]), 1, 19), NO_ROUTE);
  assertEquals(table.byDestination(packet(new Array<number>(16).fill(1)), 1, 39), NO_ROUTE);
  const odd = packet([10, 0, 0, 8]);
  for (const version of [0, 3, 5, 7, 15]) {
    odd.setUint8(1, version << 4);
    assertEquals(table.byDestination(odd, 1, 20), NO_ROUTE);
  }
});

Deno.test("a prefix that is another's is refused by name, and nothing changes", () => {
  const table = new RouteTable();
  table.assign(1, [prefix([10, 0, 0, 1], 32)]);
  table.assign(2, [prefix([10, 0, 0, 2], 32)]);
  const both = [prefix([10, 0, 0, 3], 32), prefix([10, 0, 0, 1], 32)];
  assertThrows(() => table.assign(2, both), RangeError, "10.0.0.1/32 belongs to session 1");
  assertEquals([1, 2, 3].map((last) => destinationOf(table, [10, 0, 0, last])), [1, 2, NO_ROUTE]);
});

/** The rule as a sentence: of the prefixes that an address is in, the longest. */
function expected(routes: ReadonlyMap<number, RoutePrefix[]>, address: readonly number[]): number {
  const bits = (octets: Iterable<number>, length: number) =>
    [...octets].map((octet) => octet.toString(2).padStart(8, "0")).join("").slice(0, length);
  const fitting = [...routes].flatMap(([key, prefixes]) =>
    prefixes.filter(({ octets, length }) =>
      octets.length === address.length && bits(octets, length) === bits(address, length)
    ).map(({ length }) => ({ key, length }))
  );
  return fitting.sort((a, b) => b.length - a.length)[0]?.key ?? NO_ROUTE;
}

/** Addresses that are often close to each other, and prefixes of them. */
const anyOctets = fc.constantFrom(4, 16).chain((length) =>
  fc.array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: length, maxLength: length })
);
const anyPrefix = anyOctets.chain((octets) =>
  fc.nat(8 * octets.length).map((length) => prefix(octets, length))
);
const anyChange = fc.record({ key: fc.nat(5), prefixes: fc.array(anyPrefix, { maxLength: 4 }) });

Deno.test("after any changes every address leads where the rule says", () => {
  const changes = fc.array(anyChange, { maxLength: 20 });
  const probes = fc.array(anyOctets, { maxLength: 20 });
  fc.assert(fc.property(changes, probes, (steps, addresses) => {
    const table = new RouteTable();
    const held = new Map<number, RoutePrefix[]>();
    for (const { key, prefixes } of steps) {
      try {
        table.assign(key, prefixes);
        held.set(key, prefixes);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    const known = [...held.values()].flat().map(({ octets }) => [...octets]);
    for (const address of [...addresses, ...known]) {
      assertEquals(destinationOf(table, address), expected(held, address));
    }
  }));
});

/** What the kernel says of fragments, read from its tables. */

import { assert, assertEquals } from "@std/assert";
import {
  countsSince,
  parseIpv4,
  parseIpv6,
  readFragmentCounts,
} from "../../src/io/fragment_counters.ts";

Deno.test("the counters are found by their names, wherever they stand", () => {
  const ipv4 = "Ip: Forwarding ReasmOKs ReasmFails FragCreates Other\nIp: 2 7 1 40 9\nIcmp: X\n";
  assertEquals(parseIpv4(ipv4), { reassembled: 7, reassemblyFailures: 1, created: 40 });
  const ipv6 = "Ip6InReceives      5\nIp6ReasmOKs   \t3\nIp6FragCreates  \t6\n";
  assertEquals(parseIpv6(ipv6), { reassembled: 3, reassemblyFailures: 0, created: 6 });
  assertEquals(parseIpv4(""), { reassembled: 0, reassemblyFailures: 0, created: 0 });
});

Deno.test("this kernel counts, and what was before does not", () => {
  const before = readFragmentCounts(undefined);
  assert(Number.isInteger(before.reassembled) && Number.isInteger(before.created));
  const more = { reassembled: before.reassembled + 2, reassemblyFailures: 0, created: 5 };
  assertEquals(countsSince(more, before).reassembled, 2);
});

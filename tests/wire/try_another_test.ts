/** Where a peer that cannot be served is sent to: the text of error 9 (RFC 3931 §5.4.2). */

import { assertEquals } from "@std/assert";
import { formatAddressList, parseAddressList } from "../../src/wire/try_another.ts";

const LISTS = [
  [["192.0.2.1", "192.0.2.2"], "192.0.2.1, 192.0.2.2"],
  [["2001:db8::1"], "[2001:db8::1]"],
  [["192.0.2.1", "2001:db8::1"], "192.0.2.1, [2001:db8::1]"],
] as const;

Deno.test("addresses are listed as the RFC has them, and read back [V3-MSG-25]", () => {
  for (const [addresses, text] of LISTS) {
    assertEquals(formatAddressList(addresses), text);
    assertEquals(parseAddressList(text), [...addresses]);
  }
});

Deno.test("what is no address in a peer's list is left out [V3-MSG-25]", () => {
  assertEquals(parseAddressList("192.0.2.1, elsewhere, [x], 2001:db8::1, [2001:db8::2]"), [
    "192.0.2.1",
    "2001:db8::2",
  ]);
  assertEquals(parseAddressList(""), []);
});

/** Addresses as people write them, and the mistakes they make. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  formatListen,
  isAddressLiteral,
  parseListen,
  parseRemote,
} from "../../src/endpoint/addresses.ts";

Deno.test("a remote is a name or an address, with or without a port", () => {
  const forms: [string, string, number][] = [
    ["peer.example", "peer.example", 1701],
    ["peer.example:5000", "peer.example", 5000],
    ["192.0.2.1", "192.0.2.1", 1701],
    ["192.0.2.1:1", "192.0.2.1", 1],
    ["2001:db8::1", "2001:db8::1", 1701],
    ["[2001:db8::1]", "2001:db8::1", 1701],
    ["[2001:db8::1]:65535", "2001:db8::1", 65535],
  ];
  for (const [text, host, port] of forms) assertEquals(parseRemote(text), { host, port });
});

Deno.test("what is no remote is refused by name", () => {
  const faults = [
    "",
    "a b",
    "a:",
    "a:b",
    "a:65536",
    "[192.0.2.1]:1",
    "[::1",
    "256.0.0.1",
    "udp://a",
  ];
  for (const text of faults) {
    const error = assertThrows(() => parseRemote(text), RangeError, text.slice(0, 3));
    assertEquals(error.message.includes("undefined"), false);
  }
});

Deno.test("a listen address has an encapsulation, a literal, and over UDP a port", () => {
  assertEquals(parseListen("udp://0.0.0.0"), {
    encapsulation: "udp",
    address: "0.0.0.0",
    port: 1701,
  });
  assertEquals(parseListen("udp://[2001:DB8:0::1]:5000"), {
    encapsulation: "udp",
    address: "2001:db8::1",
    port: 5000,
  });
  assertEquals(parseListen("ip://[::]"), { encapsulation: "ip", address: "::", port: 0 });
  for (const text of ["0.0.0.0", "tcp://0.0.0.0", "ip://0.0.0.0:5", "udp://localhost", "udp://"]) {
    assertThrows(() => parseListen(text), RangeError, text);
  }
});

Deno.test("a listen address is written as it is read", () => {
  for (const text of ["udp://0.0.0.0:1701", "udp://[::1]:0", "ip://192.0.2.1", "ip://[::]"]) {
    assertEquals(formatListen(parseListen(text)), text);
  }
});

Deno.test("names are no literals", () => {
  assertEquals(["10.0.0.1", "::1", "fe80::1%3"].map(isAddressLiteral), [true, true, true]);
  assertEquals(["a", "10.0.0", "10.0.0.01", "::g"].map(isAddressLiteral), [
    false,
    false,
    false,
    false,
  ]);
});

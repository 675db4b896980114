/** IP address literals and sockaddr structs: RFC 5952, RFC 4291 §2.2, ip(7), ipv6(7). */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  canonicalIpAddress,
  formatIpAddress,
  isUnspecified,
  parseIpAddress,
  putSocketAddress,
  readSocketAddress,
} from "../../src/io/socket_address.ts";

Deno.test("every way of writing an address has one canonical text", () => {
  const cases = {
    "192.0.2.1": "192.0.2.1",
    "0.0.0.0": "0.0.0.0",
    "::": "::",
    "::1": "::1",
    "1::": "1::",
    // RFC 5952 §1: all the same.
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "2001:0DB8:0000:0000:0001:0000:0000:0001": "2001:db8::1:0:0:1",
    "2001:db8::1:0:0:1": "2001:db8::1:0:0:1",
    // §4.2.2: one group of zeros is written.
    "2001:db8::1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    // §4.2.3: the longest run, and of equal ones the first.
    "2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
    // §5: IPv4-mapped in mixed notation.
    "::ffff:c000:201": "::ffff:192.0.2.1",
    "64:ff9b::192.0.2.33": "64:ff9b::c000:221",
    "1:2:3:4:5:6:192.0.2.33": "1:2:3:4:5:6:c000:221",
    // A zone by number.
    "FE80::1%7": "fe80::1%7",
    "fe80::1%0": "fe80::1",
  };
  for (const [text, canonical] of Object.entries(cases)) {
    assertEquals(canonicalIpAddress(text), canonical, text);
  }
});

Deno.test("what is no literal is refused", () => {
  const wrong = [
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "01.2.3.4",
    "0x1.2.3.4",
    "1.2.3.4 ",
    "+1.2.3.4",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "g::",
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:",
    "1.2.3.4::",
    "::1.2.3",
    "::1.2.3.4:5",
    "[::1]",
    "fe80::1%eth0",
    "fe80::1%",
    "fe80::1%1%2",
    "192.0.2.1%1",
    "fe80::1%4294967296",
  ];
  for (const text of wrong) {
    assertEquals(parseIpAddress(text), undefined, JSON.stringify(text));
    assertThrows(() => canonicalIpAddress(text), TypeError, text);
  }
});

Deno.test("canonical IPv6 text is what the URL standard's serializer writes", () => {
  // It has no mixed notation, which RFC 5952 §5 recommends for IPv4-mapped addresses only.
  fc.assert(fc.property(sparseOctets(16), (octets) => {
    const text = formatIpAddress(octets);
    fc.pre(!text.includes("."));
    assertEquals(`[${text}]`, new URL(`http://[${text}]/`).hostname);
    assertEquals(parseIpAddress(text)?.octets, octets);
  }));
});

Deno.test("an address and a port survive a sockaddr struct", () => {
  const socketAddress = fc.tuple(
    fc.oneof(sparseOctets(4), sparseOctets(16)),
    fc.nat(0xffff),
    fc.nat(0xffff_ffff),
  );
  fc.assert(fc.property(socketAddress, fc.nat(9), ([octets, port, zone], at) => {
    const address = formatIpAddress(octets, octets.length === 16 ? zone : 0);
    const struct = new DataView(new Uint8Array(64).fill(0xee).buffer);
    const size = putSocketAddress(struct, at, { address, port });
    assertEquals(size, octets.length === 4 ? 16 : 28);
    assertEquals(readSocketAddress(struct, at), { address, port });
    assertEquals(struct.getUint8(at + size), 0xee, "nothing is written beyond the struct");
  }));
});

Deno.test("a sockaddr_in lies in memory as ip(7) says", () => {
  const struct = new DataView(new ArrayBuffer(16));
  putSocketAddress(struct, 0, { address: "192.0.2.1", port: 1701 });
  assertEquals(
    new Uint8Array(struct.buffer),
    // Family 2 in the machine's order, port 0x06a5 and address in network order, zeros.
    Uint8Array.of(2, 0, 0x06, 0xa5, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
  );
});

Deno.test("a sockaddr_in6 lies in memory as ipv6(7) says", () => {
  const struct = new DataView(new ArrayBuffer(28));
  putSocketAddress(struct, 0, { address: "fe80::1%3", port: 1701 });
  const address = [0xfe, 0x80, ...new Array<number>(13).fill(0), 1];
  assertEquals(
    new Uint8Array(struct.buffer),
    // Family 10, port, no flow label, address, scope 3 in the machine's order.
    Uint8Array.of(10, 0, 0x06, 0xa5, 0, 0, 0, 0, ...address, 3, 0, 0, 0),
  );
});

Deno.test("a struct of another family is refused", () => {
  const struct = new DataView(new ArrayBuffer(28));
  struct.setUint16(0, 1, true);
  assertThrows(() => readSocketAddress(struct, 0), TypeError, "not 1");
});

Deno.test("only 0.0.0.0 and :: are unspecified", () => {
  for (const address of ["0.0.0.0", "::", "0:0::0"]) assertEquals(isUnspecified(address), true);
  for (const address of ["0.0.0.1", "::1", "localhost"]) {
    assertEquals(isUnspecified(address), false, address);
  }
});

/** Octets with many zeros, so that runs of zero groups are common. */
function sparseOctets(length: number): fc.Arbitrary<Uint8Array> {
  const octet = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(255));
  return fc.array(octet, { minLength: length, maxLength: length }).map((list) =>
    Uint8Array.from(list)
  );
}

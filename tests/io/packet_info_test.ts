/** Control messages with packet information: cmsg(3), ip(7), RFC 3542 §6. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { putPacketInfo, readPacketInfo } from "../../src/io/packet_info.ts";

Deno.test("an IPv4 source lies in memory as cmsg(3) and ip(7) say", () => {
  const struct = new DataView(new ArrayBuffer(40));
  assertEquals(putPacketInfo(struct, 0, "192.0.2.1"), 32);
  assertEquals(
    [...new Uint8Array(struct.buffer, 0, 32)],
    // Length 28 of 64 bits, level IPPROTO_IP, type IP_PKTINFO; interface 0, the source, 0.0.0.0.
    [
      ...[28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0],
      ...[0, 0, 0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
  );
});

Deno.test("an IPv6 source takes its interface from the zone", () => {
  const struct = new DataView(new ArrayBuffer(40));
  assertEquals(putPacketInfo(struct, 0, "fe80::1%5"), 40);
  assertEquals(
    [...new Uint8Array(struct.buffer)],
    // Length 36, level IPPROTO_IPV6, type IPV6_PKTINFO; the source, interface 5, padding.
    [
      ...[36, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 50, 0, 0, 0],
      ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      ...[5, 0, 0, 0, 0, 0, 0, 0],
    ],
  );
});

Deno.test("an unspecified source is left to the kernel", () => {
  const struct = new DataView(new ArrayBuffer(40));
  for (const address of ["0.0.0.0", "::"]) assertEquals(putPacketInfo(struct, 0, address), 0);
});

Deno.test("packet information is found behind other control messages", () => {
  const struct = new DataView(new ArrayBuffer(128));
  // SO_TIMESTAMP: 16 octets of data, and another with 1 octet that is padded to 8.
  for (const [at, size] of [[0, 32], [32, 17]] as const) {
    struct.setUint32(at, size, true);
    struct.setInt32(at + 8, 1, true);
    struct.setInt32(at + 12, 29, true);
  }
  const room = putPacketInfo(struct, 56, "2001:db8::7");
  assertEquals(readPacketInfo(struct, 0, 56 + room), "2001:db8::7");
  assertEquals(readPacketInfo(struct, 0, 56), undefined);
});

Deno.test("only a link-local address is told with its interface", () => {
  const struct = new DataView(new ArrayBuffer(40));
  const room = putPacketInfo(struct, 0, "2001:db8::1%9");
  assertEquals(readPacketInfo(struct, 0, room), "2001:db8::1");
});

Deno.test("control messages with any lengths are walked to an end", () => {
  const octets = fc.uint8Array({ minLength: 0, maxLength: 100 });
  fc.assert(fc.property(octets, (octets) => {
    const struct = new DataView(Uint8Array.from(octets).buffer);
    readPacketInfo(struct, 0, octets.length);
  }));
});

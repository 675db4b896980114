/** Netlink messages as octets. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeNetlinkAttributes,
  decodeNetlinkMessages,
  encodeNetlinkMessage,
  netlinkErrno,
  textOf,
  uint32Octets,
  uint32Of,
} from "../../src/io/netlink_message.ts";

Deno.test("a message lies in memory as netlink(7) says", () => {
  const octets = encodeNetlinkMessage(18, 0x301, 7, Uint8Array.of(1, 2, 3, 4, 5), [
    [3, Uint8Array.of(0x61, 0)],
    [4, uint32Octets(1500)],
  ]);
  assertEquals(
    [...octets],
    [
      // Length 40, type 18, flags 0x301, sequence 7, port 0.
      ...[40, 0, 0, 0, 18, 0, 1, 3, 7, 0, 0, 0, 0, 0, 0, 0],
      // The fixed part, padded to 8.
      ...[1, 2, 3, 4, 5, 0, 0, 0],
      // Attribute 3 of 6 octets, padded to 8; attribute 4 of 8 octets.
      ...[6, 0, 3, 0, 0x61, 0, 0, 0],
      ...[8, 0, 4, 0, 0xdc, 5, 0, 0],
    ],
  );
});

Deno.test("what is encoded is decoded, one message after the other", () => {
  const attribute = fc.tuple(fc.nat(0x3fff), fc.uint8Array({ maxLength: 9 }));
  const message = fc.record({
    type: fc.nat(0xffff),
    sequence: fc.nat(0xffff_ffff),
    fixed: fc.uint8Array({ maxLength: 9 }),
    attributes: fc.uniqueArray(attribute, { maxLength: 5, selector: ([type]) => type }),
  });
  fc.assert(fc.property(fc.array(message, { maxLength: 4 }), (messages) => {
    const datagram = messages.flatMap(({ type, sequence, fixed, attributes }) => [
      ...encodeNetlinkMessage(type, 1, sequence, fixed, attributes),
    ]);
    const decoded = decodeNetlinkMessages(Uint8Array.from(datagram));
    assertEquals(decoded.length, messages.length);
    for (const [index, { type, sequence, fixed, attributes }] of messages.entries()) {
      const { body, ...header } = decoded[index]!;
      assertEquals(header, { type, sequence });
      assertEquals(
        [...decodeNetlinkAttributes(body, fixed.length)].map(([type, value]) => [type, [...value]]),
        attributes.map(([type, value]) => [type, [...value]]),
      );
    }
  }));
});

Deno.test("any octets are walked to an end", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
    for (const { body } of decodeNetlinkMessages(octets)) decodeNetlinkAttributes(body, 4);
  }));
});

Deno.test("the flags in an attribute's type are not part of its number", () => {
  const octets = encodeNetlinkMessage(1, 0, 0, new Uint8Array(0), [[0x8000 | 18, uint32Octets(9)]]);
  const [message] = decodeNetlinkMessages(octets);
  assertEquals([...decodeNetlinkAttributes(message!.body, 0).keys()], [18]);
});

Deno.test("values are read as far as they go", () => {
  assertEquals(uint32Of(uint32Octets(0xffff_fffe)), 0xffff_fffe);
  assertEquals(uint32Of(Uint8Array.of(1, 2, 3)), undefined);
  assertEquals(uint32Of(undefined), undefined);
  assertEquals(textOf(new TextEncoder().encode("lw0\0rest")), "lw0");
  assertEquals(textOf(new TextEncoder().encode("lw0")), "lw0");
  assertEquals(textOf(undefined), undefined);
  const error = new DataView(new ArrayBuffer(4));
  error.setInt32(0, -19, true);
  assertEquals(netlinkErrno(error), 19);
});

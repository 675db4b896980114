/**
 * The decoders against arbitrary octets: they never throw, never change or outrun what they were
 * given, and their work is bounded by its size. A failing case prints fast-check's seed.
 *
 * RFC 3931 §5.1, §5.3, §7.1; REQUIREMENTS V3-AVP-03, V3-AVP-15, V3-HID-13.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeControlMessage } from "../../src/wire/control_message.ts";
import { isFailure } from "../../src/wire/decode_failure.ts";
import {
  avp,
  concat,
  encodeMessage,
  type PeerAvp,
  TYPE,
  u16,
  u32,
} from "../harness/peer_message.ts";
import { decodeAll, KEY } from "./decoders.ts";

const RUNS = { numRuns: 3_000 };

const anyAvp: fc.Arbitrary<PeerAvp> = fc.record({
  attribute: fc.oneof(fc.nat(110), fc.nat(0xffff)),
  value: fc.uint8Array({ maxLength: 60 }),
  mandatory: fc.boolean(),
  hidden: fc.boolean(),
  vendor: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(0xffff)),
  reserved: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(15)),
});

/** A message of either version with a right header and any AVPs. */
const anyMessage: fc.Arbitrary<Uint8Array> = fc.record({
  version: fc.constantFrom(2, 3),
  type: fc.oneof(fc.constantFrom(...Object.values(TYPE)), fc.nat(0xffff)),
  avps: fc.array(anyAvp, { maxLength: 8 }),
}).map(({ version, type, avps }) =>
  encodeMessage({ version, connectionId: 1, sessionId: 0, ns: 0, nr: 0 }, [
    avp(0, u16(type)),
    ...avps,
  ])
);

Deno.test("arbitrary octets are decoded or refused, never thrown over [V3-AVP-15, V3-HDR-12]", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => decodeAll(octets)), RUNS);
});

Deno.test("arbitrary octets behind a control message's first word are, too [V3-AVP-15]", () => {
  const anyBody = fc.tuple(fc.constantFrom(0xc802, 0xc803), fc.uint8Array({ maxLength: 300 }))
    .map(([first, rest]) => concat(u16(first), u16(rest.length + 4), rest));
  fc.assert(fc.property(anyBody, (octets) => decodeAll(octets)), RUNS);
});

Deno.test("messages of arbitrary AVPs, plain and over IP, are decoded [V3-AVP-03, V3-AVP-04, V3-HID-13]", () => {
  fc.assert(
    fc.property(anyMessage, (octets) => {
      decodeAll(octets);
      decodeAll(concat(u32(0), octets));
    }),
    RUNS,
  );
});

Deno.test("every truncation of a message is decoded or refused [V3-AVP-15, V3-HDR-12]", () => {
  fc.assert(
    fc.property(anyMessage, (octets) => {
      for (let length = 0; length < octets.length; length++) {
        const cut = octets.slice(0, length);
        decodeControlMessage(cut, 0, KEY);
        if (length < 12) continue;
        cut.set(u16(length), 2);
        const message = decodeControlMessage(cut, 0, KEY);
        assert(!isFailure(message), "a header with a right Length is no failure");
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("the largest datagram of the smallest AVPs is walked to its end [V3-AVP-03]", () => {
  const smallest = Array.from({ length: 10_900 }, () => avp(4242, undefined, { mandatory: false }));
  const octets = encodeMessage(
    { version: 3, connectionId: 1, sessionId: 0, ns: 0, nr: 0 },
    [avp(0, u16(TYPE.HELLO)), ...smallest],
  );
  const message = decodeControlMessage(octets, 0, KEY);
  assert(!isFailure(message));
  assertEquals(message.unknown.length, 10_900);
});

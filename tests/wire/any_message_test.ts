/**
 * Properties of the codec on messages nobody would write: whatever comes is answered, and what is
 * accepted can be said again. A failing run prints its seed.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AvpProblemKind } from "../../src/wire/avp_problem.ts";
import { AVPS } from "../../src/wire/avp_registry.ts";
import {
  decodeControlMessage,
  type DecodedMessage,
  encodeControlMessage,
  type SendableAvps,
} from "../../src/wire/control_message.ts";
import { isFailure } from "../../src/wire/decode_failure.ts";
import { verifyDigest } from "../../src/wire/message_digest.ts";
import { MESSAGE_TYPES } from "../../src/wire/message_rules.ts";
import * as messages from "../vectors/control_messages.ts";
import { type AvpSpec, decoded, rawMessage, typeAvp } from "./raw_message.ts";

const KEY = Uint8Array.of(1, 2, 3);
const CONTEXT = { keys: [KEY], localNonce: KEY, remoteNonce: KEY };

/** Lengths that some format has, and their neighbours. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 17, 18, 20, 21, 26, 64];

const value = fc.constantFrom(...LENGTHS).chain((length) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((octets) => octets.toHex())
);

const mostly = <T>(usual: T, unusual: T) =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(usual) }, {
    weight: 1,
    arbitrary: fc.constant(unusual),
  });

/** An AVP with a number that exists, most often; well-formed only by luck. */
const anyAvp: fc.Arbitrary<AvpSpec> = fc.record({
  attribute: fc.nat(110),
  value,
  m: fc.boolean(),
  h: mostly(false, true),
  vendor: mostly(0, 9),
  reserved: mostly(0, 5),
});

const anyMessage = fc.tuple(
  fc.constantFrom(2 as const, 3 as const),
  fc.constantFrom(...Object.values(MESSAGE_TYPES)),
  fc.array(anyAvp, { maxLength: 20 }),
).map(([version, type, avps]) => rawMessage(version, [typeAvp(type), ...avps]));

/** Problems that no AVP has in itself. */
const OF_THE_WHOLE: readonly AvpProblemKind[] = ["missing", "unrecognised", "out-of-range"];

/** What a sender may say again of what it received. */
function sendable({ avps }: DecodedMessage): SendableAvps {
  const { messageType: _, randomVector: __, messageDigest: ___, ...rest } = avps;
  return rest;
}

Deno.test("what is accepted can be encoded, and says the same again [V3-AVP-23, V2-AVP-16]", () => {
  fc.assert(
    fc.property(anyMessage, (octets) => {
      const first = decoded(octets);
      if (first.type === undefined || first.type === "ZLB") return;
      const { header: { version }, type } = first;
      const again = encodeControlMessage({ version, type, connectionId: 1, avps: sendable(first) });
      const second = decoded(again.octets);
      assertEquals(sendable(second), sendable(first));
      // Only what the message as a whole lacks, or asks for too much, may still be wrong.
      const left = second.problems.filter(({ kind }) => !OF_THE_WHOLE.includes(kind));
      assertEquals(left, []);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("hidden on the way, values come out the same [V3-HID-07, V2-HID-05]", () => {
  const hiding = {
    key: KEY,
    randomVector: new Uint8Array(16).fill(9),
    padding: Uint8Array.of(4, 5),
  };
  fc.assert(
    fc.property(anyMessage, (octets) => {
      const first = decoded(octets);
      if (first.type === undefined || first.type === "ZLB") return;
      const { header: { version }, type } = first;
      const { octets: hidden } = encodeControlMessage({
        version,
        type,
        connectionId: 1,
        avps: sendable(first),
        hiding,
      });
      assertEquals(sendable(decoded(hidden, KEY)), sendable(first));
    }),
    { numRuns: 1000 },
  );
});

/** Every way in, on octets that may be anything. */
function feed(octets: Uint8Array): void {
  const before = octets.toHex();
  for (const offset of [0, 4, octets.length, octets.length + 1]) {
    for (const key of [undefined, KEY]) {
      const message = decodeControlMessage(octets, offset, key);
      if (!isFailure(message)) checkOrder(message);
    }
    verifyDigest(octets, offset, CONTEXT);
  }
  assertEquals(octets.toHex(), before, "borrowed octets are left as they were");
}

/** Problems point into the message and come in its order. */
function checkOrder({ problems, octets }: DecodedMessage): void {
  let last = 12;
  for (const { offset } of problems) {
    assert(offset >= last && offset <= octets.length, `offset ${offset} after ${last}`);
    last = offset;
  }
}

Deno.test("any octets are answered, without a throw and without a change to them", () => {
  const anything = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(anything, feed), { numRuns: 2000 });
  const behindHeader = anything.map((body) => {
    const length = 12 + body.length;
    return Uint8Array.of(0xc8, 3, length >> 8, length, ...new Uint8Array(8), ...body);
  });
  fc.assert(fc.property(behindHeader, feed), { numRuns: 2000 });
  fc.assert(fc.property(anyMessage, feed), { numRuns: 1000 });
});

Deno.test("good messages with a few octets changed are answered", () => {
  const vectors = Object.values(messages);
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...vectors), changes, (vector, edits) => {
      const octets = vector.slice();
      for (const [at, octet] of edits) octets[at % octets.length] = octet;
      feed(octets);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("the largest message, full of the smallest AVPs, is walked to its end", () => {
  const count = Math.floor((0xffff - 12 - 8) / 6);
  const unknown = { attribute: 999, m: false };
  const octets = rawMessage(3, [typeAvp(6), ...Array.from({ length: count }, () => unknown)]);
  const { unknown: kept, problems } = decoded(octets);
  assertEquals([kept.length, problems.length], [count, count]);
});

Deno.test("each AVP of the table survives a trip through the wire on its own", () => {
  for (const [name, row] of Object.entries(AVPS)) {
    if (["messageType", "randomVector", "messageDigest"].includes(name)) continue;
    const lengths = LENGTHS.filter((length) => {
      const avp = {
        attribute: row.attribute,
        value: "00".repeat(length).replace(/00$/, "01"),
        m: false,
      };
      const first = decoded(rawMessage(3, [typeAvp(6), avp]));
      if (!(name in first.avps)) return false;
      const avps = sendable(first);
      const again = encodeControlMessage({ version: 3, type: "HELLO", connectionId: 1, avps });
      assertEquals(sendable(decoded(again.octets)), avps, name);
      return true;
    });
    assert(lengths.length > 0, `no sample fits ${name}`);
  }
});

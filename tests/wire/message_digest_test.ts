/** Message Digests: RFC 3931 §4.3 and §5.4.1, against the vectors of REQUIREMENTS section 15. */

import { assertEquals, assertThrows } from "@std/assert";
import { digestKey, hmac } from "../../src/crypto/digest.ts";
import type { ControlMessage } from "../../src/wire/control_message.ts";
import { encodeControlMessage } from "../../src/wire/control_message.ts";
import {
  type DigestContext,
  type DigestVerdict,
  verifyDigest,
} from "../../src/wire/message_digest.ts";
import { sealControlMessage } from "../../src/wire/sealing.ts";
import { fieldOf, type RfcVector, rfcVectors } from "../vectors/rfc_vectors.ts";
import { rawMessage, typeAvp } from "./raw_message.ts";

const EMPTY = new Uint8Array(0);
const DIGEST_AT = 12 + 8 + 6 + 1;
const key = digestKey(new TextEncoder().encode("l2tp-secret"));
const otherKey = digestKey(new TextEncoder().encode("another"));
const VECTORS = rfcVectors(/^v3-.*-digest-|integrity-only/);

/** A vector's context as its sender saw it. */
function senderOf(vector: RfcVector): DigestContext {
  return {
    keys: [digestKey(fieldOf(vector, "secret"))],
    localNonce: vector.local_nonce === undefined ? EMPTY : fieldOf(vector, "local_nonce"),
    remoteNonce: vector.remote_nonce === undefined ? EMPTY : fieldOf(vector, "remote_nonce"),
  };
}

/** The same context as the receiver sees it. */
function receiverOf({ keys, localNonce, remoteNonce }: DigestContext): DigestContext {
  return { keys, localNonce: remoteNonce, remoteNonce: localNonce };
}

for (const vector of VECTORS) {
  Deno.test(`${vector.name} verifies, and no bit of it can be flipped [V3-AUTH-12, V3-AUTH-13, V3-AUTH-14, V3-AUTH-15, V3-AUTH-24]`, () => {
    const context = receiverOf(senderOf(vector));
    const message = fieldOf(vector, "message");
    assertEquals(verifyDigest(message, 0, context), { kind: "valid", key: 0 });
    for (let bit = 0; bit < message.length * 8; bit++) {
      const forged = message.slice();
      forged[bit >> 3]! ^= 0x80 >> (bit & 7);
      const { kind } = verifyDigest(forged, 0, context);
      assertEquals(kind === "valid", false, `bit ${bit} of ${vector.name}`);
    }
  });
}

const digestOf = (vector: RfcVector) => String(vector.name).endsWith("sha1") ? "sha1" : "md5";

Deno.test("sealing a message gives the vectors' octets [V3-AUTH-08, V3-AUTH-09, V3-AUTH-10, V3-AUTH-11]", () => {
  const messages: Record<string, Omit<ControlMessage, "digest">> = {
    sccrq: {
      version: 3,
      type: "SCCRQ",
      connectionId: 0,
      avps: {
        hostName: "lcce-a",
        routerId: 0x0a000001,
        assignedControlConnectionId: 0x11111111,
        pseudowireCapabilitiesList: [5, 4],
        nonce: Uint8Array.fromHex("202122232425262728292a2b2c2d2e2f"),
      },
    },
    sccrp: {
      version: 3,
      type: "SCCRP",
      connectionId: 0x11111111,
      avps: {
        hostName: "lcce-b",
        routerId: 0x0a000002,
        assignedControlConnectionId: 0x22222222,
        pseudowireCapabilitiesList: [5, 4],
        nonce: Uint8Array.fromHex("404142434445464748494a4b4c4d4e4f"),
      },
    },
    scccn: { version: 3, type: "SCCCN", connectionId: 0x22222222, avps: {} },
    ack: { version: 3, type: "ACK", connectionId: 0x11111111, avps: {} },
    hello: { version: 3, type: "HELLO", connectionId: 0x22222222, avps: {} },
  };
  for (const vector of VECTORS) {
    const name = String(vector.name).split("-")[1]!;
    const unsealed = encodeControlMessage({ ...messages[name]!, digest: digestOf(vector) });
    const expected = fieldOf(vector, "message");
    const view = new DataView(expected.buffer);
    const sealed = sealControlMessage(unsealed, {
      encapsulation: "udp",
      ns: view.getUint16(8),
      nr: view.getUint16(10),
      digest: senderOf(vector),
    });
    assertEquals(sealed.toHex(), expected.toHex(), name);
  }
});

Deno.test("a retransmission with another Nr has another, valid digest [V3-REL-12, V3-AUTH-12]", () => {
  const context = { keys: [key], localNonce: Uint8Array.of(1), remoteNonce: Uint8Array.of(2, 3) };
  const hello = encodeControlMessage({
    version: 3,
    type: "HELLO",
    connectionId: 7,
    avps: {},
    digest: "sha1",
  });
  const [first, second] = [1, 2].map((nr) =>
    sealControlMessage(hello, { encapsulation: "udp", ns: 5, nr, digest: context })
  );
  assertEquals(first!.subarray(0, 10), second!.subarray(0, 10));
  for (const octets of [first!, second!]) {
    assertEquals(verifyDigest(octets, 0, receiverOf(context)), { kind: "valid", key: 0 });
  }
});

Deno.test("over IP the digest covers the message without the zero Session ID [V3-AUTH-12, V3-IP-06]", () => {
  const context = { keys: [key], localNonce: EMPTY, remoteNonce: EMPTY };
  const hello = encodeControlMessage({
    version: 3,
    type: "HELLO",
    connectionId: 7,
    avps: {},
    digest: "md5",
  });
  const over = (encapsulation: "udp" | "ip") =>
    sealControlMessage(hello, { encapsulation, ns: 0, nr: 0, digest: context });
  assertEquals(over("ip").toHex(), "00000000" + over("udp").toHex());
  assertEquals(verifyDigest(over("ip"), 4, context), { kind: "valid", key: 0 });
});

/** A HELLO with Message Digest AVPs; each is made with a key, both zeroed, or is spoilt. */
function helloWithDigests(...makers: readonly ("md5" | "sha1" | "spoilt")[]): Uint8Array {
  const empty = {
    md5: "00" + "00".repeat(16),
    sha1: "01" + "00".repeat(20),
    spoilt: "00" + "00".repeat(16),
  };
  const avps = makers.map((maker) => ({ attribute: 59, value: empty[maker] }));
  const message = rawMessage(3, [typeAvp(6), ...avps]);
  const zeroed = message.slice();
  let at = DIGEST_AT;
  for (const maker of makers) {
    const digest = maker === "spoilt" ? new Uint8Array(16).fill(7) : hmac(maker, key, [zeroed]);
    message.set(digest, at);
    at += digest.length + 7;
  }
  return message;
}

function verdict(message: Uint8Array, ...keys: Uint8Array[]): DigestVerdict {
  return verifyDigest(message, 0, { keys, localNonce: EMPTY, remoteNonce: EMPTY });
}

Deno.test("of two digests either may be the valid one, both zeroed meanwhile [V3-AUTH-18, V3-AUTH-20, V3-AUTH-22]", () => {
  assertEquals(verdict(helloWithDigests("md5", "sha1"), key).kind, "valid");
  assertEquals(verdict(helloWithDigests("spoilt", "sha1"), key).kind, "valid");
  assertEquals(verdict(helloWithDigests("sha1", "spoilt"), key).kind, "valid");
  assertEquals(verdict(helloWithDigests("spoilt", "spoilt"), key).kind, "invalid");
});

Deno.test("a third digest is not looked at [V3-AUTH-18]", () => {
  assertEquals(verdict(helloWithDigests("spoilt", "spoilt", "md5"), key).kind, "invalid");
});

Deno.test("of two secrets each is tried, and the one that fits is told [V3-AUTH-21]", () => {
  const message = helloWithDigests("spoilt", "md5");
  assertEquals(verdict(message, key, otherKey), { kind: "valid", key: 0 });
  assertEquals(verdict(message, otherKey, key), { kind: "valid", key: 1 });
  assertEquals(verdict(message, otherKey), { kind: "invalid" });
  assertEquals(verdict(message), { kind: "invalid" });
});

Deno.test("a digest of the wrong length or of an unknown type is not valid [V3-AUTH-10]", () => {
  for (
    const value of [
      "",
      "00",
      "00" + "00".repeat(15),
      "00" + "00".repeat(20),
      "02" + "00".repeat(16),
    ]
  ) {
    const message = rawMessage(3, [typeAvp(6), { attribute: 59, value }]);
    assertEquals(verdict(message, key), { kind: "invalid" }, value);
  }
});

Deno.test("a digest counts only directly after Message Type, and never hidden [V3-AUTH-07, V3-AUTH-26]", () => {
  const value = "00" + "00".repeat(16);
  const hello = typeAvp(6);
  const absent = [
    [],
    [hello],
    [{ attribute: 59, value }],
    [{ attribute: 59, value }, hello],
    [hello, { attribute: 8, value: "61" }, { attribute: 59, value }],
    [hello, { attribute: 59, value, h: true }],
    [hello, { attribute: 59, value, vendor: 9 }],
  ];
  for (const avps of absent) assertEquals(verdict(rawMessage(3, avps), key), { kind: "absent" });
});

Deno.test("octets that are no control message have no digest", () => {
  const message = helloWithDigests("md5");
  for (let length = 0; length < message.length; length++) {
    assertEquals(verdict(message.subarray(0, length), key), { kind: "absent" });
  }
});

Deno.test("a message with room for a digest cannot be sealed without a key", () => {
  const hello = encodeControlMessage({
    version: 3,
    type: "HELLO",
    connectionId: 7,
    avps: {},
    digest: "md5",
  });
  const seal = { encapsulation: "udp", ns: 0, nr: 0 } as const;
  assertThrows(() => sealControlMessage(hello, seal), TypeError, "key");
  const digest = { keys: [], localNonce: EMPTY, remoteNonce: EMPTY };
  assertThrows(() => sealControlMessage(hello, { ...seal, digest }), TypeError, "key");
});

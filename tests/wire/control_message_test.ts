/** Whole control messages against vectors written by hand; what goes out, and in what form. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { hidingKey } from "../../src/crypto/digest.ts";
import { AvpCursor } from "../../src/wire/avp.ts";
import {
  type ControlMessage,
  decodeControlMessage,
  encodeControlMessage,
} from "../../src/wire/control_message.ts";
import { isFailure } from "../../src/wire/decode_failure.ts";
import { encodeZlb, sealControlMessage } from "../../src/wire/sealing.ts";
import {
  FALLBACK_SCCRQ,
  V2_SCCRP,
  V3_ICRQ,
  V3_SCCRQ,
  V3_STOP_CCN,
} from "../vectors/control_messages.ts";
import { decoded } from "./raw_message.ts";

const hex = (digits: string) => Uint8Array.fromHex(digits);

interface Case {
  readonly octets: Uint8Array;
  readonly message: ControlMessage;
  readonly ns: number;
  readonly nr: number;
}

const CASES: Readonly<Record<string, Case>> = {
  "an SCCRQ of L2TPv3": {
    octets: V3_SCCRQ,
    ns: 0,
    nr: 0,
    message: {
      version: 3,
      type: "SCCRQ",
      connectionId: 0,
      avps: {
        hostName: "lan-a.example",
        vendorName: "longwire",
        routerId: 0xc0000201,
        assignedControlConnectionId: 0x12345678,
        pseudowireCapabilitiesList: [5, 4],
        receiveWindowSize: 16,
        nonce: hex("0a0b0c"),
      },
    },
  },
  "an ICRQ of L2TPv3": {
    octets: V3_ICRQ,
    ns: 2,
    nr: 1,
    message: {
      version: 3,
      type: "ICRQ",
      connectionId: 0x9abcdef0,
      avps: {
        localSessionId: 0x1001,
        remoteSessionId: 0,
        serialNumber: 7,
        pseudowireType: 5,
        remoteEndId: hex("6c616e"),
        circuitStatus: 3,
        assignedCookie: hex("0011223344556677"),
        tieBreaker: hex("0102030405060708"),
        l2SpecificSublayer: 1,
        dataSequencing: 2,
        txConnectSpeed64: 1_000_000_000n,
        rxConnectSpeed64: 0n,
        physicalChannelId: 42,
      },
    },
  },
  "a StopCCN of L2TPv3": {
    octets: V3_STOP_CCN,
    ns: 0,
    nr: 1,
    message: {
      version: 3,
      type: "StopCCN",
      connectionId: 0,
      avps: {
        resultCode: { result: 2, error: 8, text: "attribute 99 ✓." },
        assignedControlConnectionId: 0x12345678,
      },
    },
  },
  "an SCCRP of L2TPv2": {
    octets: V2_SCCRP,
    ns: 0,
    nr: 1,
    message: {
      version: 2,
      type: "SCCRP",
      connectionId: 0x1234,
      avps: {
        protocolVersion: { version: 1, revision: 0 },
        framingCapabilities: 3,
        bearerCapabilities: 0,
        firmwareRevision: 0x690,
        hostName: "lac",
        vendorName: "xelerance.com!!",
        assignedTunnelId: 0x5678,
        receiveWindowSize: 4,
        challenge: hex("beef"),
        challengeResponse: hex("000102030405060708090a0b0c0d0e0f"),
      },
    },
  },
  "an SCCRQ for fallback": {
    octets: FALLBACK_SCCRQ,
    ns: 0,
    nr: 0,
    message: {
      version: 2,
      type: "SCCRQ",
      connectionId: 0,
      avps: {
        protocolVersion: { version: 1, revision: 0 },
        hostName: "a",
        framingCapabilities: 3,
        assignedTunnelId: 0x5678,
        tieBreaker: hex("ffffffffffffffff"),
        routerId: 0x0a000001,
        assignedControlConnectionId: 0x5678,
        nonce: hex("010203"),
        pseudowireCapabilitiesList: [5],
      },
    },
  },
};

for (const [name, { octets, message, ns, nr }] of Object.entries(CASES)) {
  Deno.test(`${name} is encoded as by hand [V3-AVP-18, V3-AVP-22, V3-CO-03, V2-AVP-09, V2-AVP-14]`, () => {
    const sealed = sealControlMessage(encodeControlMessage(message), {
      encapsulation: "udp",
      ns,
      nr,
    });
    assertEquals(sealed.toHex(), octets.toHex());
  });

  Deno.test(`${name} is decoded, with nothing to say against it [V3-AVP-10, V3-CO-06]`, () => {
    const { header, type, avps, unknown, problems } = decoded(octets);
    const { version, connectionId } = message;
    assertEquals(header, { version, length: octets.length, connectionId, sessionId: 0, ns, nr });
    assertEquals(type, message.type);
    assertEquals({ ...avps, messageType: undefined }, { ...message.avps, messageType: undefined });
    assertEquals(unknown, []);
    assertEquals(problems, []);
  });

  Deno.test(`${name}, cut short anywhere, is refused or has a problem [V3-HDR-12, V3-AVP-15]`, () => {
    const boundaries = avpBoundaries(octets);
    for (let length = 0; length < octets.length; length++) {
      const cut = octets.slice(0, length);
      assert(isFailure(decodeControlMessage(cut, 0)), `Length beyond ${length} octets`);
      if (length <= 12) continue;
      cut[2] = length >>> 8;
      cut[3] = length;
      const lost = decoded(cut).problems.some(({ kind }) => kind === "unbounded");
      assertEquals(lost, !boundaries.has(length), `Length of ${length} octets`);
    }
  });
}

/** Where AVPs end. */
function avpBoundaries(message: Uint8Array): Set<number> {
  const cursor = new AvpCursor(message, 12);
  const ends = new Set<number>();
  while (cursor.next() !== undefined) ends.add(cursor.offset);
  return ends;
}

Deno.test("the L2TPv2 header names the session too [V2-HDR-12, V2-SES-03]", () => {
  const cdn = encodeControlMessage({
    version: 2,
    type: "CDN",
    connectionId: 0x1234,
    sessionId: 0x5678,
    avps: { resultCode: { result: 3 }, assignedSessionId: 9 },
  });
  const sealed = sealControlMessage(cdn, { encapsulation: "udp", ns: 1, nr: 2 });
  assertEquals(sealed.subarray(0, 12).toHex(), "c802002412345678" + "00010002");
  assertEquals(decoded(sealed).header.sessionId, 0x5678);
});

Deno.test("an identifier learnt since goes into the header at sealing [V3-HDR-08]", () => {
  const stop = encodeControlMessage({
    version: 3,
    type: "StopCCN",
    connectionId: 0,
    avps: { resultCode: { result: 1 } },
  });
  const sealed = sealControlMessage(stop, { encapsulation: "udp", ns: 0, nr: 1, connectionId: 99 });
  assertEquals(decoded(sealed).header.connectionId, 99);
  assertEquals(decoded(stop.octets).header.connectionId, 0);
});

Deno.test("a ZLB is a header alone, over IP after four zero octets [V3-MSG-16, V3-IP-06]", () => {
  const zlb = { version: 3, connectionId: 0x01020304, ns: 5, nr: 6 } as const;
  const overUdp = encodeZlb({ ...zlb, encapsulation: "udp" });
  assertEquals(overUdp.toHex(), "c803000c" + "01020304" + "00050006");
  assertEquals(encodeZlb({ ...zlb, encapsulation: "ip" }).toHex(), "00000000" + overUdp.toHex());
  const { type, avps, problems } = decoded(overUdp);
  assertEquals({ type, avps, problems }, { type: "ZLB", avps: {}, problems: [] });
});

Deno.test("hiding hides what may be hidden, after a Random Vector [V3-HID-02, V3-HID-12, V2-HID-02]", () => {
  const key = hidingKey(hex("736563726574"));
  const randomVector = hex("101112131415161718191a1b1c1d1e1f");
  const avps = { hostName: "a", assignedControlConnectionId: 0x11223344, vendorName: "w" } as const;
  const { octets } = encodeControlMessage({
    version: 3,
    type: "SCCRQ",
    connectionId: 0,
    avps,
    hiding: { key, randomVector, padding: hex("aabbcc") },
  });
  const body = octets.subarray(12 + 8).toHex();
  assert(body.startsWith("80160000" + "0024" + randomVector.toHex()), "Random Vector comes first");
  assert(body.includes("800700000007" + "61"), "Host Name is never hidden");
  assert(body.includes("c00f0000003d"), "hidden: 6 + 2 + 4 + 3 octets, M and H set");
  assert(body.includes("400c00000008"), "hidden, M clear");
  const message = decoded(octets, key);
  assertEquals(message.problems.filter(({ kind }) => kind !== "missing"), []);
  assertEquals(message.avps.assignedControlConnectionId, 0x11223344);
  assertEquals(message.avps.vendorName, "w");
});

Deno.test("one random vector never hides two values of one type [V3-HID-09]", () => {
  const pair = (localId: number) => ({ localId, remoteId: 0 });
  const { octets } = encodeControlMessage({
    version: 3,
    type: "HELLO",
    connectionId: 1,
    avps: { failoverSessionState: [pair(1), pair(2)], vendorName: "w" },
    hiding: { key: hex("00"), randomVector: hex("01") },
  });
  const body = octets.toHex();
  assertEquals(body.match(/80100000004f/g)?.length, 2);
  assert(body.includes("400900000008"), "the other is hidden");
});

Deno.test("what we would not accept we do not send [V3-AVP-23, V2-AVP-16]", () => {
  const sccrq = (avps: ControlMessage["avps"]) => () =>
    encodeControlMessage({ version: 3, type: "SCCRQ", connectionId: 0, avps });
  assertThrows(sccrq({ hostName: "" }), RangeError, "AVP 7");
  assertThrows(sccrq({ hostName: "x".repeat(1018) }), RangeError, "1017");
  assertThrows(sccrq({ receiveWindowSize: 0 }), RangeError, "AVP 10");
  assertThrows(sccrq({ assignedControlConnectionId: 0 }), RangeError, "AVP 61");
  assertThrows(sccrq({ assignedCookie: hex("010203") }), RangeError, "AVP 65");
  assertThrows(sccrq({ tieBreaker: hex("01") }), RangeError, "8 octets");
  assertThrows(sccrq({ dataSequencing: 3 }), RangeError, "AVP 70");
  assertThrows(sccrq({ routerId: 2 ** 32 }), RangeError, "32 bits");
  assertThrows(sccrq({ circuitStatus: 0.5 }), RangeError, "16 bits");
  assertThrows(sccrq({ txConnectSpeed64: -1n }), RangeError, "64 bits");
});

Deno.test("a result's text is clipped between characters rather than refused [V3-MSG-20, V3-MSG-21]", () => {
  const { octets } = encodeControlMessage({
    version: 3,
    type: "StopCCN",
    connectionId: 1,
    avps: { resultCode: { result: 2, error: 6, text: "é".repeat(600) } },
  });
  assertEquals(decoded(octets).avps.resultCode?.text, "é".repeat(506));
});

Deno.test("decoded values do not change with the buffer they came from", () => {
  const buffer = V3_ICRQ.slice();
  const { avps } = decoded(buffer);
  buffer.fill(0);
  assertEquals(avps.assignedCookie?.toHex(), "0011223344556677");
  assertEquals(avps.remoteEndId?.toHex(), "6c616e");
});

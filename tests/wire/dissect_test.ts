/** Golden lines of the dissector. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hidingKey } from "../../src/crypto/digest.ts";
import { dissect } from "../../src/wire/dissect.ts";
import {
  FALLBACK_SCCRQ,
  V2_SCCRP,
  V3_ICRQ,
  V3_SCCRQ,
  V3_STOP_CCN,
} from "../vectors/control_messages.ts";
import { fieldOf, rfcVectors } from "../vectors/rfc_vectors.ts";
import { XL2TPD_EXCHANGE } from "../vectors/xl2tpd_exchange.ts";
import { rawMessage, typeAvp } from "./raw_message.ts";

const over = (encapsulation: "udp" | "ip") => (hex: string) =>
  dissect(Uint8Array.fromHex(hex), encapsulation);

Deno.test("a control message is its type, its numbers and its AVPs", () => {
  assertEquals(
    dissect(V3_SCCRQ, "udp"),
    'v3 SCCRQ id=0 ns=0 nr=0 hostName="lan-a.example" vendorName="longwire" routerId=192.0.2.1 ' +
      "assignedControlConnectionId=305419896 pseudowireCapabilitiesList=0x0005,0x0004 " +
      "receiveWindowSize=16 nonce=0x0a0b0c",
  );
  assertEquals(
    dissect(V3_ICRQ, "udp"),
    "v3 ICRQ id=2596069104 ns=2 nr=1 localSessionId=4097 remoteSessionId=0 serialNumber=7 " +
      'pseudowireType=0x0005 remoteEndId="lan" circuitStatus=0x0003 assignedCookie=(8 octets) ' +
      "tieBreaker=0x0102030405060708 l2SpecificSublayer=1 dataSequencing=2 " +
      "txConnectSpeed64=1000000000 rxConnectSpeed64=0 physicalChannelId=42",
  );
  assertEquals(
    dissect(V3_STOP_CCN, "udp"),
    "v3 StopCCN id=0 ns=0 nr=1 resultCode=general error (result 2): unknown AVP with the M bit " +
      'set (error 8): "attribute 99 ✓." assignedControlConnectionId=305419896',
  );
});

Deno.test("an L2TPv2 message names tunnel and session, and keeps its challenge to itself", () => {
  assertEquals(
    dissect(V2_SCCRP, "udp"),
    "v2 SCCRP tunnel=4660 session=0 ns=0 nr=1 protocolVersion={version=1 revision=0} " +
      'framingCapabilities=synchronous+asynchronous bearerCapabilities=0 firmwareRevision=1680 hostName="lac" ' +
      'vendorName="xelerance.com!!" assignedTunnelId=22136 receiveWindowSize=4 ' +
      "challenge=(2 octets) challengeResponse=(16 octets)",
  );
  assert(dissect(FALLBACK_SCCRQ, "udp").startsWith("v2 SCCRQ tunnel=0 session=0 ns=0 nr=0 "));
});

Deno.test("xl2tpd's own messages are understood, each with nothing to say against it", () => {
  for (const [octets, line] of XL2TPD_EXCHANGE) assertEquals(dissect(octets, "udp"), line);
});

Deno.test("an L2TPv2 call is told in words, but for passwords and challenges", () => {
  const ascii = (text: string) => new TextEncoder().encode(text).toHex();
  const line = (type: number, ...avps: [attribute: number, value: string][]) =>
    dissect(
      rawMessage(2, [typeAvp(type), ...avps.map(([attribute, value]) => ({ attribute, value }))]),
      "udp",
    ).replace(" tunnel=0 session=1 ns=0 nr=0", "");
  const number = (value: number) => value.toString(16).padStart(8, "0");
  assertEquals(
    line(10, [14, "0007"], [15, number(9)], [18, number(5)], [21, ascii("555\n1")], [
      22,
      ascii("30"),
    ]),
    'v2 ICRQ assignedSessionId=7 serialNumber=9 bearerType=digital+4 calledNumber="555\\n1" ' +
      'callingNumber="30"',
  );
  assertEquals(
    line(12, [24, number(64_000)], [19, number(2)], [29, "0003"], [30, ascii("alice")], [
      32,
      "0009",
    ], [
      33,
      ascii("open sesame"),
    ], [39, ""]),
    "v2 ICCN txConnectSpeed=64000 framingType=asynchronous proxyAuthenType=3 " +
      'proxyAuthenName="alice" proxyAuthenId=9 proxyAuthenResponse=(11 octets) ' +
      "sequencingRequired=true",
  );
  assertEquals(
    line(
      7,
      [14, "0007"],
      [15, number(9)],
      [16, number(1)],
      [17, number(2)],
      [18, number(0)],
      [
        19,
        number(3),
      ],
      [21, ""],
      [48, "b800"],
    ),
    "v2 OCRQ assignedSessionId=7 serialNumber=9 minimumBps=1 maximumBps=2 bearerType=0 " +
      'framingType=synchronous+asynchronous calledNumber="" sessionDiffServ=47104',
  );
  assertEquals(
    line(16, [35, "0000" + "000a0000" + "ffffffff"], [51, "0104"]),
    "v2 SLI accm={send=0x000a0000 receive=0xffffffff} lnsLastSentLcpConfreq=0x0104",
  );
  assertEquals(
    line(14, [1, "0001"], [14, "0007"], [12, "001045" + ascii("bye")], [
      46,
      "0010c02301" + ascii("no"),
    ]),
    "v2 CDN resultCode=loss of carrier or circuit disconnect (result 1) assignedSessionId=7 " +
      'q931Cause={cause=16 message=69 advisory="bye"} pppDisconnectCause={authentication failed ' +
      '(code 16) protocol=0xc023 by the peer "no"}',
  );
  assertEquals(
    line(14, [1, "0001"], [14, "0007"], [46, "0063000007"]),
    "v2 CDN resultCode=loss of carrier or circuit disconnect (result 1) assignedSessionId=7 " +
      "pppDisconnectCause={code 99 direction=7}",
  );
});

Deno.test("over IP a control message follows four zero octets", () => {
  const octets = Uint8Array.of(0, 0, 0, 0, ...V3_SCCRQ);
  assertEquals(dissect(octets, "ip"), dissect(V3_SCCRQ, "udp"));
});

Deno.test("what is wrong or unknown stands at the end of the line", () => {
  const octets = rawMessage(3, [
    typeAvp(6),
    { attribute: 1, value: "0102030405060708", vendor: 9, m: false },
    { attribute: 8, value: "61", length: 500 },
  ]);
  assertEquals(
    dissect(octets, "udp"),
    "v3 HELLO id=1 ns=0 nr=0 9/1=0x0102030405060708 [AVP vendor 9, attribute 1 is not recognised] " +
      "[!the AVP at octet 34 has a Length that leads nowhere; what follows it is lost]",
  );
  assertEquals(dissect(rawMessage(3, [typeAvp(99)]), "udp"), "v3 type-99 id=1 ns=0 nr=0");
  assertEquals(dissect(rawMessage(2, [typeAvp(21)]), "udp"), "v2 FSQ tunnel=0 session=1 ns=0 nr=0");
});

Deno.test("long values and lists are clipped", () => {
  const octets = rawMessage(3, [
    typeAvp(6),
    { attribute: 66, value: "00".repeat(40) },
    { attribute: 62, value: "0005".repeat(65) },
  ]);
  assertEquals(
    dissect(octets, "udp"),
    `v3 HELLO id=1 ns=0 nr=0 remoteEndId=0x${"00".repeat(32)}… (40 octets) ` +
      `pseudowireCapabilitiesList=${"0x0005,".repeat(63)}0x0005,… (65 of them)`,
  );
});

Deno.test("hidden AVPs are shown to who has the key", () => {
  const [vector] = rfcVectors(/^v3-hidden/);
  const octets = rawMessage(3, [
    typeAvp(6),
    { attribute: 36, value: String(vector!.random_vector) },
    { attribute: 63, value: String(vector!.hidden_value), h: true },
  ]);
  const key = hidingKey(fieldOf(vector!, "secret"));
  assertEquals(dissect(octets, "udp", key), "v3 HELLO id=1 ns=0 nr=0 localSessionId=305419896");
  assert(dissect(octets, "udp").includes("there is no secret to reveal it with"));
});

Deno.test("data is told by its session and size", () => {
  assertEquals(
    over("udp")("00030000" + "00001001" + "aabbcc"),
    "v3 data session=4097: 3 octets after the Session ID",
  );
  assertEquals(
    over("ip")("00001001" + "aabbcc"),
    "v3 data session=4097: 3 octets after the Session ID",
  );
  assertEquals(over("udp")("0003000000"), "v3 data, no Session ID: 5 octets");
  assertEquals(over("udp")("0002" + "00010002" + "aabb"), "v2 data tunnel=1 session=2: 2 octets");
  assertEquals(
    over("udp")("0802" + "00010002" + "00050000" + "aa"),
    "v2 data tunnel=1 session=2 ns=5: 1 octets",
  );
  assertEquals(over("udp")("4002" + "ffff" + "00010002"), "v2 data, malformed header: 8 octets");
  assertEquals(over("udp")("4002" + "0004" + "00010002"), "v2 data, malformed header: 8 octets");
  assertEquals(over("udp")("0002" + "0001"), "v2 data, malformed header: 4 octets");
});

Deno.test("what is not L2TP or has a bad header is told as such", () => {
  assertEquals(over("udp")("c801"), "not L2TP (unknown-version): 2 octets");
  assertEquals(over("ip")("0000"), "not L2TP (short): 2 octets");
  assertEquals(
    over("udp")("c803000d" + "00".repeat(8)),
    "v3 control, malformed header (length at 2)",
  );
});

Deno.test("any octets give one printable line", () => {
  const anything = fc.uint8Array({ maxLength: 400 });
  const control = anything.map((body) =>
    Uint8Array.of(0xc8, 3, (12 + body.length) >> 8, 12 + body.length, ...new Uint8Array(8), ...body)
  );
  const withAvp = fc.tuple(fc.nat(103), fc.uint8Array({ maxLength: 60 }), fc.constantFrom(2, 3))
    .map(
      ([attribute, value, version]) =>
        rawMessage(version as 2 | 3, [typeAvp(1), { attribute, value: value.toHex() }]),
    );
  fc.assert(
    fc.property(
      fc.oneof(anything, control, withAvp),
      fc.constantFrom("udp", "ip"),
      (octets, where) => {
        const line = dissect(octets, where as "udp" | "ip");
        assertEquals(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line), false, line);
      },
    ),
    { numRuns: 2000 },
  );
});

/** The table of messages: numbers and contents, RFC 3931 §6 and RFC 2661 §6. */

import { assert, assertEquals } from "@std/assert";
import { type AvpName, AVPS } from "../../src/wire/avp_registry.ts";
import {
  mayHold,
  MESSAGE_RULES,
  MESSAGE_TYPES,
  messageTypeLabel,
  type MessageTypeName,
  messageTypeOf,
  missingAvps,
} from "../../src/wire/message_rules.ts";

/** Which messages may hold an AVP, by version. */
function holders(version: 2 | 3, name: AvpName): string {
  const types = Object.keys(MESSAGE_RULES[version]) as MessageTypeName[];
  return types.filter((type) => mayHold(version, type, name)).join(" ");
}

Deno.test("both versions have the RFCs' messages, and only v3 an ACK", () => {
  const shared = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16];
  const numbers = (version: 2 | 3) =>
    [...Array(40).keys()].filter((number) => messageTypeOf(version, number) !== undefined);
  assertEquals(numbers(2), shared);
  assertEquals(numbers(3), [...shared, 20]);
});

Deno.test("AVPs stand in the messages that RFC 3931 lists them for [V3-SLI-02, V3-SLI-03, V3-AUTH-05, V3-DP-25]", () => {
  assertEquals(holders(3, "nonce"), "SCCRQ SCCRP");
  assertEquals(holders(3, "tieBreaker"), "SCCRQ ICRQ OCRQ");
  assertEquals(holders(3, "assignedControlConnectionId"), "SCCRQ SCCRP StopCCN");
  assertEquals(holders(3, "localSessionId"), "ICRQ ICRP ICCN OCRQ OCRP OCCN CDN WEN SLI");
  assertEquals(holders(3, "remoteSessionId"), "ICRQ ICRP ICCN OCRQ OCRP OCCN CDN WEN SLI");
  assertEquals(holders(3, "assignedCookie"), "ICRQ ICRP OCRQ OCRP");
  assertEquals(holders(3, "pseudowireType"), "ICRQ OCRQ");
  assertEquals(holders(3, "l2SpecificSublayer"), "ICRQ ICRP ICCN OCRQ OCRP OCCN");
  assertEquals(holders(3, "dataSequencing"), "ICRQ ICRP ICCN OCRQ OCRP OCCN");
  assertEquals(holders(3, "txConnectSpeed64"), "ICRQ ICRP ICCN OCRQ OCRP OCCN");
  assertEquals(holders(3, "circuitStatus"), "ICRQ ICRP ICCN OCRQ OCRP OCCN SLI");
  assertEquals(holders(3, "physicalChannelId"), "ICRQ ICRP OCRP");
  assertEquals(holders(3, "resultCode"), "StopCCN CDN");
});

Deno.test("AVPs stand in the messages that RFC 2661 lists them for", () => {
  assertEquals(holders(2, "tieBreaker"), "SCCRQ");
  assertEquals(holders(2, "challenge"), "SCCRQ SCCRP");
  assertEquals(holders(2, "challengeResponse"), "SCCRP SCCCN");
  assertEquals(holders(2, "assignedTunnelId"), "SCCRQ SCCRP StopCCN");
  assertEquals(holders(2, "assignedSessionId"), "ICRQ ICRP OCRQ OCRP CDN");
  assertEquals(holders(2, "framingType"), "ICCN OCRQ OCCN");
  assertEquals(holders(2, "sequencingRequired"), "ICCN OCCN");
  assertEquals(holders(2, "proxyAuthenType"), "ICCN");
  assertEquals(holders(2, "bearerType"), "ICRQ OCRQ");
});

Deno.test("every AVP of the two RFCs has a place in some message of its version", () => {
  const anywhere = ["messageType", "randomVector", "messageDigest", "extendedVendorId"];
  for (const [name, row] of Object.entries(AVPS)) {
    if (row.companion || anywhere.includes(name)) continue;
    for (const version of [2, 3] as const) {
      const known = row.mandatory[version] !== undefined;
      assertEquals(holders(version, name as AvpName) !== "", known, `${name} in v${version}`);
    }
  }
});

Deno.test("what is missing is told by name", () => {
  assertEquals(missingAvps(3, "CDN", { resultCode: { result: 1 } }), [
    "localSessionId",
    "remoteSessionId",
  ]);
  assertEquals(missingAvps(2, "HELLO", {}), []);
});

Deno.test("message types have names for logs, known or not", () => {
  for (const [name, number] of Object.entries(MESSAGE_TYPES)) {
    assertEquals(messageTypeLabel(number), name);
  }
  assertEquals(messageTypeLabel(21), "FSQ");
  assert(messageTypeLabel(99).includes("99"));
});

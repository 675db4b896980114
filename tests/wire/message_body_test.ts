/** What is wrong with a received body, and what it must lead to: RFC 3931 §5 and §7.1, A-30. */

import { assert, assertEquals } from "@std/assert";
import { hidingKey } from "../../src/crypto/digest.ts";
import { hideValue } from "../../src/wire/avp_hiding.ts";
import { type AvpProblemKind, describeProblem } from "../../src/wire/avp_problem.ts";
import { type AvpName, AVPS } from "../../src/wire/avp_registry.ts";
import {
  MESSAGE_RULES,
  MESSAGE_TYPES,
  type MessageTypeName,
} from "../../src/wire/message_rules.ts";
import { V2_SCCRP, V3_ICRQ, V3_SCCRQ } from "../vectors/control_messages.ts";
import { fieldOf, rfcVectors } from "../vectors/rfc_vectors.ts";
import { type AvpSpec, decoded, rawAvp, rawMessage, typeAvp } from "./raw_message.ts";

/** Problems in short: kind, attribute, error code, `!` where mandatory. */
function problemsOf(octets: Uint8Array, key?: Uint8Array): string[] {
  return decoded(octets, key).problems.map(({ kind, attribute, errorCode, mandatory }) =>
    `${kind} ${attribute} ${errorCode}${mandatory ? "!" : ""}`
  );
}

/** The problems of a HELLO that holds these AVPs as well. */
function inHello(version: 2 | 3, ...avps: AvpSpec[]): string[] {
  return problemsOf(rawMessage(version, [typeAvp(6), ...avps]));
}

Deno.test("an unknown AVP counts only by its M bit [V3-AVP-04, V3-AVP-06, V3-AVP-09, V2-AVP-03, V2-AVP-05]", () => {
  for (const version of [2, 3] as const) {
    const unknown = { attribute: 999, value: "01" };
    assertEquals(inHello(version, unknown), ["unrecognised 999 8!"]);
    assertEquals(inHello(version, { ...unknown, m: false }), ["unrecognised 999 8"]);
    assertEquals(inHello(version, { attribute: 7, value: "61", vendor: 10 }), [
      "unrecognised 7 8!",
    ]);
    // Interop: Cisco's drafts, which end at 13.
    assertEquals(inHello(version, { attribute: 7, value: "61", vendor: 9 }), ["unrecognised 7 8"]);
    assertEquals(inHello(version, { attribute: 14, value: "61", vendor: 9 }), [
      "unrecognised 14 8!",
    ]);
  }
});

Deno.test("unknown AVPs are kept, with the octets they had [V3-AVP-04]", () => {
  const octets = rawMessage(3, [typeAvp(6), { attribute: 10, value: "0102", vendor: 9, m: false }]);
  const [avp] = decoded(octets).unknown;
  assertEquals([avp!.vendor, avp!.attribute, avp!.value.toHex()], [9, 10, "0102"]);
});

Deno.test("the M bit of a recognised AVP has no meaning [V3-AVP-05]", () => {
  for (const vector of [V3_SCCRQ, V3_ICRQ, V2_SCCRP]) {
    const inverted = vector.slice();
    for (let at = 20; at < inverted.length;) {
      const length = (inverted[at]! & 3) << 8 | inverted[at + 1]!;
      inverted[at]! ^= 0x80;
      at += length;
    }
    assertEquals(problemsOf(inverted), []);
    assertEquals(decoded(inverted).avps, decoded(vector).avps);
  }
});

Deno.test("reserved AVP bits are nothing in v3 and make an AVP unrecognised in v2 [V3-AVP-02, V2-AVP-02]", () => {
  for (const reserved of [1, 2, 4, 8]) {
    const vendorName = { attribute: 8, value: "61", m: false, reserved };
    assertEquals(inHello(3, vendorName), []);
    assertEquals(inHello(2, vendorName), ["unrecognised 8 8"]);
    assertEquals(inHello(2, { ...vendorName, m: true }), ["unrecognised 8 8!"]);
  }
});

Deno.test("an AVP of the wrong length is malformed, by its M bit [V3-AVP-13, V3-AVP-14, V2-AVP-15]", () => {
  const wrong: Record<number, string[]> = {
    1: ["", "00", "000102", ""],
    5: ["", "01020304050607", "010203040506070809"],
    7: [""],
    10: ["00", "000000"],
    13: ["00".repeat(15), "00".repeat(17)],
    34: ["00".repeat(17), "00".repeat(19), "00".repeat(25), "00".repeat(27)],
    39: ["00"],
    60: ["000000", "0000000000"],
    62: ["000500"],
    65: ["0001", "000102030405", "00".repeat(9), "00".repeat(12)],
    71: ["01"],
    74: ["00000001", "00".repeat(9)],
  };
  for (const [attribute, values] of Object.entries(wrong)) {
    for (const value of values) {
      const avp = { attribute: Number(attribute), value };
      assertEquals(inHello(3, avp), [`wrong-length ${attribute} 2!`], `${attribute}: ${value}`);
      assertEquals(inHello(3, { ...avp, m: false }), [`wrong-length ${attribute} 2`]);
    }
  }
});

Deno.test("cookies are 0, 4 or 8 octets [V3-DP-03, V3-DP-04]", () => {
  for (const length of [0, 4, 8]) {
    const cookie = "ab".repeat(length);
    const { avps, problems } = decoded(
      rawMessage(3, [typeAvp(6), { attribute: 65, value: cookie }]),
    );
    assertEquals([avps.assignedCookie?.toHex(), problems], [cookie, []]);
  }
});

Deno.test("circuit errors come with four counters or with six [V3-WEN-03, V2-WEN-02]", () => {
  const words = (...numbers: number[]) =>
    numbers.map((n) => n.toString(16).padStart(8, "0")).join("");
  const read = (value: string) =>
    decoded(rawMessage(3, [typeAvp(6), { attribute: 34, value }])).avps.circuitErrors;
  const common = { hardwareOverruns: 3, bufferOverruns: 4, timeouts: 5, alignment: 6 };
  assertEquals(read("ffff" + words(3, 4, 5, 6)), { crc: 0, framing: 0, ...common });
  assertEquals(read("0000" + words(1, 2, 3, 4, 5, 6)), { crc: 1, framing: 2, ...common });
});

Deno.test("a value out of range is malformed, by its M bit [V3-AVP-15, V2-REL-17, V3-SES-08, V2-CC-05]", () => {
  const zero: Record<number, string> = {
    9: "0000",
    10: "0000",
    14: "0000",
    61: "00000000",
    63: "00000000",
  };
  for (const [attribute, value] of Object.entries(zero)) {
    const avp = { attribute: Number(attribute), value };
    assertEquals(inHello(3, avp), [`out-of-range ${attribute} 3!`]);
    assertEquals(inHello(3, { ...avp, m: false }), [`out-of-range ${attribute} 3`]);
  }
  assertEquals(inHello(3, { attribute: 70, value: "0003" }), ["out-of-range 70 3!"]);
});

Deno.test("a Result Code tells by its Length what it has [V3-MSG-20]", () => {
  const read = (value: string) =>
    decoded(rawMessage(3, [typeAvp(4), { attribute: 1, value }])).avps.resultCode;
  assertEquals(read("0001"), { result: 1 });
  assertEquals(read("00020008"), { result: 2, error: 8 });
  assertEquals(read("00020006c3a9"), { result: 2, error: 6, text: "é" });
});

Deno.test("an AVP whose Length leads nowhere ends the message, whatever its M bit [V3-AVP-03, V2-AVP-07]", () => {
  for (const length of [0, 1, 5, 9, 1023]) {
    for (const m of [true, false]) {
      assertEquals(inHello(3, { attribute: 8, value: "6162", length, m }), ["unbounded 0 2!"]);
    }
  }
  const tail = rawMessage(3, [typeAvp(6)]);
  const octets = Uint8Array.of(...tail, 0x80, 0x06, 0, 0, 0);
  octets[3]! += 5;
  assertEquals(problemsOf(octets), ["unbounded 0 2!"]);
});

Deno.test("Message Type comes first, in clear and whole [V3-AVP-17, V3-AVP-21, V2-AVP-11]", () => {
  const hostName = { attribute: 7, value: "61" };
  const cases: readonly (readonly [AvpSpec[], string[]])[] = [
    [[hostName, typeAvp(6), { attribute: 999 }], ["not-first 7 3!"]],
    [[{ ...typeAvp(6), h: true }], ["hidden-not-allowed 0 3!"]],
    [[{ attribute: 0, value: "06" }], ["wrong-length 0 2!"]],
    [[{ attribute: 0, value: "06", m: false }], ["wrong-length 0 2"]],
  ];
  for (const [avps, problems] of cases) {
    const message = decoded(rawMessage(3, avps));
    assertEquals([message.type, message.typeNumber], [undefined, 0]);
    assertEquals(problemsOf(message.octets), problems);
  }
});

Deno.test("an unknown Message Type tells its number and M bit [V3-AVP-19, V3-AVP-20, V2-AVP-12, V2-AVP-13]", () => {
  for (const version of [2, 3] as const) {
    for (const m of [true, false]) {
      const { type, typeNumber, typeMandatory, problems } = decoded(
        rawMessage(version, [typeAvp(99, m)]),
      );
      assertEquals([type, typeNumber, typeMandatory, problems], [undefined, 99, m, []]);
    }
  }
  assertEquals(decoded(rawMessage(2, [typeAvp(20)])).type, undefined, "v2 has no ACK");
  assertEquals(decoded(rawMessage(3, [typeAvp(20)])).type, "ACK");
});

Deno.test("a vendor's Message Type is of a type we do not know [V3-AVP-17]", () => {
  const message = decoded(rawMessage(3, [{ ...typeAvp(1), vendor: 9 }]));
  assertEquals([message.type, message.typeMandatory], [undefined, true]);
});

Deno.test("text is UTF-8 as it is: a byte order mark stays, what is no UTF-8 is replaced", () => {
  const read = (value: string) =>
    decoded(rawMessage(3, [typeAvp(6), { attribute: 7, value }])).avps.hostName;
  assertEquals(read("efbbbf61"), "\ufeffa");
  assertEquals(read("61ff62"), "a\ufffdb");
});

Deno.test("of an AVP that comes twice the first counts", () => {
  const twice = [{ attribute: 7, value: "61" }, { attribute: 7, value: "62" }];
  assertEquals(inHello(3, ...twice), ["repeated 7 3"]);
  assertEquals(decoded(rawMessage(3, [typeAvp(6), ...twice])).avps.hostName, "a");
});

Deno.test("a vendor's AVP in an Extended Vendor ID may come more than once [V3-AVP-16]", () => {
  const one = { attribute: 58, value: "0001000a" + "0005" + "aabb", m: false };
  const two = { attribute: 58, value: "0001000b" + "0006", m: false };
  const { avps, problems } = decoded(rawMessage(3, [typeAvp(6), one, two]));
  assertEquals(problems, []);
  assertEquals(avps.extendedVendorId, [
    { vendor: 0x1000a, attribute: 5, value: Uint8Array.of(0xaa, 0xbb) },
    { vendor: 0x1000b, attribute: 6, value: new Uint8Array(0) },
  ]);
  assertEquals(inHello(3, { attribute: 58, value: "0001000a05" }), ["wrong-length 58 2!"]);
});

Deno.test("a companion's AVP that insists on a feature we do not have is unrecognised [V3-AVP-06]", () => {
  const recovery = { attribute: 77, value: "0000" + "00000001" + "00000002" };
  assertEquals(inHello(3, recovery), ["unrecognised 77 8!"]);
  assertEquals(inHello(3, { ...recovery, m: false }), []);
});

/** A well-formed value of each AVP that some message requires. */
const SAMPLES: Readonly<Record<string, string>> = {
  resultCode: "0001",
  protocolVersion: "0100",
  framingCapabilities: "00000003",
  hostName: "61",
  assignedTunnelId: "0001",
  assignedSessionId: "0001",
  serialNumber: "00000001",
  minimumBps: "00000001",
  maximumBps: "00000001",
  bearerType: "00000001",
  framingType: "00000001",
  calledNumber: "31",
  txConnectSpeed: "00000001",
  circuitErrors: "00".repeat(26),
  accm: "00".repeat(10),
  routerId: "00000000",
  assignedControlConnectionId: "00000001",
  pseudowireCapabilitiesList: "0005",
  localSessionId: "00000001",
  remoteSessionId: "00000001",
  remoteEndId: "61",
  pseudowireType: "0005",
  circuitStatus: "0001",
};

/** Takes from each message each AVP that it must hold, and looks whether it is missed. */
function missEach(version: 2 | 3): void {
  for (const [type, { required }] of Object.entries(MESSAGE_RULES[version])) {
    const message = (names: readonly AvpName[]) =>
      rawMessage(version, [
        typeAvp(MESSAGE_TYPES[type as MessageTypeName]),
        ...names.map((name) => ({ attribute: AVPS[name].attribute, value: SAMPLES[name]! })),
      ]);
    assertEquals(problemsOf(message(required)), [], type);
    for (const without of required) {
      const octets = message(required.filter((name) => name !== without));
      assertEquals(problemsOf(octets), [`missing ${AVPS[without].attribute} 3!`], type);
    }
  }
}

Deno.test("in v3 what a message must hold is missed when absent [V3-MSG-01, V3-MSG-02, V3-MSG-03, V3-MSG-04, V3-MSG-05, V3-MSG-06, V3-MSG-07, V3-MSG-08, V3-MSG-09, V3-MSG-10, V3-MSG-11, V3-MSG-12, V3-MSG-13, V3-MSG-14, V3-MSG-17, V3-SLI-02]", () => {
  missEach(3);
});

Deno.test("in v2 what a message must hold is missed when absent [V2-MSG-01, V2-MSG-02, V2-MSG-03, V2-MSG-04, V2-MSG-05, V2-MSG-06, V2-MSG-07, V2-MSG-08, V2-MSG-09, V2-MSG-10, V2-MSG-11, V2-MSG-12, V2-MSG-13, V2-MSG-14]", () => {
  missEach(2);
});

Deno.test("a malformed AVP that may be ignored counts as absent, also where it is required [V3-AVP-14]", () => {
  const octets = rawMessage(3, [typeAvp(4), { attribute: 1, value: "01", m: false }]);
  assertEquals(problemsOf(octets), ["wrong-length 1 2", "missing 1 3!"]);
});

Deno.test("a Remote Session ID of 0 is good only while it cannot be known [V3-SES-10]", () => {
  const mayBeZero = ["ICRQ", "OCRQ", "CDN", "WEN", "SLI"];
  for (const [name, rule] of Object.entries(MESSAGE_RULES[3])) {
    if (!rule.required.includes("remoteSessionId")) continue;
    const avps = rule.required.map((each) => ({
      attribute: AVPS[each].attribute,
      value: each === "remoteSessionId" ? "00000000" : SAMPLES[each]!,
    }));
    const octets = rawMessage(3, [typeAvp(MESSAGE_TYPES[name as MessageTypeName]), ...avps]);
    assertEquals(problemsOf(octets), mayBeZero.includes(name) ? [] : ["out-of-range 64 3!"], name);
  }
});

const [HIDDEN] = rfcVectors(/^v3-hidden-local-session-id$/);
const HIDING_KEY = hidingKey(fieldOf(HIDDEN!, "secret"));
const RANDOM_VECTOR = { attribute: 36, value: String(HIDDEN!.random_vector) };
const HIDDEN_ID = { attribute: 63, value: String(HIDDEN!.hidden_value), h: true };

Deno.test("a hidden AVP is revealed with the secret and the Random Vector before it [V3-HID-02, V3-HID-07]", () => {
  const message = (...avps: AvpSpec[]) => rawMessage(3, [typeAvp(6), ...avps]);
  const good = message(RANDOM_VECTOR, HIDDEN_ID);
  assertEquals(decoded(good, HIDING_KEY).avps.localSessionId, 0x12345678);
  assertEquals(problemsOf(good, HIDING_KEY), []);
  assertEquals(problemsOf(good), ["no-secret 63 8!"]);
  assertEquals(problemsOf(message(HIDDEN_ID), HIDING_KEY), ["no-random-vector 63 3!"]);
  assertEquals(problemsOf(message(HIDDEN_ID, RANDOM_VECTOR), HIDING_KEY), [
    "no-random-vector 63 3!",
  ]);
});

Deno.test("the last Random Vector before a hidden AVP is the one that counts [V3-HID-07, V3-HID-08, V2-HID-05]", () => {
  const other = { attribute: 36, value: "01" };
  const read = (...avps: AvpSpec[]) =>
    decoded(rawMessage(3, [typeAvp(6), ...avps]), HIDING_KEY).avps.localSessionId;
  assertEquals(read(other, RANDOM_VECTOR, HIDDEN_ID), 0x12345678);
  assert(read(RANDOM_VECTOR, other, HIDDEN_ID) !== 0x12345678);
});

Deno.test("v2 reveals with the secret itself [V2-HID-03]", () => {
  for (const vector of rfcVectors(/^v2-hidden/)) {
    const avp = fieldOf(vector, "whole_avp");
    const spec = { attribute: vector.attr as number, value: avp.subarray(6).toHex(), h: true };
    assertEquals(rawAvp({ ...spec, m: (avp[0]! & 0x80) !== 0 }).toHex(), vector.whole_avp);
    const octets = rawMessage(2, [typeAvp(6), RANDOM_VECTOR, spec]);
    assertEquals(problemsOf(octets, fieldOf(vector, "secret")), []);
  }
});

Deno.test("what may never be hidden is malformed if it is [V3-HID-12, V3-MSG-28, V2-AVP-10]", () => {
  const never = [1, 2, 5, 7, 10, 12, 36, 39, 59, 60, 73];
  for (const attribute of never) {
    const value = hideValue(attribute, Uint8Array.of(0, 1), {
      key: HIDING_KEY,
      randomVector: fieldOf(HIDDEN!, "random_vector"),
    }).toHex();
    const octets = rawMessage(3, [typeAvp(6), RANDOM_VECTOR, { attribute, value, h: true }]);
    assertEquals(problemsOf(octets, HIDING_KEY), [`hidden-not-allowed ${attribute} 3!`]);
  }
});

Deno.test("a hidden value that is not what it says is malformed [V3-HID-13]", () => {
  for (const value of ["", "00", HIDDEN_ID.value.slice(0, 10)]) {
    const octets = rawMessage(3, [typeAvp(6), RANDOM_VECTOR, { ...HIDDEN_ID, value }]);
    assertEquals(problemsOf(octets, HIDING_KEY), ["wrong-length 63 2!"], value);
  }
});

Deno.test("a message cannot make us hash without end", () => {
  const hidden = { attribute: 58, value: "0000", h: true, m: false };
  const octets = rawMessage(3, [typeAvp(6), RANDOM_VECTOR, ...Array(200).fill(hidden)]);
  const kinds = decoded(octets, HIDING_KEY).problems.map(({ kind }) => kind);
  assertEquals(kinds, [...Array(128).fill("wrong-length"), ...Array(72).fill("hidden-too-often")]);
});

Deno.test("every problem is said in words that name the attribute [V3-MSG-22, V2-MSG-16]", () => {
  const kinds: AvpProblemKind[] = ["unrecognised", "wrong-length", "missing", "no-secret"];
  for (const kind of kinds) {
    const problem = {
      kind,
      vendor: 0,
      attribute: 63,
      mandatory: true,
      errorCode: 2,
      offset: 20,
    } as const;
    assert(describeProblem(problem).startsWith("AVP localSessionId, attribute 63 "), kind);
    assert(
      describeProblem({ ...problem, vendor: 9 }).startsWith("AVP vendor 9, attribute 63 "),
      kind,
    );
  }
  const unbounded = {
    kind: "unbounded",
    vendor: 0,
    attribute: 0,
    mandatory: true,
    errorCode: 2,
  } as const;
  assert(describeProblem({ ...unbounded, offset: 44 }).startsWith("the AVP at octet 44 "));
});

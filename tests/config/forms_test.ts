/** What each form of value takes and refuses, and that a refusal says what would be right. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  ADDRESS,
  LISTEN,
  MAC,
  METRICS,
  PREFIXED_ADDRESS,
  REMOTE,
  ROUTER_ID,
  splitHostAndPort,
} from "../../src/config/address_forms.ts";
import {
  BOOLEAN,
  choice,
  cookie,
  DSCP,
  duration,
  type Form,
  integer,
  INTERFACE_NAME,
  MTU,
  NAMESPACE,
  nearestWord,
  REMOTE_END_ID,
  SEGMENT_SIZE,
  size,
  SOCKET_PATH,
} from "../../src/config/forms.ts";

const HELLO = duration(0, 86_400_000);
const COOKIE = cookie([0, 4, 8]);

function valueOf<T>(form: Form<T>, text: string): T {
  const reading = form.read(text);
  assert("value" in reading, `${text}: ${JSON.stringify(reading)}`);
  return reading.value;
}

function refusal<T>(form: Form<T>, text: string): string {
  const reading = form.read(text);
  assert("wrong" in reading, `${text} was taken for ${JSON.stringify(reading)}`);
  return reading.wrong;
}

Deno.test("durations carry units", () => {
  assertEquals(valueOf(HELLO, "500ms"), 500);
  assertEquals(valueOf(HELLO, "60s"), 60_000);
  assertEquals(valueOf(HELLO, "1.5m"), 90_000);
  assertEquals(valueOf(HELLO, "2h"), 7_200_000);
  assertEquals(valueOf(HELLO, "0"), 0);
  assertMatch(refusal(HELLO, "60"), /has no unit; write for example 60s/);
  assertMatch(refusal(HELLO, "1 week"), /is no duration/);
  assertMatch(refusal(HELLO, "-1s"), /is no duration/);
  assertMatch(refusal(duration(8_000, 60_000), "2s"), /too short; at least 8s/);
  assertMatch(refusal(duration(8_000, 60_000), "2m"), /too long; at most 60s/);
});

Deno.test("sizes carry units, which are powers of 1,000", () => {
  const form = size(10_000, 2e12);
  for (
    const [text, octets] of [
      ["10kB", 10_000],
      ["10000 B", 10_000],
      ["1.5MB", 1_500_000],
      ["1GB", 1_000_000_000],
      ["2TB", 2e12],
    ] as const
  ) assertEquals(valueOf(form, text), octets);
  assertMatch(refusal(form, "10"), /has no unit; write for example 10MB/);
  assertMatch(refusal(form, "10MiB"), /is no size; write for example 500kB/);
  assertMatch(refusal(form, "9999B"), /is too little; at least 10kB/);
  assertMatch(refusal(form, "2001GB"), /is too much; at most 2TB/);
});

Deno.test("every whole number of milliseconds is read back from its text", () => {
  fc.assert(fc.property(fc.nat(86_400_000), (ms) => valueOf(HELLO, `${ms}ms`) === ms));
});

Deno.test("whole numbers are decimal or hexadecimal, never octal", () => {
  assertEquals(valueOf(integer(0, 99), "10"), 10);
  assertEquals(valueOf(integer(0, 0xffff_ffff), "0xffffffff"), 0xffff_ffff);
  assertMatch(refusal(integer(0, 99), "010"), /is no whole number; write a whole number from 0 to/);
  assertMatch(refusal(integer(0, 99), "100"), /out of range/);
  assertMatch(refusal(integer(0, 99), "1e1"), /is no whole number/);
});

Deno.test("only true and false are truth values, and the others are told which is meant", () => {
  assertEquals([valueOf(BOOLEAN, "true"), valueOf(BOOLEAN, "false")], [true, false]);
  assertMatch(refusal(BOOLEAN, "no"), /write false/);
  assertMatch(refusal(BOOLEAN, "On"), /write true/);
  assertEquals(refusal(BOOLEAN, "maybe"), '"maybe" is neither true nor false');
});

Deno.test("a choice names the nearest word, or all of them", () => {
  const form = choice("ethernet", "ethernet-vlan", "ppp");
  assertEquals(valueOf(form, "ppp"), "ppp");
  assertMatch(refusal(form, "ethernt"), /did you mean ethernet\?$/);
  assertMatch(refusal(form, "token-ring"), /; write ethernet, ethernet-vlan or ppp$/);
});

Deno.test("the nearest word is near", () => {
  assertEquals(nearestWord("remot", ["remote", "local"]), "remote");
  assertEquals(nearestWord("hostname", ["hostName", "hello"]), "hostName");
  assertEquals(nearestWord("colour", ["remote", "local"]), undefined);
  assertEquals(nearestWord("anything", []), undefined);
});

Deno.test("an unquoted cookie stays what was written", () => {
  assertEquals(valueOf(COOKIE, "0x00112233"), new Uint8Array([0x00, 0x11, 0x22, 0x33]));
  assertEquals(valueOf(COOKIE, "0x"), new Uint8Array());
  assertMatch(refusal(COOKIE, "00112233"), /write 0x and 0, 8 or 16 digits/);
  assertMatch(refusal(COOKIE, "0x001122"), /has 3 octets/);
  assertMatch(refusal(COOKIE, "0x1"), /not octets/);
});

Deno.test("a Remote End ID is text, or octets after 0x", () => {
  assertEquals(valueOf(REMOTE_END_ID, "lan"), "lan");
  assertEquals(valueOf(REMOTE_END_ID, "0x0001"), new Uint8Array([0, 1]));
  assertEquals(valueOf(REMOTE_END_ID, "0xyz"), "0xyz");
  assertMatch(refusal(REMOTE_END_ID, "x".repeat(1_018)), /has 1018 octets; at most 1017/);
});

Deno.test("hosts and ports come apart", () => {
  assertEquals(splitHostAndPort("a.example:1702"), { host: "a.example", port: 1702 });
  assertEquals(splitHostAndPort("[2001:db8::1]:1702"), { host: "2001:db8::1", port: 1702 });
  assertEquals(splitHostAndPort("2001:db8::1"), { host: "2001:db8::1", port: undefined });
  assertEquals(splitHostAndPort("a:b:c"), undefined);
});

/** Forms that are one pattern each: what they take, and what they refuse with which words. */
const PATTERNS: readonly [string, Form<unknown>, readonly string[], readonly [string, RegExp][]][] =
  [
    ["remote", REMOTE, ["192.0.2.1", "a.example", "a:1", "[::1]:9", "2001:db8::1"], [
      ["1.2.3", /no IPv4 address/],
      ["a b", /is no address; write a name/],
      ["a:0", /ports go from 1/],
      ["a:70000", /ports go from 1/],
      ["[a]:1", /is no address/],
      ["[fe80::1%eth0]:1701", /the interface's number, which ip link shows, and not its name/],
    ]],
    ["address", ADDRESS, ["192.0.2.1", "::1", "fe80::1%2"], [
      ["a.example", /is no IPv4 or IPv6 address; write for example/],
      ["fe80::1%eth0", /the interface's number/],
    ]],
    ["router id", ROUTER_ID, ["192.0.2.1", "4294967295", "0"], [
      ["4294967296", /is no Router ID/],
      ["::1", /is no Router ID/],
    ]],
    ["listen", LISTEN, ["udp://0.0.0.0:1701", "udp://[::]", "ip://192.0.2.1"], [
      ["tcp://0.0.0.0", /is no listen address/],
      ["udp://a.example", /names no address/],
      ["ip://0.0.0.0:1701", /has none; leave the port out/],
      ["udp://0.0.0.0:99999", /beyond 65535/],
    ]],
    ["metrics", METRICS, ["http://127.0.0.1:9701", "http://[::1]:1/"], [
      ["9701", /write for example http:\/\/127/],
      ["http://a.example:1", /is no place/],
    ]],
    ["control socket", SOCKET_PATH, ["/run/x.sock"], [
      ["x.sock", /is no absolute path/],
      [`/${"x".repeat(107)}`, /108 octets; at most 107/],
    ]],
    ["interface", INTERFACE_NAME, ["lw0", "a.b-c_d"], [
      ["a/b", /is no interface name/],
      ["..", /is no interface name/],
      ["abcdefghijklmnop", /16 octets; at most 15/],
    ]],
    ["namespace", NAMESPACE, ["lan", "/proc/1/ns/net"], [["a b", /is no network namespace/]]],
    ["mtu", MTU, ["auto", "1446"], [["Auto", /or auto$/], ["10000", /68 to 9004, or auto$/]]],
    ["dscp", DSCP, ["copy", "priority", "46"], [["64", /0 to 63, copy or priority$/]]],
    ["tcpMss", SEGMENT_SIZE, ["auto", "keep", "1360"], [["87", /88 to 65495, auto or keep$/]]],
    ["mac", MAC, ["02:00:00:00:00:01"], [
      ["01:00:00:00:00:01", /multicast/],
      ["2:0:0:0:0:1", /is no MAC address/],
    ]],
    ["prefixed address", PREFIXED_ADDRESS, ["10.0.0.1/24", "2001:db8::1/128"], [
      ["10.0.0.1", /write for example 10.0.0.1\/24/],
      ["10.0.0.1/33", /beyond 32 bits/],
      ["lan", /is no address with prefix/],
    ]],
  ];

for (const [name, form, taken, refused] of PATTERNS) {
  Deno.test(`${name}: what is taken and what is refused`, () => {
    for (const text of taken) valueOf(form, text);
    for (const [text, words] of refused) assertMatch(refusal(form, text), words);
  });
}

Deno.test("no text makes a form throw", () => {
  const forms = [HELLO, COOKIE, BOOLEAN, integer(0, 9), REMOTE_END_ID, choice("a", "b")];
  const all = [...forms, ...PATTERNS.map(([, form]) => form)] as readonly Form<unknown>[];
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    for (const form of all) form.read(text);
  }));
});

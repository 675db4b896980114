/** Both ends held against each other. */

import { assert, assertEquals } from "@std/assert";
import { readConfiguration } from "../../src/config/load.ts";
import { findPairMistakes, type PairEnd } from "../../src/config/pair.ts";
import { messagesOf, withFolder } from "./configurations.ts";

function end(file: string, text: string): PairEnd {
  const loaded = readConfiguration(file, text);
  assert(loaded.configuration !== undefined, messagesOf(loaded));
  return { configuration: loaded.configuration, source: loaded.source };
}

function told(here: string, there: string, folder = "."): string[] {
  return findPairMistakes(end(`${folder}/a`, here), end(`${folder}/b`, there)).map((mistake) =>
    `${mistake.place.file}: ${mistake.key}: ${mistake.message}`.replaceAll(`${folder}/`, "")
  );
}

const A =
  "{ remote: 192.0.2.2, local: 192.0.2.1, sessions: { lan: { attach: { address: 10.0.0.1/24 } } } }";
const B =
  "{ remote: 192.0.2.1, local: 192.0.2.2, sessions: { lan: { attach: { address: 10.0.0.2/24 } } } }";
const connections = (text: string) => `connections: { x: ${text} }`;

/** One change to the second end, and what it makes of the pair. */
const CHANGES: readonly [from: string, to: string, told: readonly string[]][] = [
  ["", "", []],
  [
    "remote",
    "encapsulation: ip, remote",
    ["a: connections.x.encapsulation: is udp here and ip in b (x)"],
  ],
  ["local: 192.0.2.2", "local: 192.0.2.9", [
    "a: connections.x.remote: is 192.0.2.2, but b uses local: 192.0.2.9",
  ]],
  ["192.0.2.1", "'192.0.2.1:1702'", [
    "b: connections.x.remote: means UDP port 1702, but a listens on 1701",
  ]],
  ["lan", "dmz", [
    "a: connections.x.sessions.lan: b has no session with this Remote End ID",
    "b: connections.x.sessions.dmz: a has no session with this Remote End ID",
  ]],
  ["attach: {", "pseudowire: ethernet-vlan, attach: {", [
    "a: connections.x.sessions.lan.pseudowire: is ethernet here and ethernet-vlan in b (lan)",
  ]],
  ["10.0.0.2/24", "10.0.0.1/16", [
    "a: connections.x.sessions.lan.attach.address: 10.0.0.1 is an address in b (lan) too",
  ]],
  ["attach: {", "attach: { mtu: 1400,", [
    "a: connections.x.sessions.lan.attach.mtu: is auto here and 1400 in b (lan)",
  ]],
];

for (const [from, to, expected] of CHANGES) {
  Deno.test(`the other end with ${to || "nothing changed"}`, () => {
    assertEquals(told(connections(A), connections(B.replace(from, to))), expected);
  });
}

Deno.test("sessions that go on from the other end need no counterpart there", () => {
  const hop = "{ x: { remote: 192.0.2.1, local: 192.0.2.2, join: y }, y: { remote: 192.0.2.3 } }";
  assertEquals(told(connections(A), `connections: ${hop}`), []);
  assertEquals(told(`connections: ${hop}`, connections(A)), []);
});

Deno.test("two ends that both wait never meet", () => {
  const waits = (text: string) => connections(text.replace("{ ", "{ initiate: false, "));
  assertEquals(told(waits(A), waits(B)), [
    "a: connections.x.initiate: is false on both ends: nobody begins; b (x)",
  ]);
});

Deno.test("secrets: the same, different, one missing, and in the middle of a rollover", () => {
  withFolder((folder) => {
    for (const name of ["one", "two"]) {
      Deno.writeTextFileSync(`${folder}/${name}`, name, { mode: 0o600 });
    }
    const withSecret = (text: string, ...names: string[]) =>
      connections(text.replace("{ ", `{ secret: [${names.map((n) => `{ file: ${n} }`)}], `));
    const run = (here: string, there: string) => told(here, there, folder);
    assertEquals(run(withSecret(A, "one"), withSecret(B, "one")), []);
    assertEquals(run(withSecret(A, "one"), withSecret(B, "two", "one")), [
      "a: connections.x.secret: the secret that one end sends with is not accepted by the other, b (x)",
    ]);
    assertEquals(run(withSecret(A, "one", "two"), withSecret(B, "two", "one")), []);
    assertEquals(run(withSecret(A, "one"), withSecret(B, "two")), [
      "a: connections.x.secret: is not the secret of b (x)",
    ]);
    assertEquals(run(withSecret(A, "one"), connections(B)), [
      "a: connections.x.authentication: is digest here and none in b (x)",
    ]);
  });
});

const STATIC_A = "{ remote: 192.0.2.2, local: 192.0.2.1, localPort: 5000, remotePort: 5001, " +
  "localSessionId: 1, remoteSessionId: 2, receiveCookie: 0x00112233, transmitCookie: 0x44556677 }";
const STATIC_B = "{ remote: 192.0.2.1, local: 192.0.2.2, localPort: 5001, remotePort: 5000, " +
  "localSessionId: 2, remoteSessionId: 1, receiveCookie: 0x44556677, transmitCookie: 0x00112233 }";
const statics = (text: string) => `static: { s: ${text} }`;

Deno.test("a hub's connection for a spoke that does not write its address is the one with its secret", () => {
  withFolder((folder) => {
    for (const name of ["north", "east"]) {
      Deno.writeTextFileSync(`${folder}/${name}`, `the secret of ${name}`, { mode: 0o600 });
    }
    const spoke = (remote: string, secret: string, more = "") =>
      `{ remote: ${remote}, secret: { file: ${secret} }, ${more} sessions: { lan: {} } }`;
    const [north, east] = [["192.0.2.11", "north"], ["192.0.2.12", "east"]].map((
      [remote, secret],
    ) => spoke(remote!, secret!, "initiate: false,"));
    const hub = `connections: { north: ${north}, east: ${east} }`;
    assertEquals(told(hub, connections(spoke("192.0.2.1", "east")), folder), []);
    assertEquals(told(connections(spoke("192.0.2.1", "east")), hub, folder), []);
  });
});

Deno.test("static sessions mirror each other", () => {
  assertEquals(told(statics(STATIC_A), statics(STATIC_B)), []);
  const other = STATIC_B.replace("localSessionId: 2", "localSessionId: 3, sublayer: default")
    .replace("remotePort: 5000", "remotePort: 5002").replace("0x00112233", "0x00112234");
  assertEquals(told(statics(STATIC_A), statics(other)), [
    "a: static.s.sublayer: is none, but b (s) needs default here",
    "a: static.s.remoteSessionId: is 2, but b (s) needs 3 here",
    "a: static.s.localPort: is 5000, but b (s) needs 5002 here",
    "a: static.s.receiveCookie: is not the transmitCookie of b (s)",
  ]);
});

Deno.test("an address is the same however it is written, and zones are each host's own", () => {
  const a = "{ remote: 'fe80::2%2', local: 'FE80::1%2', sessions: { lan: {} } }";
  const b = "{ remote: 'fe80:0::1%7', local: 'fe80::2%7', sessions: { lan: {} } }";
  assertEquals(told(connections(a), connections(b)), []);
  assertEquals(told(connections(a), connections(b.replace("::2", "::3"))), [
    "a: connections.x.remote: is fe80::2%2, but b uses local: fe80::3%7",
  ]);
  const session = (remote: string, local: string, ids: string) =>
    statics(`{ remote: '${remote}', local: '${local}', ${ids}, encapsulation: ip }`);
  assertEquals(
    told(
      session("fe80::2%2", "fe80::1%2", "localSessionId: 1, remoteSessionId: 2"),
      session("fe80::1%7", "fe80:0::2%7", "localSessionId: 2, remoteSessionId: 1"),
    ),
    [],
  );
});

Deno.test("two files that have nothing to do with each other are told so", () => {
  assertEquals(told(connections(A), statics(STATIC_B)), [
    "a: : nothing in it is for b: no connection and no static session fits",
  ]);
});

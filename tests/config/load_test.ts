/** From a file's text to a configuration, or to all of its mistakes with their places. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { loadConfiguration, readConfiguration } from "../../src/config/load.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { captureFile } from "../endpoint/captures.ts";
import { messagesOf, withFolder } from "./configurations.ts";

Deno.test("every mistake is told at once: place, words, line and caret", () => {
  const folder = new URL("golden/", import.meta.url);
  const text = Deno.readTextFileSync(new URL("every_mistake.yaml", folder));
  const { configuration, mistakes } = readConfiguration("every_mistake.yaml", text);
  assertEquals(configuration, undefined);
  const told = mistakes.map((mistake) => `${formatMistake(mistake)}\n`).join("");
  assertEquals(told, Deno.readTextFileSync(new URL("every_mistake.txt", folder)));
});

Deno.test("the configuration of the documentation is read as it is meant", () => {
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/site-b.secret`, "not-for-print\n", { mode: 0o600 });
    const file = `${folder}/longwire.yaml`;
    Deno.copyFileSync(new URL("golden/documented.yaml", import.meta.url), file);
    const { configuration, mistakes } = loadConfiguration(file);
    assertEquals(mistakes, []);
    assert(configuration !== undefined);
    const [connection] = configuration.connections;
    const [session] = connection?.sessions ?? [];
    const [fixed] = configuration.static;
    assertEquals(configuration.listen, ["udp://0.0.0.0:1701", "ip://0.0.0.0"]);
    assertEquals(connection?.hello, 60_000);
    assertEquals(connection?.retransmission, { initial: 1_000, cap: 8_000, limit: 10 });
    assertEquals(connection?.version, 3);
    assertEquals(
      connection?.secrets.map((secret) => new TextDecoder().decode(secret.reveal())),
      ["not-for-print"],
    );
    assertEquals(session?.attach.address, ["10.91.0.1/24"]);
    assertEquals(fixed?.transmitCookie, Uint8Array.fromHex("8899aabbccddeeff"));
    assertEquals(fixed?.localSessionId, 1000);
  });
});

Deno.test("capture files are looked for beside the configuration, and so are those to come", () => {
  withFolder((folder) => {
    Deno.mkdirSync(`${folder}/lines`);
    const frames = [{ octets: new Uint8Array(60), atMs: 0 }];
    Deno.writeFileSync(`${folder}/lines/a.pcap`, captureFile("pcap", 1, frames));
    const text = (pcap: string) =>
      `connections: { b: { remote: b, sessions: { s: { attach: { pcap: ${pcap} } } } } }`;
    const { configuration } = readConfiguration(
      `${folder}/x.yaml`,
      text("{ play: lines/a.pcap, record: lines/b.pcapng, recordLimit: 20MB }"),
    );
    assertEquals(configuration?.connections[0]?.sessions[0]?.attach.pcap, {
      play: `${folder}/lines/a.pcap`,
      record: `${folder}/lines/b.pcapng`,
      recordLimit: 20_000_000,
      pace: "original",
      loop: false,
    });
    const cut = captureFile("pcap", 1, [...frames, ...frames]);
    // The original length of the first frame.
    new DataView(cut.buffer).setUint32(36, 61, true);
    Deno.writeFileSync(`${folder}/cut.pcap`, cut);
    assertEquals(
      messagesOf(readConfiguration(`${folder}/x.yaml`, text("{ play: cut.pcap }"))),
      "warning: connections.b.sessions.s.attach.pcap.play: " +
        "1 of its frames are there in part, and are left out",
    );
  });
});

Deno.test("what is left out has its default [V2-UDP-07]", () => {
  const { configuration } = readConfiguration(
    "x",
    "connections: { b: { remote: 192.0.2.1, sessions: { lan: } } }",
  );
  assertEquals(configuration, {
    listen: ["udp://0.0.0.0:1701", "udp://[::]:1701"],
    controlSocket: "/run/longwire/control.sock",
    log: { level: "info", format: "text" },
    acceptUnknownPeers: false,
    limits: {
      halfOpen: 1000,
      strangersPerSecond: 100,
      connectionsPerPeer: 4096,
      sessionsPerConnection: 16_384,
    },
    offload: { tap: true, coalescing: true, segmentation: true, aggregation: true },
    workers: 1,
    users: [],
    pools: [],
    lns: [],
    connections: [{
      name: "b",
      remote: "192.0.2.1",
      encapsulation: "udp",
      version: 3,
      initiate: true,
      secrets: [],
      digest: "sha1",
      hideAvps: false,
      hello: 60_000,
      retransmission: { initial: 1_000, cap: 8_000, limit: 10 },
      receiveWindow: 16,
      ecnCapability: false,
      sessions: [{
        name: "lan",
        pseudowire: "ethernet",
        call: "incoming",
        remoteEndId: "lan",
        cookie: 8,
        sublayer: "default",
        sequencing: "none",
        fragmentation: "allow",
        oversize: "carry",
        tcpMss: "auto",
        dscp: 0,
        ecn: false,
        attach: { mtu: "auto" },
      }],
    }],
    static: [],
  });
});

Deno.test("a connection over ip listens there without being told", () => {
  const { configuration } = readConfiguration(
    "x",
    "connections: { b: { remote: 192.0.2.1, encapsulation: ip } }",
  );
  assertEquals(configuration?.listen.slice(2), ["ip://0.0.0.0", "ip://[::]"]);
});

Deno.test("a configuration cannot be changed", () => {
  const { configuration } = readConfiguration(
    "x",
    "connections: { b: { remote: 192.0.2.1, sessions: { lan: } } }",
  );
  const parts = [
    configuration,
    configuration?.connections,
    configuration?.connections[0]?.sessions[0]?.attach,
  ];
  assertEquals(parts.map((part) => Object.isFrozen(part)), [true, true, true]);
});

Deno.test("a file that cannot be read is a mistake with a reason", () => {
  assertEquals(loadConfiguration("/nonexistent.yaml").mistakes.map(formatMistake), [
    "/nonexistent.yaml:1:1: cannot read the configuration: no such file",
  ]);
  assertStringIncludes(messagesOf(loadConfiguration("/tmp")), "it is a directory");
});

/** YAML that is none, and where and why it is none. */
const SYNTAX: readonly [string, string][] = [
  [
    "a: [1\nb: 2",
    "x:2:1: the indentation does not fit the lines above, or a bracket is not closed",
  ],
  ["log: {}\nlog: {}", "x:2:1: this key stands here twice; keep one of them"],
  ["\tlog: {}", "x:1:1: a tab indents this line; YAML is indented with spaces"],
  ["log: *nowhere", "x:1:1: an alias has no anchor before it, or aliases expand to too much"],
  ["? [log]\n: 1", "x:1:3: a key is one word here, not a list or a block"],
  [
    "log: {}\n---\nlog: {}",
    "x:2:1: a second document begins here; a configuration is one document",
  ],
  ["hostName: !mine a", "x:1:11: tags have no meaning here; leave it out"],
  ["!!binary bG9n: {}", "x:1:10: tags have no meaning here; leave it out"],
  ["- log", "x:1:1: keys are expected here, one to a line"],
];

for (const [text, head] of SYNTAX) {
  Deno.test(`broken: ${JSON.stringify(text)}`, () => {
    const [mistake] = readConfiguration("x", text).mistakes;
    assert(mistake !== undefined);
    assertEquals(formatMistake(mistake).split("\n")[0], head);
  });
}

Deno.test("an alias bomb is refused at once", () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) =>
      n === 0 ? "a0: &a0 [x]" : `a${n}: &a${n} [${Array(12).fill(`*a${n - 1}`).join(", ")}]`,
  );
  assertStringIncludes(messagesOf(readConfiguration("x", levels.join("\n"))), "expand to too much");
});

Deno.test("the caret stands right behind tabs, and within the line", () => {
  const [mistake] = readConfiguration("x", "log: {\tlevel:\tloud }").mistakes;
  assert(mistake !== undefined);
  const [, line, caret] = formatMistake(mistake).split("\n");
  assertEquals(line, "  1 | log: {\tlevel:\tloud }");
  assertEquals(caret, "    |       \t      \t^~~~");
});

Deno.test("an inline secret or cookie is in no message, however it is misplaced", () => {
  // Letters that no message of ours contains side by side.
  const secret = fc.stringMatching(/^[QXZ]{6,12}$/);
  const places = fc.constantFrom(
    (s: string) => `connections: { b: { remote: a, secret: ${s} } }`,
    (s: string) => `connections:\n  b:\n    remote: a\n    secret:\n      - ${s}\n      - "${s}"`,
    (s: string) => `connections: { b: { remote: a, secrt: ${s} } }`,
    (s: string) => `connections: { b: { remote: a, secret: { value: ${s} } } }`,
    (s: string) => `connections: { b: { remote: a, password: ${s} } }`,
    (s: string) => `secret: "${s}\nlog: {`,
    (s: string) => `connections: { b: { secret: ${s}, remote: [ }`,
    (s: string) => `secret: |\n  ${s}\n  ${s}\nlog: 5`,
    (s: string) => `static: { g: { receiveCookie: ${s}, transmitCookie: "0x${s}" } }`,
    (s: string) => `connections: { b: { remote: a, sessions: { l: { cookie: 0x${s} } } } }`,
    (s: string) => `static: { g: { recieveCookie: ${s}, otherReceiveCookie: [${s}] } }`,
    (s: string) => `static: { g: { receiveCookie: 0x${s}, transmitCookie: "0x${s} } }`,
  );
  fc.assert(fc.property(secret, places, (text, place) => {
    const { mistakes } = readConfiguration("x", place(text));
    return mistakes.length > 0 && !mistakes.map(formatMistake).join("\n").includes(text);
  }));
});

Deno.test("no text makes the reader throw", () => {
  const word = fc.constantFrom(
    ..."connections: remote static secret sessions attach { } [ ] : - & * ! # | > ' \" , \n \t 0x b a"
      .split(" "),
    "\n  ",
    "\n    ",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(word).map((words) => words.join(" ")),
  );
  fc.assert(
    fc.property(text, (input) => {
      const { configuration, mistakes } = readConfiguration("/nowhere/x", input);
      const failed = mistakes.some(({ severity }) => severity === "error");
      return (configuration === undefined) === failed;
    }),
    { numRuns: 500 },
  );
});

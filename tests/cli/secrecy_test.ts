/**
 * Markers planted as secrets, passwords and cookies: in nothing that a daemon says or that a command
 * tells of it, at the level of debugging; of a capture, in its packets alone.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { readCapture } from "../../src/endpoint/pcapng.ts";
import { Collector } from "../daemon/collector.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { daemonAt } from "../../src/cli/control_client.ts";
import { typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";
import { type End, TwoSiteFiles } from "./two_daemons.ts";

const SECRET = "QXZSECRECYQXZ";
const PASSWORD = "QXZPASSWORDQXZ";
const MISTYPED = "QXZMISTYPEDQXZ";
/** Of the users file: what is kept of other users. */
const NT_HASH = "51585a48415348515a51585a48415348";
/** As octets they read QXZCOOK1 and QXZCOOK2. */
const COOKIES = ["51585a434f4f4b31", "51585a434f4f4b32"];

/** Everything as which a secret might be shown. */
function shapesOf(secret: Uint8Array): string[] {
  const list = [...secret].join(",");
  const text = new TextDecoder("latin1").decode(secret);
  return [text, secret.toBase64(), secret.toHex(), secret.toHex().replaceAll(/..\B/g, "$& "), list];
}

const SHAPES = [
  ...[SECRET, PASSWORD, MISTYPED].map((text) => new TextEncoder().encode(text)),
  ...[NT_HASH, ...COOKIES, COOKIES[0]!.slice(2)].map((hex) => Uint8Array.fromHex(hex)),
].flatMap(shapesOf);

function assertNothingShown(texts: readonly string[], shapes: readonly string[]): void {
  // Lists of numbers are printed with spaces and line ends of any kind.
  const all = texts.flatMap((text) => [text, text.replaceAll(/,\s+/g, ",")]).join("\n");
  for (const shape of shapes) {
    const at = all.toLowerCase().indexOf(shape.toLowerCase());
    assertEquals(at < 0 ? "" : all.slice(Math.max(0, at - 60), at + 60), "", shape);
  }
}

/** Changes what is written in a site's file. */
function rewrite(sites: TwoSiteFiles, end: End, changes: Record<string, unknown>): void {
  const file = sites.file(end);
  const before = JSON.parse(Deno.readTextFileSync(file));
  Deno.writeTextFileSync(file, JSON.stringify({ ...before, ...changes }), { mode: 0o600 });
}

/** Everything that goes on until the daemon ends. */
function streams(sites: TwoSiteFiles, captured: string) {
  const socket = ["--socket", sites.socket("a")];
  return [
    typed("trace", "--json", ...socket),
    typed("trace", ...socket),
    typed("events", "--json", "--recent", "100", ...socket),
    typed("events", "--recent", "100", ...socket),
    typed("capture", "peer", "-w", captured, ...socket),
  ];
}

/** What every command tells that looks at a daemon or its files, and what its API answers. */
async function toldBy(sites: TwoSiteFiles): Promise<string[]> {
  const socket = ["--socket", sites.socket("a")];
  const file = sites.file("a");
  const told: string[] = [];
  for (
    const words of [
      ["status", "--json", ...socket],
      ["status", "--detail", ...socket],
      ["status", ...socket],
      ["doctor", file, "--seconds", "0.2", ...socket],
      ["doctor", file, "--json", "--seconds", "0", ...socket],
      ["mtu", file],
      ["check", file],
      ["check", file, "--pair", sites.file("b")],
      ["check", file, "--diff", ...socket],
      ["debug", "peer", ...socket],
      ["reload", ...socket],
      ["restart", "peer", ...socket],
    ]
  ) {
    const { out, err } = await typed(...words);
    told.push(out, err);
  }
  for (const path of ["/metrics", "/status", "/healthz", "/readyz", "/nothing"]) {
    told.push(JSON.stringify((await daemonAt(sites.socket("a")).ask("GET", path)).body));
  }
  return told;
}

/** What is told of a capture, and what the file has besides its packets. */
async function toldOf(captured: string, port: number): Promise<string[]> {
  const { out, err } = await typed("decode", captured, "--port", String(port));
  assertStringIncludes(out, "SCCRQ", err);
  let around = new TextDecoder("latin1").decode(Deno.readFileSync(captured));
  for (const { octets } of readCapture(Deno.readFileSync(captured))) {
    around = around.replace(new TextDecoder("latin1").decode(octets), "");
  }
  return [out, err, around];
}

/** The cookies that the ends of a captured connection have assigned (AVP 65). */
function assignedCookies(captured: string): Uint8Array[] {
  const beginning = [0x80, 14, 0, 0, 0, 65];
  return [...readCapture(Deno.readFileSync(captured))].flatMap(({ octets }) => {
    const at = octets.findIndex((_, index) =>
      beginning.every((octet, offset) => octets[index + offset] === octet)
    );
    return at < 0 ? [] : [octets.slice(at + 6, at + 14)];
  });
}

/** What is said of a configuration with mistakes beside its secrets, by who checks and who runs it. */
async function toldOfMistakes(sites: TwoSiteFiles, good: Record<string, unknown>) {
  const mistaken = `${sites.folder}/mistaken.yaml`;
  const short = { ...good, receiveCookie: `0x${COOKIES[0]!.slice(2)}` };
  const told = { remote: "127.0.0.1", secret: SECRET };
  const mistakes = { static: { guarded: short }, connections: { told } };
  Deno.writeTextFileSync(mistaken, JSON.stringify(mistakes, null, 2));
  const outcomes = [await typed("check", mistaken), await typed("run", mistaken)];
  for (const { err } of outcomes) assertStringIncludes(err, "this cookie has");
  return outcomes.flatMap(({ out, err }) => [out, err]);
}

const STATIC_PORT = 6;

function guardedSession(sites: TwoSiteFiles): Record<string, unknown> {
  return {
    remote: "127.0.0.1",
    localPort: sites.port("a") + STATIC_PORT,
    remotePort: sites.port("b") + STATIC_PORT,
    localSessionId: 1,
    remoteSessionId: 2,
    receiveCookie: `0x${COOKIES[0]}`,
    transmitCookie: `0x${COOKIES[1]}`,
    attach: { tap: `lwLsg${Deno.pid}` },
  };
}

testRequiring(
  [root, tunDevice],
  "no output has a secret or a cookie of an Ethernet link",
  async () => {
    using sites = new TwoSiteFiles(12, "lwLs", SECRET);
    await using collector = new Collector();
    sites.write("a", { connection: { secret: { environment: "LONGWIRE_TEST_SECRET" } } });
    const guarded = guardedSession(sites);
    rewrite(sites, "a", { log: { level: "debug" }, static: { guarded } });
    sites.write("b");
    rewrite(sites, "b", { log: { level: "debug", format: "json" } });
    const captured = `${sites.folder}/captured.pcapng`;
    const told = await toldOfMistakes(sites, guarded);
    Deno.env.set("LONGWIRE_TEST_SECRET", SECRET);
    try {
      await using a = await RunningDaemon.start(sites.file("a"), collector.environment);
      const running = streams(sites, captured);
      await using b = await RunningDaemon.start(sites.file("b"));
      await a.says(/lan: established on/);
      told.push(...await toldBy(sites), a.commandLine);
      await a.stop("SIGTERM");
      for (const { out, err } of await Promise.all(running)) told.push(out, err);
      told.push(a.log, b.log);
    } finally {
      Deno.env.delete("LONGWIRE_TEST_SECRET");
    }
    told.push(...await toldOf(captured, sites.port("b")));
    const exported = Object.values(collector.heard).join("\n");
    for (const expected of ["SCCRQ", "session lan up", "l2tp_build_info", "guarded"]) {
      assertStringIncludes(told.join("\n"), expected);
    }
    assertStringIncludes(exported, "l2tp session set-up");
    const assigned = assignedCookies(captured);
    assert(assigned.length >= 2);
    assertNothingShown([...told, exported], [...SHAPES, ...assigned.flatMap(shapesOf)]);
  },
);

testRequiring([root, tunDevice, iproute2], "no output has a password of PPP", async () => {
  using sites = new TwoSiteFiles(14, "lwLp", SECRET);
  await using namespaces = new Namespaces("lw-secret");
  const [home, office] = [await namespaces.add("home"), await namespaces.add("office")];
  const write = (name: string, text: string) =>
    Deno.writeTextFileSync(`${sites.folder}/${name}`, text, { mode: 0o600 });
  write("password", PASSWORD);
  write("mistyped", MISTYPED);
  write(
    "users.yaml",
    JSON.stringify({ alice: { password: PASSWORD }, bob: { passwordNtHash: NT_HASH } }),
  );
  const dialling = (user: string, file: string, tun: string) => ({
    pseudowire: "ppp",
    ppp: { user, secret: { file } },
    attach: { tun, namespace: home },
  });
  sites.write("a");
  rewrite(sites, "a", {
    log: { level: "debug" },
    connections: {
      peer: {
        remote: `127.0.0.1:${sites.port("b")}`,
        version: 2,
        hideAvps: true,
        secret: { file: "secret" },
        sessions: {
          right: dialling("alice", "password", "vpn0"),
          wrong: dialling("alice", "mistyped", "vpn1"),
        },
      },
    },
  });
  sites.write("b");
  rewrite(sites, "b", {
    log: { level: "debug" },
    connections: {},
    users: { file: "users.yaml" },
    pools: { office: { ipv4: "10.201.0.0/24" } },
    lns: {
      dialin: {
        secret: { file: "secret" },
        pool: "office",
        ppp: { authenticate: ["pap"] },
        attach: { tun: "lns0", address: "10.201.0.1", namespace: office },
      },
    },
  });
  const captured = `${sites.folder}/captured.pcapng`;
  const told: string[] = [];
  {
    await using a = await RunningDaemon.start(sites.file("a"));
    const running = streams(sites, captured);
    await using b = await RunningDaemon.start(sites.file("b"));
    await a.says(/right: established on/);
    await a.says(/wrong: .*(refused|password|authenticat)/);
    told.push(...await toldBy(sites), a.commandLine);
    const { out, err } = await typed("status", "--detail", "--socket", sites.socket("b"));
    await a.stop("SIGTERM");
    for (const outcome of await Promise.all(running)) told.push(outcome.out, outcome.err);
    told.push(a.log, b.log, out, err);
  }
  told.push(...await toldOf(captured, sites.port("b")));
  assertStringIncludes(told.join("\n"), "alice");
  // PAP shows it to whoever sees the packets.
  const packets = new TextDecoder("latin1").decode(Deno.readFileSync(captured));
  assertStringIncludes(packets, PASSWORD);
  assertNothingShown(told, SHAPES);
});

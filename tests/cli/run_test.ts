/**
 * The daemon as its operator knows it: two processes over loopback, their signals, orders, reloads
 * and what is left of them afterwards.
 */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { runProgram } from "../../src/cli/namespaces.ts";
import { typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";

const NEEDS = [root, tunDevice];
const SECRET = "QXZQXZQXZ";
const PORTS = { a: 21_701, b: 21_702 } as const;
type End = keyof typeof PORTS;

/** Two sites' files in one folder, which is gone afterwards. */
class Sites implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "longwire-run-" });

  constructor() {
    Deno.writeTextFileSync(`${this.folder}/secret`, `${SECRET}\n`, { mode: 0o600 });
    this.write("a");
    this.write("b");
  }

  file(end: End): string {
    return `${this.folder}/${end}.yaml`;
  }

  socket(end: End): string {
    return `${this.folder}/${end}.sock`;
  }

  /** Writes one end's configuration, with the session's keys as given. */
  write(end: End, session: Record<string, unknown> = {}): void {
    const other = end === "a" ? "b" : "a";
    const attach = { tap: interfaceName(end) };
    const configuration = {
      hostName: `${end}.example`,
      routerId: PORTS[end],
      listen: `udp://127.0.0.1:${PORTS[end]}`,
      controlSocket: this.socket(end),
      log: { level: "debug" },
      connections: {
        peer: {
          remote: `127.0.0.1:${PORTS[other]}`,
          secret: { file: "secret" },
          sessions: { lan: { attach, ...session } },
        },
      },
    };
    Deno.writeTextFileSync(this.file(end), JSON.stringify(configuration));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function interfaceName(end: End): string {
  return `lwF${end}${Deno.pid}`;
}

function interfaceIndex(end: End): string | undefined {
  try {
    return Deno.readTextFileSync(`/sys/class/net/${interfaceName(end)}/ifindex`);
  } catch {
    return undefined;
  }
}

const SESSION_UP = /peer\/lan: established on/;

testRequiring(NEEDS, "SIGTERM: exit 0 within 5 s, the peer told, nothing left", async () => {
  using sites = new Sites();
  await using a = await RunningDaemon.start(sites.file("a"));
  await using b = await RunningDaemon.start(sites.file("b"));
  await Promise.all([a.says(SESSION_UP), b.says(SESSION_UP)]);
  assert(interfaceIndex("a") !== undefined);
  const { code, ms } = await a.stop("SIGTERM");
  assertEquals(code, 0);
  assertLess(ms, 5_000);
  assertEquals(interfaceIndex("a"), undefined);
  assertEquals([...Deno.readDirSync(sites.folder)].some(({ name }) => name === "a.sock"), false);
  await b.says(/being shut down/);
  assertEquals((await b.stop("SIGINT")).code, 0);
  assertEquals(interfaceIndex("b"), undefined);
});

testRequiring(
  NEEDS,
  "SIGTERM while it still reads its configuration: exit 0, nothing begun",
  async () => {
    using sites = new Sites();
    const configuration = Deno.readTextFileSync(sites.file("a"));
    const pipe = `${sites.folder}/pipe.yaml`;
    await runProgram(["mkfifo", pipe]);
    await using a = RunningDaemon.begin(pipe);
    // Opened for writing as soon as the daemon reads: its code has begun by then.
    const writer = await Deno.open(pipe, { write: true });
    a.signal("SIGTERM");
    writer.writeSync(new TextEncoder().encode(configuration));
    writer.close();
    assertEquals((await a.ended()).code, 0);
    assertEquals(a.log.includes("ready"), false, a.log);
    assertEquals(interfaceIndex("a"), undefined);
    assertEquals([...Deno.readDirSync(sites.folder)].some(({ name }) => name === "a.sock"), false);
  },
);

testRequiring(NEEDS, "the secret is in no argument, log, status or metric", async () => {
  using sites = new Sites();
  await using a = await RunningDaemon.start(sites.file("a"));
  await using b = await RunningDaemon.start(sites.file("b"));
  await Promise.all([a.says(SESSION_UP), b.says(SESSION_UP)]);
  const { out } = await typed("status", "--json", "--socket", sites.socket("a"));
  for (const text of [a.log, b.log, a.commandLine, out]) {
    assertEquals(text.includes(SECRET), false);
    assertEquals(text.includes(btoa(SECRET)), false);
  }
});

testRequiring(NEEDS, "a peer that was killed comes back to the interface that stayed", async () => {
  using sites = new Sites();
  await using a = await RunningDaemon.start(sites.file("a"));
  {
    await using b = await RunningDaemon.start(sites.file("b"));
    await Promise.all([a.says(SESSION_UP), b.says(SESSION_UP)]);
    await b.stop("SIGKILL");
  }
  const index = interfaceIndex("a");
  const said = a.log.length;
  const began = performance.now();
  await using b = await RunningDaemon.start(sites.file("b"));
  await Promise.all([a.says(SESSION_UP, said), b.says(SESSION_UP)]);
  assertLess(performance.now() - began, 3_000);
  assertEquals(interfaceIndex("a"), index);
});

testRequiring(
  NEEDS,
  "orders: down keeps the peer out, up lets it in, nobody is nobody",
  async () => {
    using sites = new Sites();
    await using a = await RunningDaemon.start(sites.file("a"));
    await using b = await RunningDaemon.start(sites.file("b"));
    await Promise.all([a.says(SESSION_UP), b.says(SESSION_UP)]);
    const order = (...words: string[]) => typed(...words, "--socket", sites.socket("a"));
    const said = b.log.length;
    const orderedAt = new Date().toISOString();
    assertEquals((await order("down", "peer")).code, 0);
    await b.says(/taken down by its operator/, said);
    const { connections: [peer] } = JSON.parse((await order("status", "--json")).out);
    const [session] = peer.sessions;
    assertEquals([peer.state, session.state], ["idle", "idle"]);
    assertEquals([session.receiveCookieLength, session.transmitCookieLength], [null, null]);
    // Their age is that of the order, not of the daemon.
    assert(peer.since >= orderedAt && session.since >= orderedAt, session.since);
    assertEquals((await order("status", "--check")).code, 6);
    const back = a.log.length;
    assertEquals((await order("up", "peer")).code, 0);
    await a.says(SESSION_UP, back);
    assertEquals((await order("restart", "nobody")).code, 5);
  },
);

testRequiring(NEEDS, "a reload touches what has changed; a bad file changes nothing", async () => {
  using sites = new Sites();
  await using a = await RunningDaemon.start(sites.file("a"));
  await using b = await RunningDaemon.start(sites.file("b"));
  await Promise.all([a.says(SESSION_UP), b.says(SESSION_UP)]);
  const order = (...words: string[]) => typed(...words, "--socket", sites.socket("a"));
  const before = await connectionOf(sites.socket("a"));
  const index = interfaceIndex("a");

  sites.write("a", { cookie: 4 });
  const said = a.log.length;
  assertEquals(
    (await order("check", sites.file("a"), "--diff")).out.split("\n")[1],
    "~ connections.peer.sessions.lan is set up again (cookie)",
  );
  a.signal("SIGHUP");
  await a.says(SESSION_UP, said);
  const after = await connectionOf(sites.socket("a"));
  assertEquals(after.local.id, before.local.id);
  assertEquals(after.sessions[0]?.receiveCookieLength, 4);
  assertEquals(interfaceIndex("a"), index);

  Deno.writeTextFileSync(sites.file("a"), "connections: { peer: { remot: x } }");
  const bad = await order("reload");
  assertEquals(bad.code, 4);
  assertStringIncludes(bad.err, "unknown key; did you mean remote?");
  assertEquals((await connectionOf(sites.socket("a"))).local.id, before.local.id);
});

testRequiring(NEEDS, "a reload is taken back unless it is confirmed in time", async () => {
  using sites = new Sites();
  await using a = await RunningDaemon.start(sites.file("a"));
  await using b = await RunningDaemon.start(sites.file("b"));
  await Promise.all([a.says(SESSION_UP), b.says(SESSION_UP)]);
  const order = (...words: string[]) => typed(...words, "--socket", sites.socket("a"));
  const cookieLength = async () =>
    (await connectionOf(sites.socket("a"))).sessions[0]?.receiveCookieLength;

  sites.write("a", { cookie: 4 });
  let said = a.log.length;
  const { code, out } = await order("reload", "--confirm-within", "3s");
  assertEquals(code, 0);
  assertStringIncludes(out, "unless: longwire reload --confirm");
  await a.says(SESSION_UP, said);
  assertEquals(await cookieLength(), 4);
  said = a.log.length;
  await a.says(/taken back, nobody has confirmed it/, said);
  await a.says(SESSION_UP, said);
  assertEquals(await cookieLength(), 8);
  assertEquals((await order("reload", "--confirm")).code, 1);

  said = a.log.length;
  assertEquals((await order("reload", "--confirm-within", "60s")).code, 0);
  await a.says(SESSION_UP, said);
  assertEquals((await order("reload", "--confirm")).code, 0);
  assertEquals(await cookieLength(), 4);
});

testRequiring(NEEDS, "a second daemon on the same control socket is refused", async () => {
  using sites = new Sites();
  await using _ = await RunningDaemon.start(sites.file("a"));
  const { code, err } = await typed("run", sites.file("a"));
  assertEquals(code, 1);
  assertStringIncludes(err, "another daemon is running");
});

testRequiring(
  NEEDS,
  "no name, no peer, no bridge: reasons to wait, told, and not to end",
  async () => {
    using sites = new Sites();
    const session = (attach: Record<string, unknown>) => ({ sessions: { lan: { attach } } });
    const configuration = {
      listen: `udp://127.0.0.1:${PORTS.a}`,
      controlSocket: sites.socket("a"),
      connections: {
        nameless: { remote: "no-such-host.invalid", ...session({ tap: `lwFx${Deno.pid}` }) },
        silent: { remote: `127.0.0.1:${PORTS.b}`, ...session({ bridge: "no-such-bridge" }) },
        waited: { remote: "127.0.0.9", initiate: false },
      },
      static: {
        unnamed: { remote: "no-such-host.invalid", localSessionId: 1, remoteSessionId: 2 },
      },
    };
    Deno.writeTextFileSync(sites.file("a"), JSON.stringify(configuration));
    await using a = await RunningDaemon.start(sites.file("a"));
    await a.says(/nameless: cannot resolve[^]*nameless: cannot resolve/);
    await a.says(/unnamed: cannot resolve[^]*unnamed: cannot resolve/);
    const { out } = await typed("status", "--json", "--socket", sites.socket("a"));
    const { connections, static: statics } = JSON.parse(out);
    const [nameless, silent, waited] = connections;
    assertStringIncludes(nameless.lastError, "no-such-host.invalid");
    assertEquals(silent.state, "connecting");
    assertStringIncludes(silent.sessions[0].lastError, "no-such-bridge");
    assertEquals([waited.state, waited.lastError], ["idle", null]);
    assertStringIncludes(statics[0].lastError, "no-such-host.invalid");
    const { code, ms } = await a.stop("SIGINT");
    assertEquals(code, 0);
    assertLess(ms, 5_000);
  },
);

interface ConnectionReport {
  readonly local: { readonly id: number };
  readonly sessions: readonly { readonly receiveCookieLength: number }[];
}

async function connectionOf(socket: string): Promise<ConnectionReport> {
  const { out } = await typed("status", "--json", "--socket", socket);
  const [connection] = (JSON.parse(out) as { connections: ConnectionReport[] }).connections;
  assert(connection !== undefined);
  return connection;
}

/**
 * The names that scripts, dashboards and other people's configurations hold on to: they may be
 * joined by others, and are never changed. Whoever has to change this file breaks somebody's.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { daemonAt } from "../../src/cli/control_client.ts";
import { EXIT } from "../../src/cli/exit_code.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { readConfiguration } from "../../src/config/load.ts";
import deno from "../../deno.json" with { type: "json" };
import { root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { RunningDaemon } from "./running_daemon.ts";
import { TwoSiteFiles } from "./two_daemons.ts";

const COMMAND_LINES = [
  "run CONFIG",
  "check CONFIG --pair OTHER --diff --schema --socket PATH",
  "link REMOTE --tap NAME --bridge BR --local ADDR --encapsulation udp --secret-file F --end-id ID",
  "link REMOTE --listen --socket PATH",
  "status --detail --watch --json --check --socket PATH",
  "events --json --socket PATH",
  "reload --confirm-within DURATION --socket PATH",
  "up NAME --socket PATH",
  "down NAME --socket PATH",
  "restart NAME --socket PATH",
  "trace NAME --socket PATH",
  "trace",
  "capture NAME -w FILE --inner --socket PATH",
  "decode FILE",
  "doctor CONFIG --socket PATH",
  "doctor",
  "mtu CONFIG",
  "mtu",
  "pair REMOTE --local ADDR",
  "import FILE",
  "demo",
  "completion bash",
  "help",
];

/** Whether the table takes such a line. */
function isTaken(line: string): boolean {
  const [name, ...words] = line.split(" ");
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) return false;
  let positionals = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const option = command.options.find(({ name, short }) =>
      word === `--${name}` || word === `-${short}`
    );
    if (word.startsWith("-") && option === undefined) return false;
    if (option === undefined) positionals++;
    else if (option.value !== undefined) at++;
  }
  const needed = command.positionals.filter((each) => !each.startsWith("[")).length;
  return positionals >= needed && positionals <= command.positionals.length;
}

for (const line of COMMAND_LINES) {
  Deno.test(`longwire ${line}`, () => assert(isTaken(line)));
}

Deno.test("exit codes are the manual's", () => {
  assertEquals(EXIT, {
    done: 0,
    failed: 1,
    usage: 2,
    daemonNotReachable: 3,
    configurationInvalid: 4,
    noSuchObject: 5,
    degraded: 6,
  });
});

Deno.test("the tasks that the README and others' scripts run", () => {
  const tasks = Object.keys(deno.tasks);
  const fixed = ["demo", "test", "ok", "bench", "compile", "bundle", "deb", "interop", "longwire"];
  assertEquals(fixed.filter((task) => !tasks.includes(task)), []);
  assertEquals(Object.keys(deno.permissions).includes("daemon"), true);
});

/** Every key that has a name for good, each with a value that is taken. */
const CONFIGURATION = `
hostName: lan-a.example
routerId: 192.0.2.1
listen: [udp://0.0.0.0:1701, "ip://0.0.0.0"]
controlSocket: /run/longwire/control.sock
metrics: http://127.0.0.1:9701
log: { level: info, format: text }
acceptUnknownPeers: false
connections:
  site-b:
    remote: 198.51.100.7
    local: 192.0.2.1
    encapsulation: udp
    version: 3
    initiate: true
    secret: { file: site-b.secret }
    authentication: digest
    digest: sha1
    hideAvps: false
    hello: 60s
    retransmission: { initial: 1s, cap: 8s, limit: 10 }
    receiveWindow: 16
    sessions:
      lan:
        pseudowire: ethernet
        remoteEndId: lan
        cookie: 8
        sublayer: default
        sequencing: none
        attach: { tap: lw0, bridge: br0, mtu: auto, address: 10.91.0.1/24, namespace: lan }
static:
  to-linux:
    remote: 203.0.113.9
    local: 192.0.2.1
    encapsulation: udp
    localPort: 5000
    remotePort: 5000
    localSessionId: 1000
    remoteSessionId: 2000
    receiveCookie: 0x0011223344556677
    transmitCookie: 0x8899aabbccddeeff
    sublayer: none
    pseudowire: ethernet
    attach: { tap: lw1 }
`;

/** Other values that the same keys take: what stands at the left becomes what stands at the right. */
const VARIANTS: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["info, format: text", "debug, format: json"],
  ["encapsulation: udp\n    version", "encapsulation: ip\n    version"],
  ["digest: sha1", "digest: md5"],
  ["authentication: digest", "authentication: none"],
  ["version: 3\n", "version: auto\n"],
  ["{ file: site-b.secret }", "[{ environment: HOME }, { file: site-b.secret }]"],
  ["cookie: 8", "cookie: 0"],
  ["cookie: 8", "cookie: 4"],
  ["sequencing: none", "sequencing: non-ip"],
  ["sequencing: none", "sequencing: all"],
  ["sublayer: default", "sublayer: none"],
  ["pseudowire: ethernet\n        remote", "pseudowire: ethernet-vlan\n        remote"],
  ["remoteEndId: lan", "remoteEndId: 0x0102"],
  ["remote: 198.51.100.7", "remote: site-b.example:1702"],
  ["    local: 192.0.2.1\n    encapsulation: udp\n    version", "    version"],
];

Deno.test("configurations in the fixed names are taken as they are", () => {
  const folder = Deno.makeTempDirSync({ prefix: "longwire-names-" });
  try {
    Deno.writeTextFileSync(`${folder}/site-b.secret`, "a secret of tests", { mode: 0o600 });
    for (const [before, after] of VARIANTS) {
      assert(CONFIGURATION.includes(before), before);
      const text = CONFIGURATION.replace(before, after);
      const { configuration, mistakes } = readConfiguration(`${folder}/site-a.yaml`, text);
      const errors = mistakes.filter(({ severity }) => severity === "error").map(formatMistake);
      assertEquals(errors, [], after);
      assert(configuration !== undefined);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("version 2 has its own authentication", () => {
  const secret = { environment: "HOME" };
  const office = { remote: "192.0.2.9", version: 2, authentication: "challenge", secret };
  const text = JSON.stringify({ connections: { office } });
  assertEquals(readConfiguration("office.yaml", text).mistakes, []);
});

const SESSION = {
  name: "lan",
  state: "established",
  pseudowire: "ethernet",
  interface: "lw0",
  mtu: 1446,
  localSessionId: 1,
  remoteSessionId: 2,
  sublayer: "default",
  sequencing: "none",
  receiveCookieLength: 8,
  transmitCookieLength: 8,
  circuit: { local: "up", remote: "up" },
  counters: {
    receivedFrames: 0,
    receivedOctets: 0,
    transmittedFrames: 0,
    transmittedOctets: 0,
    drops: { cookie: 0 },
  },
};

/** The fields of `status --json`, each with a value of its type. */
const STATUS = {
  schema: 1,
  version: "0.1.0",
  hostName: "a.example",
  startedAt: "2026-01-02T03:04:05.000Z",
  connections: [{
    name: "peer",
    state: "established",
    since: "2026-01-02T03:04:05.000Z",
    version: 3,
    encapsulation: "udp",
    local: { address: "127.0.0.1", port: 1701, id: 305_419_896 },
    remote: { address: "127.0.0.1", port: 1701, id: 2_596_069_104, hostName: "b.example" },
    retransmissions: 0,
    lastError: null,
    sessions: [SESSION],
  }],
  static: [SESSION],
};

/** The fields of one line of `events --json`. */
const EVENT = {
  id: 1,
  at: "2026-01-02T03:04:05.000Z",
  kind: "connection",
  connection: "peer",
  session: null,
  state: "established",
  causes: [],
  text: "connection peer up",
};

/** Where a value has not the fields and types of its example; lists are held against its first. */
function misfits(value: unknown, example: unknown, path = ""): string[] {
  if (Array.isArray(example)) {
    if (!Array.isArray(value)) return [path];
    return example.length === 0
      ? []
      : value.flatMap((item, index) => misfits(item, example[0], `${path}[${index}]`));
  }
  if (example === null) return value === null ? [] : [path];
  if (typeof example !== "object") return typeof value === typeof example ? [] : [path];
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(example).flatMap(([key, field]) =>
    misfits((value as Record<string, unknown>)[key], field, `${path}.${key}`)
  );
}

Deno.test("a field that is gone or has another type is a misfit", () => {
  assertEquals(misfits(STATUS, STATUS), []);
  const { name: _, ...nameless } = SESSION;
  assertEquals(misfits({ ...STATUS, schema: "1", static: [SESSION, nameless] }, STATUS), [
    ".schema",
    ".static[1].name",
  ]);
});

/** What was told when the connection came up. */
async function newsOfPeer(daemon: ReturnType<typeof daemonAt>): Promise<unknown> {
  const limit = AbortSignal.timeout(10_000);
  for await (const { data } of daemon.listen("/events?recent=100", limit)) {
    const { kind, state } = data as typeof EVENT;
    if (kind === "connection" && state === "established") return data;
  }
  throw new Error("no event tells that the connection is up");
}

testRequiring([root, tunDevice], "status, events and the control API have them", async () => {
  using sites = new TwoSiteFiles(16, "lwLn", "a secret of tests");
  const fixed = {
    remote: "127.0.0.1",
    localPort: sites.port("a") + 2,
    remotePort: sites.port("a") + 3,
    localSessionId: 1,
    remoteSessionId: 2,
    attach: { tap: `lwLns${Deno.pid}` },
  };
  const file = sites.write("a");
  const text = JSON.parse(Deno.readTextFileSync(file));
  Deno.writeTextFileSync(file, JSON.stringify({ ...text, static: { fixed } }));
  await using a = await RunningDaemon.start(file);
  await using _ = await RunningDaemon.start(sites.write("b"));
  await a.says(/lan: established on/);
  const daemon = daemonAt(sites.socket("a"));
  const status = (await daemon.ask("GET", "/status")).body;
  assertEquals(misfits(status, STATUS), []);
  assertEquals(misfits(await newsOfPeer(daemon), EVENT), []);
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    assertEquals((await daemon.ask("GET", path)).status, 200, path);
  }
  const { body } = await daemon.ask("GET", "/metrics");
  assertMatch(String(body), /^l2tp_tunnel_state\{tunnel="peer",state="established"\} 1$/m);
  for (const path of ["/connections/peer/down", "/connections/peer/up", "/reload"]) {
    assertEquals((await daemon.ask("POST", path)).status, 200, path);
  }
  assertEquals((await daemon.ask("POST", "/connections/peer/restart")).status, 200);
  await a.stop("SIGTERM");
});

/**
 * Each fault that `doctor` knows, made between two sites, and named from what arrives, with what
 * repairs it; and no cookie and no secret in its words.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { formatFindings } from "../../src/cli/doctor.ts";
import type { Finding } from "../../src/daemon/session_findings.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, succeed } from "./daemon.ts";
import { type End, makeTwoSites, SITE_A, SITE_B, sitesFrom, type TwoSites } from "./two_sites.ts";

/** How long it looks: at frames that are sent meanwhile, and at attempts that come now and then. */
const LOOK_AT_FRAMES_MS = 1_000;
const LOOK_AT_ATTEMPTS_MS = 2_500;
/** Seen from A; whatever of them is in an output is a leak. */
const COOKIES = { a: "c0ffee0011223344", b: "decade0055667788" };
const ANOTHER_SECRET = "QXZDOCTORQXZ";

type Keys = Record<string, unknown>;

/** A static session of one end, as it would fit the other's, with changes. */
function staticSession(end: End, sites: TwoSites, changes: Keys): Keys {
  const [own, other] = sitesFrom(end);
  const address = end === "a" ? "10.94.0.1/24" : "10.94.0.2/24";
  return {
    remote: other.ipv4,
    local: own.ipv4,
    localPort: 5000,
    remotePort: 5000,
    localSessionId: end === "a" ? 1000 : 2000,
    remoteSessionId: end === "a" ? 2000 : 1000,
    receiveCookie: `0x${COOKIES[end]}`,
    transmitCookie: `0x${COOKIES[end === "a" ? "b" : "a"]}`,
    attach: { tap: "lw0", address, namespace: end === "a" ? sites.lanA : sites.lanB },
    ...changes,
  };
}

interface Fault {
  readonly code: string;
  readonly words: string;
  readonly a?: Keys;
  readonly b?: Keys;
  /** More sessions of B. */
  readonly more?: Keys;
  readonly linkMtu?: number;
  /** Run before the daemons start, and after. */
  readonly before?: (sites: TwoSites) => Promise<void>;
  readonly after?: (sites: TwoSites) => Promise<void>;
}

const UDP_KEYS = { localPort: undefined, remotePort: undefined };

const FAULTS: readonly Fault[] = [
  {
    code: "wrong-cookie-length",
    words: "the peer's cookie has 4 octets, 8 are expected",
    b: { receiveCookie: "0xdecade00", transmitCookie: "0xc0ffee00" },
  },
  {
    code: "wrong-cookie",
    words: "the right length and has another value",
    b: { transmitCookie: "0xfedcba9876543210" },
  },
  {
    code: "sublayer-mismatch",
    words: "the peer sends the default sublayer, none is expected",
    b: { sublayer: "default" },
  },
  {
    code: "sublayer-mismatch",
    words: "the peer sends no sublayer, default is expected",
    a: { sublayer: "default" },
  },
  {
    code: "wrong-port",
    words: "the peer sends to UDP port 5001, it is 5000 here",
    b: { remotePort: 5001 },
  },
  {
    code: "wrong-encapsulation",
    words: "the peer sends over ip, udp is expected",
    b: { ...UDP_KEYS, encapsulation: "ip" },
  },
  {
    code: "wrong-encapsulation",
    words: "the peer sends over udp, ip is expected",
    a: { ...UDP_KEYS, encapsulation: "ip" },
  },
  {
    code: "wrong-session-id",
    words: "the peer sends to Session ID 1001, ours is 1000",
    b: { remoteSessionId: 1001 },
  },
  {
    code: "id-collision",
    words: "10.115.0.3, which is not its peer, sends to its Session ID 1000, too",
    more: {
      local: "10.115.0.3",
      localSessionId: 3000,
      attach: { tap: "lw1", address: "10.95.0.2/24" },
    },
    before: async ({ namespaces, siteB }) => {
      await namespaces.ipBatch(siteB, ["address add 10.115.0.3/24 dev wan"]);
    },
  },
  {
    code: "path-mtu",
    words: "lw0 has MTU 1500, and the path's 1400 leaves 1342",
    a: { attach: { tap: "lw0", mtu: 1500 } },
    linkMtu: 1400,
  },
  {
    code: "route-through-itself",
    words: "the way to the peer 10.115.0.2 leads through lw0",
    a: { attach: { tap: "lw0" } },
    after: async ({ namespaces, siteA }) => {
      await namespaces.ipBatch(siteA, ["route add 10.115.0.2/32 dev lw0"]);
    },
  },
];

async function diagnosed(a: Daemon, lookMs: number): Promise<readonly Finding[]> {
  const answer = await a.ask("GET", `/diagnosis?ms=${lookMs}`);
  return (answer as { readonly findings: readonly Finding[] }).findings;
}

/** Has a kernel ask for `address` behind its interface; answers whether pings came back. */
async function askNeighbour(
  namespaces: Namespaces,
  namespace: string,
  tap: string,
  address: string,
): Promise<boolean> {
  // It asks for an address once a second otherwise.
  const soon = `echo 50 >/proc/sys/net/ipv4/neigh/${tap}/retrans_time_ms`;
  const ping = `ping -c 4 -i 0.2 -W 0.2 ${address}`;
  return (await namespaces.run(namespace, ["sh", "-c", `${soon} && ${ping}`])).code === 0;
}

function assertNothingSecret(findings: readonly Finding[]): void {
  const text = JSON.stringify(findings);
  for (const secret of [...Object.values(COOKIES), "c0ffee", "decade", ANOTHER_SECRET]) {
    assertEquals(text.includes(secret), false, text);
  }
}

for (const fault of [...FAULTS, undefined]) {
  const name = fault === undefined
    ? "nothing where nothing is wrong"
    : `${fault.code}: ${fault.words}`;
  testRequiring(LINKED_LANS, `doctor names ${name}`, async () => {
    await using namespaces = new Namespaces("lw-doc");
    const sites = await makeTwoSites(namespaces, fault?.linkMtu ?? 1500);
    await fault?.before?.(sites);
    const toB = staticSession("a", sites, fault?.a ?? {});
    const toA = staticSession("b", sites, fault?.b ?? {});
    const more = fault?.more === undefined ? {} : { more: staticSession("b", sites, fault.more) };
    const listen = ["udp://0.0.0.0:1701"];
    await using a = await Daemon.start(namespaces, sites.siteA, { listen, static: { toB } });
    await using b = await Daemon.start(namespaces, sites.siteB, {
      listen,
      static: { toA, ...more },
    });
    await Promise.all([a.established(), b.established()]);
    await fault?.after?.(sites);
    // ARP requests from behind B are what A is to judge by.
    const asked = [
      askNeighbour(namespaces, sites.lanB, "lw0", "10.94.0.1"),
      ...fault?.more === undefined
        ? []
        : [askNeighbour(namespaces, sites.siteB, "lw1", "10.95.0.1")],
    ];
    const findings = await diagnosed(a, LOOK_AT_FRAMES_MS);
    const [answered] = await Promise.all(asked);
    assertNothingSecret(findings);
    if (fault === undefined) return assertEquals([answered, findings], [true, []]);
    const [finding] = findings.filter(({ code }) => code === fault.code);
    assertStringIncludes(finding?.text ?? JSON.stringify(findings), fault.words);
    assertEquals(finding?.subject, "static session toB");
    assertStringIncludes(formatFindings(findings, true), "  repair: ");
    // One fault is one finding, and not a row of its consequences.
    assertEquals(findings.map(({ code }) => code), [fault.code]);
  });
}

function connection(end: End, secret: string, changes: Keys = {}): ConfigurationText {
  const [own, other] = sitesFrom(end);
  const impatient = { initial: "100ms", limit: 3 };
  return {
    listen: [`udp://${own.ipv4}`],
    connections: {
      peer: {
        remote: other.ipv4,
        initiate: end === "b",
        secret: { file: secret },
        retransmission: impatient,
        ...changes,
      },
    },
  };
}

testRequiring(LINKED_LANS, "doctor names wrong-secret, and tells neither", async () => {
  await using namespaces = new Namespaces("lw-doc");
  const sites = await makeTwoSites(namespaces);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, ANOTHER_SECRET, { mode: 0o600 });
    await using a = await Daemon.start(namespaces, sites.siteA, connection("a", "secret"));
    await using _ = await Daemon.start(namespaces, sites.siteB, connection("b", file));
    const findings = await diagnosed(a, LOOK_AT_ATTEMPTS_MS);
    assertNothingSecret(findings);
    assertEquals(findings.map(({ code, subject }) => [code, subject]), [
      ["wrong-secret", "connection peer"],
    ]);
    assertStringIncludes(findings[0]!.text, "do not fit our secret");
  } finally {
    await Deno.remove(file);
  }
});

for (
  const [code, changes, words] of [
    [
      "wrong-port",
      { remote: `${SITE_A.ipv4}:1702` },
      "come to UDP port 1702, where nobody listens",
    ],
    ["wrong-encapsulation", { encapsulation: "ip" }, "come over ip, udp is configured"],
  ] as const
) {
  testRequiring(LINKED_LANS, `doctor names ${code} of a control connection`, async () => {
    await using namespaces = new Namespaces("lw-doc");
    const sites = await makeTwoSites(namespaces);
    const there = connection("b", "secret", changes);
    const listen = code === "wrong-encapsulation" ? [`ip://${SITE_B.ipv4}`] : there["listen"];
    await using a = await Daemon.start(namespaces, sites.siteA, connection("a", "secret"));
    await using _ = await Daemon.start(namespaces, sites.siteB, { ...there, listen });
    const findings = await diagnosed(a, LOOK_AT_ATTEMPTS_MS);
    assertEquals(findings.map((finding) => finding.code), [code]);
    assertStringIncludes(findings[0]!.text, words);
  });
}

/** A peer's packets that keep to nothing: the cookie asked for, what follows the Session ID instead. */
const IGNORED = [
  ["wrong-cookie-length", "has 4 octets, 8 are agreed on", 8, "c0ffee00 00000000"],
  ["sublayer-mismatch", "sends no sublayer, default is agreed on", 0, ""],
  ["wrong-cookie", "has another value", 8, "c0ffee0011223344 00000000"],
] as const;

/** Ethernet's header of an ARP request, and nothing asked. */
const ARP = `ffffffffffff 020000000001 0806 ${"00".repeat(28)}`;

for (const [code, words, cookie, between] of IGNORED) {
  testRequiring(LINKED_LANS, `doctor names ${code} of a session that was agreed on`, async () => {
    await using namespaces = new Namespaces("lw-doc");
    const sites = await makeTwoSites(namespaces);
    const sessions = (namespace: string) => ({
      sessions: { lan: { cookie, attach: { tap: "lw0", namespace } } },
    });
    const [toB, toA] = [sessions(sites.lanA), sessions(sites.lanB)];
    await using a = await Daemon.start(
      namespaces,
      sites.siteA,
      connection("a", "secret", toB),
    );
    await using b = await Daemon.start(
      namespaces,
      sites.siteB,
      connection("b", "secret", toA),
    );
    await Promise.all([a.established(), b.established()]);
    const { localSessionId = 0 } = (await a.status()).connections[0]?.sessions[0] ?? {};
    const id = localSessionId.toString(16).padStart(8, "0");
    const octets = Uint8Array.fromHex(`00030000 ${id} ${between} ${ARP}`.replaceAll(" ", ""));
    const file = await Deno.makeTempFile({ prefix: "longwire-packet-" });
    await Deno.writeFile(file, octets);
    // `cat` writes a file at once: what bash prints itself would be two packets at a line feed.
    const send =
      `for i in $(seq 16); do cat ${file} >/dev/udp/${SITE_A.ipv4}/1701; sleep 0.1; done`;
    const [findings] = await Promise.all([
      diagnosed(a, LOOK_AT_FRAMES_MS),
      succeed(namespaces, sites.siteB, "bash", "-c", send),
    ]);
    await Deno.remove(file);
    assertNothingSecret(findings);
    assertEquals(findings.map((each) => [each.code, each.subject]), [[code, "session peer/lan"]]);
    assertStringIncludes(findings[0]!.text, words);
    assertStringIncludes(findings[0]!.repair, "longwire restart peer");
  });
}

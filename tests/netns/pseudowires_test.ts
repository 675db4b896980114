/**
 * Every pseudowire type with an interface at both ends, for frames or for packets, all of them in one connection at
 * once, over UDP and IP, static and dynamic, with cookies and sequencing; and the static ones behind
 * a relay that spoils the order.
 */

import { assert, assertEquals } from "@std/assert";
import { Namespaces, runProgram } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, type SessionReport, succeed } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { LoggedProcess } from "./logged_process.ts";
import { makeTwoSites, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

const TCP_OCTETS = 20_000_000;

type End = "a" | "b";

/** What a session of each kind says at either end. */
const KINDS: Readonly<Record<string, (end: End) => ConfigurationText>> = {
  ethernet: () => ({ pseudowire: "ethernet" }),
  // The LANs know no tag, the pseudowire has one.
  vlan: () => ({ pseudowire: "ethernet-vlan", vlan: { peer: 200 } }),
  // A circuit has another number at each end.
  fr: (end) => ({ pseudowire: "frame-relay", frameRelay: { dlci: end === "a" ? 100 : 200 } }),
  frlong: (end) => ({
    pseudowire: "frame-relay",
    frameRelay: { dlci: end === "a" ? 0x123456 : 70, addressLength: 4 },
  }),
  hdlc: () => ({ pseudowire: "hdlc", hdlc: "cisco" }),
  hdlcppp: () => ({ pseudowire: "hdlc", hdlc: "ppp" }),
  ppp: () => ({ pseudowire: "ppp" }),
  frtun: (end) => ({ pseudowire: "frame-relay", frameRelay: { dlci: end === "a" ? 101 : 201 } }),
  hdlctun: () => ({ pseudowire: "hdlc", hdlc: "cisco" }),
  hdlcppptun: () => ({ pseudowire: "hdlc", hdlc: "ppp" }),
  ppptun: () => ({ pseudowire: "ppp" }),
};
/** Those whose attachment is a TUN, for packets; and of them those whose addresses PPP agrees on. */
const ROUTED: readonly string[] = ["frtun", "hdlctun", "hdlcppptun", "ppptun"];
const ADDRESSED_BY_PPP: readonly string[] = ["hdlcppptun", "ppptun"];
const NAMES = Object.keys(KINDS);

/** A way for all of them together. */
interface Way {
  readonly name: string;
  readonly kind: "static" | "dynamic";
  readonly encapsulation: "udp" | "ip";
}

const WAYS: readonly Way[] = [
  { name: "du", kind: "dynamic", encapsulation: "udp" },
  { name: "di", kind: "dynamic", encapsulation: "ip" },
  { name: "su", kind: "static", encapsulation: "udp" },
  { name: "si", kind: "static", encapsulation: "ip" },
];

/** More than what is under way between two of the relay's delays. */
const REORDER = { frames: 256, time: "100ms" };

function interfaceOf(way: Way, kind: string): string {
  return `${way.name}-${kind}`;
}

function addressOf(way: Way, kind: string, end: End): string {
  return `10.${92 + WAYS.indexOf(way)}.${NAMES.indexOf(kind)}.${end === "a" ? 1 : 2}`;
}

function sessionOf(way: Way, kind: string, end: End, sites: TwoSites): ConfigurationText {
  const address = addressOf(way, kind, end);
  const byPpp = ADDRESSED_BY_PPP.includes(kind);
  return {
    ...KINDS[kind]!(end),
    sublayer: "default",
    sequencing: "all",
    reorder: REORDER,
    ...(byPpp ? { ppp: { address } } : {}),
    attach: {
      ...(ROUTED.includes(kind)
        ? { tun: interfaceOf(way, kind) }
        : { tap: interfaceOf(way, kind) }),
      ...(byPpp ? {} : { address: `${address}/24` }),
      namespace: end === "a" ? sites.lanA : sites.lanB,
    },
  };
}

/** Where an end of a static session is, and where it takes the other to be. */
interface Ports {
  readonly local: number;
  readonly remote: number;
  readonly remoteAddress: string;
}

const DIRECT: Readonly<Record<End, Ports>> = {
  a: { local: 5001, remote: 5100, remoteAddress: SITE_B.ipv4 },
  b: { local: 5100, remote: 5001, remoteAddress: SITE_A.ipv4 },
};
/** The relay stands where end B is. */
const RELAYED: Readonly<Record<End, Ports>> = {
  a: { local: 5001, remote: 6001, remoteAddress: SITE_B.ipv4 },
  b: { local: 5100, remote: 6002, remoteAddress: SITE_B.ipv4 },
};

function staticSession(
  way: Way,
  kind: string,
  end: End,
  sites: TwoSites,
  { local, remote, remoteAddress }: Ports,
): ConfigurationText {
  const index = 100 * WAYS.indexOf(way) + NAMES.indexOf(kind) + 1;
  const idOf = (which: End) => (which === "a" ? 1000 : 2000) + index;
  const cookieOf = (which: End) => `0x${which}12345678abcdef0`;
  const other = end === "a" ? "b" : "a";
  return {
    ...sessionOf(way, kind, end, sites),
    receiveSequencing: "all",
    remote: remoteAddress,
    local: (end === "a" ? SITE_A : SITE_B).ipv4,
    encapsulation: way.encapsulation,
    ...(way.encapsulation === "udp" ? { localPort: local, remotePort: remote } : {}),
    localSessionId: idOf(end),
    remoteSessionId: idOf(other),
    receiveCookie: cookieOf(end),
    transmitCookie: cookieOf(other),
  };
}

function configuration(
  sites: TwoSites,
  end: End,
  ways: readonly Way[],
  ports = DIRECT,
): ConfigurationText {
  const own = end === "a" ? SITE_A : SITE_B;
  const ofKind = (kind: Way["kind"]) => ways.filter((way) => way.kind === kind);
  const each = (way: Way, make: (kind: string) => ConfigurationText) =>
    NAMES.map((kind) => [interfaceOf(way, kind), make(kind)]);
  return {
    listen: [`udp://${own.ipv4}`, `ip://${own.ipv4}`],
    connections: Object.fromEntries(
      ofKind("dynamic").map((way) => [way.name, {
        remote: (end === "a" ? SITE_B : SITE_A).ipv4,
        local: own.ipv4,
        encapsulation: way.encapsulation,
        initiate: end === "a",
        secret: { file: "secret" },
        sessions: Object.fromEntries(each(way, (kind) => sessionOf(way, kind, end, sites))),
      }]),
    ),
    static: Object.fromEntries(
      ofKind("static").flatMap((way) =>
        each(way, (kind) => staticSession(way, kind, end, sites, ports[end]))
      ),
    ),
  };
}

testRequiring(
  LINKED_LANS,
  "every pseudowire passes ping, tags and TCP, side by side in one connection [FR-16, FR-20, HDLC-07, ETH-18, MPFR-03]",
  async (t) => {
    await using namespaces = new Namespaces("lw-kinds");
    const sites = await makeTwoSites(namespaces);
    await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b", WAYS));
    await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a", WAYS));
    await Promise.all([a.established(), b.established()]);
    await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
    for (const way of WAYS) {
      for (const kind of NAMES) {
        await t.step(interfaceOf(way, kind), async () => {
          const to = addressOf(way, kind, "b");
          await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "5", to);
          if (!ROUTED.includes(kind)) passTaggedFrames(sites, interfaceOf(way, kind));
          await traffic.move(to, TCP_OCTETS);
        });
      }
    }
    for (const daemon of [a, b]) {
      const { connections, static: statics } = await daemon.status();
      for (const { name, counters } of [...statics, ...connections.flatMap((c) => c.sessions)]) {
        assertEquals(reasonsOf(counters), [], name);
      }
    }
  },
);

function passTaggedFrames(sites: TwoSites, tap: string): void {
  using near = new FrameSocket(sites.lanA, tap);
  using far = new FrameSocket(sites.lanB, tap);
  for (
    const tags of [[[0x8100, 100]], [[0x88a8, 0x2005], [0x8100, 0xe064]]] as [number, number][][]
  ) {
    const frame = testFrame(1000, tags);
    near.send(frame);
    assertEquals(far.receive(5000), frame);
    far.send(frame);
    assertEquals(near.receive(5000), frame);
  }
}

function reasonsOf({ drops }: SessionReport["counters"]): string[] {
  return Object.entries(drops).filter(([, count]) => count > 0).map(([reason]) => reason);
}

const RELAYED_WAY = WAYS[2]!;
const NUMBERED_FRAMES = 300;

testRequiring(
  LINKED_LANS,
  "behind a relay that reorders and doubles, frames come out once and in order [V3-DP-18, V3-DP-21]",
  async (t) => {
    await using namespaces = new Namespaces("lw-spoil");
    const sites = await makeTwoSites(namespaces);
    const relay = [
      ...[Deno.execPath(), "run", "-A", new URL("spoiling_relay.ts", import.meta.url).pathname],
      ...["7", SITE_B.ipv4, "6001", "6002", `${SITE_A.ipv4}:5001`, `${SITE_B.ipv4}:5100`],
    ];
    await using spoiler = new LoggedProcess(namespaces, sites.siteB, relay);
    const ways = [RELAYED_WAY];
    const start = (end: End, site: string) =>
      Daemon.start(namespaces, site, configuration(sites, end, ways, RELAYED));
    await using b = await start("b", sites.siteB);
    await using a = await start("a", sites.siteA);
    await Promise.all([a.established(), b.established(), spoiler.logged(/ready/, 20_000)]);
    await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
    for (const kind of NAMES.filter((name) => !ROUTED.includes(name))) {
      await t.step(kind, async () => {
        const numbers = await numbersThrough(sites, interfaceOf(RELAYED_WAY, kind));
        assertEquals(numbers, Array.from({ length: NUMBERED_FRAMES }, (_, number) => number));
        await traffic.move(addressOf(RELAYED_WAY, kind, "b"), TCP_OCTETS);
      });
    }
    const { static: sessions } = await b.status();
    for (const { name, counters } of sessions) {
      if (ROUTED.some((kind) => name.endsWith(kind))) continue;
      assert((counters.drops.sequence ?? 0) > 0, "duplicates came, and went no further");
    }
  },
);

/** Sends numbered frames, as fast as they go; the numbers of those that come out. */
async function numbersThrough(sites: TwoSites, tap: string): Promise<number[]> {
  using near = new FrameSocket(sites.lanA, tap);
  using far = new FrameSocket(sites.lanB, tap);
  for (let number = 0; number < NUMBERED_FRAMES; number++) {
    const frame = testFrame(200);
    new DataView(frame.buffer).setUint32(20, number);
    near.send(frame);
    if (number % 50 === 49) await runProgram(["sleep", "0.01"]);
  }
  const numbers: number[] = [];
  for (;;) {
    const frame = far.receive(numbers.length < NUMBERED_FRAMES ? 3000 : 100);
    if (frame === undefined) return numbers;
    numbers.push(new DataView(frame.buffer, frame.byteOffset).getUint32(20));
  }
}

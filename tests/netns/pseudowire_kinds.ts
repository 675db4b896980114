/**
 * Every pseudowire type with an interface at both ends, for frames or for packets, and the ways that
 * a session of each may go: as two configurations with all of them at once.
 */

import type { ConfigurationText } from "./daemon.ts";
import { type End, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

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

const NAMES = Object.keys(KINDS);

/** Whether its attachment is a TUN, for packets. */
export function isRouted(kind: string): boolean {
  return kind.endsWith("tun");
}

/** Whether PPP has to be open before anything passes. */
export function speaksPpp(kind: string): boolean {
  return kind.includes("ppp");
}

/** A way for many of them together. */
export interface Way {
  readonly name: string;
  readonly kind: "static" | "dynamic";
  readonly encapsulation: "udp" | "ip";
  readonly family: "ipv4" | "ipv6";
  readonly version?: 2;
}

const common = { family: "ipv4" } as const;
export const DYNAMIC_UDP: Way = { ...common, name: "du", kind: "dynamic", encapsulation: "udp" };
const DYNAMIC_IP: Way = { ...common, name: "di", kind: "dynamic", encapsulation: "ip" };
const STATIC_UDP: Way = { ...common, name: "su", kind: "static", encapsulation: "udp" };
const STATIC_IP: Way = { ...common, name: "si", kind: "static", encapsulation: "ip" };
/** L2TPv2, to another address of the same peer. */
const VERSION_2: Way = { ...DYNAMIC_UDP, name: "v2", family: "ipv6", version: 2 };

/** All of them. */
export const ALL_WAYS: readonly Way[] = [DYNAMIC_UDP, DYNAMIC_IP, STATIC_UDP, STATIC_IP, VERSION_2];

/** The same ways, each over the other IP. */
export const ALL_WAYS_TURNED: readonly Way[] = ALL_WAYS.map((way) => ({
  ...way,
  family: way.family === "ipv4" ? "ipv6" : "ipv4",
}));

const WAY_NAMES = ALL_WAYS.map(({ name }) => name);

/** The kinds that can go a way: L2TPv2 carries PPP. */
export function kindsOf({ version }: Way): readonly string[] {
  return version === 2 ? ["ppp", "ppptun"] : NAMES;
}

/** More than what is under way between two of the relay's delays. */
const REORDER = { frames: 256, time: "100ms" };

/** The name of a session, and of its interface at both ends. */
export function interfaceOf(way: Way, kind: string): string {
  return `${way.name}-${kind}`;
}

/** The address of an interface. */
export function addressOf(way: Way, kind: string, end: End): string {
  return `10.${92 + WAY_NAMES.indexOf(way.name)}.${NAMES.indexOf(kind)}.${end === "a" ? 1 : 2}`;
}

/** A session of one kind, apart from how its ends find each other. */
export function sessionOf(way: Way, kind: string, end: End, sites: TwoSites): ConfigurationText {
  const address = addressOf(way, kind, end);
  const tun = isRouted(kind);
  const byPpp = tun && speaksPpp(kind);
  return {
    ...KINDS[kind]!(end),
    sublayer: "default",
    sequencing: "all",
    reorder: REORDER,
    ...(byPpp ? { ppp: { address } } : {}),
    attach: {
      [tun ? "tun" : "tap"]: interfaceOf(way, kind),
      ...(byPpp ? {} : { address: `${address}/24` }),
      namespace: end === "a" ? sites.lanA : sites.lanB,
    },
  };
}

/** Where an end takes the other to be, and where it is itself. */
interface Meeting {
  readonly remote: string;
  readonly localPort?: number;
  readonly remotePort?: number;
}

/** How the ends of a way find each other. */
export type Meet = (way: Way, end: End) => Meeting;

/** Without anything between them. */
export const DIRECT: Meet = ({ family, kind, encapsulation }, end) => {
  const remote = (end === "a" ? SITE_B : SITE_A)[family];
  if (kind === "dynamic" || encapsulation === "ip") return { remote };
  return end === "a"
    ? { remote, localPort: 5001, remotePort: 5100 }
    : { remote, localPort: 5100, remotePort: 5001 };
};

function staticSession(
  way: Way,
  kind: string,
  end: End,
  sites: TwoSites,
  meeting: Meeting,
): ConfigurationText {
  const index = 100 * WAY_NAMES.indexOf(way.name) + NAMES.indexOf(kind) + 1;
  const idOf = (which: End) => (which === "a" ? 1000 : 2000) + index;
  const cookieOf = (which: End) => `0x${which}12345678abcdef0`;
  const other = end === "a" ? "b" : "a";
  return {
    ...sessionOf(way, kind, end, sites),
    receiveSequencing: "all",
    local: (end === "a" ? SITE_A : SITE_B)[way.family],
    encapsulation: way.encapsulation,
    ...meeting,
    localSessionId: idOf(end),
    remoteSessionId: idOf(other),
    receiveCookie: cookieOf(end),
    transmitCookie: cookieOf(other),
  };
}

/** The configuration of one end, with a session of every kind for each of these ways. */
export function pseudowiresConfiguration(
  sites: TwoSites,
  end: End,
  ways: readonly Way[],
  meet: Meet = DIRECT,
): ConfigurationText {
  const own = end === "a" ? SITE_A : SITE_B;
  const ofKind = (kind: Way["kind"]) => ways.filter((way) => way.kind === kind);
  const each = (way: Way, make: (kind: string) => ConfigurationText) =>
    kindsOf(way).map((kind) => [interfaceOf(way, kind), make(kind)]);
  return {
    listen: ["udp", "ip"].flatMap((each) => [`${each}://${own.ipv4}`, `${each}://[${own.ipv6}]`]),
    connections: Object.fromEntries(
      ofKind("dynamic").map((way) => [way.name, {
        ...meet(way, end),
        local: own[way.family],
        encapsulation: way.encapsulation,
        version: way.version ?? 3,
        initiate: end === "a",
        secret: { file: "secret" },
        sessions: Object.fromEntries(each(way, (kind) => sessionOf(way, kind, end, sites))),
      }]),
    ),
    static: Object.fromEntries(
      ofKind("static").flatMap((way) =>
        each(way, (kind) => staticSession(way, kind, end, sites, meet(way, end)))
      ),
    ),
  };
}

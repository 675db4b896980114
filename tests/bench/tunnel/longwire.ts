/**
 * longwire as its users run it: the daemon with a static session, in the shapes that are compared.
 */

import { fileURLToPath } from "node:url";
import { TUNING } from "../../../packaging/tuning.ts";
import {
  type Contender,
  COOKIES,
  type End,
  IDS,
  INNER_MTU,
  otherSide,
  TUNNEL_INTERFACE,
} from "./contender.ts";

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** The program: as it is found on the path where LONGWIRE names one, else from this checkout. */
const PROGRAM = Deno.env.get("LONGWIRE")?.split(" ") ??
  [Deno.execPath(), "run", "-A", "--no-prompt", ...TUNING, MAIN];

/** What of the configuration differs from a plain session over UDP with a cookie of 8. */
export interface Shape {
  readonly encapsulation?: "udp" | "ip";
  readonly sublayer?: "default";
  /** Further keys of the configuration. */
  readonly settings?: Record<string, unknown>;
  /** Sessions between the ends, each with a TAP of its own. Default 1. */
  readonly sessions?: number;
  /** Further keys of each session. */
  readonly session?: (end: End) => Record<string, unknown>;
  /** Its interface is a TUN. */
  readonly isRouted?: boolean;
  /** A session of L2TPv2 over a control connection. Default: a static one of L2TPv3. */
  readonly version?: 2 | undefined;
}

/** The interface of a session, by its number. */
export function sessionInterface(number: number): string {
  return number === 0 ? TUNNEL_INTERFACE : `bt${number}`;
}

/** The address of a session's interface at one end, for those who do not want to ask. */
export function sessionMac(side: "a" | "b", number: number): string {
  const octets = [2, 0, 0, IDS[side], number >> 8, number & 0xff];
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** Writes the configuration of one end; the words that run it. */
export function daemonWords(end: End, shape: Shape): readonly string[] {
  const { side, directory } = end;
  const configuration = {
    controlSocket: `${directory}/${side}.sock`,
    ...shape.settings,
    ...(shape.version === 2 ? connection(end, shape) : staticSessions(end, shape)),
  };
  // JSON is YAML.
  const file = `${directory}/${side}.yaml`;
  Deno.writeTextFileSync(file, JSON.stringify(configuration));
  return [...PROGRAM, "run", file];
}

function connection(end: End, shape: Shape) {
  const { local, remote, side } = end;
  const link = { remote, local, version: 2, initiate: side === "a" };
  const session = { ...shape.session?.(end), attach: attachment(end, shape, 0) };
  return { listen: `udp://${local}`, connections: { bench: { ...link, sessions: { session } } } };
}

function staticSessions(end: End, shape: Shape) {
  const numbers = Array.from({ length: shape.sessions ?? 1 }, (_, number) => number);
  const sessions = numbers.map((number) => [`bench${number}`, staticSession(end, shape, number)]);
  return { listen: "udp://127.0.0.1:1801", static: Object.fromEntries(sessions) };
}

/** The interface is given its MTU by who measures; that of a TUN PPP would change again. */
function attachment({ side }: End, { isRouted }: Shape, number: number) {
  const name = sessionInterface(number);
  return isRouted ? { tun: name, mtu: INNER_MTU } : { tap: name, mac: sessionMac(side, number) };
}

function staticSession(end: End, shape: Shape, number: number) {
  const { side, local, remote } = end;
  const other = otherSide(side);
  return {
    ...shape.session?.(end),
    remote,
    local,
    encapsulation: shape.encapsulation ?? "udp",
    localSessionId: IDS[side] + 100 * number,
    remoteSessionId: IDS[other] + 100 * number,
    receiveCookie: `0x${COOKIES[side]}`,
    transmitCookie: `0x${COOKIES[other]}`,
    sublayer: shape.sublayer ?? "none",
    attach: attachment(end, shape, number),
  };
}

/** A daemon of that shape at each end. */
export function longwire(name: string, shape: Shape, how: Partial<Contender> = {}): Contender {
  return {
    name: `longwire, ${name}`,
    kind: "longwire",
    start: (end) => daemonWords(end, shape),
    ...how,
  };
}

const NOTHING_OFFLOADED = { tap: false, segmentation: false, aggregation: false };
const VARIANT = { tcpOnly: true } as const;

/** The two that are compared in everything. */
export const LONGWIRE_UDP: Contender = longwire("UDP", {});
export const LONGWIRE_IP: Contender = longwire("IP 115", { encapsulation: "ip" });

/** Those that should be about as fast as `LONGWIRE_UDP`. */
export const LONGWIRE_VARIANTS: readonly Contender[] = [
  longwire("UDP, sublayer", { sublayer: "default" }, VARIANT),
  longwire("UDP, IPv6 inside", {}, { ...VARIANT, inner: "ipv6" }),
  longwire("UDP, IPv6 outside", {}, { ...VARIANT, outerIpv6: true }),
  longwire("UDP, VLAN tag", {}, { ...VARIANT, inner: "vlan" }),
];

/** What is left where the kernel does nothing for us. */
export const LONGWIRE_PLAIN: Contender = longwire(
  "UDP, nothing offloaded",
  { settings: { offload: NOTHING_OFFLOADED } },
  VARIANT,
);

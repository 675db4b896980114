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
  otherSide,
  TUNNEL_INTERFACE,
} from "./contender.ts";

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** The program: as it is found on the path where LONGWIRE names one, else from this checkout. */
const PROGRAM = Deno.env.get("LONGWIRE")?.split(" ") ??
  [Deno.execPath(), "run", "-A", "--no-prompt", ...TUNING, MAIN];

/** What of the configuration differs from a plain session over UDP with a cookie of 8. */
interface Shape {
  readonly encapsulation?: "udp" | "ip";
  readonly sublayer?: "default";
  /** Further keys of the configuration. */
  readonly settings?: Record<string, unknown>;
  /** Sessions between the ends, each with a TAP of its own. Default 1. */
  readonly sessions?: number;
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
  const { sessions = 1, settings } = shape;
  const numbers = Array.from({ length: sessions }, (_, number) => number);
  const configuration = {
    listen: "udp://127.0.0.1:1801",
    controlSocket: `${directory}/${side}.sock`,
    ...settings,
    static: Object.fromEntries(
      numbers.map((number) => [`bench${number}`, session(end, shape, number)]),
    ),
  };
  // JSON is YAML.
  const file = `${directory}/${side}.yaml`;
  Deno.writeTextFileSync(file, JSON.stringify(configuration));
  return [...PROGRAM, "run", file];
}

function session({ side, local, remote }: End, shape: Shape, number: number) {
  const other = otherSide(side);
  return {
    remote,
    local,
    encapsulation: shape.encapsulation ?? "udp",
    localSessionId: IDS[side] + 100 * number,
    remoteSessionId: IDS[other] + 100 * number,
    receiveCookie: `0x${COOKIES[side]}`,
    transmitCookie: `0x${COOKIES[other]}`,
    sublayer: shape.sublayer ?? "none",
    attach: { tap: sessionInterface(number), mac: sessionMac(side, number) },
  };
}

function longwire(name: string, shape: Shape, how: Partial<Contender> = {}): Contender {
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

/**
 * `longwire mtu`: the sum that nobody can do in their head, header by header, for a configuration's
 * sessions or for options.
 */

import type { Configuration, FitConfiguration } from "../config/configuration.ts";
import { loadConfiguration } from "../config/load.ts";
import { formatMistake } from "../config/mistake.ts";
import { parseRemote } from "../endpoint/addresses.ts";
import { packetHeaders, type PacketShape, payloadMtu } from "../endpoint/mtu.ts";
import { routeToPeer } from "../endpoint/peer_route.ts";
import { type CommandAction, type Invocation, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { longerText } from "./path_text.ts";

const DEFAULT_PATH_MTU = 1500;
const VLAN_TAG = 4;
/** IP and TCP without options. */
const TCP_OVER_IPV4 = 40;
const TCP_OVER_IPV6 = 60;

/** Something to do the sum for. */
interface Sum {
  /** What it is for; nothing where there is only one. */
  readonly title: string;
  readonly shape: PacketShape;
  readonly pathMtu: number;
  /** Where the path MTU is from. */
  readonly source: string;
  /** The MTU that is configured, where it is not worked out. */
  readonly configured?: number;
  /** What becomes of frames that are too long, where it is configured. */
  readonly longer?: string;
}

/** `longwire mtu [CONFIG]`. */
export const mtu: CommandAction = async (invocation) => {
  const { positionals: [file], terminal } = invocation;
  if (file === undefined) {
    terminal.out(formatSum(sumOfOptions(invocation)));
    return EXIT.done;
  }
  const { configuration, mistakes } = loadConfiguration(file);
  if (configuration === undefined) {
    for (const mistake of mistakes) terminal.err(`${formatMistake(mistake)}\n`);
    return EXIT.configurationInvalid;
  }
  const given = pathMtuOption(invocation);
  const sums: Sum[] = [];
  for (const outline of outlines(configuration)) sums.push(await sumOf(outline, given));
  const none = `${file} has no sessions\n`;
  terminal.out(sums.length === 0 ? none : sums.map(formatSum).join("\n"));
  return EXIT.done;
};

/** A session as the configuration has it, before anybody has asked for the way to its peer. */
interface Outline extends Omit<PacketShape, "ipv6"> {
  readonly title: string;
  readonly remote: string;
  readonly local: string | undefined;
  readonly configured: number | "auto" | undefined;
  readonly fit: FitConfiguration;
}

function outlines({ connections, static: statics }: Configuration): Outline[] {
  const dynamic = connections.flatMap(({ name, remote, local, encapsulation, sessions }) =>
    sessions.map((session): Outline => ({
      title: `session ${name}/${session.name}`,
      remote,
      local,
      encapsulation,
      // The peer asks for a cookie of its own: most likely of the same length.
      cookie: session.cookie,
      sublayer: session.sublayer,
      configured: session.attach.mtu,
      fit: session,
    }))
  );
  return [
    ...dynamic,
    ...statics.map((session): Outline => ({
      title: `static session ${session.name}`,
      remote: session.remote,
      local: session.local,
      encapsulation: session.encapsulation,
      cookie: Math.max(session.receiveCookie.length, session.transmitCookie.length),
      sublayer: session.sublayer,
      configured: session.attach.mtu,
      fit: session,
    })),
  ];
}

async function sumOf(outline: Outline, given: number | undefined): Promise<Sum> {
  const { title, remote, local, configured, encapsulation, cookie, sublayer } = outline;
  const { host } = parseRemote(remote);
  const shape = { encapsulation, cookie, sublayer };
  const longer = longerText(outline.fit);
  const common = { title, longer, ...(typeof configured === "number" ? { configured } : {}) };
  try {
    const route = await routeToPeer(host, local);
    const ipv6 = route.remote.includes(":");
    const source = given === undefined ? `of the way to ${route.remote}` : "as given";
    return { ...common, shape: { ...shape, ipv6 }, pathMtu: given ?? route.mtu, source };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const source = given === undefined ? `taken for granted: ${why}` : "as given";
    const pathMtu = given ?? DEFAULT_PATH_MTU;
    return { ...common, shape: { ...shape, ipv6: host.includes(":") }, pathMtu, source };
  }
}

function sumOfOptions(invocation: Invocation): Sum {
  const choose = <T extends string>(name: string, choices: readonly T[], byDefault: T): T => {
    const given = invocation.value(name) ?? byDefault;
    const found = choices.find((choice) => choice === given);
    if (found === undefined) {
      throw new UsageError(`--${name}: "${given}" is not one of ${choices.join(", ")}`);
    }
    return found;
  };
  const pathMtu = pathMtuOption(invocation);
  return {
    title: "",
    shape: {
      ipv6: choose("family", ["ipv4", "ipv6"], "ipv4") === "ipv6",
      encapsulation: choose("encapsulation", ["udp", "ip"], "udp"),
      cookie: Number(choose("cookie", ["0", "4", "8"], "8")),
      sublayer: choose("sublayer", ["none", "default"], "default"),
    },
    pathMtu: pathMtu ?? DEFAULT_PATH_MTU,
    source: pathMtu === undefined ? "of Ethernet" : "as given",
  };
}

function pathMtuOption(invocation: Invocation): number | undefined {
  const given = invocation.value("path-mtu");
  if (given === undefined) return undefined;
  const octets = Number(given);
  if (/^\d{1,5}$/.test(given) && octets >= 68 && octets <= 65_535) return octets;
  throw new UsageError(`--path-mtu: "${given}" is no MTU; write octets, 68 to 65535`);
}

/** The sum as a column, and what follows from it. */
function formatSum({ title, shape, pathMtu, source, configured, longer = "" }: Sum): string {
  const headers = packetHeaders(shape);
  const worked = payloadMtu(pathMtu, headers);
  const rows: [string, number, string][] = [
    ["path MTU", pathMtu, source],
    ...headers.map(({ name, octets }): [string, number, string] => [`- ${name}`, octets, ""]),
    ["= MTU of the attachment circuit", worked, "attach.mtu: auto"],
    ["  with one VLAN tag in the frames", worked - VLAN_TAG, ""],
    ["  TCP segments inside, over IPv4", worked - TCP_OVER_IPV4, "MSS"],
    ["  TCP segments inside, over IPv6", worked - TCP_OVER_IPV6, "MSS"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, octets, note]) =>
    `${name.padEnd(width)}  ${String(octets).padStart(5)}${note === "" ? "" : `  ${note}`}\n`
  );
  return [
    ...(title === "" ? [] : [`${title}\n`]),
    ...lines,
    ...(configured === undefined ? [] : [configuredText(configured, worked, longer)]),
  ].join("");
}

function configuredText(configured: number, worked: number, longer: string): string {
  if (configured === worked) return `configured: ${configured}, the same\n`;
  if (configured < worked) return `configured: ${configured}, less than would fit\n`;
  const excess = configured - worked;
  return `configured: ${configured}, ${excess} too many: full packets are ${longer}\n`;
}

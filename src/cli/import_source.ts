/**
 * Static sessions of other systems' configurations: what `ip l2tp show` prints, systemd-networkd's
 * `[L2TP]`, go-l2tp's TOML. Each is read as the end that it is, to be run by longwire in its place.
 *
 * Interop: all three call `cookie` what is sent and `peer_cookie` what is expected, if anything.
 * `ip l2tp show` does not tell the sublayer; the kernel's own default is taken then.
 */

import { parse as parseToml } from "@std/toml";

/** A session that was read, in longwire's keys. */
export interface ImportedSession {
  readonly name: string;
  readonly session: Readonly<Record<string, unknown>>;
}

/** What was read of a text. */
export interface Imported {
  readonly sessions: readonly ImportedSession[];
  /** What could not be taken over, in words. */
  readonly notes: readonly string[];
}

/** The formats that can be read. */
export type ImportFormat = "ip-l2tp" | "networkd" | "go-l2tp";

/** The format that a text looks like. */
export function formatOf(text: string): ImportFormat | undefined {
  if (/^Tunnel \d+, encap /m.test(text)) return "ip-l2tp";
  if (/^\[L2TP\]$/m.test(text)) return "networkd";
  return /^\s*\[tunnel\./m.test(text) ? "go-l2tp" : undefined;
}

/** Reads a text of a format. @throws {RangeError} where it is not of that. */
export function readSource(text: string, format: ImportFormat): Imported {
  return READERS[format](text);
}

const READERS: Readonly<Record<ImportFormat, (text: string) => Imported>> = {
  "ip-l2tp": readIpL2tp,
  "networkd": readNetworkd,
  "go-l2tp": readGoL2tp,
};

/** One end of a tunnel: what its sessions have in common. */
interface Tunnel {
  readonly remote: string;
  readonly local: string | undefined;
  readonly encapsulation: "udp" | "ip";
  readonly localPort: number | undefined;
  readonly remotePort: number | undefined;
}

interface SessionFields {
  readonly localSessionId: number;
  readonly remoteSessionId: number;
  readonly transmitCookie: string;
  readonly receiveCookie: string;
  readonly sublayer: "none" | "default";
  readonly sequencing: "none" | "all";
  readonly tap: string | undefined;
}

function sessionOf(tunnel: Tunnel, fields: SessionFields): ImportedSession["session"] {
  const { tap, receiveCookie, transmitCookie, sequencing, ...ids } = fields;
  const cookie = (name: string, value: string) => value === "" ? {} : { [name]: `0x${value}` };
  const known = Object.entries(tunnel).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(known),
    ...ids,
    ...cookie("receiveCookie", receiveCookie),
    ...cookie("transmitCookie", transmitCookie),
    ...(sequencing === "none" ? {} : { sequencing }),
    ...(tap === undefined ? {} : { attach: { tap } }),
  };
}

/** The tunnels of `ip l2tp show tunnel`, by their ids. */
function tunnelsIn(blocks: readonly string[]): ReadonlyMap<string, Tunnel> {
  const tunnels = new Map<string, Tunnel>();
  for (const block of blocks) {
    const head = /^Tunnel (\d+), encap (\w+)/.exec(block);
    if (head === null) continue;
    const ends = /From (\S+) to (\S+)/.exec(block);
    const ports = /source \/ dest ports: (\d+)\/(\d+)/.exec(block);
    tunnels.set(head[1]!, {
      remote: ends?.[2] ?? "",
      local: ends?.[1],
      encapsulation: head[2] === "UDP" ? "udp" : "ip",
      localPort: ports === null ? undefined : Number(ports[1]),
      remotePort: ports === null ? undefined : Number(ports[2]),
    });
  }
  return tunnels;
}

/** Blocks of `ip l2tp show tunnel` and `ip l2tp show session`, one after the other, in any order. */
function readIpL2tp(text: string): Imported {
  const blocks = text.split(/^(?=Tunnel \d|Session \d)/m);
  const tunnels = tunnelsIn(blocks);
  const sessions: ImportedSession[] = [];
  const notes: string[] = [];
  for (const block of blocks) {
    const head = /^Session (\d+) in tunnel (\d+)/.exec(block);
    if (head === null) continue;
    const tunnel = tunnels.get(head[2]!);
    if (tunnel === undefined) {
      notes.push(`session ${head[1]}: its tunnel ${head[2]} is missing: ip l2tp show tunnel`);
      continue;
    }
    const field = (pattern: RegExp) => pattern.exec(block)?.[1];
    const tap = field(/^ *interface name: (\S+)/m);
    sessions.push({
      name: tap ?? `session-${head[1]}`,
      session: sessionOf(tunnel, {
        localSessionId: Number(head[1]),
        remoteSessionId: Number(field(/Peer session (\d+)/)),
        transmitCookie: field(/(?<!peer )cookie ([0-9a-f]+)/) ?? "",
        receiveCookie: field(/peer cookie ([0-9a-f]+)/) ?? "",
        sublayer: "default",
        sequencing: /sequence numbering:.*recv/.test(block) ? "all" : "none",
        tap,
      }),
    });
  }
  if (sessions.length > 0) {
    notes.push("ip l2tp does not show l2spec_type: sublayer is taken to be default");
  }
  return { sessions, notes };
}

type Section = readonly [name: string, values: ReadonlyMap<string, string>];

function sectionsOf(text: string): Section[] {
  const sections: [string, Map<string, string>][] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "" || /^[#;]/.test(line)) continue;
    const head = /^\[(.+)\]$/.exec(line);
    if (head !== null) sections.push([head[1]!, new Map()]);
    else {
      const [key = "", ...value] = line.split("=");
      sections.at(-1)?.[1].set(key.trim(), value.join("=").trim());
    }
  }
  return sections;
}

/** A `.netdev` file: one tunnel, and its sessions. */
function readNetworkd(text: string): Imported {
  const sections = sectionsOf(text);
  const values = sections.find(([name]) => name === "L2TP")?.[1];
  if (values === undefined) throw new RangeError("there is no [L2TP] section");
  const overUdp = (values.get("EncapsulationType") ?? "udp").toLowerCase() === "udp";
  // `auto`, `static` and `dynamic` leave the choice to the route, as longwire does without `local`.
  const [local = ""] = (values.get("Local") ?? "auto").split("@");
  const port = (key: string) => overUdp ? Number(values.get(key)) : undefined;
  const tunnel: Tunnel = {
    remote: values.get("Remote") ?? "",
    local: ["auto", "static", "dynamic", ""].includes(local) ? undefined : local,
    encapsulation: overUdp ? "udp" : "ip",
    localPort: port("UDPSourcePort"),
    remotePort: port("UDPDestinationPort"),
  };
  const sessions = sections.filter(([name]) => name === "L2TPSession").map(([, session]) => {
    const name = session.get("Name") ?? "l2tp";
    return {
      name,
      session: sessionOf(tunnel, {
        localSessionId: Number(session.get("SessionId")),
        remoteSessionId: Number(session.get("PeerSessionId")),
        transmitCookie: "",
        receiveCookie: "",
        sublayer: session.get("Layer2SpecificHeader") === "none" ? "none" : "default",
        sequencing: "none",
        tap: name,
      }),
    };
  });
  return { sessions, notes: [] };
}

function readGoL2tp(text: string): Imported {
  let parsed: Record<string, unknown>;
  try {
    parsed = parseToml(text);
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error));
  }
  const sessions: ImportedSession[] = [];
  const notes: string[] = [];
  for (const [tunnelName, tunnel] of tables(parsed["tunnel"])) {
    if (tunnel["version"] !== "l2tpv3") {
      notes.push(`tunnel ${tunnelName}: only l2tpv3 has static sessions`);
      continue;
    }
    for (const [name, session] of tables(tunnel["session"])) {
      if (session["pseudowire"] !== "eth") {
        notes.push(`session ${tunnelName}/${name}: pseudowire ${session["pseudowire"]} is no eth`);
        continue;
      }
      sessions.push({
        name: `${tunnelName}-${name}`,
        session: sessionOf(goTunnel(tunnel), goSession(session)),
      });
    }
  }
  return { sessions, notes };
}

function tables(value: unknown): [string, Record<string, unknown>][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, Record<string, unknown>] =>
    typeof entry[1] === "object" && entry[1] !== null
  );
}

function goTunnel(tunnel: Record<string, unknown>): Tunnel {
  const overUdp = tunnel["encap"] === "udp";
  const local = splitPort(String(tunnel["local"] ?? ""));
  const peer = splitPort(String(tunnel["peer"] ?? ""));
  return {
    remote: peer.host,
    local: local.host === "" ? undefined : local.host,
    encapsulation: overUdp ? "udp" : "ip",
    localPort: overUdp ? local.port : undefined,
    remotePort: overUdp ? peer.port : undefined,
  };
}

function splitPort(text: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text);
  if (match === null) return { host: text, port: undefined };
  return { host: match[1] ?? match[2] ?? "", port: Number(match[3]) };
}

function goSession(session: Record<string, unknown>): SessionFields {
  const { interface_name: name } = session;
  const cookie = (key: string) => {
    const octets = session[key];
    return Array.isArray(octets) ? Uint8Array.from(octets as number[]).toHex() : "";
  };
  return {
    localSessionId: Number(session["sid"]),
    remoteSessionId: Number(session["psid"]),
    transmitCookie: cookie("cookie"),
    receiveCookie: cookie("peer_cookie"),
    sublayer: session["l2spec_type"] === "default" ? "default" : "none",
    sequencing: session["seqnum"] === true ? "all" : "none",
    tap: typeof name === "string" ? name : undefined,
  };
}

/**
 * How the status is laid out for people: names first, states with their age, why something failed
 * last, numbers with units and right aligned.
 *
 * Everything here is text in, text out; nothing asks the clock or the terminal. What peers have said
 * is shown without control characters.
 */

import { fragmentsText, markingText, pathText, segmentsText } from "./path_text.ts";
import type { Difference } from "../config/difference.ts";
import type {
  EndpointCounters,
  HelloRoundTrips,
  PppStatus,
  SessionCounters,
} from "../endpoint/status.ts";
import type {
  DaemonStatus,
  KeptConnectionStatus,
  KeptSessionStatus,
  LnsStatus,
  LnsUserStatus,
} from "../daemon/status.ts";

/** How a state is painted; the terminal's own way, or none. */
export type PaintState = (state: string, text: string) => string;

/** A row's words and numbers; the last column is not padded. */
type Row = readonly Cell[];
interface Cell {
  readonly text: string;
  readonly right?: boolean;
  /** The state that the text tells, for its colour. */
  readonly state?: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `2d 3h`, `5m 12s`, `7s`: the two largest units. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units: [number, string][] = [[DAY, "d"], [HOUR, "h"], [MINUTE, "m"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0s";
  const [large, small] = units.slice(first, first + 2);
  const [size, unit] = large ?? [1, "s"];
  const rest = seconds % size;
  const tail = small === undefined ? 0 : Math.floor(rest / small[0]);
  return `${Math.floor(seconds / size)}${unit}${tail > 0 ? ` ${tail}${small?.[1]}` : ""}`;
}

/** `0 B`, `999 B`, `1.2 kB`, `34 MB`: powers of 1,000, as interfaces' speeds are told. */
export function formatOctets(octets: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = octets;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Text of a peer, or of an error that quotes one, fit for a terminal. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/** One screen. `now` is what ages are counted to. */
export function formatStatus(status: DaemonStatus, now: number, paint: PaintState): string {
  const uptime = formatAge(now - Date.parse(status.startedAt));
  const head = `${printable(status.hostName)}   longwire ${status.version}   up ${uptime}\n`;
  if (status.connections.length + status.static.length + status.lns.length === 0) {
    return `${head}\nno connections and no static sessions are configured\n`;
  }
  const rows: (Row | string)[] = [];
  for (const connection of status.connections.filter((each) => !isLnsOwn(each, status.lns))) {
    rows.push(connectionRow(connection, now));
    for (const session of connection.sessions) {
      rows.push(sessionRow("  session", session, now), ...errorLines(session, "    "));
      if (session.ppp !== undefined) rows.push(`    ppp ${pppText(session.ppp)}`);
    }
    rows.push(...errorLines(connection, "  "));
  }
  for (const session of status.static) {
    rows.push(sessionRow("static", session, now), ...errorLines(session, "  "));
  }
  const users = status.lns.map((lns) => `\n${lnsTable(lns, now, paint)}`).join("");
  return `${head}${rows.length === 0 ? "" : `\n${alignRows(rows, paint)}`}${users}`;
}

/** An LNS's connections are told of by their users. */
function isLnsOwn({ name }: KeptConnectionStatus, lns: readonly LnsStatus[]): boolean {
  return lns.some((each) => name.startsWith(`${each.name}/`));
}

/** An LNS, and its users a line each. */
function lnsTable(lns: LnsStatus, now: number, paint: PaintState): string {
  const { name, users, connections, localAddress } = lns;
  const place = `${lns.interface ?? "no interface"}  ${localAddress ?? "no address"}`;
  const head = `lns   ${name}   ${place}   users ${users.length}   connections ${connections}\n`;
  return head + alignRows(users.map((user) => userRow(user, now)), paint);
}

function userRow(user: LnsUserStatus, now: number): Row {
  const { state, since, address, remote, hostName, receivedOctets, transmittedOctets } = user;
  return [
    { text: "  user" },
    { text: printable(user.user ?? "not yet known") },
    { text: `${state} ${formatAge(now - Date.parse(since))}`, state },
    { text: address ?? "no address" },
    { text: `${remote} ${printable(hostName ?? "")}`.trimEnd() },
    { text: `rx ${formatOctets(receivedOctets)}  tx ${formatOctets(transmittedOctets)}` },
  ];
}

/** `up  user alice  10.0.0.1 <-> 10.0.0.2  name servers 10.0.0.1`. */
function pppText(ppp: PppStatus): string {
  const { state, user, localAddress, remoteAddress, dns, bridged } = ppp;
  return [
    state,
    ...(user === null ? [] : [`user ${printable(user)}`]),
    ...(localAddress === null ? [] : [`${localAddress} <-> ${remoteAddress ?? "no address"}`]),
    ...(bridged ? ["bridged"] : []),
    ...(dns.length === 0 ? [] : [`name servers ${dns.join(" ")}`]),
  ].join("  ");
}

function connectionRow(connection: KeptConnectionStatus, now: number): Row {
  const { name, state, local, remote, encapsulation, version, retransmissions } = connection;
  return [
    { text: "connection" },
    { text: name },
    { text: stateText(connection, now), state },
    { text: `${formatEnd(local)} <-> ${formatEnd(remote)}` },
    { text: `${encapsulation} v${version}` },
    { text: `retransmissions ${retransmissions}` },
  ];
}

function sessionRow(kind: string, session: KeptSessionStatus, now: number): Row {
  const { name, state, pseudowire, mtu, counters } = session;
  const { receiveCookieLength, transmitCookieLength } = session;
  return [
    { text: kind },
    { text: name },
    { text: stateText(session, now), state },
    { text: `${placeText(session)}  ${pseudowire}  mtu ${mtu ?? "-"}` },
    { text: `cookie ${receiveCookieLength}/${transmitCookieLength}` },
    {
      text: `rx ${formatOctets(counters.receivedOctets)}  tx ${
        formatOctets(counters.transmittedOctets)
      }  drops ${sum(counters.drops)}`,
    },
  ];
}

/** Where a session's frames come from and go to. */
function placeText({ interface: name, joined }: KeptSessionStatus): string {
  return name ?? (joined === undefined ? "no interface" : `joined to ${joined}`);
}

/** `established 2d 3h`, `waiting (try 3, next in 4s)`. */
function stateText(
  item: { state: string; since: string; retryAt?: string; failures?: number },
  now: number,
): string {
  if (item.retryAt === undefined) return `${item.state} ${formatAge(now - Date.parse(item.since))}`;
  const next = `next in ${formatAge(Date.parse(item.retryAt) - now)}`;
  const tries = item.failures === undefined ? "" : `try ${item.failures + 1}, `;
  return `${item.state} (${tries}${next})`;
}

/** The last failure, where the present state does not make it history. */
function errorLines(
  item: { state: string; lastError: string | null },
  indent: string,
): string[] {
  if (item.lastError === null || item.state === "established") return [];
  return [`${indent}last error: ${printable(item.lastError)}`];
}

function formatEnd({ address, port }: { address: string; port: number }): string {
  if (address === "") return "any";
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function alignRows(rows: readonly (Row | string)[], paint: PaintState): string {
  const widths: number[] = [];
  for (const row of rows) {
    if (typeof row === "string") continue;
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.text.length);
    });
  }
  const lines = rows.map((row) => {
    if (typeof row === "string") return row;
    const cells = row.map((cell, index) => {
      const width = widths[index] ?? 0;
      const padding = " ".repeat(width - cell.text.length);
      const text = cell.state === undefined ? cell.text : paint(cell.state, cell.text);
      return cell.right ? padding + text : text + padding;
    });
    return cells.join("   ").trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** Everything known, one fact to a line. */
export function formatDetail(status: DaemonStatus, now: number, paint: PaintState): string {
  const head: Row[] = [
    fact("host name", printable(status.hostName)),
    fact("version", status.version),
    fact("started", `${status.startedAt} (${formatAge(now - Date.parse(status.startedAt))} ago)`),
    fact("configuration", status.configuration ?? "none"),
  ];
  const parts = [
    alignRows(head, paint),
    ...status.connections.map((connection) => connectionDetail(connection, now, paint)),
    ...status.static.map((session) => sessionDetail("static", session, "", now, paint)),
    ...status.lns.map((lns) => lnsTable(lns, now, paint)),
    dropDetail(status.counters, paint),
  ];
  return parts.join("\n");
}

function fact(name: string, text: string, indent = "", state?: string): Row {
  return [{ text: `${indent}${name}` }, { text, ...(state === undefined ? {} : { state }) }];
}

function connectionDetail(
  connection: KeptConnectionStatus,
  now: number,
  paint: PaintState,
): string {
  const { local, remote, state } = connection;
  const rows: Row[] = [
    fact("connection", connection.name),
    fact("state", stateText(connection, now), "  ", state),
    fact("last error", printable(connection.lastError ?? "none"), "  "),
    fact("transport", `${connection.encapsulation} v${connection.version}`, "  "),
    fact("local", `${formatEnd(local)}  id ${local.id}`, "  "),
    fact("remote", `${formatEnd(remote)}  id ${remote.id}`, "  "),
    fact("remote host name", printable(remote.hostName ?? "not known"), "  "),
    fact("retransmissions", String(connection.retransmissions), "  "),
    ...channelFacts(connection.channel, now),
    fact("sessions", String(connection.sessions.length), "  "),
  ];
  return alignRows(rows, paint) +
    connection.sessions.map((session) => sessionDetail("session", session, "  ", now, paint))
      .join("");
}

function channelFacts(channel: KeptConnectionStatus["channel"], now: number): Row[] {
  if (channel === null) return [];
  const { nextNs, nr, unacknowledged, queued, peerWindow, congestionWindow } = channel;
  const age = (at: string | null) =>
    at === null ? "never" : `${formatAge(now - Date.parse(at))} ago`;
  const windows = `peer ${peerWindow}  congestion ${congestionWindow}`;
  return [
    fact("control channel", `Ns ${nextNs}  Nr ${nr}`, "  "),
    fact("unacknowledged", `${unacknowledged}  queued ${queued}`, "  "),
    fact("windows", windows, "  "),
    fact("messages sent", countsText(channel.messages.sent), "  "),
    fact("messages received", countsText(channel.messages.received), "  "),
    fact("HELLO round trip", roundTripText(channel.helloRoundTrips), "  "),
    fact(
      "last message",
      `received ${age(channel.lastReceived)}  sent ${age(channel.lastTransmitted)}`,
      "  ",
    ),
  ];
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const words = Object.entries(counts).map(([type, count]) => `${type} ${count}`);
  return words.length === 0 ? "none" : words.join("  ");
}

function roundTripText({ lastMs, sumMs, count }: HelloRoundTrips): string {
  if (lastMs === null) return "not measured";
  return `last ${lastMs.toFixed(1)} ms  mean ${(sumMs / count).toFixed(1)} ms`;
}

function sessionDetail(
  kind: string,
  session: KeptSessionStatus,
  indent: string,
  now: number,
  paint: PaintState,
): string {
  const deeper = `${indent}  `;
  const { receiveCookieLength, transmitCookieLength, circuit } = session;
  const rows: Row[] = [
    fact(kind, session.name, indent),
    fact("state", stateText(session, now), deeper, session.state),
    fact("last error", printable(session.lastError ?? "none"), deeper),
    fact("interface", `${session.interface ?? "none"}  mtu ${session.mtu ?? "-"}`, deeper),
    fact("path", pathText(session.path), deeper),
    fact("tcp segments", segmentsText(session.path), deeper),
    fact("marking", markingText(session.path), deeper),
    fact("pseudowire", session.pseudowire, deeper),
    fact(
      "session ids",
      `local ${session.localSessionId}  remote ${session.remoteSessionId}`,
      deeper,
    ),
    fact("cookies", `received ${receiveCookieLength}  sent ${transmitCookieLength} octets`, deeper),
    fact("sublayer", `${session.sublayer}  sequencing ${session.sequencing}`, deeper),
    fact("circuit", `local ${circuit.local}  remote ${circuit.remote}`, deeper),
    ...(session.ppp === undefined ? [] : [fact("ppp", pppText(session.ppp), deeper)]),
    ...(session.joined === undefined ? [] : [fact("joined to", session.joined, deeper)]),
    ...counterFacts(session.counters, deeper),
  ];
  return alignRows(rows, paint);
}

function counterFacts(counters: SessionCounters, indent: string): Row[] {
  const amount = (frames: number, octets: number) => `${frames} frames  ${formatOctets(octets)}`;
  return [
    fact("received", amount(counters.receivedFrames, counters.receivedOctets), indent),
    fact("sent", amount(counters.transmittedFrames, counters.transmittedOctets), indent),
    fact("dropped", formatDrops(counters.drops), indent),
    ...orderFacts(counters, indent),
  ];
}

/** Of numbered packets; nothing where all came in their turn. */
function orderFacts({ earlyPackets, lostPackets }: SessionCounters, indent: string): Row[] {
  if (earlyPackets + lostPackets === 0) return [];
  return [fact("order", `early ${earlyPackets}  lost ${lostPackets}`, indent)];
}

function formatDrops(drops: Readonly<Record<string, number>>): string {
  const some = Object.entries(drops).filter(([, count]) => count > 0);
  return some.length === 0
    ? "none"
    : some.map(([reason, count]) => `${reason} ${count}`).join("  ");
}

function dropDetail(counters: EndpointCounters, paint: PaintState): string {
  return alignRows([
    fact("control dropped", formatDrops(counters.controlDrops)),
    fact("data dropped", formatDrops(counters.dataDrops)),
    fact("send errors", formatDrops(counters.sendErrors)),
    fact("fragments", fragmentsText(counters.fragments)),
  ], paint);
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

/** What a reload changes, one line each; `none` where it is nothing. */
export function formatDifferences(differences: readonly Difference[], none: string): string {
  if (differences.length === 0) return `${none}\n`;
  return differences.map(({ kind, key, effect }) => `${SIGNS[kind]} ${key} ${effect}\n`).join("");
}

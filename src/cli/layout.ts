/**
 * How the status is laid out for people: names first, states with their age, why something failed
 * last, numbers with units and right aligned.
 *
 * Everything here is text in, text out; nothing asks the clock or the terminal. What peers have said
 * is shown without control characters.
 */

import type { Difference } from "../config/difference.ts";
import type {
  DaemonStatus,
  KeptConnectionStatus,
  KeptSessionStatus,
  LnsStatus,
  LnsUserStatus,
} from "../daemon/status.ts";
import type { PppStatus } from "../endpoint/status.ts";
import { alignRows, type PaintState, type Row } from "./aligned_rows.ts";
import { printable } from "../daemon/printable.ts";
import { formatAge, formatOctets } from "./quantity.ts";

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
export function lnsTable(lns: LnsStatus, now: number, paint: PaintState): string {
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
export function pppText(ppp: PppStatus): string {
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
    { text: `cookie ${receiveCookieLength ?? "-"}/${transmitCookieLength ?? "-"}` },
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
export function stateText(
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

/** An address, with its port where it has one. */
export function formatEnd({ address, port }: { address: string; port: number }): string {
  if (address === "") return "any";
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

/** What a reload changes, one line each; `none` where it is nothing. */
export function formatDifferences(differences: readonly Difference[], none: string): string {
  if (differences.length === 0) return `${none}\n`;
  return differences.map(({ kind, key, effect }) => `${SIGNS[kind]} ${key} ${effect}\n`).join("");
}

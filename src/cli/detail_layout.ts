/**
 * Everything that the status knows, laid out for people one fact to a line. As in layout.ts: text in,
 * text out, and what peers have said without control characters.
 */

import type { DaemonStatus, KeptConnectionStatus, KeptSessionStatus } from "../daemon/status.ts";
import type { EndpointCounters, HelloRoundTrips, SessionCounters } from "../endpoint/status.ts";
import { alignRows, type PaintState, type Row } from "./aligned_rows.ts";
import { formatEnd, lnsTable, pppText, stateText } from "./layout.ts";
import { fragmentsText, markingText, pathText, segmentsText } from "./path_text.ts";
import { printable } from "../daemon/printable.ts";
import { formatAge, formatOctets } from "./quantity.ts";

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
    fact(
      "cookies",
      `received ${receiveCookieLength ?? "-"}  sent ${transmitCookieLength ?? "-"} octets`,
      deeper,
    ),
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

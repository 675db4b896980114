/**
 * The status as metrics, and these in Prometheus' text format.
 *
 * Names in labels come from the configuration, never from the network: a peer cannot make series.
 */

import { openDescriptors } from "../endpoint/host_system.ts";
import type { Durations } from "../endpoint/status.ts";
import type { DaemonStatus, KeptConnectionStatus, KeptSessionStatus } from "./status.ts";

type Labels = Readonly<Record<string, string>>;
/** One value; in a histogram with what its name ends in. */
type Sample = readonly [labels: Labels, value: number, ending?: "_bucket" | "_sum" | "_count"];

type MetricType = "gauge" | "counter" | "histogram";

/** A metric with all its series. */
export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const CONNECTION_STATES = ["idle", "connecting", "established", "closing", "waiting"] as const;

/** Values that every session has: name, type, help, and where the value is. */
const SESSION_METRICS: readonly (readonly [
  name: string,
  type: "gauge" | "counter",
  help: string,
  value: (session: KeptSessionStatus) => number,
])[] = [
  ["up", "gauge", "1 while it is established", ({ state }) => Number(state === "established")],
  ["receive_packets_total", "counter", "Frames from the peer", (s) => s.counters.receivedFrames],
  ["receive_bytes_total", "counter", "Octets from the peer", (s) => s.counters.receivedOctets],
  ["transmit_packets_total", "counter", "Frames to the peer", (s) => s.counters.transmittedFrames],
  ["transmit_bytes_total", "counter", "Octets to the peer", (s) => s.counters.transmittedOctets],
  ["early_packets_total", "counter", "Packets before their turn", (s) => s.counters.earlyPackets],
  ["lost_packets_total", "counter", "Numbers that were missing", (s) => s.counters.lostPackets],
  ["path_mtu_bytes", "gauge", "Longest IP packet that the path holds", (s) => s.path.mtu ?? 0],
];

/** What only the process knows of itself. */
export interface ProcessFigures {
  readonly openFiles: number;
  readonly residentOctets: number;
}

/** The process's own figures, from /proc. */
function processFigures(): ProcessFigures {
  const { rss } = Deno.memoryUsage();
  return { openFiles: openDescriptors(), residentOctets: rss };
}

/** Every metric of a status, as Prometheus reads it. */
export function formatMetrics(status: DaemonStatus, figures?: ProcessFigures): string {
  return metricsOf(status, figures).map(formatMetric).join("");
}

/** Every metric of a status. */
export function metricsOf(
  status: DaemonStatus,
  figures: ProcessFigures = processFigures(),
): readonly Metric[] {
  return [
    metric("l2tp_build_info", "gauge", "Version of the program", [
      [{ version: status.version }, 1],
    ]),
    metric("l2tp_start_time_seconds", "gauge", "When the daemon was started", [
      [{}, Date.parse(status.startedAt) / 1000],
    ]),
    ...connectionMetrics(status.connections),
    ...sessionMetrics(status),
    ...endpointMetrics(status.counters),
    metric("l2tp_open_fds", "gauge", "Open file descriptors", [[{}, figures.openFiles]]),
    metric("l2tp_rss_bytes", "gauge", "Resident memory", [[{}, figures.residentOctets]]),
  ];
}

function connectionMetrics(connections: readonly KeptConnectionStatus[]): Metric[] {
  const established = connections.filter(({ state }) => state === "established");
  return [
    metric(
      "l2tp_tunnel_info",
      "gauge",
      "What a connection is, in labels",
      connections.map(({ name, encapsulation, version, remote }) => [
        { tunnel: name, peer: remote.address, encap: encapsulation, version: String(version) },
        1,
      ]),
    ),
    metric(
      "l2tp_tunnel_established_timestamp_seconds",
      "gauge",
      "Since when it is established",
      established.map(({ name, since }) => [{ tunnel: name }, Date.parse(since) / 1000]),
    ),
    metric(
      "l2tp_tunnel_state",
      "gauge",
      "1 for the state that it is in",
      connections.flatMap(connectionStates),
    ),
    metric(
      "l2tp_control_retransmits_total",
      "counter",
      "Control messages sent again",
      connections.map(({ name, retransmissions }) => [{ tunnel: name }, retransmissions]),
    ),
    metric(
      "l2tp_control_messages_total",
      "counter",
      "Control messages by direction and type",
      connections.flatMap(messageCounts),
    ),
    metric(
      "l2tp_hello_rtt_seconds",
      "histogram",
      "How long the peer took to acknowledge HELLOs",
      connections.flatMap(helloRoundTrips),
    ),
  ];
}

/** What cannot be put down to one connection. */
function endpointMetrics(counters: DaemonStatus["counters"]): Metric[] {
  return [
    metric(
      "l2tp_half_open",
      "gauge",
      "Connections that peers have begun and not finished to set up",
      [[{}, counters.halfOpen]],
    ),
    metric(
      "l2tp_data_worker_loop_seconds",
      "histogram",
      "A turn of a data worker, from when it is woken to when it waits again",
      histogram(counters.workerTurns, {}),
    ),
    metric("l2tp_drops_total", "counter", "Packets that belong to nothing, dropped", [
      ...reasons(counters.controlDrops, { plane: "control" }),
      ...reasons(counters.dataDrops, { plane: "data" }),
    ]),
    metric(
      "l2tp_send_errors_total",
      "counter",
      "Control messages that the kernel refused to send",
      reasons(counters.sendErrors, {}),
    ),
    metric(
      "l2tp_host_fragments_total",
      "counter",
      "Packets put together and given up, fragments made, by the kernel for everybody",
      Object.entries(counters.fragments).map(([kind, count]) => [{ kind }, count]),
    ),
  ];
}

function sessionMetrics(status: DaemonStatus): Metric[] {
  const sessions = [
    ...status.connections.flatMap(({ name, sessions }) =>
      sessions.map((session): [Labels, KeptSessionStatus] => [
        { tunnel: name, session: session.name },
        session,
      ])
    ),
    ...status.static.map((session): [Labels, KeptSessionStatus] => [
      { tunnel: "", session: session.name },
      session,
    ]),
  ];
  return [
    ...SESSION_METRICS.map(([name, type, help, value]) =>
      metric(
        `l2tp_session_${name}`,
        type,
        help,
        sessions.map(([labels, session]) => [labels, value(session)]),
      )
    ),
    metric(
      "l2tp_session_drops_total",
      "counter",
      "Packets of a session that were dropped",
      sessions.flatMap(([labels, session]) => reasons(session.counters.drops, labels)),
    ),
  ];
}

function connectionStates({ name, state }: KeptConnectionStatus): Sample[] {
  return CONNECTION_STATES.map((
    each,
  ) => [{ tunnel: name, state: each }, Number(each === state)]);
}

function messageCounts({ name: tunnel, channel }: KeptConnectionStatus): Sample[] {
  const { sent = {}, received = {} } = channel?.messages ?? {};
  const counts = (direction: string, of: Readonly<Record<string, number>>) =>
    Object.entries(of).map(([type, count]): Sample => [{ tunnel, direction, type }, count]);
  return [...counts("sent", sent), ...counts("received", received)];
}

function helloRoundTrips({ name: tunnel, channel }: KeptConnectionStatus): Sample[] {
  return channel === null ? [] : histogram(channel.helloRoundTrips, { tunnel });
}

/** Each class includes those below it, as Prometheus has them. */
function histogram({ classes, count, sumMs }: Durations, labels: Labels): Sample[] {
  let below = 0;
  return [
    ...classes.map(([bound, within]): Sample => {
      below += within;
      return [{ ...labels, le: String(bound / 1000) }, below, "_bucket"];
    }),
    [{ ...labels, le: "+Inf" }, count, "_bucket"],
    [labels, sumMs / 1000, "_sum"],
    [labels, count, "_count"],
  ];
}

function reasons(counts: Readonly<Record<string, number>>, labels: Labels): Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ ...labels, reason }, count]);
}

function metric(
  name: string,
  type: MetricType,
  help: string,
  samples: readonly Sample[],
): Metric {
  return { name, type, help, samples };
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value, ending = ""]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}=${quote(text)}`);
    return `${name}${ending}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** The status as metrics. */

import { assertEquals, assertMatch } from "@std/assert";
import { formatMetrics } from "../../src/daemon/metrics.ts";
import { STATUS } from "./statuses.ts";

const FIGURES = { openFiles: 21, residentOctets: 30_000_000 };

/** FACTS 4.5: what dashboards are made with. */
const DOCUMENTED = [
  "l2tp_build_info",
  "l2tp_tunnel_info",
  "l2tp_tunnel_state",
  "l2tp_tunnel_established_timestamp_seconds",
  "l2tp_control_messages_total",
  "l2tp_control_retransmits_total",
  "l2tp_data_worker_loop_seconds",
  "l2tp_half_open",
  "l2tp_hello_rtt_seconds",
  "l2tp_session_receive_bytes_total",
  "l2tp_session_receive_packets_total",
  "l2tp_session_transmit_bytes_total",
  "l2tp_session_transmit_packets_total",
  "l2tp_drops_total",
  "l2tp_open_fds",
  "l2tp_rss_bytes",
];

function samples(name: string, status = STATUS): string[] {
  return formatMetrics(status, FIGURES).split("\n").filter((line) => line.startsWith(name));
}

Deno.test("every line is a comment or a sample", () => {
  const sample = /^[a-z0-9_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? \d+(\.\d+)?$/;
  for (const line of formatMetrics(STATUS, FIGURES).trimEnd().split("\n")) {
    assertMatch(line, line.startsWith("#") ? /^# (HELP|TYPE) l2tp_/ : sample);
  }
});

Deno.test("a connection is in one state", () => {
  assertEquals(
    samples('l2tp_tunnel_state{tunnel="oslo"').filter((line) => line.endsWith(" 1")),
    ['l2tp_tunnel_state{tunnel="oslo",state="waiting"} 1'],
  );
});

Deno.test("sessions have their counters, static ones too", () => {
  assertEquals(samples("l2tp_session_receive_bytes_total"), [
    'l2tp_session_receive_bytes_total{tunnel="paris",session="lan"} 1234567890',
    'l2tp_session_receive_bytes_total{tunnel="",session="to-linux"} 1234567890',
  ]);
  assertEquals(
    samples("l2tp_session_drops_total")[0],
    'l2tp_session_drops_total{tunnel="paris",session="lan",reason="cookie"} 3',
  );
  assertEquals(samples("l2tp_drops_total"), [
    'l2tp_drops_total{plane="control",reason="unknown-peer"} 5',
  ]);
  assertEquals(samples("l2tp_send_errors_total"), [
    'l2tp_send_errors_total{reason="ENETUNREACH"} 1',
  ]);
});

Deno.test("messages are counted by direction and type", () => {
  assertEquals(samples("l2tp_control_messages_total"), [
    'l2tp_control_messages_total{tunnel="paris",direction="sent",type="SCCRQ"} 2',
    'l2tp_control_messages_total{tunnel="paris",direction="sent",type="HELLO"} 3',
    'l2tp_control_messages_total{tunnel="paris",direction="sent",type="ACK"} 4',
    'l2tp_control_messages_total{tunnel="paris",direction="received",type="SCCRP"} 1',
    'l2tp_control_messages_total{tunnel="paris",direction="received",type="ACK"} 3',
  ]);
});

Deno.test("a histogram's classes include the ones below", () => {
  assertEquals(samples("l2tp_hello_rtt_seconds"), [
    'l2tp_hello_rtt_seconds_bucket{tunnel="paris",le="0.001"} 0',
    'l2tp_hello_rtt_seconds_bucket{tunnel="paris",le="0.005"} 2',
    'l2tp_hello_rtt_seconds_bucket{tunnel="paris",le="0.01"} 2',
    'l2tp_hello_rtt_seconds_bucket{tunnel="paris",le="+Inf"} 3',
    'l2tp_hello_rtt_seconds_sum{tunnel="paris"} 0.031',
    'l2tp_hello_rtt_seconds_count{tunnel="paris"} 3',
  ]);
});

Deno.test("labels are quoted", () => {
  const [connection] = STATUS.connections;
  const odd = { ...STATUS, connections: [{ ...connection!, name: 'a"b\\c' }] };
  assertEquals(samples("l2tp_control_retransmits_total", odd), [
    'l2tp_control_retransmits_total{tunnel="a\\"b\\\\c"} 4',
  ]);
});

Deno.test("every documented name is there, with its type and a sample", () => {
  const text = formatMetrics(STATUS, FIGURES);
  for (const name of DOCUMENTED) {
    assertMatch(text, new RegExp(`^# TYPE ${name} (gauge|counter|histogram)$`, "m"));
    assertMatch(text, new RegExp(`^${name}(_count)?(\\{.*\\})? [\\d.]+$`, "m"));
    // A counter's name says that it is one, and nothing else's does.
    assertEquals(text.includes(`# TYPE ${name} counter`), name.endsWith("_total"));
  }
});

Deno.test("no label holds what a peer has said of itself", () => {
  assertEquals(formatMetrics(STATUS, FIGURES).includes("\x1b"), false);
  assertEquals(
    samples("l2tp_tunnel_info")[0],
    'l2tp_tunnel_info{tunnel="paris",' +
      'peer="198.51.100.7",encap="udp",version="3"} 1',
  );
});

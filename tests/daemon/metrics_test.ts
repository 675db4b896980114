/** The status as metrics. */

import { assertEquals, assertMatch } from "@std/assert";
import { formatMetrics } from "../../src/daemon/metrics.ts";
import { STATUS } from "./statuses.ts";

function samples(name: string, status = STATUS): string[] {
  return formatMetrics(status).split("\n").filter((line) => line.startsWith(name));
}

Deno.test("every line is a comment or a sample", () => {
  const sample = /^[a-z0-9_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? \d+(\.\d+)?$/;
  for (const line of formatMetrics(STATUS).trimEnd().split("\n")) {
    assertMatch(line, line.startsWith("#") ? /^# (HELP|TYPE) l2tp_/ : sample);
  }
});

Deno.test("a connection is in one state", () => {
  assertEquals(
    samples('l2tp_connection_state{connection="oslo"').filter((line) => line.endsWith(" 1")),
    ['l2tp_connection_state{connection="oslo",state="waiting"} 1'],
  );
});

Deno.test("sessions have their counters, static ones too", () => {
  assertEquals(samples("l2tp_session_receive_bytes_total"), [
    'l2tp_session_receive_bytes_total{connection="paris",session="lan"} 1234567890',
    'l2tp_session_receive_bytes_total{connection="",session="to-linux"} 1234567890',
  ]);
  assertEquals(
    samples("l2tp_session_drops_total")[0],
    'l2tp_session_drops_total{connection="paris",session="lan",reason="cookie"} 3',
  );
  assertEquals(samples("l2tp_drops_total"), [
    'l2tp_drops_total{plane="control",reason="unknown-peer"} 5',
  ]);
  assertEquals(samples("l2tp_send_errors_total"), [
    'l2tp_send_errors_total{reason="ENETUNREACH"} 1',
  ]);
});

Deno.test("labels are quoted", () => {
  const [connection] = STATUS.connections;
  const odd = { ...STATUS, connections: [{ ...connection!, name: 'a"b\\c' }] };
  assertEquals(samples("l2tp_control_retransmits_total", odd), [
    'l2tp_control_retransmits_total{connection="a\\"b\\\\c"} 4',
  ]);
});

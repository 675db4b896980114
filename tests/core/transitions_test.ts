/**
 * The state tables as tables: every input has an answer in every state that the RFC gives it one,
 * and nothing but an established connection or session follows from the right sequence.
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  CONNECTION_TABLE_V2,
  CONNECTION_TABLE_V3,
  type ConnectionInput,
  type ConnectionState,
} from "../../src/core/connection_transitions.ts";
import { SESSION_TABLES_V3 } from "../../src/core/session_transitions.ts";
import { TransitionTable } from "../../src/core/transition_table.ts";

const CONNECTION_STATES: readonly ConnectionState[] = [
  "idle",
  "wait-ctl-reply",
  "wait-ctl-conn",
  "established",
];
const MESSAGES: readonly ConnectionInput[] = [
  "sccrq",
  "sccrp",
  "scccn",
  "scccn-unacceptable",
  "sccrp-unacceptable",
  "sccrq-unacceptable",
  "stopccn",
];

Deno.test("no message of a connection is without an answer, but an SCCRQ in wait-ctl-reply, which is a tie [V3-CC-02, V2-CC-02]", () => {
  for (const table of [CONNECTION_TABLE_V3, CONNECTION_TABLE_V2]) {
    const unanswered = CONNECTION_STATES.flatMap((state) =>
      MESSAGES.filter((input) => table.find(state, input) === undefined)
        .map((input) => `${state} ${input}`)
    );
    assertEquals(unanswered, ["wait-ctl-reply sccrq", "wait-ctl-reply sccrq-unacceptable"]);
  }
});

Deno.test("the versions' connections differ where the RFCs do and nowhere else [S2CC-05, S2CC-08, S3CC-05, S3CC-08, S3CC-10]", () => {
  const inputs = [
    ...MESSAGES,
    "local-open",
    "local-close",
    "sccrq-losing-tie",
    "sccrq-losing-tie-unacceptable",
    "sccrq-winning-tie",
  ] as const;
  const different = CONNECTION_STATES.flatMap((state) =>
    inputs.filter((input) => {
      const [v2, v3] = [
        CONNECTION_TABLE_V2.find(state, input),
        CONNECTION_TABLE_V3.find(state, input),
      ];
      return v2?.action !== v3?.action || v2?.next !== v3?.next;
    }).map((input) => `${state} ${input}`)
  );
  assertEquals(different, [
    "idle scccn",
    "idle scccn-unacceptable",
    "wait-ctl-reply sccrq-losing-tie",
    "wait-ctl-reply sccrq-winning-tie",
  ]);
});

Deno.test("either side of a handshake ends established [V3-CC-01, V2-CC-01, V3-SES-04, V3-SES-05, V3-SES-06, V3-SES-07]", () => {
  for (const table of [CONNECTION_TABLE_V3, CONNECTION_TABLE_V2]) {
    const reply = table.find("idle", "local-open")!.next;
    assertEquals(table.find(reply, "sccrp")!.next, "established");
    const connect = table.find("idle", "sccrq")!.next;
    assertEquals(table.find(connect, "scccn")!.next, "established");
  }
  for (const request of ["icrq", "ocrq"] as const) {
    const caller = SESSION_TABLES_V3[`${request}-sender`];
    const called = SESSION_TABLES_V3[`${request}-recipient`];
    const waiting = caller.find("idle", "local-open")!.next;
    const asked = caller.find(waiting, "connection-open")!.next;
    const last = request === "icrq"
      ? caller.find(asked, "icrp")
      : caller.find(caller.find(asked, "ocrp")!.next, "occn");
    assertEquals(last!.next, "established");
    const answered = called.find("idle", request)!.next;
    const end = request === "icrq" ? "iccn" : "call-placed";
    assertEquals(called.find(answered, end)!.next, "established");
  }
});

Deno.test("two rows for one state and input are a mistake that is found at once", () => {
  assertThrows(
    () =>
      new TransitionTable([["one", ["a"], ["x"], "go", "a"], ["two", ["a"], ["x"], "stop", "a"]]),
    Error,
    "two: a x has two rows",
  );
});

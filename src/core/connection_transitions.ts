/**
 * The state tables of control connections, in both versions.
 *
 * Read RFC 3931 §7.2 and RFC 2661 §7.2.1; REQUIREMENTS sections 14.1 and 14.6 have the same rows,
 * under the IDs that are the rules here.
 */

import { type Row, TransitionTable } from "./transition_table.ts";

/** The states of a control connection. */
export type ConnectionState = "idle" | "wait-ctl-reply" | "wait-ctl-conn" | "established";

/** What may happen to a control connection; "unacceptable" is the connection's own judgement. */
export type ConnectionInput =
  | "local-open"
  | "local-close"
  | "sccrq"
  | "sccrq-unacceptable"
  | "sccrq-losing-tie"
  | "sccrq-losing-tie-unacceptable"
  | "sccrq-winning-tie"
  | "sccrp"
  | "sccrp-unacceptable"
  | "scccn"
  | "scccn-unacceptable"
  | "stopccn";

/** What a control connection does about it. */
export type ConnectionAction =
  | "send-sccrq"
  | "send-sccrp"
  | "send-scccn-tell-sessions"
  | "tell-sessions"
  | "send-stopccn"
  /** We lose: this connection yields to the winner's, which is answered with an SCCRP. */
  | "yield-to-winner"
  /** We lose to a connection that cannot be accepted: it gets a StopCCN, this one ends. */
  | "yield-to-unacceptable"
  /** We win: the loser's SCCRQ gets a StopCCN, this one goes on. */
  | "reject-loser"
  /** We win, and v2 knows no word for it: the loser finds out by itself. */
  | "ignore"
  | "clean-up";

type ConnectionRow = Row<ConnectionState, ConnectionInput, ConnectionAction>;

/** A row without the ID. */
type RowOfBoth = ConnectionRow extends readonly [string, ...infer Rest] ? Rest : never;

const ALIVE = ["wait-ctl-reply", "wait-ctl-conn", "established"] as const;
const SCCRQ = ["sccrq", "sccrq-unacceptable"] as const;
const SCCRP = ["sccrp", "sccrp-unacceptable"] as const;
const SCCCN = ["scccn", "scccn-unacceptable"] as const;

/** What both RFCs have, under the IDs of RFC 3931's rows and of RFC 2661's. */
// deno-fmt-ignore
const SHARED_ROWS: readonly (readonly [v3: string, v2: string, row: RowOfBoth])[] = [
  ["S3CC-01", "S2CC-01", [["idle"], ["local-open"], "send-sccrq", "wait-ctl-reply"]],
  ["S3CC-02", "S2CC-02", [["idle"], ["sccrq"], "send-sccrp", "wait-ctl-conn"]],
  ["S3CC-03", "S2CC-03", [["idle"], ["sccrq-unacceptable"], "send-stopccn", "idle"]],
  ["S3CC-04", "S2CC-04", [["idle"], SCCRP, "send-stopccn", "idle"]],
  ["S3CC-06", "S2CC-06", [["wait-ctl-reply"], ["sccrp"], "send-scccn-tell-sessions", "established"]],
  ["S3CC-07", "S2CC-07", [["wait-ctl-reply"], ["sccrp-unacceptable"], "send-stopccn", "idle"]],
  ["S3CC-11", "S2CC-09", [["wait-ctl-reply"], SCCCN, "send-stopccn", "idle"]],
  ["S3CC-12", "S2CC-10", [["wait-ctl-conn"], ["scccn"], "tell-sessions", "established"]],
  ["S3CC-13", "S2CC-11", [["wait-ctl-conn"], ["scccn-unacceptable"], "send-stopccn", "idle"]],
  ["S3CC-14", "S2CC-12", [["wait-ctl-conn"], [...SCCRQ, ...SCCRP], "send-stopccn", "idle"]],
  ["S3CC-15", "S2CC-13", [["established"], ["local-open"], "tell-sessions", "established"]],
  // The RFCs have this row for the established state alone; a user may change his mind before that.
  ["S3CC-16", "S2CC-14", [ALIVE, ["local-close"], "send-stopccn", "idle"]],
  ["S3CC-17", "S2CC-15", [["established"], [...SCCRQ, ...SCCRP, ...SCCCN], "send-stopccn", "idle"]],
  ["S3CC-18", "S2CC-16", [["idle", ...ALIVE], ["stopccn"], "clean-up", "idle"]],
];

/** Control connections of L2TPv3, table 14.1. */
export const CONNECTION_TABLE_V3 = new TransitionTable([
  ...SHARED_ROWS.map(([v3, , row]): ConnectionRow => [v3, ...row]),
  ["S3CC-05", ["idle"], SCCCN, "send-stopccn", "idle"],
  ["S3CC-08", ["wait-ctl-reply"], ["sccrq-losing-tie"], "yield-to-winner", "wait-ctl-conn"],
  [
    "S3CC-09",
    ["wait-ctl-reply"],
    ["sccrq-losing-tie-unacceptable"],
    "yield-to-unacceptable",
    "idle",
  ],
  ["S3CC-10", ["wait-ctl-reply"], ["sccrq-winning-tie"], "reject-loser", "wait-ctl-reply"],
]);

/** Control connections of L2TPv2, table 14.6. */
export const CONNECTION_TABLE_V2 = new TransitionTable([
  ...SHARED_ROWS.map(([, v2, row]): ConnectionRow => [v2, ...row]),
  ["S2CC-05", ["idle"], SCCCN, "clean-up", "idle"],
  // The RFC queues the SCCRQ again for the idle state; here the winner's connection is that state.
  ["S2CC-08", ["wait-ctl-reply"], ["sccrq-losing-tie"], "yield-to-winner", "idle"],
  [
    "S2CC-08",
    ["wait-ctl-reply"],
    ["sccrq-losing-tie-unacceptable"],
    "yield-to-unacceptable",
    "idle",
  ],
  ["A-18", ["wait-ctl-reply"], ["sccrq-winning-tie"], "ignore", "wait-ctl-reply"],
]);

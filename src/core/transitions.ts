/**
 * The RFCs' state tables as data: (state, input) -> (action, next state).
 *
 * Read RFC 3931 §7.2 and §7.3, RFC 2661 §7.2.1, and REQUIREMENTS section 14, whose row IDs are the
 * rules here. Retransmissions never reach these tables: the reliable channel keeps duplicates out.
 */

/** One row: what is done, and the state that follows. */
export interface Transition<State, Action> {
  /** The row's ID in REQUIREMENTS section 14. */
  readonly rule: string;
  readonly action: Action;
  readonly next: State;
}

/** A row as it is written down: several states or inputs may share one. */
type Row<State, Input, Action> = readonly [
  rule: string,
  states: readonly State[],
  inputs: readonly Input[],
  action: Action,
  next: State,
];

/** A state table, read with `find`. */
export class TransitionTable<State extends string, Input extends string, Action extends string> {
  readonly #transitions = new Map<string, Transition<State, Action>>();

  constructor(rows: readonly Row<State, Input, Action>[]) {
    for (const [rule, states, inputs, action, next] of rows) {
      for (const state of states) {
        for (const input of inputs) {
          const key = `${state} ${input}`;
          if (this.#transitions.has(key)) throw new Error(`${rule}: ${key} has two rows`);
          this.#transitions.set(key, { rule, action, next });
        }
      }
    }
  }

  /** The row of this state and input; `undefined` where the RFC has none. */
  find(state: State, input: Input): Transition<State, Action> | undefined {
    return this.#transitions.get(`${state} ${input}`);
  }
}

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

/** Control connections of L2TPv3, table 14.1. */
export const CONNECTION_TABLE_V3 = new TransitionTable<
  ConnectionState,
  ConnectionInput,
  ConnectionAction
>([
  ["S3CC-01", ["idle"], ["local-open"], "send-sccrq", "wait-ctl-reply"],
  ["S3CC-02", ["idle"], ["sccrq"], "send-sccrp", "wait-ctl-conn"],
  ["S3CC-03", ["idle"], ["sccrq-unacceptable"], "send-stopccn", "idle"],
  ["S3CC-04", ["idle"], ["sccrp", "sccrp-unacceptable"], "send-stopccn", "idle"],
  ["S3CC-05", ["idle"], ["scccn", "scccn-unacceptable"], "send-stopccn", "idle"],
  ["S3CC-06", ["wait-ctl-reply"], ["sccrp"], "send-scccn-tell-sessions", "established"],
  ["S3CC-07", ["wait-ctl-reply"], ["sccrp-unacceptable"], "send-stopccn", "idle"],
  ["S3CC-08", ["wait-ctl-reply"], ["sccrq-losing-tie"], "yield-to-winner", "wait-ctl-conn"],
  [
    "S3CC-09",
    ["wait-ctl-reply"],
    ["sccrq-losing-tie-unacceptable"],
    "yield-to-unacceptable",
    "idle",
  ],
  ["S3CC-10", ["wait-ctl-reply"], ["sccrq-winning-tie"], "reject-loser", "wait-ctl-reply"],
  ["S3CC-11", ["wait-ctl-reply"], ["scccn", "scccn-unacceptable"], "send-stopccn", "idle"],
  ["S3CC-12", ["wait-ctl-conn"], ["scccn"], "tell-sessions", "established"],
  ["S3CC-13", ["wait-ctl-conn"], ["scccn-unacceptable"], "send-stopccn", "idle"],
  [
    "S3CC-14",
    ["wait-ctl-conn"],
    ["sccrq", "sccrq-unacceptable", "sccrp", "sccrp-unacceptable"],
    "send-stopccn",
    "idle",
  ],
  ["S3CC-15", ["established"], ["local-open"], "tell-sessions", "established"],
  // The RFC has this row for the established state alone; a user may change his mind before that.
  [
    "S3CC-16",
    ["wait-ctl-reply", "wait-ctl-conn", "established"],
    ["local-close"],
    "send-stopccn",
    "idle",
  ],
  [
    "S3CC-17",
    ["established"],
    [
      "sccrq",
      "sccrq-unacceptable",
      "sccrp",
      "sccrp-unacceptable",
      "scccn",
      "scccn-unacceptable",
    ],
    "send-stopccn",
    "idle",
  ],
  [
    "S3CC-18",
    ["idle", "wait-ctl-reply", "wait-ctl-conn", "established"],
    ["stopccn"],
    "clean-up",
    "idle",
  ],
]);

/** Control connections of L2TPv2, table 14.6. */
export const CONNECTION_TABLE_V2 = new TransitionTable<
  ConnectionState,
  ConnectionInput,
  ConnectionAction
>([
  ["S2CC-01", ["idle"], ["local-open"], "send-sccrq", "wait-ctl-reply"],
  ["S2CC-02", ["idle"], ["sccrq"], "send-sccrp", "wait-ctl-conn"],
  ["S2CC-03", ["idle"], ["sccrq-unacceptable"], "send-stopccn", "idle"],
  ["S2CC-04", ["idle"], ["sccrp", "sccrp-unacceptable"], "send-stopccn", "idle"],
  ["S2CC-05", ["idle"], ["scccn", "scccn-unacceptable"], "clean-up", "idle"],
  ["S2CC-06", ["wait-ctl-reply"], ["sccrp"], "send-scccn-tell-sessions", "established"],
  ["S2CC-07", ["wait-ctl-reply"], ["sccrp-unacceptable"], "send-stopccn", "idle"],
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
  ["S2CC-09", ["wait-ctl-reply"], ["scccn", "scccn-unacceptable"], "send-stopccn", "idle"],
  ["S2CC-10", ["wait-ctl-conn"], ["scccn"], "tell-sessions", "established"],
  ["S2CC-11", ["wait-ctl-conn"], ["scccn-unacceptable"], "send-stopccn", "idle"],
  [
    "S2CC-12",
    ["wait-ctl-conn"],
    ["sccrp", "sccrp-unacceptable", "sccrq", "sccrq-unacceptable"],
    "send-stopccn",
    "idle",
  ],
  ["S2CC-13", ["established"], ["local-open"], "tell-sessions", "established"],
  [
    "S2CC-14",
    ["wait-ctl-reply", "wait-ctl-conn", "established"],
    ["local-close"],
    "send-stopccn",
    "idle",
  ],
  [
    "S2CC-15",
    ["established"],
    [
      "sccrq",
      "sccrq-unacceptable",
      "sccrp",
      "sccrp-unacceptable",
      "scccn",
      "scccn-unacceptable",
    ],
    "send-stopccn",
    "idle",
  ],
  [
    "S2CC-16",
    ["idle", "wait-ctl-reply", "wait-ctl-conn", "established"],
    ["stopccn"],
    "clean-up",
    "idle",
  ],
]);

/** The states of a session, in either role of an incoming call. */
export type SessionState =
  | "idle"
  | "wait-control-conn"
  | "wait-reply"
  | "wait-connect"
  | "established";

/** What may happen to a session. */
export type SessionInput =
  | "local-open"
  | "local-close"
  | "connection-open"
  | "icrq"
  | "icrq-unacceptable"
  | "icrq-losing-tie"
  | "icrq-winning-tie"
  | "icrp"
  | "icrp-unacceptable"
  | "iccn"
  | "iccn-unacceptable"
  | "cdn";

/** What a session does about it. */
export type SessionAction =
  | "wait-for-connection"
  | "send-icrq"
  | "send-icrp"
  | "send-iccn"
  | "send-cdn"
  /** We lose: the winner's ICRQ is answered in the place of our own. */
  | "become-recipient"
  /** We win: the loser's ICRQ gets a CDN, ours goes on. */
  | "reject-loser"
  | "prepare-for-data"
  | "clean-up";

/** The sender of an ICRQ, table 14.2. */
export const ICRQ_SENDER_TABLE = new TransitionTable<SessionState, SessionInput, SessionAction>([
  ["S3IS-01", ["idle"], ["local-open"], "wait-for-connection", "wait-control-conn"],
  ["S3IS-02", ["idle"], ["iccn", "icrp", "cdn"], "clean-up", "idle"],
  ["S3IS-03", ["wait-control-conn"], ["local-close"], "clean-up", "idle"],
  ["S3IS-04", ["wait-control-conn"], ["connection-open"], "send-icrq", "wait-reply"],
  ["S3IS-05", ["wait-reply"], ["icrp"], "send-iccn", "established"],
  ["S3IS-06", ["wait-reply"], ["icrp-unacceptable"], "send-cdn", "idle"],
  ["S3IS-07", ["wait-reply"], ["icrq-losing-tie"], "become-recipient", "idle"],
  ["S3IS-08", ["wait-reply"], ["icrq-winning-tie"], "reject-loser", "wait-reply"],
  ["S3IS-09", ["wait-reply"], ["cdn", "iccn", "iccn-unacceptable"], "clean-up", "idle"],
  ["S3IS-10", ["wait-reply"], ["local-close"], "send-cdn", "idle"],
  ["S3IS-11", ["established"], ["cdn"], "clean-up", "idle"],
  [
    "S3IS-12",
    ["established"],
    ["icrq", "icrq-unacceptable", "icrp", "icrp-unacceptable", "iccn", "iccn-unacceptable"],
    "send-cdn",
    "idle",
  ],
  ["S3IS-13", ["established"], ["local-close"], "send-cdn", "idle"],
]);

/** The recipient of an ICRQ, table 14.3. */
export const ICRQ_RECIPIENT_TABLE = new TransitionTable<SessionState, SessionInput, SessionAction>([
  ["S3IR-01", ["idle"], ["icrq"], "send-icrp", "wait-connect"],
  ["S3IR-02", ["idle"], ["icrq-unacceptable"], "send-cdn", "idle"],
  ["S3IR-03", ["idle"], ["icrp"], "send-cdn", "idle"],
  ["S3IR-04", ["idle"], ["iccn"], "clean-up", "idle"],
  ["S3IR-05", ["wait-connect"], ["iccn"], "prepare-for-data", "established"],
  ["S3IR-06", ["wait-connect"], ["iccn-unacceptable"], "send-cdn", "idle"],
  [
    "S3IR-07",
    ["wait-connect"],
    ["icrq", "icrq-unacceptable", "icrp", "icrp-unacceptable"],
    "send-cdn",
    "idle",
  ],
  ["S3IR-08", ["idle", "wait-connect", "established"], ["cdn"], "clean-up", "idle"],
  ["S3IR-09", ["wait-connect", "established"], ["local-close"], "send-cdn", "idle"],
  [
    "S3IR-10",
    ["established"],
    ["icrq", "icrq-unacceptable", "icrp", "icrp-unacceptable", "iccn", "iccn-unacceptable"],
    "send-cdn",
    "idle",
  ],
]);

/**
 * The state tables of L2TPv3's sessions: incoming and outgoing calls, each with its two roles. Those
 * of L2TPv2 are in session_transitions_v2.ts, in the same words.
 *
 * Read RFC 3931 §7.3 and §7.4; REQUIREMENTS sections 14.2 to 14.5 have the same rows, under the IDs
 * that are the rules here. Rows under another ID fill what the RFC's tables leave open: a message
 * that they do not expect is answered by CDN (A-08), as is one whose terms cannot be kept (A-29).
 */

import { TransitionTable } from "./transition_table.ts";

/** Who sent the request of which kind of call. */
export type SessionRole = "icrq-sender" | "icrq-recipient" | "ocrq-sender" | "ocrq-recipient";

/** The states of a session, in any role. */
export type SessionState =
  | "idle"
  | "wait-control-conn"
  | "wait-reply"
  | "wait-connect"
  | "wait-cs-answer"
  | "established";

type SetUpMessage = "icrq" | "icrp" | "iccn" | "ocrq" | "ocrp" | "occn";

/** What may happen to a session; "unacceptable" is its own or the application's judgement. */
export type SessionInput =
  | "local-open"
  | "local-close"
  | "connection-open"
  | SetUpMessage
  | `${SetUpMessage}-unacceptable`
  /** A set-up message of the other kind of call. */
  | "other-call"
  | "request-losing-tie"
  | "request-winning-tie"
  | "call-placed"
  | "call-failed"
  | "cdn";

/** What a session does about it. */
export type SessionAction =
  | "wait-for-connection"
  | "send-request"
  | "send-icrp"
  | "send-iccn"
  | "send-ocrp-place-call"
  | "send-occn"
  | "send-cdn"
  /** We lose: the winner's request is answered in the place of our own. */
  | "become-recipient"
  /** We win: the loser's request gets a CDN, ours goes on. */
  | "reject-loser"
  /** The peer has agreed; its circuit has not answered yet. */
  | "prepare-to-receive"
  | "prepare-for-data"
  | "clean-up";

/** The state table of one role. */
export type SessionTransitionTable = TransitionTable<SessionState, SessionInput, SessionAction>;

/** The table of each role. */
export type SessionTables = Readonly<Record<SessionRole, SessionTransitionTable>>;

/** Each message, whether what it says will do or not. */
export const ANY_ICRQ = ["icrq", "icrq-unacceptable"] as const;
/** See `ANY_ICRQ`. */
export const ANY_ICRP = ["icrp", "icrp-unacceptable"] as const;
/** See `ANY_ICRQ`. */
export const ANY_ICCN = ["iccn", "iccn-unacceptable"] as const;
/** See `ANY_ICRQ`. */
export const ANY_OCRQ = ["ocrq", "ocrq-unacceptable"] as const;
/** See `ANY_ICRQ`. */
export const ANY_OCRP = ["ocrp", "ocrp-unacceptable"] as const;
/** See `ANY_ICRQ`. */
export const ANY_OCCN = ["occn", "occn-unacceptable"] as const;
/** The set-up messages of an incoming call. */
export const ANY_INCOMING = [...ANY_ICRQ, ...ANY_ICRP, ...ANY_ICCN] as const;
/** The set-up messages of an outgoing call. */
export const ANY_OUTGOING = [...ANY_OCRQ, ...ANY_OCRP, ...ANY_OCCN] as const;

/** The sender of an ICRQ, table 14.2. */
const ICRQ_SENDER: SessionTransitionTable = new TransitionTable([
  ["S3IS-01", ["idle"], ["local-open"], "wait-for-connection", "wait-control-conn"],
  ["S3IS-02", ["idle"], ["iccn", "icrp", "cdn"], "clean-up", "idle"],
  ["S3IS-03", ["wait-control-conn"], ["local-close"], "clean-up", "idle"],
  ["S3IS-04", ["wait-control-conn"], ["connection-open"], "send-request", "wait-reply"],
  ["S3IS-05", ["wait-reply"], ["icrp"], "send-iccn", "established"],
  ["S3IS-06", ["wait-reply"], ["icrp-unacceptable"], "send-cdn", "idle"],
  ["S3IS-07", ["wait-reply"], ["request-losing-tie"], "become-recipient", "idle"],
  ["S3IS-08", ["wait-reply"], ["request-winning-tie"], "reject-loser", "wait-reply"],
  ["S3IS-09", ["wait-reply"], ["cdn", ...ANY_ICCN], "clean-up", "idle"],
  ["S3IS-10", ["wait-reply"], ["local-close"], "send-cdn", "idle"],
  ["S3IS-11", ["established"], ["cdn"], "clean-up", "idle"],
  ["S3IS-12", ["established"], ANY_INCOMING, "send-cdn", "idle"],
  ["S3IS-13", ["established"], ["local-close"], "send-cdn", "idle"],
  ["A-08", ["wait-reply"], ANY_ICRQ, "send-cdn", "idle"],
  ["A-08", ["wait-reply", "established"], ["other-call"], "send-cdn", "idle"],
]);

/** The recipient of an ICRQ, table 14.3. */
const ICRQ_RECIPIENT: SessionTransitionTable = new TransitionTable([
  ["S3IR-01", ["idle"], ["icrq"], "send-icrp", "wait-connect"],
  ["S3IR-02", ["idle"], ["icrq-unacceptable"], "send-cdn", "idle"],
  ["S3IR-03", ["idle"], ANY_ICRP, "send-cdn", "idle"],
  ["S3IR-04", ["idle"], ANY_ICCN, "clean-up", "idle"],
  ["S3IR-05", ["wait-connect"], ["iccn"], "prepare-for-data", "established"],
  ["S3IR-06", ["wait-connect"], ["iccn-unacceptable"], "send-cdn", "idle"],
  ["S3IR-07", ["wait-connect"], [...ANY_ICRQ, ...ANY_ICRP], "send-cdn", "idle"],
  ["S3IR-08", ["idle", "wait-connect", "established"], ["cdn"], "clean-up", "idle"],
  ["S3IR-09", ["wait-connect", "established"], ["local-close"], "send-cdn", "idle"],
  ["S3IR-10", ["established"], ANY_INCOMING, "send-cdn", "idle"],
  ["A-08", ["idle", "wait-connect", "established"], ["other-call"], "send-cdn", "idle"],
]);

/** The sender of an OCRQ, table 14.4. */
const OCRQ_SENDER: SessionTransitionTable = new TransitionTable([
  ["S3OS-01", ["idle"], ["local-open"], "wait-for-connection", "wait-control-conn"],
  ["S3OS-02", ["idle"], ["occn", "ocrp"], "clean-up", "idle"],
  ["S3OS-03", ["wait-control-conn"], ["connection-open"], "send-request", "wait-reply"],
  ["S3OS-04", ["wait-reply"], ["ocrp"], "prepare-to-receive", "wait-connect"],
  ["S3OS-05", ["wait-reply"], ["ocrp-unacceptable"], "send-cdn", "idle"],
  ["S3OS-06", ["wait-reply"], ANY_OCCN, "send-cdn", "idle"],
  ["S3OS-07", ["wait-reply"], ["request-losing-tie"], "become-recipient", "idle"],
  ["S3OS-08", ["wait-reply"], ["request-winning-tie"], "reject-loser", "wait-reply"],
  ["S3OS-09", ["wait-connect"], ["occn"], "prepare-for-data", "established"],
  ["S3OS-10", ["wait-connect"], [...ANY_OCRQ, ...ANY_OCRP], "send-cdn", "idle"],
  ["S3OS-11", ["idle", "wait-reply", "wait-connect", "established"], ["cdn"], "clean-up", "idle"],
  ["S3OS-12", ["established"], ANY_OUTGOING, "send-cdn", "idle"],
  ["S3OS-13", ["wait-reply", "wait-connect", "established"], ["local-close"], "send-cdn", "idle"],
  ["S3OS-14", ["wait-control-conn"], ["local-close"], "clean-up", "idle"],
  ["A-08", ["wait-reply"], ANY_OCRQ, "send-cdn", "idle"],
  ["A-08", ["wait-reply", "wait-connect", "established"], ["other-call"], "send-cdn", "idle"],
  ["A-29", ["wait-connect"], ["occn-unacceptable"], "send-cdn", "idle"],
]);

/** The recipient of an OCRQ, who places the call, table 14.5. */
const OCRQ_RECIPIENT: SessionTransitionTable = new TransitionTable([
  ["S3OR-01", ["idle"], ["ocrq"], "send-ocrp-place-call", "wait-cs-answer"],
  ["S3OR-02", ["idle"], ["ocrq-unacceptable"], "send-cdn", "idle"],
  ["S3OR-03", ["idle"], ANY_OCRP, "send-cdn", "idle"],
  ["S3OR-04", ["idle"], [...ANY_OCCN, "cdn"], "clean-up", "idle"],
  ["S3OR-05", ["wait-cs-answer"], ["call-placed"], "send-occn", "established"],
  ["S3OR-06", ["wait-cs-answer"], ["call-failed"], "send-cdn", "idle"],
  ["S3OR-07", ["wait-cs-answer"], ANY_OUTGOING, "send-cdn", "idle"],
  ["S3OR-08", ["established"], ANY_OUTGOING, "send-cdn", "idle"],
  ["S3OR-09", ["wait-cs-answer", "established"], ["cdn"], "clean-up", "idle"],
  ["S3OR-10", ["wait-cs-answer", "established"], ["local-close"], "send-cdn", "idle"],
  ["A-08", ["idle", "wait-cs-answer", "established"], ["other-call"], "send-cdn", "idle"],
]);

/** The tables of L2TPv3. */
export const SESSION_TABLES_V3: SessionTables = {
  "icrq-sender": ICRQ_SENDER,
  "icrq-recipient": ICRQ_RECIPIENT,
  "ocrq-sender": OCRQ_SENDER,
  "ocrq-recipient": OCRQ_RECIPIENT,
};

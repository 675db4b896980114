/**
 * The state tables of L2TPv2's sessions: what a LAC and an LNS do in an incoming and in an outgoing
 * call. Nobody ties, and the LAC's bearer is what L2TPv3 calls a circuit.
 *
 * Read RFC 2661 §7.4 and §7.5; REQUIREMENTS sections 14.7 to 14.10 have the same rows, under the IDs
 * that are the rules here. "wait-tunnel" is `wait-control-conn`. A message of the other kind of call
 * has no row there; it is answered like any other that is out of place.
 */

import {
  ANY_ICCN,
  ANY_ICRP,
  ANY_ICRQ,
  ANY_INCOMING,
  ANY_OCCN,
  ANY_OCRP,
  ANY_OCRQ,
  ANY_OUTGOING,
  type SessionTables,
  type SessionTransitionTable,
} from "./session_transitions.ts";
import { TransitionTable } from "./transition_table.ts";

/** The LAC of an incoming call, table 14.7; a bearer that drops is a local close (V2-SES-15). */
const LAC_INCOMING: SessionTransitionTable = new TransitionTable([
  ["S2LI-01", ["idle"], ["local-open"], "wait-for-connection", "wait-control-conn"],
  ["S2LI-02", ["idle"], ["iccn", "icrp", "cdn"], "clean-up", "idle"],
  ["S2LI-03", ["wait-control-conn"], ["local-close"], "clean-up", "idle"],
  ["S2LI-04", ["wait-control-conn"], ["connection-open"], "send-request", "wait-reply"],
  ["S2LI-05", ["wait-reply"], ["icrp"], "send-iccn", "established"],
  ["S2LI-06", ["wait-reply"], ["icrp-unacceptable"], "send-cdn", "idle"],
  ["S2LI-07", ["wait-reply"], ANY_ICRQ, "send-cdn", "idle"],
  ["S2LI-08", ["wait-reply"], ["cdn", ...ANY_ICCN], "clean-up", "idle"],
  ["S2LI-09", ["wait-reply"], ["local-close"], "send-cdn", "idle"],
  ["S2LI-10", ["established"], ["cdn"], "clean-up", "idle"],
  ["S2LI-11", ["established"], [...ANY_INCOMING, "other-call"], "send-cdn", "idle"],
  ["S2LI-12", ["established"], ["local-close"], "send-cdn", "idle"],
  ["A-08", ["wait-reply"], ["other-call"], "send-cdn", "idle"],
]);

/** The LNS of an incoming call, table 14.8. */
const LNS_INCOMING: SessionTransitionTable = new TransitionTable([
  ["S2NI-01", ["idle"], ["icrq"], "send-icrp", "wait-connect"],
  ["S2NI-02", ["idle"], ["icrq-unacceptable"], "send-cdn", "idle"],
  ["S2NI-03", ["idle"], ANY_ICRP, "send-cdn", "idle"],
  ["S2NI-04", ["idle"], ANY_ICCN, "clean-up", "idle"],
  ["S2NI-05", ["wait-connect"], ["iccn"], "prepare-for-data", "established"],
  ["S2NI-06", ["wait-connect"], ["iccn-unacceptable"], "send-cdn", "idle"],
  ["S2NI-07", ["wait-connect"], [...ANY_ICRQ, ...ANY_ICRP], "send-cdn", "idle"],
  ["S2NI-08", ["idle", "wait-connect", "established"], ["cdn"], "clean-up", "idle"],
  ["S2NI-09", ["wait-connect", "established"], ["local-close"], "send-cdn", "idle"],
  ["S2NI-10", ["established"], ANY_INCOMING, "send-cdn", "idle"],
  ["A-08", ["idle", "wait-connect", "established"], ["other-call"], "send-cdn", "idle"],
]);

/** The LAC of an outgoing call, which places it, table 14.9. */
const LAC_OUTGOING: SessionTransitionTable = new TransitionTable([
  ["S2LO-01", ["idle"], ["ocrq"], "send-ocrp-place-call", "wait-cs-answer"],
  ["S2LO-02", ["idle"], ["ocrq-unacceptable"], "send-cdn", "idle"],
  ["S2LO-03", ["idle"], ANY_OCRP, "send-cdn", "idle"],
  ["S2LO-04", ["idle"], [...ANY_OCCN, "cdn"], "clean-up", "idle"],
  ["S2LO-05", ["wait-cs-answer"], ["call-placed"], "send-occn", "established"],
  ["S2LO-06", ["wait-cs-answer"], ["call-failed"], "send-cdn", "idle"],
  ["S2LO-07", ["wait-cs-answer"], ANY_OUTGOING, "send-cdn", "idle"],
  ["S2LO-08", ["established"], ANY_OUTGOING, "send-cdn", "idle"],
  ["S2LO-09", ["wait-cs-answer", "established"], ["cdn"], "clean-up", "idle"],
  ["S2LO-10", ["wait-cs-answer", "established"], ["local-close"], "send-cdn", "idle"],
  ["A-08", ["idle", "wait-cs-answer", "established"], ["other-call"], "send-cdn", "idle"],
]);

/** The LNS of an outgoing call, table 14.10. It can take data before the OCCN, but sends none. */
const LNS_OUTGOING: SessionTransitionTable = new TransitionTable([
  ["S2NO-01", ["idle"], ["local-open"], "wait-for-connection", "wait-control-conn"],
  ["S2NO-02", ["idle"], ["occn", "ocrp"], "clean-up", "idle"],
  ["S2NO-03", ["wait-control-conn"], ["connection-open"], "send-request", "wait-reply"],
  ["S2NO-04", ["wait-reply"], ["ocrp"], "prepare-to-receive", "wait-connect"],
  ["S2NO-05", ["wait-reply"], ["ocrp-unacceptable"], "send-cdn", "idle"],
  ["S2NO-06", ["wait-reply"], [...ANY_OCCN, ...ANY_OCRQ], "send-cdn", "idle"],
  ["S2NO-07", ["wait-connect"], ["occn"], "prepare-for-data", "established"],
  ["S2NO-08", ["wait-connect"], [...ANY_OCRQ, ...ANY_OCRP], "send-cdn", "idle"],
  ["S2NO-09", ["idle", "wait-reply", "wait-connect", "established"], ["cdn"], "clean-up", "idle"],
  ["S2NO-10", ["established"], ANY_OUTGOING, "send-cdn", "idle"],
  ["S2NO-11", ["wait-reply", "wait-connect", "established"], ["local-close"], "send-cdn", "idle"],
  ["S2NO-12", ["wait-control-conn"], ["local-close"], "clean-up", "idle"],
  ["A-08", ["wait-reply", "wait-connect", "established"], ["other-call"], "send-cdn", "idle"],
  ["V2-MSG-11", ["wait-connect"], ["occn-unacceptable"], "send-cdn", "idle"],
]);

/** The tables of L2TPv2: a LAC asks for incoming calls, an LNS for outgoing ones (V2-SES-16). */
export const SESSION_TABLES_V2: SessionTables = {
  "icrq-sender": LAC_INCOMING,
  "icrq-recipient": LNS_INCOMING,
  "ocrq-sender": LNS_OUTGOING,
  "ocrq-recipient": LAC_OUTGOING,
};

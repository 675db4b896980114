/**
 * Why a control connection or a session ended, in a form that a person, a script and the peer's
 * Result Code AVP can all be told.
 *
 * Read RFC 3931 §5.4.2 (Result Code) and REQUIREMENTS section 13.7 first.
 */

import type { CallCauses } from "./call_information.ts";

/** Who or what ended it. */
export type CloseCause =
  /** This side asked for it. */
  | "local"
  /** The peer sent StopCCN or CDN. */
  | "remote"
  /** The peer broke the protocol. */
  | "protocol"
  /** The peer stopped answering: retransmissions ran out (V3-REL-16). */
  | "timeout"
  /** A tie was lost to the peer's own request. */
  | "tie"
  /** The control connection under a session ended. */
  | "connection";

/** Why a control connection or a session ended. */
export interface CloseReason extends CallCauses {
  /** Who or what ended it. */
  readonly cause: CloseCause;
  /** StopCCN or CDN result code (section 13.7), where one was sent or received. */
  readonly resultCode?: number;
  /** General error code, where one was sent or received. */
  readonly errorCode?: number;
  /** One sentence in plain words: what happened, and to what; ends with the text of `because`. */
  readonly text: string;
  /** Addresses that the peer suggests instead of itself, where it does (error 9). */
  readonly alternatives?: readonly string[];
  /** What it is a consequence of, where it is one of something that ended before. */
  readonly because?: CloseReason;
}

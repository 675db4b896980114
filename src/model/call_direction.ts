/**
 * Which way a session is set up. Read RFC 3931 §3.4 first.
 */

/**
 * `incoming`: who asks has a call for the other side (ICRQ), which needs nothing more than the
 * other side's consent. `outgoing`: who asks wants the other side to place a call (OCRQ).
 */
export type CallDirection = "incoming" | "outgoing";

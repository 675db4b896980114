/**
 * One pseudowire between two addresses, as both ends must be told of it: everything that `pair`
 * writes down, in whatever words the far end speaks.
 */

import type { Encapsulation } from "../model/path.ts";
import type { L2SpecificSublayer } from "../model/session_descriptor.ts";

/** What one end of a session without a control connection is told. */
export interface StaticEnd {
  readonly sessionId: number;
  /** For peers that number tunnels also where nothing is negotiated. */
  readonly tunnelId: number;
  /** What this end expects in packets to it, in hexadecimal; empty for none. */
  readonly cookie: string;
}

/** One end. */
export interface PlannedEnd {
  readonly address: string;
  readonly static: StaticEnd;
}

/** The whole. */
export interface PairPlan {
  readonly here: PlannedEnd;
  readonly there: PlannedEnd;
  readonly encapsulation: Encapsulation;
  /** UDP port of both ends. */
  readonly port: number;
  readonly cookie: 0 | 4 | 8;
  readonly sublayer: L2SpecificSublayer;
  /** Whether there is no control connection. */
  readonly isStatic: boolean;
  /** The circuit's name: Remote End ID, session name, VC identifier. */
  readonly circuit: string;
  readonly tap: string;
  readonly secretFile: string | undefined;
}

/** The same from the other side. */
export function mirrored(plan: PairPlan): PairPlan {
  return { ...plan, here: plan.there, there: plan.here };
}

/** Identifiers and cookies that nobody can guess. */
export function randomEnd(address: string, cookieLength: number): PlannedEnd {
  const [sessionId = 0, tunnelId = 0] = crypto.getRandomValues(new Uint32Array(2));
  const cookie = crypto.getRandomValues(new Uint8Array(cookieLength)).toHex();
  // Zero names nothing (V3-SES-08), and some peers read the highest bit as a sign.
  const positive = (id: number) => (id & 0x7fff_ffff) || 1;
  const ids = { sessionId: positive(sessionId), tunnelId: positive(tunnelId) };
  return { address, static: { ...ids, cookie } };
}

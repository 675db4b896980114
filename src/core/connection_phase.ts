/**
 * The phases of a control connection: the RFC's states, and what lies before and after them.
 *
 * Read RFC 3931 §7.2, and §3.3.2 for what happens after the end.
 */

import type { ConnectionState } from "./connection_transitions.ts";

/**
 * `requested`: an SCCRQ came, and the application has not answered yet. `closing`: our StopCCN waits
 * for its acknowledgement. `lingering`: the peer's StopCCN may still come again (V3-CC-29).
 */
export type ConnectionPhase = ConnectionState | "requested" | "closing" | "lingering" | "released";

/** Phases in which nothing more happens but delivery. */
export const ENDED_PHASES: ReadonlySet<ConnectionPhase> = new Set(
  ["closing", "lingering", "released"] as const,
);

/** The RFC's state; `undefined` once the connection has ended. */
export function tableState(phase: ConnectionPhase): ConnectionState | undefined {
  switch (phase) {
    case "requested":
      return "idle";
    case "closing":
    case "lingering":
    case "released":
      return undefined;
    default:
      return phase;
  }
}

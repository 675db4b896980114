/**
 * Tie breakers: which of two requests that crossed each other goes on.
 *
 * Read RFC 3931 §5.4.3 (Control Connection Tie Breaker) and §5.4.4 (Session Tie Breaker) first.
 */

/** Octets of a tie breaker's value (V3-CC-24). */
export const TIE_BREAKER_OCTETS = 8;

/** How a tie ends for this side. */
export type TieOutcome = "winning" | "losing" | "equal";

/**
 * Compares our tie breaker with the peer's: unsigned, in network order, the lower wins (A-10,
 * V3-CC-16, V3-SES-20). This side always sends one, so a peer without one loses (V3-CC-20, V3-SES-24).
 */
export function compareTieBreakers(own: Uint8Array, peer: Uint8Array | undefined): TieOutcome {
  if (peer === undefined) return "winning";
  for (let index = 0; index < TIE_BREAKER_OCTETS; index++) {
    const difference = own[index]! - peer[index]!;
    if (difference !== 0) return difference < 0 ? "winning" : "losing";
  }
  return "equal";
}

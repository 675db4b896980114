/**
 * How the order of numbered packets is judged, and how long and how many of those that come before
 * their turn are held.
 *
 * Read RFC 3931 Appendix C first.
 */

/** How order is judged; Appendix C wants both configurable (V3-DP-19, V3-DP-24). */
export interface SequenceLimits {
  /**
   * Numbers from the expected one on that count as new, 1 to 2^24 - 1. Default 2^23. Of L2TPv2's
   * shorter numbers it is the same share.
   */
  readonly window: number;
  /** Old packets in order among themselves after which the expectation moves to them. Default 16. */
  readonly resetAfter: number;
}

/** Bounds of receive-side ordering. */
export interface ReorderLimits {
  /** Most packets that are held at a time, 1 to 256. */
  readonly frames: number;
  /** Longest time in milliseconds that one is held: little beside TCP's own patience (V3-DP-21). */
  readonly timeMs: number;
}

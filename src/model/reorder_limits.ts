/** How long, and how many, packets that come before their turn are held (RFC 3931 Appendix C). */

/** Bounds of receive-side ordering. */
export interface ReorderLimits {
  /** Most packets that are held at a time, 1 to 256. */
  readonly frames: number;
  /** Longest time in milliseconds that one is held: little beside TCP's own patience (V3-DP-21). */
  readonly timeMs: number;
}

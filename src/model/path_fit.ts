/**
 * How a session's frames are made to fit its path: what the operator wants done, and what the path
 * holds at present.
 *
 * Read RFC 3931 §4.1.4 first: fragments of the outer packets, of the inner ones, or a word to who
 * sends inner packets that are too long.
 */

/**
 * What becomes of packets that are longer than the path's MTU. `"allow"`: they leave without DF, so
 * that routers on the way may fragment them. `"auto"`: DF is set, the path's MTU is learnt, and what
 * is longer is fragmented here. `"forbid"`: DF is set, and what is longer is dropped.
 */
export type OuterFragmentation = "allow" | "auto" | "forbid";

/**
 * What is done about a frame whose packet would be longer than the path's MTU. `"carry"`: nothing,
 * so that `OuterFragmentation` decides. `"answer"`: the sender of an IPv4 packet with DF, or of an
 * IPv6 packet, is told by ICMP what would fit; other frames are carried. `"fragment"`: the same, and
 * IPv4 packets without DF are fragmented before they are encapsulated.
 */
export type OversizePolicy = "carry" | "answer" | "fragment";

/** The largest TCP segments in frames without VLAN tags. */
export interface SegmentLimits {
  /** Octets of TCP payload over IPv4. */
  readonly ipv4: number;
  /** Octets of TCP payload over IPv6. */
  readonly ipv6: number;
}

/** What outer packets say to the routers on the way. */
export interface Marking {
  /**
   * The DSCP; or `"copy"`, that of the IP packet inside, 0 for what is no IP; or `"priority"`, the
   * class selector of the priority in the frame's VLAN tag, 0 for what has none (RFC 4719 §4).
   */
  readonly dscp: number | "copy" | "priority";
  /**
   * ECN passes: the peer is known to treat it so too (RFC 9601 §6.1.1.2, static configuration).
   * Else the outer field is cleared, and what it says at the end is not looked at.
   */
  readonly ecn: boolean;
}

/** What the data plane does so that a session's frames fit. */
export interface PathFit {
  /** The longest IP packet that the path holds, as far as is known. */
  readonly pathMtu: number;
  readonly fragmentation: OuterFragmentation;
  /** Octets of the longest frame at the port whose packet fits the path. */
  readonly longestFrame: number;
  readonly oversize: OversizePolicy;
  /** What TCP connections are held to; `undefined`: their SYNs pass as they are. */
  readonly segments: SegmentLimits | undefined;
  readonly marking: Marking;
}

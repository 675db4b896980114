/**
 * Everything the data plane needs to carry one session, decided by the control plane (or, for a
 * static session, by configuration).
 *
 * Read RFC 3931 §4.1 (data header), §4.6 (sublayer and sequencing) and §5.4.4 (who asks for what).
 */

import type { ProtocolVersion, SessionId } from "./identifiers.ts";
import type { Path } from "./path.ts";
import type { PseudowireType } from "./pseudowire_type.ts";

/** The L2-Specific Sublayer: none, or the Default one of RFC 3931 §4.6 (4 octets). */
export type L2SpecificSublayer = "none" | "default";

/** Data sequencing level of RFC 3931 §5.4.4 (AVP 70): which packets carry a sequence number. */
export type DataSequencing = "none" | "non-ip" | "all";

/** One session as the data plane sees it. */
export interface SessionDescriptor {
  readonly version: ProtocolVersion;
  readonly path: Path;
  readonly pseudowire: PseudowireType;
  /** Ours: what the peer writes into packets to us. Non-zero (V3-DP-32). */
  readonly localSessionId: SessionId;
  /** The peer's: what we write. Zero while it is not yet known (then nothing is sent). */
  readonly remoteSessionId: SessionId;
  /** What we assigned and check on receipt: 0, 4 or 8 octets (V3-DP-05, A-05). */
  readonly receiveCookie: Uint8Array;
  /** What the peer assigned and we send: 0, 4 or 8 octets (V3-DP-02). */
  readonly transmitCookie: Uint8Array;
  /** The sublayer in packets to us: what we asked of the peer (V3-DP-09). */
  readonly receiveSublayer: L2SpecificSublayer;
  /** The sublayer in packets from us: what the peer asked of us (V3-DP-07). */
  readonly transmitSublayer: L2SpecificSublayer;
  /** Which packets to us are numbered, and so checked for order (V3-DP-25, V3-DP-26). */
  readonly receiveSequencing: DataSequencing;
  /** Which packets from us are numbered (V3-DP-27..29). */
  readonly transmitSequencing: DataSequencing;
}

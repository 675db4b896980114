/**
 * Everything the data plane needs to carry one session, decided by the control plane (or, for a
 * static session, by configuration).
 *
 * Read RFC 3931 §4.1 (data header), §4.6 (sublayer and sequencing) and §5.4.4 (who asks for what),
 * and RFC 2661 §3.1 and §5.4 for L2TPv2.
 */

import type { ControlConnectionId, ProtocolVersion, SessionId } from "./identifiers.ts";
import type { Path } from "./path.ts";
import type { PseudowireType } from "./pseudowire_type.ts";

/** The L2-Specific Sublayer: none, or the Default one of RFC 3931 §4.6 (4 octets). */
export type L2SpecificSublayer = "none" | "default";

/** Data sequencing level of RFC 3931 §5.4.4 (AVP 70): which packets carry a sequence number. */
export type DataSequencing = "none" | "non-ip" | "all";

/**
 * What lies between the port and the pseudowire: nothing, so that the port has frames of the
 * pseudowire's own kind; Ethernet at the port, carried as the pseudowire bridges it (RFC 2427,
 * RFC 3518); or IP packets at the port, carried as the pseudowire routes them.
 */
export type Framing = "native" | "bridged" | "routed";

/** What a Frame Relay session's frames begin with (RFC 4591 §3.5, §4.1). */
export interface FrameRelayAddress {
  /** Octets of the Q.922 address (FR-14, FR-15). */
  readonly length: 2 | 4;
  /**
   * The DLCI at our port, which is written into frames that go there (FR-20), and into those that
   * are made here where the port is bridged or routed.
   */
  readonly dlci: number;
}

/** The largest DLCI that an address has room for, by its length (Q.922 §3.3). */
export const LARGEST_DLCI: Readonly<Record<FrameRelayAddress["length"], number>> = {
  2: 0x3ff,
  4: 0x7fffff,
};

/** Where an Ethernet-VLAN session's frames differ in their outermost tag (RFC 4719 §3.1, ETH-18). */
export interface VlanTags {
  /** The VLAN of the frames at our port; others are not the session's. Absent: without this tag. */
  readonly port?: number | undefined;
  /** The VLAN of the frames to and from the peer. Absent: without this tag. */
  readonly peer?: number | undefined;
}

/** What an HDLC session's frames are, where its port is bridged or routed (RFC 4349 §4.1). */
export type HdlcProtocol = "ppp" | "cisco";

/** What of a session is its own affair: how the frames of the port become payloads. */
export interface PayloadForm {
  /** Default `native`. */
  readonly framing?: Framing | undefined;
  /** Frame Relay only. Default: frames pass with the address that they have. */
  readonly frameRelay?: FrameRelayAddress | undefined;
  /** Ethernet-VLAN only. Default: frames pass as they are. */
  readonly vlan?: VlanTags | undefined;
  /** HDLC with a bridged or routed port only. Default `ppp`. */
  readonly hdlc?: HdlcProtocol | undefined;
}

/** One session as the data plane sees it. */
export interface SessionDescriptor extends PayloadForm {
  readonly version: ProtocolVersion;
  readonly path: Path;
  readonly pseudowire: PseudowireType;
  /** L2TPv2: the control connection's id of ours, which the peer writes into packets to us. */
  readonly localTunnelId?: ControlConnectionId | undefined;
  /** L2TPv2: the peer's, which we write. */
  readonly remoteTunnelId?: ControlConnectionId | undefined;
  /** Ours: what the peer writes into packets to us. Non-zero (V3-DP-32). */
  readonly localSessionId: SessionId;
  /** The peer's: what we write. Zero while it is not yet known (then nothing is sent). */
  readonly remoteSessionId: SessionId;
  /** What we assigned and check on receipt: 0, 4 or 8 octets (V3-DP-05, A-05). */
  readonly receiveCookie: Uint8Array;
  /**
   * Another cookie of the same length that is taken too, while one takes the other's place (K6-01).
   * Default: there is one.
   */
  readonly otherReceiveCookie?: Uint8Array | undefined;
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
  /**
   * L2TPv2, LAC side: numbers are sent as long as the peer sends them (V2-DP-04, V2-DP-05), and
   * `transmitSequencing` says only how it begins. Default false: as where Sequencing Required was
   * agreed on (V2-DP-02).
   */
  readonly sequencingFollowsPeer?: boolean | undefined;
}

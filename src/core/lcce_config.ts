/**
 * What the control plane is told when it is made, and per connection and session.
 *
 * Durations are milliseconds. Every optional field has its default in `resolve…` beside it.
 * Read RFC 3931 §4.2 (retransmission), §4.3 (authentication), §4.4 (Hello) first.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallInformation } from "../model/call_information.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type {
  DataSequencing,
  L2SpecificSublayer,
  PayloadForm,
} from "../model/session_descriptor.ts";

/** Control Message Authentication of RFC 3931 §4.3, RFC 2661's challenge, or neither. */
export type Authentication = "none" | "digest" | "challenge";

/** The Message Digest AVP's type: HMAC-MD5 (0) or HMAC-SHA-1 (1). */
export type DigestType = "md5" | "sha1";

/** How a control connection behaves, whichever side began it. */
export interface ConnectionSettings {
  /** Which version to ask for; `auto` is 3 with automatic fallback to 2 (RFC 3931 §4.7.3). */
  readonly version: ProtocolVersion | "auto";
  readonly authentication: Authentication;
  readonly digest: DigestType;
  /** Shared secrets: the first is used to send, every one is accepted (V3-AUTH-21). */
  readonly secrets: readonly Uint8Array[];
  /** Whether AVPs that may be hidden are (V3-HID-01: only with a secret and authentication). */
  readonly hideAvps: boolean;
  /** Idle time after which a HELLO goes out; 0 sends none. Default 60,000 (V3-KA-02). */
  readonly helloMs: number;
  readonly retransmission: RetransmissionSettings;
  /** What we advertise, 1 to 65,535. Default 16 (V3-REL-23). */
  readonly receiveWindow: number;
  /** As `perHopBehaviours` of a session, for control messages (RFC 3308 §3). */
  readonly perHopBehaviours?: readonly PerHopBehaviour[];
  /** The peer is told that ECN passes here as RFC 6040 has it (ECN-04). Default false. */
  readonly ecnCapability?: boolean;
}

/** Whether messages are authenticated: that takes a secret as well as the wish (V3-AUTH-01). */
export function authenticates({ authentication, secrets }: ConnectionSettings): boolean {
  return authentication !== "none" && secrets.length > 0;
}

/** Retransmission of control messages (RFC 3931 §4.2). */
export interface RetransmissionSettings {
  /** Until the first retransmission. Default 1,000 (V3-REL-11). */
  readonly initialMs: number;
  /** Upper bound of the doubled interval. Default 8,000, never less (V3-REL-15). */
  readonly capMs: number;
  /** Retransmissions before the connection is given up. Default 10 (V3-REL-17). */
  readonly limit: number;
}

/** Who may connect to us, and how they are spoken to. */
export interface PeerPolicy {
  /** Names this policy in effects. */
  readonly name: string;
  readonly settings: ConnectionSettings;
}

/** What is known of the sender of an SCCRQ before anything in it is believed. */
export interface PeerClaim {
  readonly path: Path;
  readonly version: ProtocolVersion;
  readonly hostName: string;
  readonly routerId: number;
}

/** What `Lcce` is made with. */
export interface LcceConfig {
  /** Host Name AVP, at least one octet of US-ASCII (V3-CC-06). */
  readonly hostName: string;
  /** Router ID AVP, any 32-bit value (V3-CC-07). */
  readonly routerId: number;
  /** Vendor Name AVP; default "longwire". */
  readonly vendorName?: string;
  /** The types that are advertised (V3-CC-25) and accepted (V3-SES-27). */
  readonly pseudowireCapabilities: readonly PseudowireType[];
  /**
   * Bits of `BEARER_…`: what kinds of call this side can place for an L2TPv2 peer, which may ask for
   * them only if it is told (V2-CC-17). Default: none.
   */
  readonly bearerCapabilities?: number;
  /**
   * The policies that may apply to a stranger, best first; an empty answer means silence. With
   * several, the first whose secrets verify the SCCRQ's digest is taken.
   */
  readonly findPeers: (claim: PeerClaim) => readonly PeerPolicy[];
  /** What peers may take of us; each has its default. */
  readonly limits?: Partial<Limits>;
}

/** What peers may take of us at one time. */
export interface Limits {
  /** Connections in set-up that strangers may hold. Default 1,000. */
  readonly halfOpen: number;
  /** Messages of strangers that are looked into, per second and source address. Default 100. */
  readonly strangersPerSecond: number;
  /** Connections that one peer (by the name of its policy) may have begun. Default 4,096. */
  readonly connectionsPerPeer: number;
  /** Sessions over one connection, beyond which the peer's requests are refused. Default 16,384. */
  readonly sessionsPerConnection: number;
}

/** The limits that are in force. */
export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  return {
    halfOpen: limits.halfOpen ?? 1000,
    strangersPerSecond: limits.strangersPerSecond ?? 100,
    connectionsPerPeer: limits.connectionsPerPeer ?? 4096,
    sessionsPerConnection: limits.sessionsPerConnection ?? 16_384,
  };
}

/** What a session asks of the peer, whichever side began it. */
export interface SessionSettings {
  readonly pseudowire: PseudowireType;
  /** How frames become payloads. Default: they are payloads. */
  readonly payload?: PayloadForm;
  /** Octets of cookie that the peer must put into its packets to us: 0, 4 or 8. Default 8. */
  readonly cookieLength: 0 | 4 | 8;
  /** The sublayer we ask to receive (V3-DP-09). */
  readonly sublayer: L2SpecificSublayer;
  /** What we ask to receive in sequence (V3-DP-25). */
  readonly sequencing: DataSequencing;
  /** Our circuit's status bits at the time of asking (V3-SLI-02). */
  readonly circuitStatus: number;
  /** What the peer is told of the call, as far as the protocol has a place for it. */
  readonly information?: CallInformation;
  /**
   * Per-hop behaviours that will do for the session's packets: the first is proposed, or answered to
   * a proposal that is not among them (RFC 3308 §4). Default: none is negotiated.
   */
  readonly perHopBehaviours?: readonly PerHopBehaviour[];
}

/** A session asked for by this side: an ICRQ, or an OCRQ where the peer is to place the call. */
export interface OutgoingSessionSettings extends SessionSettings {
  /** Default "incoming" (V3-SES-02, V3-SES-03). */
  readonly call?: CallDirection;
  /** Remote End ID AVP: names the circuit at the peer (ETH-06); L2TPv2 has no such name. */
  readonly remoteEndId: Uint8Array;
}

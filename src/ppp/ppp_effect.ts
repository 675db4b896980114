/**
 * What comes out of a PPP link, in one ordered queue: frames to send, and news.
 *
 * Read RFC 1661 §3.2 for the phases that the news follow. Octets given out belong to the receiver.
 */

import type { PppDisconnectCause } from "../model/call_information.ts";
import type { AuthenticationEvidence, AuthenticationProtocol } from "./evidence.ts";

/** What one end of a link has agreed to receive (RFC 1661 §6, RFC 1662 §7). */
export interface ReceiveOptions {
  /** Longest information field, in octets. */
  readonly mru: number;
  /** Whether protocol fields of one octet are taken (PFC). */
  readonly protocolFieldCompression: boolean;
  /** Whether frames without address and control are taken (ACFC). */
  readonly addressAndControlCompression: boolean;
  /** Control characters to be escaped on an asynchronous line towards it. */
  readonly accm: number;
  /** 0 where there is none. */
  readonly magic: number;
}

/** What LCP has agreed on and authentication has found. */
export interface LinkAgreement {
  /** What we receive, and the peer sends by. */
  readonly local: ReceiveOptions;
  /** What the peer receives, and we send by. */
  readonly remote: ReceiveOptions;
  /** How the peer has proved who it is; absent where it was not asked. */
  readonly peerProof?: AuthenticationProtocol;
  /** Who the peer says it is, in octets as they came; absent where it was not asked. */
  readonly peerName?: Uint8Array;
  /** How we have proved who we are; absent where we were not asked. */
  readonly ownProof?: AuthenticationProtocol;
  /** Our last Configure-Request, from its first option on (LCPX-02). */
  readonly lastSent: Uint8Array;
  /** The peer's last Configure-Request, from its first option on (LCPX-02). */
  readonly lastReceived: Uint8Array;
}

/** Why a link ended. */
export type PppDownReason =
  /** `close` was called. */
  | "closed"
  /** The peer terminated it. */
  | "terminated"
  /** The lower layer went down. */
  | "lower-layer"
  /** The peer did not answer in LCP. */
  | "lcp-timeout"
  /** The peer answers, but the two do not come to terms. */
  | "not-converging"
  /** Our own frames come back. */
  | "loop"
  /** The peer does not answer echoes. */
  | "echo-timeout"
  /** No protocol that both are ready to authenticate by. */
  | "authentication-refused"
  /** The peer has not proved who it is. */
  | "authentication-failed"
  /** The peer does not believe who we are. */
  | "credentials-refused"
  /** Authentication took too long. */
  | "authentication-timeout"
  /** No network protocol could be opened, or none is left. */
  | "no-network-protocol"
  /** The peer's software cannot do what PPP needs. */
  | "rejected";

/** A frame for the peer, with FF 03 and the whole protocol number. */
export interface TransmitEffect {
  readonly kind: "transmit";
  readonly octets: Uint8Array;
}

/** LCP is opened and authentication is over; network protocols may now come up. */
export interface LinkUpEffect extends LinkAgreement {
  readonly kind: "linkUp";
}

/** The peer has shown its evidence, which `answerAuthentication` judges. */
export interface AuthenticateEffect {
  readonly kind: "authenticate";
  readonly evidence: AuthenticationEvidence;
}

/** IPv4 packets may pass. */
export interface Ipv4UpEffect {
  readonly kind: "ipv4Up";
  readonly local: string;
  /** Absent where the peer did not say. */
  readonly remote?: string;
  /** Name servers that the peer has told us of. */
  readonly dns: readonly string[];
}

/** IPv6 packets may pass. */
export interface Ipv6UpEffect {
  readonly kind: "ipv6Up";
  /** 8 octets; behind fe80::/64 they are the link-local address. */
  readonly localInterfaceId: Uint8Array;
  /** Absent where the peer did not say. */
  readonly remoteInterfaceId?: Uint8Array;
}

/** Ethernet frames may pass (RFC 3518). */
export interface BridgeUpEffect {
  readonly kind: "bridgeUp";
  /** Whether the peer takes frames with a VLAN tag (BCP-09). */
  readonly taggedFrames: boolean;
  /** Whether spanning tree's and GARP's frames may pass inline to the peer (BCP-10). */
  readonly managementInline: boolean;
}

/** A network protocol's packets may no longer pass. */
export interface NetworkDownEffect {
  readonly kind: "ipv4Down" | "ipv6Down" | "bridgeDown";
}

/** The link has ended. It does not come up by itself again. */
export interface DownEffect {
  readonly kind: "down";
  readonly reason: PppDownReason;
  /** The same for the peer's side of the tunnel (RFC 3145); its text is for people. */
  readonly cause: PppDisconnectCause;
}

/** A frame from the peer that nothing was done with. */
export interface DroppedEffect {
  readonly kind: "dropped";
  readonly reason: PppDropReason;
  readonly protocol?: number;
}

/** Why nothing was done with a frame. */
export type PppDropReason =
  /** It has no whole protocol field, or its packet is cut short. */
  | "malformed"
  /** Its protocol is not for this phase of the link (PPP-02, PPP-04). */
  | "out-of-phase"
  /** An answer to nothing that was asked, or with other options (PPP-08). */
  | "stray-answer"
  /** Our own challenge, sent back to have us answer it. */
  | "reflected"
  /** A protocol that is not spoken; the peer is told (PPP-05). */
  | "unknown-protocol"
  /** The link is at its end. */
  | "link-down";

/** Something that comes out of a link. */
export type PppEffect =
  | TransmitEffect
  | LinkUpEffect
  | AuthenticateEffect
  | Ipv4UpEffect
  | Ipv6UpEffect
  | BridgeUpEffect
  | NetworkDownEffect
  | DownEffect
  | DroppedEffect;

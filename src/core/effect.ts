/**
 * What the control plane wants done: the only way anything leaves `Lcce`.
 *
 * Effects come out of `poll()` one at a time, in order, and are applied in that order: where two
 * things must happen in sequence (the receive half of a session is installed before the ICRP or
 * ICCN that invites the peer to send), the order here says so.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";

/** Names a control connection inside this process; never reused, never on the wire. */
export type ConnectionHandle = number & { readonly __brand?: "ConnectionHandle" };

/** Names a session inside this process; never reused, never on the wire. */
export type SessionHandle = number & { readonly __brand?: "SessionHandle" };

/** What a peer said of itself in its SCCRQ or SCCRP. */
export interface PeerDescription {
  /** Which L2TP it speaks with us. */
  readonly version: ProtocolVersion;
  /** AVP 7, in US-ASCII. */
  readonly hostName: string;
  /** AVP 60; 0 where the peer sent none (L2TPv2, some dialects). Not an address (V3-CC-07). */
  readonly routerId: number;
  /** AVP 8, where the peer sent one. */
  readonly vendorName: string | undefined;
  /** AVP 62: the pseudowire type numbers the peer supports (V3-CC-25); in L2TPv2, that of PPP. */
  readonly pseudowireCapabilities: readonly number[];
  /** AVP 61 (AVP 9 in L2TPv2): what our messages to it carry. */
  readonly controlConnectionId: number;
  /** AVP 3, bits of `FRAMING_…`; in L2TPv2 only. */
  readonly framingCapabilities?: number;
  /** AVP 4, bits of `BEARER_…`, where the peer can place calls; in L2TPv2 only (V2-SES-10). */
  readonly bearerCapabilities?: number;
}

/** What the peer asks for in an ICRQ (or OCRQ): enough to choose an attachment circuit for it. */
export interface SessionRequest {
  /** "outgoing": once accepted, the call is to be placed (`placeCall`). */
  readonly call: CallDirection;
  readonly pseudowireTypeNumber: number;
  /** AVP 66, as it came. */
  readonly remoteEndId: Uint8Array;
  readonly serialNumber: number;
  readonly circuitStatus: number;
  /** What the peer tells of the call so far. */
  readonly information: CallInformation;
}

/** One thing to do, in order. */
export type Effect =
  /** Send these octets; they belong to the receiver of the effect. */
  | {
    readonly kind: "transmit";
    readonly path: Path;
    readonly octets: Uint8Array;
    /** How routers are to treat it; the default behaviour where nothing is agreed on (DS-04). */
    readonly perHopBehaviour?: PerHopBehaviour | undefined;
  }
  /** Make the session ready, with its gates as `updateSession` has them. */
  | {
    readonly kind: "installSession";
    readonly session: SessionHandle;
    readonly descriptor: SessionDescriptor;
    readonly transmit: boolean;
    readonly receive: boolean;
  }
  /**
   * Whether data may go to the peer, which its circuit decides (V3-SLI-05), and whether data from it
   * is taken; in standby neither is so (ECS-09, ECS-10).
   */
  | {
    readonly kind: "updateSession";
    readonly session: SessionHandle;
    readonly transmit: boolean;
    readonly receive: boolean;
  }
  | { readonly kind: "removeSession"; readonly session: SessionHandle }
  /** An authenticated SCCRQ: answer with `acceptConnection` or `refuseConnection`. */
  | {
    readonly kind: "connectionRequested";
    readonly connection: ConnectionHandle;
    /** The `name` of the peer policy that admitted it. */
    readonly peerName: string;
    readonly peer: PeerDescription;
    readonly path: Path;
  }
  /** An authenticated SCCRQ that cannot be accepted: the peer has been told so, by a StopCCN. */
  | {
    readonly kind: "connectionRefused";
    /** The `name` of the peer policy that it belongs to. */
    readonly peerName: string;
    readonly path: Path;
    /** The StopCCN's result code, and all its codes in words. */
    readonly resultCode: number;
    readonly text: string;
  }
  /** An ICRQ or OCRQ: answer with `acceptSession` or `refuseSession`. */
  | {
    readonly kind: "sessionRequested";
    readonly connection: ConnectionHandle;
    readonly session: SessionHandle;
    readonly request: SessionRequest;
  }
  /**
   * An OCRQ was accepted: place its call, and answer with `handleCallPlaced` or `handleCallFailed`
   * (S3OR-05, S3OR-06).
   */
  | { readonly kind: "placeCall"; readonly session: SessionHandle }
  | {
    readonly kind: "connectionUp";
    readonly connection: ConnectionHandle;
    readonly peer: PeerDescription;
    readonly path: Path;
    readonly localId: number;
    /** The per-hop behaviour that both ends agree on for control messages (RFC 3308 §3). */
    readonly perHopBehaviour: PerHopBehaviour | undefined;
    /** Both ends have said that ECN passes between packets inside and outside (RFC 9601). */
    readonly passesEcn: boolean;
  }
  | {
    readonly kind: "connectionDown";
    readonly connection: ConnectionHandle;
    readonly reason: CloseReason;
  }
  | {
    readonly kind: "sessionUp";
    readonly session: SessionHandle;
    readonly connection: ConnectionHandle;
    readonly descriptor: SessionDescriptor;
    /** What the peer has told of the call, in whichever of its messages. */
    readonly information: CallInformation;
    /** The per-hop behaviour that both ends agree on for the session's packets (RFC 3308 §4). */
    readonly perHopBehaviour: PerHopBehaviour | undefined;
  }
  /** The LNS told what PPP has led to, by SLI (V2-SLI-01, LCPX-02). */
  | {
    readonly kind: "linkInformation";
    readonly session: SessionHandle;
    readonly information: LinkInformation;
  }
  | { readonly kind: "sessionDown"; readonly session: SessionHandle; readonly reason: CloseReason }
  /** The peer told its circuit's status (AVP 71 bits). */
  | { readonly kind: "circuitStatus"; readonly session: SessionHandle; readonly remote: number }
  /** The peer told the errors that its circuit has had since the call was set up (AVP 34). */
  | {
    readonly kind: "circuitErrors";
    readonly session: SessionHandle;
    readonly errors: CircuitErrors;
  }
  /**
   * A lost tie (V3-CC-17, V3-SES-22): what was asked for locally goes on as the peer's request.
   * The handle `lost` is dead without a `connectionDown`/`sessionDown`; `kept` stands in its place.
   */
  | {
    readonly kind: "connectionReplaced";
    readonly lost: ConnectionHandle;
    readonly kept: ConnectionHandle;
  }
  | {
    readonly kind: "sessionReplaced";
    readonly lost: SessionHandle;
    readonly kept: SessionHandle;
  }
  /** A datagram that had no effect, and why: a counter's name. */
  | { readonly kind: "dropped"; readonly reason: ControlDropReason; readonly path: Path };

/** Why a control datagram was dropped; each is a counter. */
export type ControlDropReason =
  | "malformed"
  | "unknown-version"
  | "unknown-peer"
  | "unknown-connection"
  | "unknown-session"
  | "bad-digest"
  | "missing-digest"
  /** An SCCRQ that nobody has proved, for the version that is not spoken with its sender. */
  | "other-version"
  | "duplicate"
  | "out-of-window"
  | "wrong-path"
  | "too-many-connections"
  | "rate-limited"
  | "data-on-control-socket";

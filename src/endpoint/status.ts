/**
 * What `status` tells: plain values, ready for JSON, with the field names of the status format.
 *
 * A snapshot is taken at once and never changes afterwards.
 */

import type { Encapsulation } from "../model/path.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { OuterFragmentation, OversizePolicy, SegmentLimits } from "../model/path_fit.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { DataSequencing, L2SpecificSublayer } from "../model/session_descriptor.ts";

/** The life of a control connection or session; it only moves to the right. */
export type LifeState = "connecting" | "established" | "closing" | "closed";

/** One end's word on its attachment circuit. */
export type CircuitState = "up" | "down";

/** Frames and octets carried, and packets dropped by reason. */
export interface SessionCounters {
  /** Whole frames from the peer to the attachment circuit. */
  readonly receivedFrames: number;
  /** Octets of those frames. */
  readonly receivedOctets: number;
  /** Whole frames from the attachment circuit to the peer. */
  readonly transmittedFrames: number;
  /** Octets of those frames. */
  readonly transmittedOctets: number;
  /** Numbered packets from the peer that came before another whose turn was first. */
  readonly earlyPackets: number;
  /** Numbers that were missing when a later packet passed. */
  readonly lostPackets: number;
  /** Frames and packets of both directions that went no further, by reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** What a session's path holds, and what is done about frames that are longer. */
export interface PathStatus {
  /** The longest IP packet, as far as is known; null until it is. */
  readonly mtu: number | null;
  /** The longest payload of a frame whose packet is no longer than that. */
  readonly payload: number | null;
  /** What becomes of longer packets. */
  readonly fragmentation: OuterFragmentation;
  /** What becomes of their frames before. */
  readonly oversize: OversizePolicy;
  /** The largest segments that TCP is held to, over IPv4 and IPv6; null where it is not. */
  readonly tcpMss: SegmentLimits | null;
  /** The DSCP of packets to the peer, or where it is from. */
  readonly dscp: number | "copy" | "priority";
  /** Whether ECN passes. */
  readonly ecn: boolean;
}

/** One session. */
export interface SessionStatus {
  /** The session's name at this end. */
  readonly name: string;
  /** Where in its life it is. */
  readonly state: LifeState;
  /** When the present state was entered, as an ISO 8601 instant. */
  readonly since: string;
  /** What kind of frames it carries. */
  readonly pseudowire: PseudowireType;
  /** The TAP's name; null for streams. */
  readonly interface: string | null;
  /** The attachment circuit's MTU; null for streams. */
  readonly mtu: number | null;
  /** What the path holds. */
  readonly path: PathStatus;
  /** 0 until it is chosen. */
  readonly localSessionId: number;
  /** 0 until the peer has told it. */
  readonly remoteSessionId: number;
  /** The sublayer of packets to us. */
  readonly sublayer: L2SpecificSublayer;
  /** Which packets to us are numbered. */
  readonly sequencing: DataSequencing;
  /** Octets of the cookie that is checked; null until both ends have told theirs. */
  readonly receiveCookieLength: number | null;
  /** Octets of the cookie that is written; null until then. */
  readonly transmitCookieLength: number | null;
  /** Whether the circuits at both ends work. */
  readonly circuit: { readonly local: CircuitState; readonly remote: CircuitState };
  /** Why it ended, once it has. */
  readonly lastError: string | null;
  /** PPP, where this program speaks it in the session. */
  readonly ppp?: PppStatus;
  /** The session that its frames come from and go to: `CONNECTION/SESSION`. */
  readonly joined?: string;
  /** What it has carried and dropped. */
  readonly counters: SessionCounters;
}

/** One end of a control connection. */
export interface EndStatus {
  /** An IPv4 or IPv6 literal. */
  readonly address: string;
  /** A UDP port; 0 over IP. */
  readonly port: number;
  /** The control connection ID that this end assigned; 0 until it is known. */
  readonly id: number;
}

/** How long something took, each time that it was measured. */
export interface Durations {
  /** Upper bounds in milliseconds, each with how many took no longer and longer than the one before. */
  readonly classes: readonly (readonly [boundMs: number, count: number])[];
  /** How many there were. */
  readonly count: number;
  /** All of them together, in milliseconds. */
  readonly sumMs: number;
}

/** How long the peer took to acknowledge HELLOs that were sent once. */
export interface HelloRoundTrips extends Durations {
  /** The latest, in milliseconds; null where there was none. */
  readonly lastMs: number | null;
}

/** The reliable delivery of control messages (RFC 3931 §4.2). */
export interface ChannelStatus {
  /** The number of the next message to the peer. */
  readonly nextNs: number;
  /** The number of the message that is expected from it next. */
  readonly nr: number;
  /** Messages that the peer has not acknowledged yet. */
  readonly unacknowledged: number;
  /** Messages that wait for the window. */
  readonly queued: number;
  /** The peer's Receive Window Size. */
  readonly peerWindow: number;
  /** How much of it congestion lets be used. */
  readonly congestionWindow: number;
  /** Messages sent, retransmissions included, and messages received, by type. */
  readonly messages: {
    readonly sent: Readonly<Record<string, number>>;
    readonly received: Readonly<Record<string, number>>;
  };
  /** How long the peer took to acknowledge HELLOs. */
  readonly helloRoundTrips: HelloRoundTrips;
  /** When a control message came last, ISO 8601; null where none has. */
  readonly lastReceived: string | null;
  /** When one was sent last, likewise. */
  readonly lastTransmitted: string | null;
}

/** One control connection with its sessions. */
export interface ConnectionStatus {
  /** The connection's name at this end. */
  readonly name: string;
  /** Where in its life it is. */
  readonly state: LifeState;
  /** When the present state was entered, as an ISO 8601 instant. */
  readonly since: string;
  /** Which L2TP is spoken. */
  readonly version: ProtocolVersion;
  /** What carries it. */
  readonly encapsulation: Encapsulation;
  /** This end. */
  readonly local: EndStatus;
  /** With the Host Name AVP that the peer sent; null until then. */
  readonly remote: EndStatus & { readonly hostName: string | null };
  /** Control messages sent again since the connection began. */
  readonly retransmissions: number;
  /** How its control messages fare; null while there is no connection. */
  readonly channel: ChannelStatus | null;
  /** What kept it from going on, as far as is known. */
  readonly lastError: string | null;
  /** The sessions over it. */
  readonly sessions: readonly SessionStatus[];
}

/** What a kernel has done about fragments. */
export interface FragmentStatus {
  /** Packets put together from fragments. */
  readonly reassembled: number;
  /** Packets given up because fragments were missing, late or too many. */
  readonly reassemblyFailures: number;
  /** Fragments made of packets that were sent or forwarded. */
  readonly created: number;
}

/** PPP in a session. */
export interface PppStatus {
  /** `up` as soon as a network protocol is. */
  readonly state: "down" | "establishing" | "authenticating" | "network" | "up";
  /** Whom the peer has proved to be; null where it was not asked. */
  readonly user: string | null;
  /** By what it has: `pap`, `chap`, `ms-chap-v2`. */
  readonly authentication: string | null;
  /** Our IPv4 address. */
  readonly localAddress: string | null;
  /** The peer's. */
  readonly remoteAddress: string | null;
  /** Our link-local IPv6 address. */
  readonly localIpv6Address: string | null;
  /** The peer's. */
  readonly remoteIpv6Address: string | null;
  /** Name servers that the peer has told us of. */
  readonly dns: readonly string[];
  /** Whether Ethernet frames pass (BCP). */
  readonly bridged: boolean;
  /** Longest packet either way, in octets. */
  readonly mtu: number | null;
}

/** PPP that has not begun, or has ended. */
export const PPP_DOWN: PppStatus = {
  state: "down",
  user: null,
  authentication: null,
  localAddress: null,
  remoteAddress: null,
  localIpv6Address: null,
  remoteIpv6Address: null,
  dns: [],
  bridged: false,
  mtu: null,
};

/** What cannot be put down to one session. */
export interface EndpointCounters {
  /** The turns of the data plane's workers, from when each is woken to when it waits again. */
  readonly workerTurns: Durations;
  /** Control connections that strangers hold without having finished the handshake. */
  readonly halfOpen: number;
  /** Control datagrams that had no effect, by reason; `receive-buffer` are lost for lack of room. */
  readonly controlDrops: Readonly<Record<string, number>>;
  /**
   * Data packets that belong to no session, by reason; `receiveBuffer` came faster than they were
   * read, and nobody knows whose they were.
   */
  readonly dataDrops: Readonly<Record<string, number>>;
  /** Control messages that the kernel refused to send, by errno name. */
  readonly sendErrors: Readonly<Record<string, number>>;
  /**
   * Fragments that the kernel has made and put together, since the endpoint was opened, in the
   * network namespace of its sockets: not only of its own packets, which the kernel does not tell.
   */
  readonly fragments: FragmentStatus;
}

/** Everything an endpoint has. */
export interface EndpointStatus {
  /** Its Host Name. */
  readonly hostName: string;
  /** Its control connections. */
  readonly connections: readonly ConnectionStatus[];
  /** Its sessions without one. */
  readonly static: readonly SessionStatus[];
  /** What cannot be put down to one session. */
  readonly counters: EndpointCounters;
}

/**
 * The options of the library; the YAML configuration uses the same names and meanings.
 *
 * Durations are milliseconds here and carry units in the YAML. INTERFACE: names are fixed.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallInformation } from "../model/call_information.ts";
import type { Encapsulation } from "../model/path.ts";
import type { OuterFragmentation, OversizePolicy } from "../model/path_fit.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { DataSequencing, L2SpecificSublayer } from "../model/session_descriptor.ts";
import type { Attachment } from "./attachment.ts";
import type { AttachmentOptions } from "./attachment_options.ts";
import type { PayloadOptions } from "./payload_options.ts";
import type { PppAccess, PppAuthentication } from "./ppp_access.ts";

/** How retransmission of control messages is timed (RFC 3931 §4.2). */
export interface RetransmissionOptions {
  /** Until the first retransmission, in milliseconds. Default 1000. */
  initial?: number;
  /** Longest interval, in milliseconds, at least 8000. Default 8000. */
  cap?: number;
  /** Retransmissions before the peer is given up. Default 10. */
  limit?: number;
}

/** What is common to a connection that this side initiates and one that it admits. */
export interface ConnectionOptions {
  /** Names the connection in status, events and logs. Default: the remote address. */
  name?: string;
  /** UDP (port 1701) or IP protocol 115. Default `"udp"`. */
  encapsulation?: Encapsulation;
  /** 3 (RFC 3931), 2 (RFC 2661) or `"auto"`: 3, falling back to 2 (UDP only, V3-CO-02). Default 3. */
  version?: 2 | 3 | "auto";
  /** One shared secret, or two during a rollover: the first is used to send, both are accepted. */
  secret?: string | Uint8Array | readonly (string | Uint8Array)[];
  /**
   * `"digest"` is RFC 3931 §4.3, `"challenge"` is RFC 2661 §5.1.1. Default: `"digest"` (v3) or
   * `"challenge"` (v2) with a secret, `"none"` without.
   */
  authentication?: "none" | "digest" | "challenge";
  /** Digest algorithm sent; both are accepted. Default `"sha1"`. */
  digest?: "sha1" | "md5";
  /** Hide the AVPs that may be hidden (RFC 3931 §5.3); needs a secret. Default false. */
  hideAvps?: boolean;
  /** Idle milliseconds before a HELLO; 0 sends none. Default 60000. */
  hello?: number;
  /** How control messages are sent again. */
  retransmission?: RetransmissionOptions;
  /** Control messages we accept unacknowledged, 1 to 65535. Default 16. */
  receiveWindow?: number;
  /**
   * DSCPs for control messages, best first: their per-hop behaviour is agreed on with the peer
   * (RFC 3308), and one that will have none of them is refused. Default: nothing is negotiated.
   */
  diffServ?: readonly number[];
  /**
   * The peer is told, by the ECN Capability AVP, that ECN passes here; where it says so too, it does
   * in every session of the connection (RFC 9601 §6.1.1.2). Default false.
   */
  ecnCapability?: boolean;
}

/** A connection that this side initiates. */
export interface ConnectOptions extends ConnectionOptions {
  /** Our address towards this peer. Default: what the route gives. */
  local?: string;
  /** Gives up the attempt. */
  signal?: AbortSignal;
}

/** Who may connect to us, and how they are spoken to. */
export interface PeerOptions extends ConnectionOptions {
  /** Names the peer: no two have the same. */
  name: string;
  /** Address literals the peer may come from. Default: any, which needs a secret. */
  remote?: string | readonly string[];
  /** Host Name AVP the peer must present. */
  hostName?: string;
  /** It may come from anywhere and need not prove itself, as its sessions' users will. */
  anybody?: boolean;
}

/**
 * What is left to the kernel in large pieces, which makes the data plane fast. Each falls back by
 * itself where the kernel refuses it; frames are the same with and without.
 */
export interface OffloadOptions {
  /**
   * TAPs hand over and take whole TCP and UDP streams instead of single frames, with checksums
   * still to be made (`IFF_VNET_HDR`, `TUNSETOFFLOAD`). What the line of an interface that is there
   * already hands over is a matter of that interface (`ethtool -K`). Default true.
   */
  tap?: boolean;
  /** Received segments of a stream are joined for the TAP; needs `tap`. Default true. */
  coalescing?: boolean;
  /** Packets of equal length leave as one message that the kernel cuts (`UDP_SEGMENT`). Default true. */
  segmentation?: boolean;
  /** The kernel gives packets of equal length together (`UDP_GRO`). Default true. */
  aggregation?: boolean;
}

/** What peers may take of this endpoint at one time. */
export interface LimitOptions {
  /** Control connections in set-up that strangers may hold. Default 1000. */
  halfOpen?: number;
  /** Messages of strangers looked into, per second and source address. Default 100. */
  strangersPerSecond?: number;
  /** Control connections that one peer may have begun. Default 4096. */
  connectionsPerPeer?: number;
  /** Sessions over one control connection that the peer may bring it to. Default 16384. */
  sessionsPerConnection?: number;
}

/** The options of `openEndpoint`. */
export interface EndpointOptions {
  /** Host Name AVP. Default: the system's. */
  hostName?: string;
  /** Router ID AVP, as an IPv4 literal or a number. Default: first local IPv4 address. */
  routerId?: string | number;
  /** `udp://ADDRESS[:PORT]` and `ip://ADDRESS`. Default: udp on 0.0.0.0 and [::], port 1701. */
  listen?: readonly string[];
  /** The peers that may connect to us; others get silence unless `acceptUnknownPeers`. */
  peers?: readonly PeerOptions[];
  /** Admit connections from peers that are not named, without authentication. Default false. */
  acceptUnknownPeers?: boolean;
  /** Network namespace of the tunnel's sockets: a name under /run/netns or a path. Default: ours. */
  namespace?: string;
  /** What peers may take of this endpoint. */
  limits?: LimitOptions;
  /** Ways of the data plane to spare work. Default: all that the kernel grants. */
  offload?: OffloadOptions;
  /**
   * Threads that carry data, 1 to 16: more than one where one is too slow and there are processors
   * for more. A flow keeps its order, and what is numbered stays with one of them. Default 1.
   */
  workers?: number;
  /**
   * Whether these threads practise at the start, on packets of their own over loopback: the first
   * ones to come then find the code optimised, for 50 ms of a processor. Default false.
   */
  rehearses?: boolean;
  /** Closes the endpoint. */
  signal?: AbortSignal;
}

/** PPP between this program and the peer, with a TUN or (bridging, BCP) a TAP behind it. */
export interface PppOptions {
  /** How the peer has to prove who it is, best first; needs `access`. Default: not at all. */
  authenticate?: readonly PppAuthentication[];
  /** Who decides on the peer, and what it gets. Default: nobody is asked, and it gets nothing. */
  access?: PppAccess;
  /** The name that we say when the peer asks; needs `secret`. */
  user?: string;
  /** Our password. */
  secret?: string | Uint8Array;
  /** IPv4 over the link. Default true. */
  ipv4?: boolean;
  /** IPv6 over the link. Default true. */
  ipv6?: boolean;
  /** Our IPv4 address. Default: the peer's choice. */
  address?: string;
  /** The peer's IPv4 address. Default: its own, or what `access` gives it. */
  peerAddress?: string;
  /** Name servers that the peer is told of, two at most. Default: those that `access` gives. */
  dns?: readonly string[];
  /** Longest packet that we receive. Default: what the path carries. */
  mru?: number;
  /** Milliseconds between LCP echoes, of which five may go unanswered; 0: none. Default 30000. */
  echo?: number;
  /** Milliseconds without traffic that end the session. Default: none do. */
  idle?: number;
  /** Milliseconds that a session may take. Default: any number. */
  sessionTime?: number;
}

/** How a session's frames are made to fit its path (RFC 3931 §4.1.4), and are marked. */
export interface FitOptions {
  /**
   * Packets longer than the path's MTU: `"allow"` sends them without DF, so that routers may
   * fragment them; `"auto"` sets DF, learns the path's MTU and fragments here; `"forbid"` sets DF
   * and drops them. Default `"allow"`.
   */
  fragmentation?: OuterFragmentation;
  /**
   * Frames whose packet would be that long: `"carry"` leaves it to `fragmentation`; `"answer"` tells
   * the senders of IPv4 packets with DF and of IPv6 packets what fits, by ICMP; `"fragment"` does so
   * too, and cuts other IPv4 packets before they are encapsulated. Default `"carry"`.
   */
  oversize?: OversizePolicy;
  /**
   * The largest segment that TCP connections through the session are held to, in octets:
   * `"auto"` what fits the path, where that is less than the LAN's MTU; `"keep"` what the hosts say.
   * Default `"auto"`.
   */
  tcpMss?: "auto" | "keep" | number;
  /**
   * The DSCP of packets to the peer, 0 to 63; `"copy"`: that of the IP packet inside; `"priority"`:
   * eight times the priority in the VLAN tag of the frame inside (RFC 4719 §4). What comes
   * keeps its own. Default 0.
   */
  dscp?: number | "copy" | "priority";
  /**
   * ECN passes between the packets inside and those outside, both ways (RFC 9601), whatever the peer
   * says of itself: only where it is known to do so too. By default the outer field is cleared, unless
   * both ends have said that it passes (`ecnCapability`). Default false.
   */
  ecn?: boolean;
}

/** A session over a control connection. */
export interface SessionOptions extends FitOptions, PayloadOptions {
  /** Names the session in status, events and logs. Default: the Remote End ID. */
  name?: string;
  /** Default `"ethernet"`. */
  pseudowire?: PseudowireType;
  /** Remote End ID AVP: text, or octets. Default: the session's name. */
  remoteEndId?: string | Uint8Array;
  /**
   * `"incoming"`: the peer is told of a call (ICRQ). `"outgoing"`: the peer is asked to place one
   * (OCRQ), which for Ethernet comes to the same. Default `"incoming"`.
   */
  call?: CallDirection;
  /** Octets of cookie asked of the peer. Default 8 (V3-SEC-01). */
  cookie?: 0 | 4 | 8;
  /** L2-Specific Sublayer asked to receive. Default `"default"`. */
  sublayer?: L2SpecificSublayer;
  /** What we ask to receive in sequence; needs `sublayer: "default"` (V3-DP-30). Default none. */
  sequencing?: DataSequencing;
  /**
   * Options of its own circuit, or a lasting one to use. Default: a TAP with default options, of a
   * PPP session a TUN.
   */
  attach?: AttachmentOptions | Attachment;
  /** PPP with the peer, where it is in the pseudowire, or in its HDLC, and the attachment an interface. */
  ppp?: PppOptions;
  /**
   * DSCPs for the session's packets, best first: their per-hop behaviour is agreed on with the peer
   * (RFC 3308), who is refused if it will have none of them. What is agreed on takes the place of
   * `dscp`. Default: nothing is negotiated.
   */
  diffServ?: readonly number[];
  /** What the peer is told of the call: numbers, speeds, what PPP has led to before. */
  information?: CallInformation;
  /** Gives up the attempt. */
  signal?: AbortSignal;
}

/** A session without a control connection (RFC 3931 §3.4 leaves room for it; `ip l2tp` has it). */
export interface StaticSessionOptions extends FitOptions, PayloadOptions {
  /** Names the session in status, events and logs. Default: the remote address. */
  name?: string;
  /** The peer's address, a literal or a name. */
  remote: string;
  /** Our address. Default: what the route gives. */
  local?: string;
  /** Default `"udp"`. */
  encapsulation?: Encapsulation;
  /** UDP port we receive on and send from. Default 1701. */
  localPort?: number;
  /** UDP port of the peer. Default 1701. */
  remotePort?: number;
  /** What the peer writes into packets to us, 1 to 4294967295. */
  localSessionId: number;
  /** What we write into packets to the peer, 1 to 4294967295. */
  remoteSessionId: number;
  /** What we check on receipt: 0, 4 or 8 octets, or text `0x…`. Default none. */
  receiveCookie?: string | Uint8Array;
  /**
   * Another that is taken on receipt too, of the same length: the next one, or the one before, until
   * the peer has changed (RFC 8159 §3). Default none.
   */
  otherReceiveCookie?: string | Uint8Array;
  /** What we write: 0, 4 or 8 octets, or text `0x…`. Default none. */
  transmitCookie?: string | Uint8Array;
  /** In both directions, as `ip l2tp` has it. Default `"none"`. */
  sublayer?: L2SpecificSublayer;
  /** Packets from us that are numbered; needs `sublayer: "default"`. Default none. */
  sequencing?: DataSequencing;
  /** Packets to us whose numbers are looked at; needs `sublayer: "default"`. Default none. */
  receiveSequencing?: DataSequencing;
  /** Default `"ethernet"`. */
  pseudowire?: PseudowireType;
  /** Options of its own circuit, or a lasting one to use. Default: a TAP with default options. */
  attach?: AttachmentOptions | Attachment;
  /** PPP with the peer, as in `SessionOptions`. */
  ppp?: PppOptions;
}

/**
 * What is wanted of a PPP link. A link is symmetric: there are no roles, only what we ask of the
 * peer, what we give it, and what we take from it.
 *
 * Read RFC 1661 §4.6 and §6, RFC 1332 §3, RFC 1877 §1, RFC 5072 §4 and RFC 3518 §5 first.
 */

import type { ProxyAuthentication, ProxyLcp } from "../model/call_information.ts";
import type { AuthenticationProtocol } from "./evidence.ts";

/** By what we prove who we are. */
export interface PppCredentials {
  /** In UTF-8. */
  readonly name: Uint8Array;
  /** The password in UTF-8; at least one octet (PPP-23). */
  readonly secret: Uint8Array;
  /** What we are ready to be asked for, best first. Default: MS-CHAPv2, CHAP, PAP. */
  readonly protocols?: readonly AuthenticationProtocol[];
}

/** IPv4 over the link (IPCP). Addresses are in dotted decimal. */
export interface Ipv4Settings {
  /** Our address, which we insist on. Default: what the peer gives us. */
  readonly local?: string;
  /** The peer's address, which we insist on. Default: what the peer says. */
  readonly remote?: string;
  /** Name servers that the peer is told of when it asks: two at most. Default: none. */
  readonly dns?: readonly string[];
  /** Whether we ask the peer for name servers (RFC 1877). Default false. */
  readonly requestDns?: boolean;
}

/** IPv6 over the link (IPV6CP). Interface identifiers have 8 octets, and are not all zero. */
export interface Ipv6Settings {
  /** Ours, which we insist on. Default: random, or what the peer suggests. */
  readonly localInterfaceId?: Uint8Array;
  /** The peer's, if it asks for one. Default: random. */
  readonly remoteInterfaceId?: Uint8Array;
}

/** Ethernet over the link (BCP). */
export interface BridgeSettings {
  /** Whether we take frames with a VLAN tag. Default true. */
  readonly taggedFrames?: boolean;
  /** Whether spanning tree's and GARP's frames pass like others. Default true. */
  readonly managementInline?: boolean;
}

/** What a LAC has done with the client in our place (RFC 2661 §4.4.5). */
export interface PppProxy {
  /** Its LCP. What is missing or not to our liking makes us negotiate anew. */
  readonly lcp?: ProxyLcp;
  /** The client's evidence. Leave it out to ask the client again (V2-PXY-07). */
  readonly authentication?: ProxyAuthentication;
}

/** What is wanted of a link. */
export interface PppSettings {
  /** Longest information field that we ask the peer to send, in octets. Default 1500, or 1520 where it bridges. */
  readonly mru?: number;
  /** How the peer has to prove who it is, best first. Default: not at all. */
  readonly authenticate?: readonly AuthenticationProtocol[];
  /** Our name in challenges. Default "longwire". */
  readonly localName?: string;
  /** What we say if the peer asks who we are. Default: we refuse to be asked. */
  readonly credentials?: PppCredentials;
  /** Default: IPv4 is refused. */
  readonly ipv4?: Ipv4Settings;
  /** Default: IPv6 is refused. */
  readonly ipv6?: Ipv6Settings;
  /** Default: bridging is refused. */
  readonly bridge?: BridgeSettings;
  /** Time between LCP echoes in ms; 0 sends none. Default 30,000. */
  readonly echoIntervalMs?: number;
  /** Echoes without an answer that end the link. Default 5. */
  readonly echoLimit?: number;
  /** What a LAC has done in our place. */
  readonly proxy?: PppProxy;
  /** LCP options to start from if we can (RFC 3437 §2.1), as in a Configure-Request. */
  readonly wantedOptions?: Uint8Array;
  /** The Restart timer in ms (PPP-19). Default 3,000. */
  readonly restartMs?: number;
  /** Requests without an answer before we give up (PPP-19). Default 10. */
  readonly maxConfigure?: number;
  /** Terminate-Requests without an answer before we give up (PPP-19). Default 2. */
  readonly maxTerminate?: number;
  /** Configure-Naks before we reject instead (PPP-19). Default 5. */
  readonly maxFailure?: number;
  /** How long authentication may take in all, in ms. Default 60,000. */
  readonly authenticationMs?: number;
}

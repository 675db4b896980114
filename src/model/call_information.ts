/**
 * What one end of a session tells the other about the call in it: numbers, speeds, kinds of line,
 * and what a LAC has agreed on with the PPP client already.
 *
 * Read RFC 2661 §4.4.4 to §4.4.6, RFC 3145 and RFC 3437 first. L2TPv3 has AVPs only for speeds and
 * for the channel; what a version cannot say is left out.
 */

/** Framing Type and Framing Capabilities AVPs (3, 19). */
export const FRAMING_SYNCHRONOUS = 0x1;
export const FRAMING_ASYNCHRONOUS = 0x2;

/** Bearer Type and Bearer Capabilities AVPs (4, 18). */
export const BEARER_DIGITAL = 0x1;
export const BEARER_ANALOG = 0x2;

/**
 * What is told of a call; each field where it is known. Which message has it, the protocol decides:
 * the request tells who calls whom, the connect how the line came to be (REQUIREMENTS 13.5).
 */
export interface CallInformation {
  /** Dialled Number or Called Number (AVP 21), in US-ASCII. */
  readonly calledNumber?: string;
  /** AVP 22, in US-ASCII. */
  readonly callingNumber?: string;
  /** AVP 23, in US-ASCII. */
  readonly subAddress?: string;
  /** Bits of AVP 18; in an OCRQ, those of which the LAC may choose. */
  readonly bearerType?: number;
  /** Bits of AVP 19; in an OCRQ, those of which the LAC may choose. */
  readonly framingType?: number;
  /** AVP 25: for logs. */
  readonly physicalChannelId?: number;
  /** AVP 16 of an OCRQ: the lowest speed that is acceptable, in bit/s. */
  readonly minimumBps?: number;
  /** AVP 17 of an OCRQ: the highest, in bit/s. */
  readonly maximumBps?: number;
  /** From the LAC to the PPP client, in bit/s (AVP 24; AVP 74 in L2TPv3). */
  readonly txConnectSpeed?: bigint;
  /** From the PPP client to the LAC, in bit/s (AVP 38; AVP 75 in L2TPv3). */
  readonly rxConnectSpeed?: bigint;
  /** AVP 37: the customer that the call belongs to, as a hint. */
  readonly privateGroupId?: Uint8Array;
  /** What LCP has led to at the LAC. */
  readonly proxyLcp?: ProxyLcp;
  /** How the LAC has authenticated the client; absent where it has not (V2-PXY-01). */
  readonly proxyAuthentication?: ProxyAuthentication;
  /** LCP options that the client asks of the LNS to want (RFC 3437 §2.1). */
  readonly lcpWantOptions?: Uint8Array;
  /** LCP options that the LNS may let the client have (RFC 3437 §2.2). */
  readonly lcpAllowOptions?: Uint8Array;
}

/** CONFREQs of the LAC's LCP with the client, each from its first option on (V2-PXY-06). */
export interface ProxyLcp {
  /** AVP 26: the first that the client sent. */
  readonly initialReceived?: Uint8Array;
  /** AVP 27: the last that the LAC sent, and the client acknowledged. */
  readonly lastSent?: Uint8Array;
  /** AVP 28: the last that the client sent, and the LAC acknowledged. */
  readonly lastReceived?: Uint8Array;
}

/** Proxy Authen Type (AVP 29) in words: how the LAC asked the client who it is. */
export type ProxyAuthenticationType = "text" | "chap" | "pap" | "none" | "ms-chap";

/**
 * What a client has answered to a LAC, for the LNS to judge (RFC 2661 §4.4.5). A response of PAP or
 * of a text exchange is the password: only hidden AVPs keep it from being read (V2-PXY-05).
 */
export interface ProxyAuthentication {
  /** AVP 29: how the client was asked. */
  readonly type: ProxyAuthenticationType;
  /** AVP 30: whom the client says it is; empty with "none". */
  readonly name: Uint8Array;
  /** AVP 31: the LAC's challenge, with "chap" and "ms-chap"; else empty. */
  readonly challenge: Uint8Array;
  /** AVP 32: the PPP identifier of the exchange, with "chap", "pap" and "ms-chap"; else 0. */
  readonly id: number;
  /** AVP 33: the client's response or password; empty with "none". */
  readonly response: Uint8Array;
}

/** ACCM AVP: asynchronous control character maps (RFC 2661 §4.4.6). */
export interface Accm {
  /** What the LAC must escape in what it sends to the client. */
  readonly send: number;
  /** What the LAC must take out of what it receives from the client. */
  readonly receive: number;
}

/** What an LNS tells the LAC of a link that PPP has set up (SLI: V2-SLI-01, LCPX-02). */
export interface LinkInformation {
  /** Default: every control character is escaped, both ways (V2-SLI-02). */
  readonly accm?: Accm;
  /** The last CONFREQ that the LNS sent, from its first option on (AVP 51). */
  readonly lastSent?: Uint8Array;
  /** The last CONFREQ that the LNS received, from its first option on (AVP 52). */
  readonly lastReceived?: Uint8Array;
}

/** Q.931 Cause Code AVP: why a telephone network ended a call (RFC 2661 §4.4.2). */
export interface Q931Cause {
  /** The cause value of Q.931: 16 is normal clearing, 17 a busy user. */
  readonly cause: number;
  /** The Q.931 message that the cause came in. */
  readonly message: number;
  /** A word from the network, in US-ASCII; may be empty. */
  readonly advisory: string;
}

/** PPP Disconnect Cause Code AVP: why PPP ended (RFC 3145 §2, PDC-02, PDC-06). */
export interface PppDisconnectCause {
  /** REQUIREMENTS 13.8. */
  readonly code: number;
  /** The number of the PPP protocol that it concerns; 0 where it is none's (PDC-03). */
  readonly controlProtocol: number;
  /** Which end's doing, where the code makes a difference: 1 the peer's, 2 the sender's; else 0. */
  readonly direction: number;
  /** For people; may be empty. */
  readonly text: string;
}

/** What a CDN of L2TPv2 may say of its reason beside the result code. */
export interface CallCauses {
  /** AVP 12: what the telephone network says. */
  readonly q931Cause?: Q931Cause;
  /** AVP 46: what PPP says. */
  readonly disconnectCause?: PppDisconnectCause;
}

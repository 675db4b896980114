/**
 * Why a frame or a packet was not forwarded: a closed list of names, each a counter's index.
 *
 * On the data path a drop is a small number (DESIGN section 5); the names are what status, metrics
 * and logs show. Rules: RFC 3931 §4.5 (V3-DP-05) and Appendix C (V3-DP-18).
 */

/** Every reason; a reason's number is its place here plus one, so that 0 can mean "not dropped". */
export const DROP_REASONS = [
  /** Fewer octets than the header, the cookie and the sublayer of the session need. */
  "short",
  /** A control message on a data socket: the kernel's split failed, or was not there. */
  "control",
  /** Neither version 3 nor 2 (L2F, for one). */
  "version",
  /** No session has the packet's Session ID. */
  "unknownSession",
  /** The session exists, but not over this transport or address family. */
  "wrongTransport",
  /** The cookie is not the one that was assigned. */
  "cookie",
  /** Old or duplicate by its sequence number. */
  "sequence",
  /** Shorter than any frame of the pseudowire. */
  "runt",
  /** Longer than a slot, or refused by the kernel as too long for the path. */
  "oversize",
  /** The session may not send: not established, or the peer's circuit is down (V3-SLI-05). */
  "transmitClosed",
  /** The interface is down or gone. */
  "tapDown",
  /** The kernel had no room, also after a short wait. */
  "noBuffer",
  /** No route, or the peer's host refused by ICMP. */
  "unreachable",
  /** The kernel refused for a reason of its own; the last errno says which. */
  "kernel",
  /** The session takes nothing: this side stands by (RFC 5641 §2, ECS-10). */
  "receiveClosed",
  /** The payload's own header makes no sense, or the frame is none that the pseudowire carries. */
  "malformed",
  /** The payload is of a protocol that the port does not take. */
  "protocol",
  /** Of a PPP protocol that is not open (RFC 1661 §3.5), or of a kind the peer does not take. */
  "protocolClosed",
  /** No session has the address that a packet of a TUN goes to, or it is no packet. */
  "noRoute",
  /** The packet does not come from an address that the session has. */
  "spoofed",
  /** More control frames than the main thread is given. */
  "punted",
  /** Too long for the path, as its sender has been told by ICMP (RFC 3931 §4.1.4). */
  "tooBig",
  /** Congestion on the path that the packet inside cannot be told of (RFC 6040 §4.2). */
  "congestion",
  /** Its DLCI, VLAN or HDLC address is none of the session's, or no address (RFC 4591 §5). */
  "address",
] as const;

/** A drop reason's name, as counters and metrics spell it. */
export type DropReason = typeof DROP_REASONS[number];

/** A drop reason's number on the data path. */
export type DropCode = number;

/** The answer of a data path function that did not drop. */
export const NOT_DROPPED = 0;

/** In place of a drop: the payload goes to the main thread. */
export const PUNTED: DropCode = 0xfe;

/** In place of a drop: a copy of the payload waits for its turn. */
export const HELD: DropCode = 0xfc;

/** In place of a drop: a data message of L2TPv2. */
export const V2_DATA: DropCode = 0xfd;

function codeOf(reason: DropReason): DropCode {
  return DROP_REASONS.indexOf(reason) + 1;
}

export const DROP_SHORT: DropCode = codeOf("short");
export const DROP_CONTROL: DropCode = codeOf("control");
export const DROP_VERSION: DropCode = codeOf("version");
export const DROP_UNKNOWN_SESSION: DropCode = codeOf("unknownSession");
export const DROP_WRONG_TRANSPORT: DropCode = codeOf("wrongTransport");
export const DROP_COOKIE: DropCode = codeOf("cookie");
export const DROP_SEQUENCE: DropCode = codeOf("sequence");
export const DROP_RUNT: DropCode = codeOf("runt");
export const DROP_OVERSIZE: DropCode = codeOf("oversize");
export const DROP_TRANSMIT_CLOSED: DropCode = codeOf("transmitClosed");
export const DROP_RECEIVE_CLOSED: DropCode = codeOf("receiveClosed");
export const DROP_TAP_DOWN: DropCode = codeOf("tapDown");
export const DROP_NO_BUFFER: DropCode = codeOf("noBuffer");
export const DROP_UNREACHABLE: DropCode = codeOf("unreachable");
export const DROP_KERNEL: DropCode = codeOf("kernel");
export const DROP_MALFORMED: DropCode = codeOf("malformed");
export const DROP_PROTOCOL: DropCode = codeOf("protocol");
export const DROP_PROTOCOL_CLOSED: DropCode = codeOf("protocolClosed");
export const DROP_PUNTED: DropCode = codeOf("punted");
export const DROP_NO_ROUTE: DropCode = codeOf("noRoute");
export const DROP_TOO_BIG: DropCode = codeOf("tooBig");
export const DROP_SPOOFED: DropCode = codeOf("spoofed");
export const DROP_ADDRESS: DropCode = codeOf("address");
export const DROP_CONGESTION: DropCode = codeOf("congestion");

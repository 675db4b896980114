/**
 * PPP frames as payloads: IP packets of a TUN and Ethernet frames of a TAP get their PPP header,
 * and lose it again; everything else that a peer sends is for the main thread.
 *
 *     [FF 03] | protocol (1 or 2) | IP packet
 *     [FF 03] | 0x0031 (1 or 2)   | F 0 Z B Pads | MAC type | Ethernet frame | [LAN FCS] | [pad]
 *
 * Read RFC 1661 §2 and §6.5, RFC 1332 §3, RFC 5072 §2, and RFC 3518 §4.2 and §4.3 first.
 */

import { NO_PPP_PROTOCOLS, type PppProtocols } from "../model/ppp_protocols.ts";
import { ETHERNET_HEADER_OCTETS, ethernetCarriesIp, ethernetIsTagged } from "./ethernet.ts";
import { BAD_FRAME, PROTOCOL_CLOSED, type Pseudowire, TO_MAIN_THREAD } from "./pseudowire.ts";
import { IPV4_VERSION, IPV6_VERSION, ipVersion, SHORTEST_PACKET } from "./ip_packet.ts";
import { TRANSPARENT } from "./transparent.ts";

export const PPP_IPV4 = 0x0021;
export const PPP_BRIDGED = 0x0031;
export const PPP_IPV6 = 0x0057;
const PPP_LCP = 0xc021;

/** All stations, unnumbered information: both may be left out. */
const ADDRESS = 0xff;
const CONTROL = 0x03;

/** A protocol of one octet is told by its last bit (RFC 1661 §2). */
const LAST_OCTET_BIT = 1;

/** One octet of protocol, or none at all, and no information. */
const SHORTEST_PPP = 1;

const ECHO_REQUEST = 9;
const ECHO_REPLY = 10;

/** Flags and padding count; MAC type. */
const BRIDGED_HEADER_OCTETS = 2;
const F_BIT = 0x80;
const PADS = 0x0f;
const LAN_FCS_OCTETS = 4;
/** IEEE 802.3 and Ethernet with canonical addresses; the only one that TAPs have. */
const MAC_ETHERNET = 1;

/** Where a frame's protocol field begins: behind address and control, if they are there. */
function protocolStart(octets: Uint8Array, start: number, length: number): number {
  const compressed = length < 2 || octets[start] !== ADDRESS || octets[start + 1] !== CONTROL;
  return compressed ? start : start + 2;
}

/**
 * Octets of the protocol field that begins at `at`: 1, 2, or 0 where there is no whole one. A second
 * octet that is even makes a protocol that nobody knows (PPP-01).
 */
function protocolLength(octets: Uint8Array, at: number, end: number): number {
  if (at < end && (octets[at]! & LAST_OCTET_BIT) !== 0) return 1;
  return at + 1 < end ? 2 : 0;
}

function readProtocol(octets: Uint8Array, at: number, length: number): number {
  return length === 1 ? octets[at]! : (octets[at]! << 8) | octets[at + 1]!;
}

/** The protocol of a PPP frame, or -1 where it has none. */
export function pppProtocol(octets: Uint8Array, start: number, length: number): number {
  const at = protocolStart(octets, start, length);
  const octetsOfIt = protocolLength(octets, at, start + length);
  return octetsOfIt === 0 ? -1 : readProtocol(octets, at, octetsOfIt);
}

/** Where the information of a PPP frame with a protocol begins. */
function informationStart(octets: Uint8Array, start: number, length: number): number {
  const at = protocolStart(octets, start, length);
  return at + protocolLength(octets, at, start + length);
}

/** LCP's Echo-Request and Echo-Reply (RFC 1661 §5.8). */
function isEcho(octets: Uint8Array, start: number, length: number): boolean {
  if (pppProtocol(octets, start, length) !== PPP_LCP) return false;
  const at = informationStart(octets, start, length);
  return at < start + length && (octets[at] === ECHO_REQUEST || octets[at] === ECHO_REPLY);
}

/** Writes protocol, control and address before a frame; where the whole begins. */
function writePppHeader(
  octets: Uint8Array,
  start: number,
  protocol: number,
  { compressProtocol, compressAddress }: PppProtocols,
): number {
  octets[start - 1] = protocol;
  let at = start - 1;
  if (compressProtocol !== true) octets[--at] = protocol >> 8;
  if (compressAddress === true) return at;
  octets[at - 1] = CONTROL;
  octets[at - 2] = ADDRESS;
  return at - 2;
}

/** PPP frames at the port: they pass as they are, with or without address and control. */
export const NATIVE_PPP: Pseudowire = {
  ...TRANSPARENT,
  shortestFrame: SHORTEST_PPP,
  shortestPayload: SHORTEST_PPP,
  carriesIp(octets, start, length) {
    const protocol = pppProtocol(octets, start, length);
    return protocol === PPP_IPV4 || protocol === PPP_IPV6;
  },
};

/** IP packets at the port. */
export class RoutedPpp implements Pseudowire {
  readonly isTransparent = false;
  readonly isKeepalive: typeof isEcho = isEcho;
  readonly shortestFrame: number = SHORTEST_PACKET;
  readonly shortestPayload: number = SHORTEST_PPP;
  #protocols = NO_PPP_PROTOCOLS;

  setPppProtocols(protocols: PppProtocols): void {
    this.#protocols = protocols;
  }

  carriesIp(): boolean {
    return true;
  }

  wrap(octets: Uint8Array, start: number): number {
    const version = ipVersion(octets, start);
    if (version !== IPV4_VERSION && version !== IPV6_VERSION) return BAD_FRAME;
    const ipv4 = version === IPV4_VERSION;
    if (!(ipv4 ? this.#protocols.ipv4 : this.#protocols.ipv6)) return PROTOCOL_CLOSED;
    return writePppHeader(octets, start, ipv4 ? PPP_IPV4 : PPP_IPV6, this.#protocols);
  }

  /** Padding behind a packet is told by the packet's own length, and the kernel's to leave out. */
  trailerLength(): number {
    return 0;
  }

  unwrap(octets: Uint8Array, start: number, length: number): number {
    const protocol = pppProtocol(octets, start, length);
    if (protocol < 0) return BAD_FRAME;
    if (protocol !== PPP_IPV4 && protocol !== PPP_IPV6) return TO_MAIN_THREAD;
    const ipv4 = protocol === PPP_IPV4;
    if (!(ipv4 ? this.#protocols.ipv4 : this.#protocols.ipv6)) return PROTOCOL_CLOSED;
    const packet = informationStart(octets, start, length);
    if (start + length - packet < SHORTEST_PACKET) return BAD_FRAME;
    const version = ipv4 ? IPV4_VERSION : IPV6_VERSION;
    return ipVersion(octets, packet) === version ? packet : BAD_FRAME;
  }
}

/**
 * Ethernet frames at the port (BCP). LAN FCS and padding are taken off on receipt and never sent
 * (BCP-04, BCP-07). A compressed tinygram (Z) stays short: it is never agreed on, and a TAP takes
 * it (BCP-08).
 */
export class BridgedPpp implements Pseudowire {
  readonly isTransparent = false;
  readonly isKeepalive: typeof isEcho = isEcho;
  readonly shortestFrame: number = ETHERNET_HEADER_OCTETS;
  readonly shortestPayload: number = SHORTEST_PPP;
  #protocols = NO_PPP_PROTOCOLS;

  setPppProtocols(protocols: PppProtocols): void {
    this.#protocols = protocols;
  }

  carriesIp(octets: Uint8Array, start: number, length: number): boolean {
    return ethernetCarriesIp(octets, start, length);
  }

  /** What the peer has not agreed to take is not sent (BCP-02, BCP-09, BCP-10). */
  wrap(octets: Uint8Array, start: number): number {
    const { bridged, taggedFrames } = this.#protocols;
    if (!bridged || !this.#mayPass(octets, start)) return PROTOCOL_CLOSED;
    if (taggedFrames !== true && ethernetIsTagged(octets, start)) return PROTOCOL_CLOSED;
    octets[start - 1] = MAC_ETHERNET;
    octets[start - 2] = 0;
    const header = start - BRIDGED_HEADER_OCTETS;
    return writePppHeader(octets, header, PPP_BRIDGED, this.#protocols);
  }

  trailerLength(octets: Uint8Array, start: number, length: number): number {
    if (pppProtocol(octets, start, length) !== PPP_BRIDGED) return 0;
    const at = informationStart(octets, start, length);
    if (at >= start + length) return 0;
    const flags = octets[at]!;
    return (flags & PADS) + ((flags & F_BIT) === 0 ? 0 : LAN_FCS_OCTETS);
  }

  unwrap(octets: Uint8Array, start: number, length: number): number {
    const protocol = pppProtocol(octets, start, length);
    if (protocol < 0) return BAD_FRAME;
    if (protocol !== PPP_BRIDGED) return TO_MAIN_THREAD;
    if (!this.#protocols.bridged) return PROTOCOL_CLOSED;
    const header = informationStart(octets, start, length);
    const frame = header + BRIDGED_HEADER_OCTETS;
    if (start + length - frame < ETHERNET_HEADER_OCTETS) return BAD_FRAME;
    if (octets[header + 1] !== MAC_ETHERNET) return BAD_FRAME;
    return this.#mayPass(octets, frame) ? frame : PROTOCOL_CLOSED;
  }

  /**
   * Frames between bridges pass only where both have said so (BCP-10, BCP-12), and are told by their
   * groups (BCP-18): 01-80-C2-00-00-00 and -01, management's -10, GARP's -20 and the fifteen behind.
   */
  #mayPass(octets: Uint8Array, frame: number): boolean {
    if (octets[frame] !== 0x01 || this.#protocols.managementInline === true) return true;
    const group = octets[frame + 1] === 0x80 && octets[frame + 2] === 0xc2 &&
      octets[frame + 3] === 0 && octets[frame + 4] === 0;
    const last = octets[frame + 5]!;
    return !group || !(last <= 0x01 || last === 0x10 || (last & 0xf0) === 0x20);
  }
}

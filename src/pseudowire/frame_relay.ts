/**
 * Frame Relay frames as payloads: frames of the port's own kind with the DLCI that they have there,
 * and Ethernet frames and IP packets in the encapsulation that bridges and routers use.
 *
 *     address | 03 | [00] | CC or 8E | IP packet
 *     address | 03 | [00] | 80 | 00 00 00 | EtherType | IP packet or Inverse ARP
 *     address | 03 | [00] | 80 | 00 80 C2 | 00 07     | Ethernet frame
 *     address | 03 | [00] | 80 | 00 80 C2 | 00 01     | Ethernet frame | LAN FCS
 *
 * Read RFC 4591 §4.1 and §5, and RFC 2427 §3, §4 and §7 first.
 */

import { TYPE_ARP, TYPE_IPV4, TYPE_IPV6 } from "../model/ethertype.ts";
import type { FrameRelayAddress } from "../model/session_descriptor.ts";
import { ETHERNET_HEADER_OCTETS, ethernetCarriesIp, isSpanningTree } from "./ethernet.ts";
import { isAddress, readDlci, rewriteDlci, writeAddress } from "./frame_relay_address.ts";
import { IPV4_VERSION, IPV6_VERSION, ipVersion, SHORTEST_PACKET } from "./ip_packet.ts";
import {
  BAD_ADDRESS,
  BAD_FRAME,
  type Pseudowire,
  TO_MAIN_THREAD,
  UNKNOWN_PROTOCOL,
} from "./pseudowire.ts";
import { TRANSPARENT } from "./transparent.ts";

/** Unnumbered information. */
export const CONTROL_UI = 0x03;
const PAD = 0x00;

export const NLPID_SNAP = 0x80;
const NLPID_IPV6 = 0x8e;
const NLPID_IPV4 = 0xcc;

/** Behind the NLPID: an organization, and its number of the protocol. */
const OUI_ETHERTYPE = 0x000000;
const OUI_BRIDGED = 0x0080c2;
const SNAP_OCTETS = 5;

const ETHERNET_WITH_FCS = 0x0001;
const ETHERNET_WITHOUT_FCS = 0x0007;
const LAN_FCS_OCTETS = 4;

/** Control, pad, NLPID, organization and protocol: what stands before a bridged frame (MPFR-03). */
const BRIDGED_HEADER = [CONTROL_UI, PAD, NLPID_SNAP, 0x00, 0x80, 0xc2, 0x00, ETHERNET_WITHOUT_FCS];

/** An address of the shorter kind is the least that a frame is. */
const SHORTEST_FRAME_RELAY = 2;

/** What a frame carries. */
const IPV4 = 1;
const IPV6 = 2;
const ARP = 3;
const ETHERNET = 4;
const ETHERNET_AND_FCS = 5;
type Content = number;

/** Where the NLPID of a frame with an address is, behind the pad that may be there, or -1. */
function nlpidStart(octets: Uint8Array, start: number, end: number, addressLength: number): number {
  const control = start + addressLength;
  if (control + 1 >= end || octets[control] !== CONTROL_UI) return -1;
  const nlpid = octets[control + 1] === PAD ? control + 2 : control + 1;
  return nlpid < end ? nlpid : -1;
}

/** What lies behind the NLPID: one of the above, or why it is none. 0 is no NLPID (MPFR-02). */
function readContent(octets: Uint8Array, nlpid: number, end: number): Content {
  if (nlpid < 0) return UNKNOWN_PROTOCOL;
  if (octets[nlpid] === NLPID_IPV4) return IPV4;
  if (octets[nlpid] === NLPID_IPV6) return IPV6;
  if (octets[nlpid] === PAD) return BAD_FRAME;
  if (octets[nlpid] !== NLPID_SNAP) return UNKNOWN_PROTOCOL;
  return nlpid + SNAP_OCTETS < end ? readSnap(octets, nlpid) : BAD_FRAME;
}

/** IP by its EtherType is not how it is sent, and taken all the same (MPFR-04, MPFR-06). */
function readSnap(octets: Uint8Array, nlpid: number): Content {
  const organization = octets[nlpid + 1]! << 16 | octets[nlpid + 2]! << 8 | octets[nlpid + 3]!;
  const protocol = octets[nlpid + 4]! << 8 | octets[nlpid + 5]!;
  if (organization === OUI_ETHERTYPE) {
    if (protocol === TYPE_IPV4) return IPV4;
    if (protocol === TYPE_IPV6) return IPV6;
    return protocol === TYPE_ARP ? ARP : UNKNOWN_PROTOCOL;
  }
  if (organization !== OUI_BRIDGED) return UNKNOWN_PROTOCOL;
  if (protocol === ETHERNET_WITHOUT_FCS) return ETHERNET;
  return protocol === ETHERNET_WITH_FCS ? ETHERNET_AND_FCS : UNKNOWN_PROTOCOL;
}

function contentStart(octets: Uint8Array, nlpid: number): number {
  return octets[nlpid] === NLPID_SNAP ? nlpid + 1 + SNAP_OCTETS : nlpid + 1;
}

/** What a payload with a good address carries. */
function contentOf(
  octets: Uint8Array,
  start: number,
  length: number,
  addressLength: number,
): Content {
  return readContent(
    octets,
    nlpidStart(octets, start, start + length, addressLength),
    start + length,
  );
}

/** Whether a whole frame with an address of that length is known to carry IP. */
function carriesIp(octets: Uint8Array, start: number, length: number, address: 2 | 4): boolean {
  if (!isAddress(octets, start, length, address)) return false;
  const nlpid = nlpidStart(octets, start, start + length, address);
  const content = readContent(octets, nlpid, start + length);
  if (content === IPV4 || content === IPV6) return true;
  if (content !== ETHERNET && content !== ETHERNET_AND_FCS) return false;
  const frame = contentStart(octets, nlpid);
  return ethernetCarriesIp(octets, frame, start + length - frame);
}

/** Frames of the port's own kind that pass with whatever address they have. */
export const NATIVE_FRAME_RELAY: Pseudowire = {
  ...TRANSPARENT,
  shortestFrame: SHORTEST_FRAME_RELAY,
  shortestPayload: SHORTEST_FRAME_RELAY,
  carriesIp: (octets, start, length) =>
    carriesIp(octets, start, length, 2) || carriesIp(octets, start, length, 4),
};

/**
 * Frames of one circuit of the port: those with another DLCI are not taken, and those from the peer
 * get this one (FR-16, FR-20). All else passes as it is.
 */
export class FrameRelayCircuit implements Pseudowire {
  readonly isTransparent = false;
  readonly shortestFrame: number;
  readonly shortestPayload: number;
  readonly #address: FrameRelayAddress;

  constructor(address: FrameRelayAddress) {
    this.#address = address;
    this.shortestFrame = address.length;
    this.shortestPayload = address.length;
  }

  carriesIp(octets: Uint8Array, start: number, length: number): boolean {
    return carriesIp(octets, start, length, this.#address.length);
  }

  wrap(octets: Uint8Array, start: number, length: number): number {
    const address = this.#address;
    if (!isAddress(octets, start, length, address.length)) return BAD_ADDRESS;
    return readDlci(octets, start, address.length) === address.dlci ? start : BAD_ADDRESS;
  }

  trailerLength(): number {
    return 0;
  }

  unwrap(octets: Uint8Array, start: number, length: number): number {
    if (!isAddress(octets, start, length, this.#address.length)) return BAD_ADDRESS;
    rewriteDlci(octets, start, this.#address);
    return start;
  }
}

/**
 * IP packets at the port (MPFR-05). Inverse ARP is for the main thread, which knows the port's
 * address.
 */
export class RoutedFrameRelay implements Pseudowire {
  readonly isTransparent = false;
  readonly shortestFrame: number = SHORTEST_PACKET;
  readonly shortestPayload: number;
  readonly #address: FrameRelayAddress;

  constructor(address: FrameRelayAddress) {
    this.#address = address;
    this.shortestPayload = address.length;
  }

  carriesIp(): boolean {
    return true;
  }

  wrap(octets: Uint8Array, start: number): number {
    const version = ipVersion(octets, start);
    if (version !== IPV4_VERSION && version !== IPV6_VERSION) return BAD_FRAME;
    octets[start - 1] = version === IPV4_VERSION ? NLPID_IPV4 : NLPID_IPV6;
    octets[start - 2] = CONTROL_UI;
    const payload = start - 2 - this.#address.length;
    writeAddress(octets, payload, this.#address);
    return payload;
  }

  trailerLength(): number {
    return 0;
  }

  unwrap(octets: Uint8Array, start: number, length: number): number {
    if (!isAddress(octets, start, length, this.#address.length)) return BAD_ADDRESS;
    const end = start + length;
    const nlpid = nlpidStart(octets, start, end, this.#address.length);
    const content = readContent(octets, nlpid, end);
    if (content < 0) return content;
    if (content === ARP) return TO_MAIN_THREAD;
    if (content !== IPV4 && content !== IPV6) return UNKNOWN_PROTOCOL;
    const packet = contentStart(octets, nlpid);
    if (end - packet < SHORTEST_PACKET) return BAD_FRAME;
    const version = content === IPV4 ? IPV4_VERSION : IPV6_VERSION;
    return ipVersion(octets, packet) === version ? packet : BAD_FRAME;
  }
}

/**
 * Ethernet frames at the port (MPFR-03). They are sent without LAN FCS, and taken with it or
 * without. Spanning tree has a form of its own here (MPFR-07), and stays on its side.
 */
export class BridgedFrameRelay implements Pseudowire {
  readonly isTransparent = false;
  readonly shortestFrame: number = ETHERNET_HEADER_OCTETS;
  readonly shortestPayload: number;
  readonly #address: FrameRelayAddress;

  constructor(address: FrameRelayAddress) {
    this.#address = address;
    this.shortestPayload = address.length;
  }

  carriesIp(octets: Uint8Array, start: number, length: number): boolean {
    return ethernetCarriesIp(octets, start, length);
  }

  wrap(octets: Uint8Array, start: number): number {
    if (isSpanningTree(octets, start)) return UNKNOWN_PROTOCOL;
    const control = start - BRIDGED_HEADER.length;
    for (let index = 0; index < BRIDGED_HEADER.length; index++) {
      octets[control + index] = BRIDGED_HEADER[index]!;
    }
    const payload = control - this.#address.length;
    writeAddress(octets, payload, this.#address);
    return payload;
  }

  trailerLength(octets: Uint8Array, start: number, length: number): number {
    const content = contentOf(octets, start, length, this.#address.length);
    return content === ETHERNET_AND_FCS ? LAN_FCS_OCTETS : 0;
  }

  unwrap(octets: Uint8Array, start: number, length: number): number {
    if (!isAddress(octets, start, length, this.#address.length)) return BAD_ADDRESS;
    const end = start + length;
    const nlpid = nlpidStart(octets, start, end, this.#address.length);
    const content = readContent(octets, nlpid, end);
    if (content < 0) return content;
    if (content !== ETHERNET && content !== ETHERNET_AND_FCS) return UNKNOWN_PROTOCOL;
    const frame = contentStart(octets, nlpid);
    return end - frame < ETHERNET_HEADER_OCTETS ? BAD_FRAME : frame;
  }
}

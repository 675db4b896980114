/**
 * Interfaces and addresses as rtnetlink messages: ifinfomsg, ifaddrmsg and their attributes. Pure.
 *
 * See rtnetlink(7), include/uapi/linux/if_link.h and if_addr.h.
 */

import { AF_INET6 } from "./abi.ts";
import {
  decodeNetlinkAttributes,
  nestedAttributes,
  type NetlinkAttribute,
  type NetlinkMessage,
  textOf,
  uint32Of,
} from "./netlink_message.ts";
import { formatIpAddress } from "./socket_address.ts";

const AF_UNSPEC = 0;
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const RTMGRP_LINK = 1;

const IFINFOMSG_SIZE = 16;
const IFINFOMSG_INDEX = 4;
const IFINFOMSG_FLAGS = 8;
const IFINFOMSG_CHANGE = 12;
export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_MASTER = 10;
export const IFLA_TXQLEN = 13;
const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const IFLA_INFO_KIND = 1;

const IFADDRMSG_SIZE = 8;
const IFADDRMSG_INDEX = 4;
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_FLAGS = 8;
/** Usable at once, without duplicate address detection: a tunnel's far end may not answer yet. */
export const IFA_F_NODAD = 0x02;
const RT_SCOPE_UNIVERSE = 0;

export const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
/** Carrier is on. */
const IFF_LOWER_UP = 0x10000;

/** Has the kernel give the interface no link-local address of its own making. */
export const NO_ADDRESS_GENERATION: NetlinkAttribute = [
  IFLA_AF_SPEC,
  nestedAttributes([[
    AF_INET6,
    nestedAttributes([[IFLA_INET6_ADDR_GEN_MODE, Uint8Array.of(IN6_ADDR_GEN_MODE_NONE)]]),
  ]]),
];

/** A network interface as the kernel describes it. */
export interface LinkDescription {
  readonly index: number;
  readonly name: string;
  /** Octets of the longest packet, without the Ethernet header. */
  readonly mtu: number;
  /** Set up by its administrator (`ip link set … up`). */
  readonly up: boolean;
  readonly carrier: boolean;
  readonly loopback: boolean;
  /** `aa:bb:cc:dd:ee:ff`; empty where the interface has none. */
  readonly mac: string;
  /** Index of the bridge or bond that it belongs to; 0 for none. */
  readonly master: number;
  /** Frames that wait for whoever reads them, or for the wire. */
  readonly queueLength: number;
  /** `bridge`, `tun`, `veth` …; `undefined` for hardware and loopback. */
  readonly kind: string | undefined;
}

/** An address of an interface. */
export interface InterfaceAddress {
  readonly index: number;
  readonly address: string;
  readonly prefixLength: number;
  /** Valid everywhere, not only on this link or host. */
  readonly global: boolean;
}

/** Six octets of `aa:bb:cc:dd:ee:ff`. @throws {TypeError} for other text. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) {
    throw new TypeError(`a MAC address looks like 02:00:00:00:00:01, not "${text}"`);
  }
  return Uint8Array.from(text.split(":"), (octet) => parseInt(octet, 16));
}

/** An ifinfomsg: which interface, and which of its flags are to become what. */
export function linkHeader(index: number, flags = 0, change = 0): Uint8Array {
  const view = new DataView(new ArrayBuffer(IFINFOMSG_SIZE));
  view.setInt32(IFINFOMSG_INDEX, index, true);
  view.setUint32(IFINFOMSG_FLAGS, flags, true);
  view.setUint32(IFINFOMSG_CHANGE, change, true);
  return new Uint8Array(view.buffer);
}

/**
 * Reads a link message; `undefined` for one of another family: a bridge tells of its ports in the
 * same group, and a port that leaves it looks like a link that is removed.
 */
export function readLink({ body }: NetlinkMessage): LinkDescription | undefined {
  if (body.getUint8(0) !== AF_UNSPEC) return undefined;
  const attributes = decodeNetlinkAttributes(body, IFINFOMSG_SIZE);
  const flags = body.getUint32(IFINFOMSG_FLAGS, true);
  return {
    index: body.getInt32(IFINFOMSG_INDEX, true),
    name: textOf(attributes.get(IFLA_IFNAME)) ?? "",
    mtu: uint32Of(attributes.get(IFLA_MTU)) ?? 0,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    mac: formatMac(attributes.get(IFLA_ADDRESS)),
    master: uint32Of(attributes.get(IFLA_MASTER)) ?? 0,
    queueLength: uint32Of(attributes.get(IFLA_TXQLEN)) ?? 0,
    kind: readKind(attributes.get(IFLA_LINKINFO)),
  };
}

function readKind(linkInfo: Uint8Array | undefined): string | undefined {
  if (linkInfo === undefined) return undefined;
  const nested = new DataView(linkInfo.buffer, linkInfo.byteOffset, linkInfo.length);
  return textOf(decodeNetlinkAttributes(nested, 0).get(IFLA_INFO_KIND));
}

function formatMac(octets: Uint8Array | undefined): string {
  return Array.from(octets ?? [], (octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** An ifaddrmsg. */
export function addressHeader(family: number, prefixLength: number, index: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(IFADDRMSG_SIZE));
  view.setUint8(0, family);
  view.setUint8(1, prefixLength);
  view.setUint32(IFADDRMSG_INDEX, index, true);
  return new Uint8Array(view.buffer);
}

/** Reads an address message; `undefined` for one that is not IP. */
export function readAddress({ body }: NetlinkMessage): InterfaceAddress | undefined {
  const attributes = decodeNetlinkAttributes(body, IFADDRMSG_SIZE);
  // On a point-to-point link IFA_ADDRESS is the peer's.
  const octets = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (octets === undefined || (octets.length !== 4 && octets.length !== 16)) return undefined;
  return {
    index: body.getUint32(IFADDRMSG_INDEX, true),
    address: formatIpAddress(octets),
    prefixLength: body.getUint8(1),
    global: body.getUint8(3) === RT_SCOPE_UNIVERSE,
  };
}

/**
 * Network interfaces through rtnetlink: reading and configuring them.
 *
 * See rtnetlink(7) and include/uapi/linux/if_link.h.
 */

import { AF_INET, AF_INET6 } from "./abi.ts";
import {
  addressHeader,
  IFA_ADDRESS,
  IFA_F_NODAD,
  IFA_FLAGS,
  IFA_LOCAL,
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_IFNAME,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_TXQLEN,
  type InterfaceAddress,
  type LinkDescription,
  linkHeader,
  NO_ADDRESS_GENERATION,
  parseMac,
  readAddress,
  readLink,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from "./interface_message.ts";
import { cString } from "./libc.ts";
import {
  type NetlinkAttribute,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  uint32Octets,
} from "./netlink_message.ts";
import { type NetlinkSocket, openNetlinkSocket } from "./netlink_socket.ts";
import { requireIpAddress } from "./socket_address.ts";
import { EADDRNOTAVAIL, EEXIST, ENODEV, SystemError } from "./system_error.ts";
import { requireInterfaceName } from "./tap.ts";

/** What is to change; what is left out stays. */
export interface LinkChange {
  readonly up?: boolean;
  readonly mtu?: number;
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac?: string;
  /** Index of the bridge to join; 0 leaves it. */
  readonly master?: number;
  /** Frames that may wait in the interface. */
  readonly queueLength?: number;
  /** Whether the kernel makes up a link-local IPv6 address; before the interface is set up. */
  readonly linkLocalAddress?: "none";
}

/** Opens access to the interfaces of a namespace (a name or a path; default: ours). */
export function openInterfaces(namespace?: string): NetworkInterfaces {
  return new NetworkInterfaces(openNetlinkSocket(namespace));
}

/** The interfaces of one network namespace. */
export class NetworkInterfaces implements Disposable {
  readonly #netlink: NetlinkSocket;

  constructor(netlink: NetlinkSocket) {
    this.#netlink = netlink;
  }

  /** Every interface. */
  links(): LinkDescription[] {
    const answers = this.#netlink.query({
      type: RTM_GETLINK,
      flags: NLM_F_DUMP,
      fixed: linkHeader(0),
      attempt: "list network interfaces",
    });
    return answers.flatMap((answer) => readLink(answer) ?? []);
  }

  /** An interface by name or index; `undefined` when there is none. */
  link(which: string | number): LinkDescription | undefined {
    const byName = typeof which === "string";
    if (byName) requireInterfaceName(which);
    try {
      const [answer] = this.#netlink.query({
        type: RTM_GETLINK,
        fixed: linkHeader(byName ? 0 : which),
        attributes: byName ? [[IFLA_IFNAME, cString(which)]] : [],
        attempt: `read network interface ${which}`,
      });
      return answer && readLink(answer);
    } catch (error) {
      if (error instanceof SystemError && error.errno === ENODEV) return undefined;
      throw error;
    }
  }

  /**
   * Changes an interface.
   *
   * @throws {SystemError} ENODEV when it is gone, EPERM without CAP_NET_ADMIN, EINVAL for an MTU
   * beyond what it can.
   */
  configure(index: number, change: LinkChange): void {
    const attributes: NetlinkAttribute[] = [];
    if (change.mtu !== undefined) attributes.push([IFLA_MTU, uint32Octets(change.mtu)]);
    if (change.mac !== undefined) attributes.push([IFLA_ADDRESS, parseMac(change.mac)]);
    if (change.master !== undefined) attributes.push([IFLA_MASTER, uint32Octets(change.master)]);
    const { queueLength } = change;
    if (queueLength !== undefined) attributes.push([IFLA_TXQLEN, uint32Octets(queueLength)]);
    if (change.linkLocalAddress !== undefined) attributes.push(NO_ADDRESS_GENERATION);
    const fixed = change.up === undefined
      ? linkHeader(index)
      : linkHeader(index, change.up ? IFF_UP : 0, IFF_UP);
    this.#netlink.execute({
      type: RTM_NEWLINK,
      fixed,
      attributes,
      attempt: `set ${describe(change)} of interface ${index}`,
    });
  }

  /** Gives an interface an address; one that it has already is no matter. */
  addAddress(index: number, address: string, prefixLength: number, peer?: string): void {
    try {
      this.#netlink.execute({
        type: RTM_NEWADDR,
        flags: NLM_F_CREATE | NLM_F_EXCL,
        ...encodeAddress(index, address, prefixLength, peer),
        attempt: `add ${address}/${prefixLength} to interface ${index}`,
      });
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === EEXIST)) throw error;
    }
  }

  /** Takes an address from an interface; one that it has not, or is gone with it, is no matter. */
  removeAddress(index: number, address: string, prefixLength: number, peer?: string): void {
    try {
      this.#netlink.execute({
        type: RTM_DELADDR,
        ...encodeAddress(index, address, prefixLength, peer),
        attempt: `remove ${address}/${prefixLength} from interface ${index}`,
      });
    } catch (error) {
      const gone = error instanceof SystemError &&
        (error.errno === EADDRNOTAVAIL || error.errno === ENODEV);
      if (!gone) throw error;
    }
  }

  /** Every IPv4 and IPv6 address. */
  addresses(): InterfaceAddress[] {
    const answers = this.#netlink.query({
      type: RTM_GETADDR,
      flags: NLM_F_DUMP,
      fixed: addressHeader(0, 0, 0),
      attempt: "list addresses",
    });
    return answers.flatMap((answer) => readAddress(answer) ?? []);
  }

  /** The first global IPv4 address that is not a loopback's; `undefined` when there is none. */
  firstIpv4Address(): string | undefined {
    const loopbacks = new Set(
      this.links().filter((link) => link.loopback).map(({ index }) => index),
    );
    return this.addresses().find(({ address, global, index }) =>
      global && !address.includes(":") && !loopbacks.has(index)
    )?.address;
  }

  /** Closes the access, not the interfaces. */
  close(): void {
    this.#netlink.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** An address, and of a point-to-point link the peer's; the prefix is then the peer's. */
function encodeAddress(
  index: number,
  address: string,
  prefixLength: number,
  peer: string | undefined,
): { fixed: Uint8Array; attributes: readonly NetlinkAttribute[] } {
  const { octets } = requireIpAddress(address);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > octets.length * 8) {
    throw new RangeError(`a prefix length of 0 to ${octets.length * 8}, not ${prefixLength}`);
  }
  const family = octets.length === 4 ? AF_INET : AF_INET6;
  const far = peer === undefined ? octets : requireIpAddress(peer).octets;
  const attributes: NetlinkAttribute[] = [[IFA_LOCAL, octets], [IFA_ADDRESS, far]];
  if (family === AF_INET6) attributes.push([IFA_FLAGS, uint32Octets(IFA_F_NODAD)]);
  return { fixed: addressHeader(family, prefixLength, index), attributes };
}

function describe(change: LinkChange): string {
  return Object.entries(change).map(([what, value]) => `${what} ${value}`).join(", ");
}

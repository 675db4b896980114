/**
 * The kernel's main routing table through rtnetlink: adding and removing routes, and asking which
 * next hop a destination has.
 *
 * See rtnetlink(7), and include/uapi/linux/rtnetlink.h for the numbers. What route.ts asks needs no
 * privilege; what is changed here needs CAP_NET_ADMIN.
 */

import { AF_INET, AF_INET6 } from "./abi.ts";
import {
  decodeNetlinkAttributes,
  type NetlinkAttribute,
  NLM_F_CREATE,
  NLM_F_EXCL,
  uint32Octets,
  uint32Of,
} from "./netlink_message.ts";
import { type NetlinkSocket, openNetlinkSocket } from "./netlink_socket.ts";
import { formatIpAddress, requireIpAddress } from "./socket_address.ts";
import { ENODEV, ESRCH, SystemError } from "./system_error.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const RTMSG_SIZE = 12;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;

/** A route to a prefix. */
export interface RouteEntry {
  /** An address literal; the bits beyond the prefix are to be zero. */
  readonly destination: string;
  readonly prefixLength: number;
  /** Index of the interface that packets leave by. */
  readonly index: number;
  /** The next hop; absent where the destination is on the link itself. */
  readonly gateway?: string;
  /** The source address of packets that have none yet. Default: the kernel's choice. */
  readonly source?: string;
  /** Which of several routes to a prefix is taken: the lowest. Default: the kernel's. */
  readonly metric?: number;
}

/** Where packets to a destination go next. */
export type NextHop = Pick<RouteEntry, "index" | "gateway">;

/** Opens access to the routes of a namespace (a name or a path; default: ours). */
export function openRouteTable(namespace?: string): RouteTable {
  return new RouteTable(openNetlinkSocket(namespace));
}

/** The main routing table of one network namespace. */
export class RouteTable implements Disposable {
  readonly #netlink: NetlinkSocket;

  constructor(netlink: NetlinkSocket) {
    this.#netlink = netlink;
  }

  /**
   * Adds a route.
   *
   * @throws {SystemError} EEXIST when the prefix has a route of this metric already, ENETDOWN when
   * the interface is down, ENETUNREACH when the gateway is on no link, EPERM without CAP_NET_ADMIN.
   */
  add(route: RouteEntry): void {
    this.#netlink.execute({
      type: RTM_NEWROUTE,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      ...encodeRoute(route),
      attempt: `add the route to ${route.destination}/${route.prefixLength}`,
    });
  }

  /** Removes a route; one that is not there any more, or whose interface is gone, is no matter. */
  remove(route: RouteEntry): void {
    try {
      this.#netlink.execute({
        type: RTM_DELROUTE,
        ...encodeRoute(route),
        attempt: `remove the route to ${route.destination}/${route.prefixLength}`,
      });
    } catch (error) {
      const gone = error instanceof SystemError &&
        (error.errno === ESRCH || error.errno === ENODEV);
      if (!gone) throw error;
    }
  }

  /**
   * The next hop of packets to an address, as the kernel would choose it now.
   *
   * @throws {SystemError} ENETUNREACH, EHOSTUNREACH … when there is no route.
   */
  nextHop(address: string): NextHop {
    const { octets } = requireIpAddress(address);
    const [answer] = this.#netlink.query({
      type: RTM_GETROUTE,
      fixed: routeHeader(octets.length, octets.length * 8, 0),
      attributes: [[RTA_DST, octets]],
      attempt: `find the route to ${address}`,
    });
    const attributes = answer && decodeNetlinkAttributes(answer.body, RTMSG_SIZE);
    const gateway = attributes?.get(RTA_GATEWAY);
    const index = uint32Of(attributes?.get(RTA_OIF)) ?? 0;
    return gateway === undefined ? { index } : { index, gateway: formatIpAddress(gateway) };
  }

  /** Closes the access, not the routes. */
  close(): void {
    this.#netlink.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function encodeRoute(
  route: RouteEntry,
): { fixed: Uint8Array; attributes: readonly NetlinkAttribute[] } {
  const { destination, prefixLength, index, gateway, source, metric } = route;
  const { octets } = requireIpAddress(destination);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > octets.length * 8) {
    throw new RangeError(`a prefix length of 0 to ${octets.length * 8}, not ${prefixLength}`);
  }
  const scope = gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  const attributes: NetlinkAttribute[] = [[RTA_DST, octets], [RTA_OIF, uint32Octets(index)]];
  if (gateway !== undefined) attributes.push([RTA_GATEWAY, requireIpAddress(gateway).octets]);
  if (source !== undefined) attributes.push([RTA_PREFSRC, requireIpAddress(source).octets]);
  if (metric !== undefined) attributes.push([RTA_PRIORITY, uint32Octets(metric)]);
  return { fixed: routeHeader(octets.length, prefixLength, scope), attributes };
}

/** An rtmsg: family, destination's length, source's length, TOS, table, origin, scope, type, flags. */
function routeHeader(addressLength: number, prefixLength: number, scope: number): Uint8Array {
  const family = addressLength === 4 ? AF_INET : AF_INET6;
  const fixed = new Uint8Array(RTMSG_SIZE);
  fixed.set([family, prefixLength, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST]);
  return fixed;
}

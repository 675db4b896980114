/**
 * What the kernel's routing says of a destination: the source address it would choose, and the
 * path's MTU. Asked with a throw-away connected socket, which needs no privilege and sends nothing.
 *
 * See IP_MTU in ip(7).
 */

import {
  AF_INET6,
  IP_MTU,
  IPV6_MTU,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCKADDR_ROOM,
  SOL_IP,
  SOL_IPV6,
} from "./abi.ts";
import { boundAddress } from "./datagram_socket.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { libc } from "./libc.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import { familyOf, putSocketAddress } from "./socket_address.ts";
import { checked } from "./system_error.ts";

/** Any port will do: nothing is sent. */
const DISCARD_PORT = 9;

/** The way to a destination. */
export interface Route {
  /** The source address of packets to it. */
  readonly local: string;
  /** The longest IP packet in octets that the kernel knows to fit. */
  readonly mtu: number;
}

/** Narrows the question `routeTo` asks. */
export interface RouteOptions {
  /** A source address that is already decided. */
  readonly local?: string | undefined;
  /** Network namespace to ask in, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
}

/**
 * The route to a literal.
 *
 * @throws {SystemError} ENETUNREACH, EHOSTUNREACH … when there is none; EADDRNOTAVAIL when
 * `local` is not ours.
 */
export function routeTo(remote: string, options: RouteOptions = {}): Route {
  const ipv6 = familyOf(remote) === AF_INET6;
  const attempt = `find the route to ${remote}`;
  using socket = inNetworkNamespace(options.namespace, () => {
    const fd = libc().socket(familyOf(remote), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return new FileDescriptor(checked(fd, "socket", attempt));
  });
  const room = new DataView(new ArrayBuffer(SOCKADDR_ROOM));
  if (options.local !== undefined) {
    const size = putSocketAddress(room, 0, { address: options.local, port: 0 });
    checked(libc().bind(socket.number, room, size), "bind", `${attempt} from ${options.local}`);
  }
  const size = putSocketAddress(room, 0, { address: remote, port: DISCARD_PORT });
  checked(libc().connect(socket.number, room, size), "connect", attempt);
  const mtu = new Int32Array(1);
  const mtuSize = new Uint32Array([mtu.byteLength]);
  const [level, option] = ipv6 ? [SOL_IPV6, IPV6_MTU] as const : [SOL_IP, IP_MTU] as const;
  checked(
    libc().getsockopt(socket.number, level, option, mtu, mtuSize),
    "getsockopt",
    `read the MTU towards ${remote}`,
  );
  return { local: boundAddress(socket.number).address, mtu: mtu[0] ?? 0 };
}

/**
 * UDP and raw IP sockets, unconnected and non-blocking: set-up for every use, and one datagram at
 * a time for the control plane. Batches for the data plane are in receive_batch.ts.
 *
 * See socket(7), ip(7), ipv6(7), raw(7).
 */

import {
  AF_INET,
  AF_INET6,
  IP_MTU_DISCOVER,
  IP_PKTINFO,
  IP_RECVTOS,
  IPV6_MTU_DISCOVER,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
  IPV6_V6ONLY,
  MEMINFO_DROPS,
  MEMINFO_SIZE,
  PMTUDISC_DO,
  PMTUDISC_DONT,
  PMTUDISC_WANT,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_ROOM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from "./abi.ts";
import { attachFilter, type BpfProgram } from "./bpf.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { libc } from "./libc.ts";
import { MessageBuffer } from "./message_buffer.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import {
  familyOf,
  isUnspecified,
  putSocketAddress,
  readSocketAddress,
  type SocketAddress,
} from "./socket_address.ts";
import { offerSocketOption, setSocketBuffer, setSocketOption } from "./socket_option.ts";
import { checked, EAGAIN, EINTR, SystemError } from "./system_error.ts";

/**
 * What happens to a datagram longer than the path's MTU: `"allow"` lets the kernel and IPv4 routers
 * fragment it; `"auto"` sets DF on what fits, and the kernel fragments what does not; `"forbid"`
 * always sets DF and answers EMSGSIZE.
 */
export type Fragmentation = "allow" | "auto" | "forbid";

const PATH_MTU_DISCOVERY: Readonly<Record<Fragmentation, number>> = {
  allow: PMTUDISC_DONT,
  auto: PMTUDISC_WANT,
  forbid: PMTUDISC_DO,
};

/** How a datagram socket is made. */
export interface DatagramSocketOptions {
  /** UDP, or IP itself with this protocol number (needs CAP_NET_RAW). */
  readonly kind: "udp" | { readonly protocol: number };
  /** Literal to bind to; `0.0.0.0` and `::` are every address of their family, and only of it. */
  readonly address: string;
  /** The only address that a raw socket receives from. Default: any. */
  readonly peer?: string | undefined;
  /** UDP port, 0 for any free one. Default 0; ignored for raw sockets. */
  readonly port?: number;
  /** Join those that share the port (SO_REUSEPORT): all of them ask for it. Default false. */
  readonly reusePort?: boolean;
  /** Octets of receive buffer. Default: the kernel's, which holds some 90 full-size packets. */
  readonly receiveBuffer?: number;
  /** Octets of send buffer. Default: the kernel's. */
  readonly sendBuffer?: number;
  /** What happens to a datagram longer than the path's MTU. Default `"allow"`. */
  readonly fragmentation?: Fragmentation;
  /** Attached before the socket is bound: what it refuses is never queued. */
  readonly filter?: BpfProgram;
  /** Network namespace of the socket, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
}

/** A received datagram. */
export interface Datagram {
  /** The payload (an IPv4 raw socket's without IP header): valid until the next `receive`. */
  readonly octets: Uint8Array;
  readonly remote: SocketAddress;
  /** The address of ours that it was sent to. */
  readonly local: SocketAddress;
}

/**
 * Opens a datagram socket.
 *
 * @throws {TypeError} when the address is not a literal.
 * @throws {SystemError} when the kernel refuses: EPERM, EADDRINUSE, EADDRNOTAVAIL …
 */
export function openDatagramSocket(options: DatagramSocketOptions): DatagramSocket {
  const where = describe(options);
  const ipv6 = familyOf(options.address) === AF_INET6;
  const raw = options.kind !== "udp";
  const descriptor = inNetworkNamespace(options.namespace, () => makeSocket(options, where));
  try {
    configure(descriptor.number, options, where);
    const room = new DataView(new ArrayBuffer(SOCKADDR_ROOM));
    const port = raw ? 0 : options.port ?? 0;
    const size = putSocketAddress(room, 0, { address: options.address, port });
    checked(libc().bind(descriptor.number, room, size), "bind", `bind ${where}`);
    if (raw && options.peer !== undefined) connectTo(descriptor.number, options.peer, where);
    const bound = boundAddress(descriptor.number);
    // A raw IPv4 socket tells its protocol number as port.
    const local = raw ? { address: bound.address, port: 0 } : bound;
    return new DatagramSocket(descriptor, local, raw && !ipv6);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** The kernel then keeps what comes from elsewhere away; sending does not change. */
function connectTo(fd: number, peer: string, where: string): void {
  const room = new DataView(new ArrayBuffer(SOCKADDR_ROOM));
  const size = putSocketAddress(room, 0, { address: peer, port: 0 });
  checked(libc().connect(fd, room, size), "connect", `receive from ${peer} on ${where}`);
}

/** An open datagram socket. */
export class DatagramSocket implements Disposable {
  readonly descriptor: FileDescriptor;
  /** What it is bound to. */
  readonly local: SocketAddress;
  /** Whether what is received begins with an IPv4 header: pass it to `ReceiveBatch.receive`. */
  readonly receivesIpv4Header: boolean;
  #received: MessageBuffer | undefined;
  #sent: MessageBuffer | undefined;

  constructor(descriptor: FileDescriptor, local: SocketAddress, receivesIpv4Header: boolean) {
    this.descriptor = descriptor;
    this.local = local;
    this.receivesIpv4Header = receivesIpv4Header;
  }

  /** The next datagram, or `undefined` when none is waiting. */
  receive(): Datagram | undefined {
    const message = this.#received ??= new MessageBuffer();
    for (;;) {
      const length = message.receive(this.descriptor.number);
      if (length >= 0) return this.#datagram(message, length);
      if (length === -EAGAIN) return undefined;
      if (length !== -EINTR) {
        throw new SystemError("recvmsg", -length, `receive on ${this.local.address}`);
      }
    }
  }

  /**
   * Sends one datagram. Where `from.address` is not the unspecified address it becomes the source.
   * `trafficClass` is the octet of DSCP and ECN in its IP header. Returns 0, or errno: ENETUNREACH, ECONNREFUSED, EMSGSIZE, EAGAIN … are the network's matter.
   */
  send(octets: Uint8Array, from: SocketAddress, to: SocketAddress, trafficClass = 0): number {
    const message = this.#sent ??= new MessageBuffer();
    const destination = this.receivesIpv4Header ? { address: to.address, port: 0 } : to;
    for (;;) {
      const sent = message.send(
        this.descriptor.number,
        octets,
        from.address,
        destination,
        trafficClass,
      );
      if (sent !== -EINTR) return sent < 0 ? -sent : 0;
    }
  }

  /**
   * Has the kernel give datagrams of one flow and one size together (`UDP_GRO`); whether it does.
   * `ReceiveBatch.segmentSizes` says where they end.
   */
  enableAggregation(): boolean {
    return offerSocketOption(this.descriptor.number, SOL_UDP, UDP_GRO, 1);
  }

  /** Whether the kernel can cut one message into datagrams (`UDP_SEGMENT`). */
  canSegment(): boolean {
    return offerSocketOption(this.descriptor.number, SOL_UDP, UDP_SEGMENT, 0);
  }

  /** Datagrams that the kernel dropped because the receive buffer was full. */
  kernelDrops(): number {
    const info = new DataView(new ArrayBuffer(MEMINFO_SIZE));
    const size = new Uint32Array([MEMINFO_SIZE]);
    checked(
      libc().getsockopt(this.descriptor.number, SOL_SOCKET, SO_MEMINFO, info, size),
      "getsockopt",
      "read a socket's memory counters",
    );
    return info.getUint32(MEMINFO_DROPS * 4, true);
  }

  /** Closes the socket. */
  close(): void {
    this.descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #datagram(message: MessageBuffer, length: number): Datagram {
    const header = this.receivesIpv4Header ? ((message.octets[0] ?? 0) & 0x0f) * 4 : 0;
    const address = message.localAddress() ?? this.local.address;
    return {
      octets: message.octets.subarray(Math.min(header, length), length),
      remote: message.remote(),
      local: { address, port: this.local.port },
    };
  }
}

function makeSocket(options: DatagramSocketOptions, where: string): FileDescriptor {
  const { kind } = options;
  const type = (kind === "udp" ? SOCK_DGRAM : SOCK_RAW) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const protocol = kind === "udp" ? 0 : kind.protocol;
  const fd = libc().socket(familyOf(options.address), type, protocol);
  return new FileDescriptor(checked(fd, "socket", `open ${where}`));
}

function configure(fd: number, options: DatagramSocketOptions, where: string): void {
  // A raw socket receives from its first moment, so the filter comes first.
  if (options.filter) attachFilter(fd, options.filter);
  const ipv6 = familyOf(options.address) === AF_INET6;
  setFragmentation(fd, ipv6, options.fragmentation ?? "allow");
  // A raw IPv6 socket has nothing to do with IPv4 anyway, and refuses the option.
  if (ipv6 && options.kind === "udp") {
    setSocketOption(fd, SOL_IPV6, IPV6_V6ONLY, 1, `keep IPv4 out of ${where}`);
  }
  if (isUnspecified(options.address)) askForPacketInfo(fd, ipv6, where);
  if (options.reusePort) setSocketOption(fd, SOL_SOCKET, SO_REUSEPORT, 1, `share ${where}`);
  const { receiveBuffer, sendBuffer } = options;
  const attempt = `size the buffers of ${where}`;
  if (receiveBuffer) setSocketBuffer(fd, [SO_RCVBUFFORCE, SO_RCVBUF], receiveBuffer, attempt);
  if (sendBuffer) setSocketBuffer(fd, [SO_SNDBUFFORCE, SO_SNDBUF], sendBuffer, attempt);
}

/** Has datagrams come with the address of ours that they were sent to. */
function askForPacketInfo(fd: number, ipv6: boolean, where: string): void {
  const [level, option] = ipv6
    ? [SOL_IPV6, IPV6_RECVPKTINFO] as const
    : [SOL_IP, IP_PKTINFO] as const;
  setSocketOption(fd, level, option, 1, `ask for packet information of ${where}`);
}

/**
 * Decides on fragments of a socket's datagrams from now on. It is the socket's matter and not the
 * datagram's: there is no ancillary data for DF.
 */
export function setFragmentation(fd: number, ipv6: boolean, fragmentation: Fragmentation): void {
  const [level, option] = ipv6
    ? [SOL_IPV6, IPV6_MTU_DISCOVER] as const
    : [SOL_IP, IP_MTU_DISCOVER] as const;
  setSocketOption(fd, level, option, PATH_MTU_DISCOVERY[fragmentation], "decide on fragments");
}

/** Has a socket's datagrams come with their DSCP and ECN from now on. */
export function reportTrafficClasses(fd: number, ipv6: boolean): void {
  const [level, option] = ipv6
    ? [SOL_IPV6, IPV6_RECVTCLASS] as const
    : [SOL_IP, IP_RECVTOS] as const;
  setSocketOption(fd, level, option, 1, "ask for traffic classes");
}

/** What a socket is bound to (getsockname). */
export function boundAddress(fd: number): SocketAddress {
  const room = new DataView(new ArrayBuffer(SOCKADDR_ROOM));
  const size = new Uint32Array([SOCKADDR_ROOM]);
  checked(libc().getsockname(fd, room, size), "getsockname", "read a socket's address");
  return readSocketAddress(room, 0);
}

function describe({ kind, address, port }: DatagramSocketOptions): string {
  if (kind !== "udp") return `a raw socket for IP protocol ${kind.protocol} on ${address}`;
  return `UDP ${familyOf(address) === AF_INET ? address : `[${address}]`}:${port ?? 0}`;
}

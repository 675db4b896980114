/**
 * Packets as they pass an interface, seen and not touched: for captures.
 *
 * See packet(7), SO_TIMESTAMPNS in socket(7), and Documentation/networking/timestamping.rst. A
 * packet that the kernel cuts later (GSO) or has put together (GRO) comes as one, and says so.
 */

import {
  AF_PACKET,
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  ETH_P_ALL,
  IOVEC_BASE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
  MSG_DONTWAIT,
  MSGHDR_CONTROL,
  MSGHDR_CONTROLLEN,
  MSGHDR_IOV,
  MSGHDR_IOVLEN,
  MSGHDR_NAME,
  MSGHDR_NAMELEN,
  MSGHDR_SIZE,
  PACKET_OUTGOING,
  PACKET_STATISTICS,
  PACKET_VNET_HDR,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_LL_HATYPE,
  SOCKADDR_LL_IFINDEX,
  SOCKADDR_LL_PKTTYPE,
  SOCKADDR_LL_SIZE,
  SOL_PACKET,
  SOL_SOCKET,
  VNET_HDR_GSO_SIZE,
  VNET_HDR_GSO_TYPE,
  VNET_HDR_SIZE,
} from "./abi.ts";
import { attachFilter, type BpfProgram } from "./bpf.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { addressOf, cString, lastErrno, libc, putAddress } from "./libc.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import { checked, EAGAIN, EINTR, EINVAL, SystemError } from "./system_error.ts";

/** Of packets that wait to be looked at: bursts of a fast link. */
const RECEIVE_BUFFER = 8 << 20;
/** The longest IP packet, its link header, and the offload header. */
const ROOM = 65_536 + 64;
const CONTROL_ROOM = 64;
/** ARPHRD_ETHER and ARPHRD_LOOPBACK: devices whose packets begin with an Ethernet header. */
const ETHERNET_DEVICES: ReadonlySet<number> = new Set([1, 772]);
const ETHERNET_HEADER = 14;
/** VIRTIO_NET_HDR_GSO_ECN says nothing about the kind. */
const GSO_KIND = 0x7f;

/** What packets are to be seen. */
export interface PacketSocketOptions {
  /** The interface; by default all. */
  readonly networkInterface?: string;
  /** Network namespace, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
  /** Attached before anything is queued. */
  readonly filter?: BpfProgram;
}

/** A packet that was seen. */
export interface SeenPacket {
  /** From its link header on, or from its network header where the device has none; a copy. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Where its network header begins. */
  readonly networkOffset: number;
  readonly outgoing: boolean;
  /** When, since 1970. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** VIRTIO_NET_HDR_GSO_*: 0 for a packet as it is on the wire. */
  readonly offload: number;
  /** Octets of payload of each segment, where it is more than one. */
  readonly segmentSize: number;
}

/**
 * Begins to see packets.
 *
 * @throws {SystemError} EPERM without CAP_NET_RAW; ENODEV for an interface that is not there.
 */
export function openPacketSocket(options: PacketSocketOptions): PacketSocket {
  const { networkInterface, namespace, filter } = options;
  const where = networkInterface ?? "every interface";
  return inNetworkNamespace(namespace, () => {
    // Protocol 0: nothing is queued until the filter is attached and the socket bound.
    const fd = libc().socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const descriptor = new FileDescriptor(checked(fd, "socket", `see packets of ${where}`));
    try {
      if (filter !== undefined) attachFilter(descriptor.number, filter);
      set(descriptor.number, SOL_SOCKET, SO_TIMESTAMPNS, 1, "ask for the time of packets");
      set(descriptor.number, SOL_PACKET, PACKET_VNET_HDR, 1, "ask for packets' offloads");
      set(descriptor.number, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, "enlarge the buffer");
      bind(descriptor.number, networkInterface);
      return new PacketSocket(descriptor);
    } catch (error) {
      descriptor.close();
      throw error;
    }
  });
}

function set(fd: number, level: number, option: number, value: number, attempt: string): void {
  const cell = new DataView(new ArrayBuffer(4));
  cell.setInt32(0, value, true);
  checked(libc().setsockopt(fd, level, option, cell, 4), "setsockopt", attempt);
}

function bind(fd: number, networkInterface: string | undefined): void {
  const index = networkInterface === undefined
    ? 0
    : libc().if_nametoindex(cString(networkInterface));
  if (networkInterface !== undefined && index === 0) {
    throw new TypeError(`there is no interface ${networkInterface}`);
  }
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_SIZE));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ALL, false);
  address.setInt32(SOCKADDR_LL_IFINDEX, index, true);
  checked(libc().bind(fd, address, SOCKADDR_LL_SIZE), "bind", "begin to see packets");
}

/** A socket that sees packets. */
export class PacketSocket implements Disposable {
  readonly descriptor: FileDescriptor;
  readonly #packet = new Uint8Array(new ArrayBuffer(ROOM));
  readonly #address = new DataView(new ArrayBuffer(24));
  readonly #control = new DataView(new ArrayBuffer(CONTROL_ROOM));
  readonly #vector = new DataView(new ArrayBuffer(IOVEC_SIZE));
  readonly #header = new DataView(new ArrayBuffer(MSGHDR_SIZE));
  #missed = 0;

  /** @ignore Made by `openPacketSocket`. */
  constructor(descriptor: FileDescriptor) {
    this.descriptor = descriptor;
    const bytes = (view: DataView<ArrayBuffer>) => new Uint8Array(view.buffer);
    putAddress(this.#vector, IOVEC_BASE, addressOf(this.#packet), 0);
    this.#vector.setUint32(IOVEC_LENGTH, ROOM, true);
    putAddress(this.#header, MSGHDR_NAME, addressOf(bytes(this.#address)), 0);
    putAddress(this.#header, MSGHDR_IOV, addressOf(bytes(this.#vector)), 0);
    this.#header.setUint32(MSGHDR_IOVLEN, 1, true);
    putAddress(this.#header, MSGHDR_CONTROL, addressOf(bytes(this.#control)), 0);
  }

  /** The next packet; `undefined` when none waits. */
  receive(): SeenPacket | undefined {
    for (;;) {
      this.#header.setUint32(MSGHDR_NAMELEN, this.#address.byteLength, true);
      this.#header.setUint32(MSGHDR_CONTROLLEN, CONTROL_ROOM, true);
      const length = libc().recvmsg(this.descriptor.number, this.#header, MSG_DONTWAIT);
      if (length >= VNET_HDR_SIZE) return this.#read(length);
      if (length >= 0) continue;
      const errno = lastErrno();
      if (errno === EAGAIN) return undefined;
      if (errno === EINTR) continue;
      if (errno === EINVAL) this.#missed++; // Linux before 6.2 cannot tell of cut UDP messages.
      else throw new SystemError("recvmsg", errno, "see the next packet");
    }
  }

  /** How many packets there was no room for since this was asked last. */
  takeMissed(): number {
    const statistics = new DataView(new ArrayBuffer(8));
    const size = new Uint32Array([8]);
    const asked = libc().getsockopt(
      this.descriptor.number,
      SOL_PACKET,
      PACKET_STATISTICS,
      statistics,
      size,
    );
    const missed = this.#missed + (asked === 0 ? statistics.getUint32(4, true) : 0);
    this.#missed = 0;
    return missed;
  }

  close(): void {
    this.descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #read(length: number): SeenPacket {
    const { seconds, nanoseconds } = this.#time();
    const hasEthernet = ETHERNET_DEVICES.has(this.#address.getUint16(SOCKADDR_LL_HATYPE, true));
    return {
      octets: this.#packet.slice(VNET_HDR_SIZE, length),
      networkOffset: hasEthernet ? ETHERNET_HEADER : 0,
      outgoing: this.#address.getUint8(SOCKADDR_LL_PKTTYPE) === PACKET_OUTGOING,
      seconds,
      nanoseconds,
      offload: this.#packet[VNET_HDR_GSO_TYPE]! & GSO_KIND,
      segmentSize: this.#packet[VNET_HDR_GSO_SIZE]! | this.#packet[VNET_HDR_GSO_SIZE + 1]! << 8,
    };
  }

  /** struct timespec of the only control message that was asked for. */
  #time(): { seconds: number; nanoseconds: number } {
    const given = this.#header.getUint32(MSGHDR_CONTROLLEN, true);
    const isTime = given >= CMSGHDR_SIZE + 16 &&
      this.#control.getUint32(CMSGHDR_LEN, true) >= CMSGHDR_SIZE + 16 &&
      this.#control.getInt32(CMSGHDR_LEVEL, true) === SOL_SOCKET &&
      this.#control.getInt32(CMSGHDR_TYPE, true) === SO_TIMESTAMPNS;
    if (!isTime) return { seconds: 0, nanoseconds: 0 };
    return {
      seconds: Number(this.#control.getBigInt64(CMSGHDR_SIZE, true)),
      nanoseconds: Number(this.#control.getBigInt64(CMSGHDR_SIZE + 8, true)),
    };
  }
}

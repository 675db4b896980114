/**
 * Packets as they pass an interface, seen and not touched: for captures.
 *
 * See packet(7), SO_TIMESTAMPNS in socket(7), and Documentation/networking/timestamping.rst. A
 * packet that the kernel cuts later (GSO) or has put together (GRO) comes as one, and says so.
 */

import {
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  PACKET_OUTGOING,
  PACKET_STATISTICS,
  PACKET_VNET_HDR,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
  SOCKADDR_LL_HATYPE,
  SOCKADDR_LL_PKTTYPE,
  SOL_PACKET,
  SOL_SOCKET,
  VNET_HDR_GSO_SIZE,
  VNET_HDR_GSO_TYPE,
  VNET_HDR_SIZE,
} from "./abi.ts";
import { attachFilter, type BpfProgram } from "./bpf.ts";
import type { FileDescriptor } from "./file_descriptor.ts";
import { libc } from "./libc.ts";
import { MessageHeader } from "./message_header.ts";
import { type FramePlace, openPacketDescriptor } from "./packet_descriptor.ts";
import { setSocketOption } from "./socket_option.ts";
import { EAGAIN, EINTR, EINVAL, SystemError } from "./system_error.ts";

/** Of packets that wait to be looked at: bursts of a fast link. */
const RECEIVE_BUFFER = 8 << 20;
/** The longest IP packet, its link header, and the offload header. */
const ROOM = 65_536 + 64;
const CONTROL_ROOM = 64;
/** struct sockaddr_ll. */
const ADDRESS_ROOM = 24;
/** ARPHRD_ETHER and ARPHRD_LOOPBACK: devices whose packets begin with an Ethernet header. */
const ETHERNET_DEVICES: ReadonlySet<number> = new Set([1, 772]);
const ETHERNET_HEADER = 14;
/** VIRTIO_NET_HDR_GSO_ECN says nothing about the kind. */
const GSO_KIND = 0x7f;

/** What packets are to be seen. */
export interface PacketSocketOptions extends FramePlace {
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
  const { networkInterface, filter } = options;
  const attempt = `see packets of ${networkInterface ?? "every interface"}`;
  const { descriptor } = openPacketDescriptor(options, attempt, (fd) => {
    if (filter !== undefined) attachFilter(fd, filter);
    setSocketOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "ask for the time of packets");
    setSocketOption(fd, SOL_PACKET, PACKET_VNET_HDR, 1, "ask for packets' offloads");
    setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, "enlarge the buffer");
  });
  return new PacketSocket(descriptor);
}

/** A socket that sees packets. */
export class PacketSocket implements Disposable {
  readonly descriptor: FileDescriptor;
  readonly #packet = new Uint8Array(new ArrayBuffer(ROOM));
  readonly #header = new MessageHeader(this.#packet, ADDRESS_ROOM, CONTROL_ROOM);
  #missed = 0;

  /** @ignore Made by `openPacketSocket`. */
  constructor(descriptor: FileDescriptor) {
    this.descriptor = descriptor;
  }

  /** The next packet; `undefined` when none waits. */
  receive(): SeenPacket | undefined {
    for (;;) {
      const length = this.#header.receive(this.descriptor.number, 0, ROOM);
      if (length >= VNET_HDR_SIZE) return this.#read(length);
      if (length >= 0 || length === -EINTR) continue;
      if (length === -EAGAIN) return undefined;
      if (length === -EINVAL) this.#missed++; // Linux before 6.2 cannot tell of cut UDP messages.
      else throw new SystemError("recvmsg", -length, "see the next packet");
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
    const address = this.#header.name;
    const hasEthernet = ETHERNET_DEVICES.has(address.getUint16(SOCKADDR_LL_HATYPE, true));
    return {
      octets: this.#packet.slice(VNET_HDR_SIZE, length),
      networkOffset: hasEthernet ? ETHERNET_HEADER : 0,
      outgoing: address.getUint8(SOCKADDR_LL_PKTTYPE) === PACKET_OUTGOING,
      seconds,
      nanoseconds,
      offload: this.#packet[VNET_HDR_GSO_TYPE]! & GSO_KIND,
      segmentSize: this.#packet[VNET_HDR_GSO_SIZE]! | this.#packet[VNET_HDR_GSO_SIZE + 1]! << 8,
    };
  }

  /** struct timespec of the only control message that was asked for. */
  #time(): { seconds: number; nanoseconds: number } {
    const { control, controlLength } = this.#header;
    const isTime = controlLength >= CMSGHDR_SIZE + 16 &&
      control.getUint32(CMSGHDR_LEN, true) >= CMSGHDR_SIZE + 16 &&
      control.getInt32(CMSGHDR_LEVEL, true) === SOL_SOCKET &&
      control.getInt32(CMSGHDR_TYPE, true) === SO_TIMESTAMPNS;
    if (!isTime) return { seconds: 0, nanoseconds: 0 };
    return {
      seconds: Number(control.getBigInt64(CMSGHDR_SIZE, true)),
      nanoseconds: Number(control.getBigInt64(CMSGHDR_SIZE + 8, true)),
    };
  }
}

/**
 * An interface that belongs to others as a port for whole frames: everything that its line gives is
 * read, and what is written goes out by it.
 *
 * See packet(7). Frames are preceded by the same offload header as a TAP's. The kernel takes VLAN
 * tags out of received frames and tells them aside; here they are put in again.
 */

import {
  AF_PACKET,
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
  MSGHDR_SIZE,
  PACKET_ADD_MEMBERSHIP,
  PACKET_AUXDATA,
  PACKET_IGNORE_OUTGOING,
  PACKET_MR_PROMISC,
  PACKET_MREQ_SIZE,
  PACKET_MREQ_TYPE,
  PACKET_VNET_HDR,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_LL_IFINDEX,
  SOCKADDR_LL_SIZE,
  SOL_PACKET,
  SOL_SOCKET,
  TP_STATUS_VLAN_TPID_VALID,
  TP_STATUS_VLAN_VALID,
  TPACKET_AUXDATA_STATUS,
  TPACKET_AUXDATA_VLAN_TCI,
  TPACKET_AUXDATA_VLAN_TPID,
  VNET_HDR_CSUM_START,
  VNET_HDR_F_NEEDS_CSUM,
  VNET_HDR_GSO_TYPE,
  VNET_HDR_HDR_LEN,
  VNET_HDR_SIZE,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import {
  addressOf,
  type BufferAddress,
  cString,
  lastErrno,
  libc,
  putAddress,
  putAddressWords,
} from "./libc.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import type { PacketArena } from "./packet_arena.ts";
import { checked, EAGAIN, EINTR, ENODEV, SystemError } from "./system_error.ts";

/** Bursts of a fast line, while the worker is busy. */
const BUFFER_OCTETS = 4 << 20;
const CONTROL_ROOM = 64;
const ADDRESSES = 12;
const TAG = 4;
const CUSTOMER_TAG = 0x8100;

/** An interface that frames are read from and written to. */
export interface PacketPort {
  readonly descriptor: FileDescriptor;
  readonly index: number;
}

/**
 * Takes an interface for a port: promiscuous as long as the descriptor is open.
 *
 * @throws {SystemError} ENODEV where it is not there; EPERM without CAP_NET_RAW.
 */
export function openPacketPort(networkInterface: string, namespace?: string): PacketPort {
  return inNetworkNamespace(namespace, () => {
    const index = libc().if_nametoindex(cString(networkInterface));
    if (index === 0) throw new SystemError("socket", ENODEV, `attach to ${networkInterface}`);
    // Protocol 0: nothing is queued until everything is set.
    const fd = libc().socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const descriptor = new FileDescriptor(checked(fd, "socket", `attach to ${networkInterface}`));
    try {
      configure(descriptor.number, index, networkInterface);
      return { descriptor, index };
    } catch (error) {
      descriptor.close();
      throw error;
    }
  });
}

function configure(fd: number, index: number, name: string): void {
  set(fd, SOL_PACKET, PACKET_VNET_HDR, 1, `ask for offloads of ${name}`);
  set(fd, SOL_PACKET, PACKET_AUXDATA, 1, `ask for VLAN tags of ${name}`);
  // What this host sends by the interface is not what its line gives.
  set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, `leave out what is sent by ${name}`);
  set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS, `enlarge the buffers of ${name}`);
  set(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_OCTETS, `enlarge the buffers of ${name}`);
  const member = new DataView(new ArrayBuffer(PACKET_MREQ_SIZE));
  member.setInt32(0, index, true);
  member.setUint16(PACKET_MREQ_TYPE, PACKET_MR_PROMISC, true);
  checked(
    libc().setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, member, PACKET_MREQ_SIZE),
    "setsockopt",
    `make ${name} promiscuous`,
  );
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_SIZE));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ALL, false);
  address.setInt32(SOCKADDR_LL_IFINDEX, index, true);
  checked(libc().bind(fd, address, SOCKADDR_LL_SIZE), "bind", `attach to ${name}`);
}

function set(fd: number, level: number, option: number, value: number, attempt: string): void {
  const cell = new DataView(new ArrayBuffer(4));
  cell.setInt32(0, value, true);
  checked(libc().setsockopt(fd, level, option, cell, 4), "setsockopt", attempt);
}

/** Reads frames of such ports into the slots of an arena, each behind its offload header. */
export class TaggedFrameReader {
  /** Slots that can be read into: a long read needs the memory of the slots behind it. */
  readonly slots: number;
  readonly #arena: PacketArena;
  readonly #header = new DataView(new ArrayBuffer(MSGHDR_SIZE));
  readonly #vector = new Uint32Array(new ArrayBuffer(IOVEC_SIZE));
  readonly #control = new DataView(new ArrayBuffer(CONTROL_ROOM));
  readonly #view: DataView;
  readonly #base: BufferAddress;

  /** @param longest is how many octets of a frame are read at most. */
  constructor(arena: PacketArena, longest: number) {
    const { octets } = arena;
    const end = arena.slots * arena.slotSize;
    const starts = Array.from({ length: arena.slots }, (_, slot) => arena.packetStart(slot));
    this.slots = starts.filter((start) => start + longest <= end).length;
    this.#arena = arena;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    this.#base = addressOf(octets);
    this.#vector[IOVEC_LENGTH / 4] = longest + VNET_HDR_SIZE - TAG;
    putAddress(this.#header, MSGHDR_IOV, addressOf(new Uint8Array(this.#vector.buffer)), 0);
    this.#header.setUint32(MSGHDR_IOVLEN, 1, true);
    putAddress(this.#header, MSGHDR_CONTROL, addressOf(new Uint8Array(this.#control.buffer)), 0);
  }

  /** As `FrameReader.read`. */
  read(fd: number, slot: number): number {
    if (slot >= this.slots) throw new RangeError("no such slot");
    const start = this.#arena.packetStart(slot);
    putAddressWords(this.#vector, IOVEC_BASE / 4, this.#base, start - VNET_HDR_SIZE);
    this.#header.setUint32(MSGHDR_CONTROLLEN, CONTROL_ROOM, true);
    const length = libc().recvmsg(fd, this.#header, MSG_DONTWAIT);
    if (length >= 0) return length + this.#restoreTag(start, length - VNET_HDR_SIZE);
    const errno = lastErrno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }

  /** Puts the tag in again that the kernel took out; the octets that the frame has grown by. */
  #restoreTag(start: number, length: number): number {
    const control = this.#control;
    const isAuxdata = this.#header.getUint32(MSGHDR_CONTROLLEN, true) >= CMSGHDR_SIZE &&
      control.getInt32(CMSGHDR_LEVEL, true) === SOL_PACKET &&
      control.getInt32(CMSGHDR_TYPE, true) === PACKET_AUXDATA;
    if (!isAuxdata || length < ADDRESSES) return 0;
    const status = control.getUint32(CMSGHDR_SIZE + TPACKET_AUXDATA_STATUS, true);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return 0;
    const type = (status & TP_STATUS_VLAN_TPID_VALID) === 0
      ? CUSTOMER_TAG
      : control.getUint16(CMSGHDR_SIZE + TPACKET_AUXDATA_VLAN_TPID, true);
    const behind = start + ADDRESSES;
    this.#arena.octets.copyWithin(behind + TAG, behind, start + length);
    this.#view.setUint16(behind, type);
    this.#view.setUint16(
      behind + 2,
      control.getUint16(CMSGHDR_SIZE + TPACKET_AUXDATA_VLAN_TCI, true),
    );
    this.#moveOffsets(start - VNET_HDR_SIZE);
    return TAG;
  }

  /** What the offload header says of places in the frame lies further behind now. */
  #moveOffsets(header: number): void {
    const view = this.#view;
    if ((view.getUint8(header) & VNET_HDR_F_NEEDS_CSUM) !== 0) {
      const start = view.getUint16(header + VNET_HDR_CSUM_START, true);
      view.setUint16(header + VNET_HDR_CSUM_START, start + TAG, true);
    }
    if (view.getUint8(header + VNET_HDR_GSO_TYPE) === 0) return;
    const length = view.getUint16(header + VNET_HDR_HDR_LEN, true);
    view.setUint16(header + VNET_HDR_HDR_LEN, length + TAG, true);
  }
}

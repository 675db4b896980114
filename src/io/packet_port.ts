/**
 * An interface that belongs to others as a port for whole frames: everything that its line gives is
 * read, and what is written goes out by it.
 *
 * See packet(7). Frames are preceded by the same offload header as a TAP's. The kernel takes VLAN
 * tags out of received frames and tells them aside; here they are put in again.
 */

import {
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  PACKET_ADD_MEMBERSHIP,
  PACKET_AUXDATA,
  PACKET_IGNORE_OUTGOING,
  PACKET_MR_PROMISC,
  PACKET_MREQ_SIZE,
  PACKET_MREQ_TYPE,
  PACKET_OUTGOING,
  PACKET_VNET_HDR,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
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
import {
  answer,
  assembleBpf,
  attachFilter,
  type BpfProgram,
  jumpIfEqual,
  label,
  loadUint32,
  PACKET_TYPE,
} from "./bpf.ts";
import { libc } from "./libc.ts";
import { MessageHeader } from "./message_header.ts";
import type { PacketArena } from "./packet_arena.ts";
import { openPacketDescriptor, type PacketDescriptor } from "./packet_descriptor.ts";
import { offerSocketOption, setSocketOption } from "./socket_option.ts";
import { checked, EAGAIN, EINTR } from "./system_error.ts";

/** Bursts of a fast line, while the worker is busy. */
const BUFFER_OCTETS = 4 << 20;
const CONTROL_ROOM = 64;
/** Keeps what is not sent by this host. */
const INCOMING: BpfProgram = assembleBpf([
  loadUint32(PACKET_TYPE),
  jumpIfEqual(PACKET_OUTGOING, "outgoing", "incoming"),
  label("incoming"),
  answer(0xffff_ffff),
  label("outgoing"),
  answer(0),
]);
const ADDRESSES = 12;
const TAG = 4;
const CUSTOMER_TAG = 0x8100;

/**
 * Takes an interface for a port: promiscuous as long as the descriptor is open.
 *
 * @throws {SystemError} ENODEV where it is not there; EPERM without CAP_NET_RAW.
 */
export function openPacketPort(networkInterface: string, namespace?: string): PacketDescriptor {
  const attempt = `attach to ${networkInterface}`;
  return openPacketDescriptor(
    { networkInterface, namespace },
    attempt,
    (fd, index) => configure(fd, index, networkInterface),
  );
}

function configure(fd: number, index: number, name: string): void {
  setSocketOption(fd, SOL_PACKET, PACKET_VNET_HDR, 1, `ask for offloads of ${name}`);
  setSocketOption(fd, SOL_PACKET, PACKET_AUXDATA, 1, `ask for VLAN tags of ${name}`);
  // What this host sends by the interface is not what its line gives. Before Linux 4.20 the kernel
  // has to be told so by a program.
  if (!offerSocketOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) attachFilter(fd, INCOMING);
  for (const buffer of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) {
    setSocketOption(fd, SOL_SOCKET, buffer, BUFFER_OCTETS, `enlarge the buffers of ${name}`);
  }
  const member = new DataView(new ArrayBuffer(PACKET_MREQ_SIZE));
  member.setInt32(0, index, true);
  member.setUint16(PACKET_MREQ_TYPE, PACKET_MR_PROMISC, true);
  checked(
    libc().setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, member, PACKET_MREQ_SIZE),
    "setsockopt",
    `make ${name} promiscuous`,
  );
}

/** Reads frames of such ports into the slots of an arena, each behind its offload header. */
export class TaggedFrameReader {
  /** Slots that can be read into: a long read needs the memory of the slots behind it. */
  readonly slots: number;
  readonly #arena: PacketArena;
  readonly #header: MessageHeader;
  readonly #longest: number;
  readonly #view: DataView;

  /** @param longest is how many octets of a frame are read at most. */
  constructor(arena: PacketArena, longest: number) {
    const { octets } = arena;
    const end = arena.slots * arena.slotSize;
    const starts = Array.from({ length: arena.slots }, (_, slot) => arena.packetStart(slot));
    this.slots = starts.filter((start) => start + longest <= end).length;
    this.#arena = arena;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    this.#header = new MessageHeader(octets, 0, CONTROL_ROOM);
    this.#longest = longest + VNET_HDR_SIZE - TAG;
  }

  /** As `FrameReader.read`. */
  read(fd: number, slot: number): number {
    if (slot >= this.slots) throw new RangeError("no such slot");
    const start = this.#arena.packetStart(slot);
    const length = this.#header.receive(fd, start - VNET_HDR_SIZE, this.#longest);
    if (length >= 0) return length + this.#restoreTag(start, length - VNET_HDR_SIZE);
    return length === -EAGAIN || length === -EINTR ? 0 : length;
  }

  /** Puts the tag in again that the kernel took out; the octets that the frame has grown by. */
  #restoreTag(start: number, length: number): number {
    const { control, controlLength } = this.#header;
    const isAuxdata = controlLength >= CMSGHDR_SIZE &&
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

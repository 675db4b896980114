/**
 * Many datagrams received per system call: recvmmsg into the slots of an arena.
 *
 * All structs are built once; a call rewrites only what differs. Nothing is allocated per packet,
 * and errors come back as numbers. See recvmmsg(2). Where that is not to be had (a sandbox may filter
 * calls) datagrams are received one by one.
 */

import {
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
  IP_TOS,
  IPV6_TCLASS,
  MMSGHDR_LEN,
  MMSGHDR_SIZE,
  MSG_DONTWAIT,
  MSG_TRUNC,
  MSGHDR_CONTROL,
  MSGHDR_CONTROLLEN,
  MSGHDR_IOV,
  MSGHDR_IOVLEN,
  MSGHDR_NAME,
  MSGHDR_NAMELEN,
  PKTINFO_CONTROL_ROOM,
  SOCKADDR_ROOM,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  TRAFFIC_CLASS_CONTROL_ROOM,
  UDP_GRO,
  UDP_OFFLOAD_CONTROL_ROOM,
} from "./abi.ts";
import { addressOf, lastErrno, libc, putAddress } from "./libc.ts";
import type { PacketArena } from "./packet_arena.ts";
import { readPacketInfo } from "./packet_info.ts";
import { readSocketAddress, type SocketAddress } from "./socket_address.ts";
import { EAGAIN, EINTR, ENOSYS } from "./system_error.ts";

/** Index of a struct's field among 32-bit words. */
const MESSAGE_WORDS = MMSGHDR_SIZE / 4;
const LENGTH_WORD = MMSGHDR_LEN / 4;
const NAMELEN_WORD = MSGHDR_NAMELEN / 4;
const CONTROLLEN_WORD = MSGHDR_CONTROLLEN / 4;

/** Ancillary data of one message: a segment size, packet information and a traffic class. */
const RECEIVE_CONTROL_ROOM = UDP_OFFLOAD_CONTROL_ROOM + PKTINFO_CONTROL_ROOM +
  TRAFFIC_CLASS_CONTROL_ROOM;

/** Receives a batch: slot `i` of the arena holds the `i`-th datagram. */
export class ReceiveBatch {
  /** Where each datagram begins in the arena's octets. */
  readonly starts: Int32Array;
  /**
   * Octets of each datagram as it was sent: more than `arena.capacity` means that it was cut, and
   * that what is in the slot is useless.
   */
  readonly lengths: Int32Array;
  /**
   * Where a socket with `UDP_GRO` gave several datagrams of a flow in one: octets of each but the
   * last, which may be shorter. Else 0.
   */
  readonly segmentSizes: Int32Array;
  readonly #arena: PacketArena;
  readonly #messages: Uint8Array<ArrayBuffer>;
  readonly #messageWords: Uint32Array;
  readonly #names: DataView<ArrayBuffer>;
  readonly #controls: Int32Array<ArrayBuffer>;
  // Only its address is in the messages: this field keeps it from being collected.
  readonly #vectors: Uint8Array<ArrayBuffer>;
  #oneByOne = false;
  /** Messages that the last call may have written to. */
  #written: number;

  constructor(arena: PacketArena) {
    this.#arena = arena;
    this.starts = new Int32Array(arena.slots);
    this.lengths = new Int32Array(arena.slots);
    this.segmentSizes = new Int32Array(arena.slots);
    this.#controls = new Int32Array(new ArrayBuffer(arena.slots * RECEIVE_CONTROL_ROOM));
    this.#messages = new Uint8Array(new ArrayBuffer(arena.slots * MMSGHDR_SIZE));
    this.#messageWords = new Uint32Array(this.#messages.buffer);
    this.#names = new DataView(new ArrayBuffer(arena.slots * SOCKADDR_ROOM));
    this.#vectors = new Uint8Array(new ArrayBuffer(arena.slots * IOVEC_SIZE));
    this.#written = arena.slots;
    this.#pointAtSlots();
  }

  /**
   * Receives what is there, up to the number of slots, without waiting. With `skipIpv4Header`
   * (raw IPv4 sockets hand it up) `starts` and `lengths` describe what follows that header.
   * Returns the count, 0 when there is nothing, or minus errno.
   */
  receive(fd: number, skipIpv4Header: boolean): number {
    // MSG_TRUNC makes the kernel tell the real length of what did not fit.
    const flags = MSG_DONTWAIT | MSG_TRUNC;
    this.#restoreRoom();
    const count = this.#oneByOne ? this.#receiveEach(fd, flags) : this.#receiveMany(fd, flags);
    this.#written = Math.min(Math.max(count, 0) + 1, this.#arena.slots);
    if (count < 0) return count === -EAGAIN || count === -EINTR ? 0 : count;
    this.#measure(count);
    if (skipIpv4Header) this.#skipIpv4Headers(count);
    return count;
  }

  /** Who sent the datagram in a slot. Allocates: for what is rare. */
  source(slot: number): SocketAddress {
    return readSocketAddress(this.#names, slot * SOCKADDR_ROOM);
  }

  /**
   * The address of ours that it was sent to, where the socket tells (IP_PKTINFO: one that has every
   * address). Allocates.
   */
  target(slot: number): string | undefined {
    const { buffer } = this.#controls;
    const length = this.#messageWords[slot * MESSAGE_WORDS + CONTROLLEN_WORD] ?? 0;
    return readPacketInfo(new DataView(buffer), slot * RECEIVE_CONTROL_ROOM, length);
  }

  /**
   * DSCP and ECN of the datagram in a slot, where its socket reports them, or its IPv4 header is
   * there; else 0.
   */
  trafficClass(slot: number, hasIpv4Header: boolean): number {
    if (hasIpv4Header) return this.#arena.octets[this.#arena.packetStart(slot) + 1] ?? 0;
    const start = slot * (RECEIVE_CONTROL_ROOM / 4);
    const end = start + (this.#messageWords[slot * MESSAGE_WORDS + CONTROLLEN_WORD] ?? 0) / 4;
    const controls = this.#controls;
    for (let at = start; at + CMSGHDR_SIZE / 4 < end;) {
      const level = controls[at + CMSGHDR_LEVEL / 4];
      const type = controls[at + CMSGHDR_TYPE / 4];
      const isClass = (level === SOL_IP && type === IP_TOS) ||
        (level === SOL_IPV6 && type === IPV6_TCLASS);
      if (isClass) return (controls[at + CMSGHDR_SIZE / 4] ?? 0) & 0xff;
      at += Math.max((((controls[at + CMSGHDR_LEN / 4] ?? 0) + 7) & ~7) / 4, CMSGHDR_SIZE / 4);
    }
    return 0;
  }

  /** Which slot an offset into the arena's octets lies in. */
  slotAt(offset: number): number {
    return Math.floor(offset / this.#arena.slotSize);
  }

  #receiveMany(fd: number, flags: number): number {
    const count = libc().recvmmsg(fd, this.#messages, this.#arena.slots, flags, null);
    if (count >= 0) return count;
    const errno = lastErrno();
    this.#oneByOne = errno === ENOSYS;
    return this.#oneByOne ? this.#receiveEach(fd, flags) : -errno;
  }

  /** As recvmmsg: a struct mmsghdr is a struct msghdr, and the length behind it. */
  #receiveEach(fd: number, flags: number): number {
    for (let slot = 0; slot < this.#arena.slots; slot++) {
      const at = slot * MMSGHDR_SIZE;
      const message = this.#messages.subarray(at, at + MMSGHDR_SIZE);
      const length = libc().recvmsg(fd, message, flags);
      if (length < 0) return slot > 0 ? slot : -lastErrno();
      this.#messageWords[slot * MESSAGE_WORDS + LENGTH_WORD] = length;
    }
    return this.#arena.slots;
  }

  #pointAtSlots(): void {
    const packets = addressOf(this.#arena.octets);
    const names = addressOf(new Uint8Array(this.#names.buffer));
    const vectors = addressOf(this.#vectors);
    const controls = addressOf(new Uint8Array(this.#controls.buffer));
    const message = new DataView(this.#messages.buffer);
    const vector = new DataView(this.#vectors.buffer);
    for (let slot = 0; slot < this.#arena.slots; slot++) {
      putAddress(vector, slot * IOVEC_SIZE, packets, this.#arena.packetStart(slot));
      vector.setUint32(slot * IOVEC_SIZE + IOVEC_LENGTH, this.#arena.capacity, true);
      const at = slot * MMSGHDR_SIZE;
      putAddress(message, at + MSGHDR_NAME, names, slot * SOCKADDR_ROOM);
      putAddress(message, at + MSGHDR_IOV, vectors, slot * IOVEC_SIZE);
      message.setUint32(at + MSGHDR_IOVLEN, 1, true);
      putAddress(message, at + MSGHDR_CONTROL, controls, slot * RECEIVE_CONTROL_ROOM);
    }
  }

  /** The kernel shortens each name's and control's room to what it wrote. */
  #restoreRoom(): void {
    const words = this.#messageWords;
    const end = this.#written * MESSAGE_WORDS;
    for (let at = 0; at < end; at += MESSAGE_WORDS) {
      words[at + NAMELEN_WORD] = SOCKADDR_ROOM;
      words[at + CONTROLLEN_WORD] = RECEIVE_CONTROL_ROOM;
    }
  }

  /** The kernel writes UDP's ancillary data before that of IP. */
  #segmentSize(slot: number): number {
    if (this.#messageWords[slot * MESSAGE_WORDS + CONTROLLEN_WORD] === 0) return 0;
    const controls = this.#controls;
    const at = slot * (RECEIVE_CONTROL_ROOM / 4);
    const isSize = controls[at + CMSGHDR_LEVEL / 4] === SOL_UDP &&
      controls[at + CMSGHDR_TYPE / 4] === UDP_GRO;
    return isSize ? controls[at + CMSGHDR_SIZE / 4] ?? 0 : 0;
  }

  #measure(count: number): void {
    const words = this.#messageWords;
    const { slotSize, headroom } = this.#arena;
    for (let slot = 0; slot < count; slot++) {
      this.starts[slot] = slot * slotSize + headroom;
      this.lengths[slot] = words[slot * MESSAGE_WORDS + LENGTH_WORD] ?? 0;
      this.segmentSizes[slot] = this.#segmentSize(slot);
    }
  }

  #skipIpv4Headers(count: number): void {
    const { octets } = this.#arena;
    const { starts, lengths } = this;
    for (let slot = 0; slot < count; slot++) {
      const start = starts[slot] ?? 0;
      const header = ((octets[start] ?? 0) & 0x0f) * 4;
      starts[slot] = start + header;
      lengths[slot] = (lengths[slot] ?? 0) - header;
    }
  }
}

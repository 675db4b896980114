/**
 * Many datagrams per system call: recvmmsg and sendmmsg over the slots of an arena.
 *
 * All structs are built once; a call rewrites only what differs. Nothing is allocated per packet,
 * and errors come back as numbers. See recvmmsg(2), sendmmsg(2).
 */

import {
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  IOVEC_BASE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
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
  SOL_UDP,
  UDP_GRO,
  UDP_OFFLOAD_CONTROL_ROOM,
  UDP_SEGMENT,
} from "./abi.ts";
import {
  addressOf,
  type BufferAddress,
  lastErrno,
  libc,
  putAddress,
  putAddressWords,
} from "./libc.ts";
import type { PacketArena } from "./packet_arena.ts";
import { putPacketInfo, readPacketInfo } from "./packet_info.ts";
import { putSocketAddress, readSocketAddress, type SocketAddress } from "./socket_address.ts";
import { EAGAIN, EINTR } from "./system_error.ts";

/** Index of a struct's field among 32-bit words. */
const MESSAGE_WORDS = MMSGHDR_SIZE / 4;
const LENGTH_WORD = MMSGHDR_LEN / 4;
const NAME_WORD = MSGHDR_NAME / 4;
const NAMELEN_WORD = MSGHDR_NAMELEN / 4;
const CONTROL_WORD = MSGHDR_CONTROL / 4;
const CONTROLLEN_WORD = MSGHDR_CONTROLLEN / 4;
const VECTORS_WORD = MSGHDR_IOV / 4;
const VECTOR_COUNT_WORD = MSGHDR_IOVLEN / 4;
const VECTOR_WORDS = IOVEC_SIZE / 4;
const VECTOR_BASE_WORD = IOVEC_BASE / 4;
const VECTOR_LENGTH_WORD = IOVEC_LENGTH / 4;

/** Ancillary data of one message: a segment size and packet information, or what fits of them. */
const RECEIVE_CONTROL_ROOM = 64;
const TRANSMIT_CONTROL_ROOM = UDP_OFFLOAD_CONTROL_ROOM + PKTINFO_CONTROL_ROOM;

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
    const count = libc().recvmmsg(fd, this.#messages, this.#arena.slots, flags, null);
    if (count < 0) {
      const errno = lastErrno();
      return errno === EAGAIN || errno === EINTR ? 0 : -errno;
    }
    this.#measure(count);
    if (skipIpv4Header) this.#skipIpv4Headers(count);
    return count;
  }

  /** Who sent the datagram in a slot. Allocates: for what is rare. */
  source(slot: number): SocketAddress {
    return readSocketAddress(this.#names, slot * SOCKADDR_ROOM);
  }

  /** The address of ours that it was sent to, where the socket tells (IP_PKTINFO). Allocates. */
  target(slot: number): string | undefined {
    const { buffer } = this.#controls;
    const length = this.#messageWords[slot * MESSAGE_WORDS + CONTROLLEN_WORD] ?? 0;
    return readPacketInfo(new DataView(buffer), slot * RECEIVE_CONTROL_ROOM, length);
  }

  /** Which slot an offset into the arena's octets lies in. */
  slotAt(offset: number): number {
    return Math.floor(offset / this.#arena.slotSize);
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
    for (let at = 0; at < words.length; at += MESSAGE_WORDS) {
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

/** Sends a batch: packets anywhere in an arena, in one piece or many, to a table's destinations. */
export class TransmitBatch {
  /** Messages waiting for `flush`, and what came of them after it. */
  count = 0;
  /** After `flush`, per message: 0 when it was sent, else errno (EAGAIN: no room in the socket). */
  readonly errors: Int32Array;
  readonly #arena: PacketArena;
  readonly #base: BufferAddress;
  readonly #messages: readonly Uint8Array<ArrayBuffer>[];
  readonly #messageWords: Uint32Array;
  readonly #vectors: Uint32Array<ArrayBuffer>;
  readonly #vectorBase: BufferAddress;
  readonly #controls: Uint32Array<ArrayBuffer>;
  readonly #controlBase: BufferAddress;
  readonly #destinations: DestinationTable;
  #pieces = 0;

  /**
   * @param size most messages per flush.
   * @param pieces most pieces per flush.
   */
  constructor(arena: PacketArena, size: number, destinations: DestinationTable, pieces = size) {
    this.#arena = arena;
    this.#base = addressOf(arena.octets);
    this.#destinations = destinations;
    this.errors = new Int32Array(size);
    const messages = new Uint8Array(new ArrayBuffer(size * MMSGHDR_SIZE));
    this.#messageWords = new Uint32Array(messages.buffer);
    // One view per place to go on from, so that going on after an error allocates nothing.
    this.#messages = Array.from(
      { length: size },
      (_, index) => messages.subarray(index * MMSGHDR_SIZE),
    );
    this.#vectors = new Uint32Array(new ArrayBuffer(pieces * IOVEC_SIZE));
    this.#vectorBase = addressOf(new Uint8Array(this.#vectors.buffer));
    this.#controls = new Uint32Array(new ArrayBuffer(size * TRANSMIT_CONTROL_ROOM));
    this.#controlBase = addressOf(new Uint8Array(this.#controls.buffer));
    for (let index = 0; index < size; index++) this.#prepareControl(index);
  }

  /** Whether the next message would not fit. */
  get full(): boolean {
    return this.count === this.errors.length;
  }

  /** Queues `length` octets of the arena from `offset` as one packet, to a destination. */
  append(offset: number, length: number, destination: number): void {
    this.#requireInArena(offset, length);
    this.begin(destination, 0);
    this.add(offset, length);
  }

  /**
   * Begins a message to a destination of the table; `add` gives it its octets. With a
   * `segmentSize`, the kernel sends it as datagrams of that many octets (`UDP_SEGMENT`).
   */
  begin(destination: number, segmentSize: number): void {
    if (this.full) throw new RangeError("the batch is full");
    const index = this.count;
    const words = this.#messageWords;
    const message = index * MESSAGE_WORDS;
    this.#destinations.address(words, message, destination);
    this.count = index + 1;
    const vector = this.#pieces * IOVEC_SIZE;
    putAddressWords(words, message + VECTORS_WORD, this.#vectorBase, vector);
    words[message + VECTOR_COUNT_WORD] = 0;
    if (segmentSize > 0) this.#segment(index, destination, segmentSize);
  }

  /** Continues the message begun last with `length` octets of the arena from `offset`. */
  add(offset: number, length: number): void {
    this.#requireInArena(offset, length);
    const vectors = this.#vectors;
    const vector = this.#pieces * VECTOR_WORDS;
    if (vector >= vectors.length) throw new RangeError("the batch has too many pieces");
    putAddressWords(vectors, vector + VECTOR_BASE_WORD, this.#base, offset);
    vectors[vector + VECTOR_LENGTH_WORD] = length;
    this.#pieces += 1;
    this.#messageWords[(this.count - 1) * MESSAGE_WORDS + VECTOR_COUNT_WORD]! += 1;
  }

  /**
   * Sends what was appended; returns how many messages went out. One that the kernel refuses does
   * not keep back the ones after it, except that a socket without room (EAGAIN) ends the batch.
   */
  flush(fd: number): number {
    const { count, errors } = this;
    let sent = 0;
    for (let at = 0; at < count;) {
      const done = this.#send(fd, at);
      if (done > 0) {
        errors.fill(0, at, at + done);
        sent += done;
        at += done;
      } else if (done === -EAGAIN) {
        errors.fill(EAGAIN, at, count);
        break;
      } else if (done !== -EINTR) {
        errors[at] = -done;
        at++;
      }
    }
    return sent;
  }

  /** Forgets the messages, sent or not. */
  clear(): void {
    this.count = 0;
    this.#pieces = 0;
  }

  #requireInArena(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.#arena.octets.length) {
      throw new RangeError("the packet is not in the arena");
    }
  }

  #send(fd: number, from: number): number {
    const messages = this.#messages[from];
    if (messages === undefined) throw new RangeError("no such packet");
    const sent = libc().sendmmsg(fd, messages, this.count - from, MSG_DONTWAIT);
    return sent >= 0 ? sent : -lastErrno();
  }

  /** What every message with a segment size has in front of its packet information. */
  #prepareControl(index: number): void {
    const control = index * (TRANSMIT_CONTROL_ROOM / 4);
    this.#controls[control + CMSGHDR_LEN / 4] = CMSGHDR_SIZE + Uint16Array.BYTES_PER_ELEMENT;
    this.#controls[control + CMSGHDR_LEVEL / 4] = SOL_UDP;
    this.#controls[control + CMSGHDR_TYPE / 4] = UDP_SEGMENT;
  }

  #segment(index: number, destination: number, segmentSize: number): void {
    const words = this.#messageWords;
    const message = index * MESSAGE_WORDS;
    const offset = index * TRANSMIT_CONTROL_ROOM;
    this.#controls[(offset + CMSGHDR_SIZE) / 4] = segmentSize;
    const packetInfo = (offset + UDP_OFFLOAD_CONTROL_ROOM) / 4;
    const length = this.#destinations.copyPacketInfo(this.#controls, packetInfo, destination);
    putAddressWords(words, message + CONTROL_WORD, this.#controlBase, offset);
    words[message + CONTROLLEN_WORD] = UDP_OFFLOAD_CONTROL_ROOM + length;
  }
}

/** Where packets go and which address they come from, made once per session or path. */
export class DestinationTable {
  readonly #names: DataView<ArrayBuffer>;
  readonly #controls: DataView<ArrayBuffer>;
  readonly #controlWords: Uint32Array<ArrayBuffer>;
  readonly #nameBase: BufferAddress;
  readonly #controlBase: BufferAddress;
  readonly #nameLengths: Uint32Array;
  readonly #controlLengths: Uint32Array;

  /** @param size most destinations at once. */
  constructor(size: number) {
    this.#names = new DataView(new ArrayBuffer(size * SOCKADDR_ROOM));
    this.#controls = new DataView(new ArrayBuffer(size * PKTINFO_CONTROL_ROOM));
    this.#controlWords = new Uint32Array(this.#controls.buffer);
    this.#nameBase = addressOf(new Uint8Array(this.#names.buffer));
    this.#controlBase = addressOf(new Uint8Array(this.#controls.buffer));
    this.#nameLengths = new Uint32Array(size);
    this.#controlLengths = new Uint32Array(size);
  }

  /** Most destinations at once. */
  get size(): number {
    return this.#nameLengths.length;
  }

  /**
   * Sets a destination. Where `from` is not the unspecified address, packets carry it as source;
   * its port is the sending socket's in any case.
   */
  set(index: number, from: string, to: SocketAddress): void {
    if (index < 0 || index >= this.size) throw new RangeError(`no destination ${index}`);
    this.#nameLengths[index] = putSocketAddress(this.#names, index * SOCKADDR_ROOM, to);
    this.#controlLengths[index] = putPacketInfo(
      this.#controls,
      index * PKTINFO_CONTROL_ROOM,
      from,
    );
  }

  /** Addresses the message at `word` of a batch's structs. For `TransmitBatch`. */
  address(messageWords: Uint32Array, word: number, index: number): void {
    const nameLength = this.#nameLengths[index];
    const controlLength = this.#controlLengths[index];
    if (nameLength === undefined || controlLength === undefined) {
      throw new RangeError("no such destination");
    }
    putAddressWords(messageWords, word + NAME_WORD, this.#nameBase, index * SOCKADDR_ROOM);
    messageWords[word + NAMELEN_WORD] = nameLength;
    const control = index * PKTINFO_CONTROL_ROOM;
    putAddressWords(messageWords, word + CONTROL_WORD, this.#controlBase, control);
    messageWords[word + CONTROLLEN_WORD] = controlLength;
  }

  /** Copies a destination's packet information to `word`; its octets. For `TransmitBatch`. */
  copyPacketInfo(words: Uint32Array, word: number, index: number): number {
    const length = this.#controlLengths[index] ?? 0;
    const from = index * (PKTINFO_CONTROL_ROOM / 4);
    for (let at = 0; at < length / 4; at++) words[word + at] = this.#controlWords[from + at]!;
    return length;
  }
}

/**
 * Many datagrams sent per system call: sendmmsg out of an arena.
 *
 * All structs are built once; a call rewrites only what differs. Nothing is allocated per packet,
 * and errors come back as numbers. See sendmmsg(2), and UDP_SEGMENT in udp(7). Where sendmmsg is not
 * to be had (a sandbox may filter calls) they go one by one.
 */

import {
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  IOVEC_BASE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
  IP_TOS,
  IPV6_TCLASS,
  MMSGHDR_SIZE,
  MSG_DONTWAIT,
  MSGHDR_CONTROL,
  MSGHDR_CONTROLLEN,
  MSGHDR_IOV,
  MSGHDR_IOVLEN,
  PKTINFO_CONTROL_ROOM,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  TRAFFIC_CLASS_CONTROL_ROOM,
  UDP_OFFLOAD_CONTROL_ROOM,
  UDP_SEGMENT,
} from "./abi.ts";
import type { DestinationTable } from "./destination_table.ts";
import { addressOf, type BufferAddress, lastErrno, libc, putAddressWords } from "./libc.ts";
import type { PacketArena } from "./packet_arena.ts";
import { EAGAIN, EINTR, ENOSYS } from "./system_error.ts";

/** Index of a struct's field among 32-bit words. */
const MESSAGE_WORDS = MMSGHDR_SIZE / 4;
const CONTROL_WORD = MSGHDR_CONTROL / 4;
const CONTROLLEN_WORD = MSGHDR_CONTROLLEN / 4;
const VECTORS_WORD = MSGHDR_IOV / 4;
const VECTOR_COUNT_WORD = MSGHDR_IOVLEN / 4;
const VECTOR_WORDS = IOVEC_SIZE / 4;
const VECTOR_BASE_WORD = IOVEC_BASE / 4;
const VECTOR_LENGTH_WORD = IOVEC_LENGTH / 4;

/** Ancillary data of one message: a segment size, packet information and a traffic class. */
const TRANSMIT_CONTROL_ROOM = UDP_OFFLOAD_CONTROL_ROOM + PKTINFO_CONTROL_ROOM +
  TRAFFIC_CLASS_CONTROL_ROOM;

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
  #oneByOne = false;
  /** Which messages the kernel is to cut. */
  readonly #cut: Uint8Array;

  /**
   * @param size most messages per flush.
   * @param pieces most pieces per flush.
   */
  constructor(arena: PacketArena, size: number, destinations: DestinationTable, pieces = size) {
    this.#arena = arena;
    this.#base = addressOf(arena.octets);
    this.#destinations = destinations;
    this.errors = new Int32Array(size);
    this.#cut = new Uint8Array(size);
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
   * `segmentSize`, the kernel sends it as datagrams of that many octets (`UDP_SEGMENT`). The
   * `trafficClass` is the datagrams' DSCP and ECN.
   */
  begin(destination: number, segmentSize: number, trafficClass = 0): void {
    if (this.full) throw new RangeError("the batch is full");
    const index = this.count;
    const words = this.#messageWords;
    const message = index * MESSAGE_WORDS;
    this.#destinations.address(words, message, destination);
    this.count = index + 1;
    const vector = this.#pieces * IOVEC_SIZE;
    putAddressWords(words, message + VECTORS_WORD, this.#vectorBase, vector);
    words[message + VECTOR_COUNT_WORD] = 0;
    this.#cut[index] = segmentSize > 0 ? 1 : 0;
    if (segmentSize > 0) this.#segment(index, destination, segmentSize);
    if (trafficClass > 0) this.#mark(index, destination, segmentSize > 0, trafficClass);
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
   * not keep back the ones after it, but a socket without room (EAGAIN) ends the batch, and so does
   * a refused message that was to be cut: its datagrams can still go before what is behind them,
   * whose errors are EAGAIN.
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
        if (this.#cut[at - 1] === 0) continue;
        errors.fill(EAGAIN, at, count);
        break;
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
    if (this.#oneByOne) return sendFirst(fd, messages);
    const sent = libc().sendmmsg(fd, messages, this.count - from, MSG_DONTWAIT);
    if (sent >= 0) return sent;
    const errno = lastErrno();
    this.#oneByOne = errno === ENOSYS;
    return this.#oneByOne ? sendFirst(fd, messages) : -errno;
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

  /** Puts the class behind what the message has, a copy where that is the table's. */
  #mark(index: number, destination: number, isSegmented: boolean, trafficClass: number): void {
    const words = this.#messageWords;
    const message = index * MESSAGE_WORDS;
    // The segment size is written anyway; who has none begins behind it.
    const offset = index * TRANSMIT_CONTROL_ROOM + (isSegmented ? 0 : UDP_OFFLOAD_CONTROL_ROOM);
    const before = words[message + CONTROLLEN_WORD]!;
    if (!isSegmented) {
      this.#destinations.copyPacketInfo(this.#controls, offset / 4, destination);
      putAddressWords(words, message + CONTROL_WORD, this.#controlBase, offset);
    }
    const control = (offset + before) / 4;
    const ipv6 = this.#destinations.isIpv6(destination);
    this.#controls[control + CMSGHDR_LEN / 4] = CMSGHDR_SIZE + Int32Array.BYTES_PER_ELEMENT;
    this.#controls[control + CMSGHDR_LEN / 4 + 1] = 0;
    this.#controls[control + CMSGHDR_LEVEL / 4] = ipv6 ? SOL_IPV6 : SOL_IP;
    this.#controls[control + CMSGHDR_TYPE / 4] = ipv6 ? IPV6_TCLASS : IP_TOS;
    this.#controls[control + CMSGHDR_SIZE / 4] = trafficClass;
    words[message + CONTROLLEN_WORD] = before + TRAFFIC_CLASS_CONTROL_ROOM;
  }
}

/** Sends the first of these messages: a struct mmsghdr begins with a struct msghdr. 1, or -errno. */
function sendFirst(fd: number, messages: Uint8Array<ArrayBuffer>): number {
  return libc().sendmsg(fd, messages, MSG_DONTWAIT) >= 0 ? 1 : -lastErrno();
}

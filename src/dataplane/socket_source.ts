/**
 * Data sockets as sources of packets, one by one or aggregated by the kernel (`UDP_GRO`).
 *
 * See udp(7), and Documentation/networking/segmentation-offloads.rst of the kernel.
 */

import { reportTrafficClasses } from "../io/datagram_socket.ts";
import type { PacketArena } from "../io/packet_arena.ts";
import type { ReceiveBatch } from "../io/receive_batch.ts";
import type { TransportAddress } from "../model/path.ts";
import type { SocketBinding } from "./commands.ts";
import type { NetworkSource } from "./decap_forwarder.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { dropForErrno } from "./kernel_error.ts";

/** Between whom a packet was sent. */
export interface PacketEnds {
  readonly remote: TransportAddress;
  /** The address of ours, where the socket has more than one. */
  readonly local: string | undefined;
}

/** Packets that come by a socket. */
export interface SocketPackets extends NetworkSource {
  /** The ends of the packet that lies at `start`, until the next `receive`. Allocates. */
  endsOf(start: number): PacketEnds;
  /** Has each packet's `trafficClasses` filled in from now on; see RFC 6040 §4.2. */
  reportTrafficClasses(): void;
}

function endsOf(packets: ReceiveBatch, start: number): PacketEnds {
  const slot = packets.slotAt(start);
  return { remote: packets.source(slot), local: packets.target(slot) };
}

/** Packets from a data socket. */
export class SocketSource implements SocketPackets {
  readonly unfinished = false;
  readonly key: number;
  readonly overUdp: boolean;
  readonly #fd: number;
  /** A raw IPv4 socket hands the IP header up. */
  readonly #skipsIpv4Header: boolean;
  readonly #ipv6: boolean;
  #reportsClasses = false;
  readonly #packets: ReceiveBatch;

  constructor(socket: SocketBinding, packets: ReceiveBatch) {
    this.key = socket.key;
    this.overUdp = socket.encapsulation === "udp";
    this.#fd = socket.fd;
    this.#ipv6 = socket.family === "ipv6";
    this.#skipsIpv4Header = !this.overUdp && !this.#ipv6;
    this.#packets = packets;
  }

  receive(batch: FrameBatch): number {
    const count = this.#packets.receive(this.#fd, this.#skipsIpv4Header);
    if (count < 0) {
      // What the network reports of earlier packets is over once it is read: nothing came now.
      dropForErrno(-count, "recvmmsg");
      return 0;
    }
    const { starts, lengths } = this.#packets;
    for (let index = 0; index < count; index++) {
      batch.locate(index, starts[index]!, lengths[index]!);
    }
    if (this.#reportsClasses) {
      for (let index = 0; index < count; index++) {
        batch.trafficClasses[index] = this.#packets.trafficClass(index, this.#skipsIpv4Header);
      }
    }
    return count;
  }

  reportTrafficClasses(): void {
    reportTrafficClasses(this.#fd, this.#ipv6);
    this.#reportsClasses = true;
  }

  endsOf(start: number): PacketEnds {
    return endsOf(this.#packets, start);
  }
}

/** Slots for aggregated packets; not a multiple of a page, whose caches would be the same few. */
const AGGREGATE_CAPACITY = 65_536;
const AGGREGATE_SLOT = AGGREGATE_CAPACITY + 512;

/** The batch's memory as slots for aggregated packets. */
export function aggregateArena({ octets }: FrameBatch): PacketArena {
  return {
    octets,
    slots: Math.floor(octets.length / AGGREGATE_SLOT),
    slotSize: AGGREGATE_SLOT,
    headroom: 0,
    capacity: AGGREGATE_CAPACITY,
    packetStart: (slot) => slot * AGGREGATE_SLOT,
  };
}

/** Packets from a UDP data socket that gives those of one flow and one length together. */
export class AggregateSource implements SocketPackets {
  readonly overUdp = true;
  readonly key: number;
  readonly #fd: number;
  readonly #packets: ReceiveBatch;
  readonly #ipv6: boolean;
  #reportsClasses = false;
  /** What has been received, and how far it has been given out. */
  #count = 0;
  #next = 0;
  #offset = 0;

  /** @param packets over the arena of `aggregateArena`. */
  constructor(socket: SocketBinding, packets: ReceiveBatch) {
    this.key = socket.key;
    this.#fd = socket.fd;
    this.#ipv6 = socket.family === "ipv6";
    this.#packets = packets;
  }

  get unfinished(): boolean {
    return this.#next < this.#count;
  }

  receive(batch: FrameBatch): number {
    if (!this.unfinished && !this.#refill()) return 0;
    let index = 0;
    do index = this.#split(batch, index); while (this.unfinished && this.#fits(batch, index));
    return index;
  }

  endsOf(start: number): PacketEnds {
    return endsOf(this.#packets, start);
  }

  reportTrafficClasses(): void {
    reportTrafficClasses(this.#fd, this.#ipv6);
    this.#reportsClasses = true;
  }

  #refill(): boolean {
    const count = this.#packets.receive(this.#fd, false);
    if (count < 0) dropForErrno(-count, "recvmmsg");
    this.#count = Math.max(count, 0);
    this.#next = 0;
    this.#offset = 0;
    return this.unfinished;
  }

  /** Whether the next message goes into the rest of the batch whole: what is whole can be joined. */
  #fits(batch: FrameBatch, index: number): boolean {
    const size = this.#packets.segmentSizes[this.#next]!;
    const segments = size === 0 ? 1 : Math.ceil(this.#packets.lengths[this.#next]! / size);
    return index + segments <= batch.slots;
  }

  /** Gives out the packets of the next message, or as many as the batch has room for. */
  #split(batch: FrameBatch, first: number): number {
    const { starts, lengths, segmentSizes } = this.#packets;
    const start = starts[this.#next]!;
    const end = lengths[this.#next]!;
    const size = segmentSizes[this.#next]! || end;
    const trafficClass = this.#reportsClasses ? this.#packets.trafficClass(this.#next, false) : 0;
    let index = first;
    do {
      const length = Math.min(size, end - this.#offset);
      batch.locate(index, start + this.#offset, length);
      batch.trafficClasses[index] = trafficClass;
      this.#offset += length;
      index += 1;
    } while (this.#offset < end && index < batch.slots);
    if (this.#offset >= end) {
      this.#next += 1;
      this.#offset = 0;
    }
    return index;
  }
}

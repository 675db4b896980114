/**
 * The frame ports that are the kernel's: TAPs and data sockets, over one arena per worker.
 *
 * Errors of the network and of interfaces become drop reasons; errors that only a bug of ours can
 * cause are thrown, and stop the data plane loudly. See DESIGN section 5, RFC 3931 §4.5.
 */

import { DestinationTable, ReceiveBatch, TransmitBatch } from "../io/datagram_batch.ts";
import { FrameReader, FrameWriter } from "../io/frame_transfer.ts";
import { waitWritable } from "../io/poller.ts";
import {
  EADDRNOTAVAIL,
  EAGAIN,
  EBADF,
  EBADFD,
  ECONNREFUSED,
  EFAULT,
  EHOSTDOWN,
  EHOSTUNREACH,
  EIO,
  EMSGSIZE,
  ENETDOWN,
  ENETUNREACH,
  ENOBUFS,
  ENOMEM,
  SystemError,
} from "../io/system_error.ts";
import type { Path } from "../model/path.ts";
import type { SocketBinding } from "./commands.ts";
import {
  DROP_KERNEL,
  DROP_NO_BUFFER,
  DROP_OVERSIZE,
  DROP_TAP_DOWN,
  DROP_UNREACHABLE,
  type DropCode,
  NOT_DROPPED,
} from "./drop_reason.ts";
import type { NetworkSource } from "./forwarder.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { type FrameSink, type FrameSource, SOURCE_GONE } from "./frame_port.ts";

/** How long a socket without room may hold up its worker. The sender in front of the TAP waits. */
const SEND_WAIT_MS = 10;

const FIRST_DESTINATIONS = 64;

/** What a refused send means. @throws {SystemError} where it can only be a bug of ours. */
function dropForErrno(errno: number, syscall: string): DropCode {
  switch (errno) {
    case EMSGSIZE:
      return DROP_OVERSIZE;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return DROP_NO_BUFFER;
    case EADDRNOTAVAIL:
    case ECONNREFUSED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return DROP_UNREACHABLE;
    case EBADF:
    case EFAULT:
      throw new SystemError(syscall, errno, "forward a batch of frames");
    default:
      return DROP_KERNEL;
  }
}

/** Frames from a TAP. */
class TapSource implements FrameSource {
  readonly #fd: number;
  readonly #reader: FrameReader;

  constructor(fd: number, reader: FrameReader) {
    this.#fd = fd;
    this.#reader = reader;
  }

  receive(batch: FrameBatch): number {
    for (let slot = 0; slot < batch.slots; slot++) {
      const length = this.#reader.read(this.#fd, slot);
      if (length <= 0) return slot > 0 || length === 0 ? slot : this.#failed(-length);
      batch.starts[slot] = batch.packetStart(slot);
      batch.lengths[slot] = length;
    }
    return batch.slots;
  }

  /** An interface that is down comes back; one that was deleted does not. */
  #failed(errno: number): number {
    if (errno === EIO || errno === ENETDOWN) return 0;
    if (errno === EBADFD) return SOURCE_GONE;
    throw new SystemError("read", errno, "read frames from a TAP");
  }
}

/** Frames to a TAP. */
class TapSink implements FrameSink {
  readonly #fd: number;
  readonly #writer: FrameWriter;

  constructor(fd: number, writer: FrameWriter) {
    this.#fd = fd;
    this.#writer = writer;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      batch.drops[index] = this.#write(batch.starts[index]!, batch.lengths[index]!);
    }
  }

  #write(start: number, length: number): DropCode {
    const written = this.#writer.write(this.#fd, start, length);
    if (written > 0) return NOT_DROPPED;
    if (written === 0) return DROP_NO_BUFFER;
    const errno = -written;
    return errno === EIO || errno === EBADFD || errno === ENETDOWN
      ? DROP_TAP_DOWN
      : dropForErrno(errno, "writev");
  }
}

/** Packets from a data socket. */
class SocketSource implements NetworkSource {
  readonly key: number;
  readonly overUdp: boolean;
  readonly #fd: number;
  /** A raw IPv4 socket hands the IP header up. */
  readonly #skipsIpv4Header: boolean;
  readonly #packets: ReceiveBatch;

  constructor(socket: SocketBinding, packets: ReceiveBatch) {
    this.key = socket.key;
    this.overUdp = socket.encapsulation === "udp";
    this.#fd = socket.fd;
    this.#skipsIpv4Header = !this.overUdp && socket.family === "ipv4";
    this.#packets = packets;
  }

  receive(batch: FrameBatch): number {
    const count = this.#packets.receive(this.#fd, this.#skipsIpv4Header);
    if (count < 0) {
      // What the network reports of earlier packets is over once it is read: nothing came now.
      dropForErrno(-count, "recvmmsg");
      return 0;
    }
    batch.starts.set(this.#packets.starts);
    batch.lengths.set(this.#packets.lengths);
    return count;
  }
}

/** Packets to one destination, by one socket. */
export class SocketSink implements FrameSink {
  readonly #fd: number;
  readonly #network: Network;
  readonly #destination: number;

  constructor(fd: number, network: Network, path: Path) {
    this.#fd = fd;
    this.#network = network;
    this.#destination = network.addDestination(path);
  }

  send(batch: FrameBatch, first: number, count: number): void {
    this.#network.send(this.#fd, this.#destination, batch, first, count);
  }

  /** Packets go by another path from now on. */
  redirect(path: Path): void {
    this.#network.setDestination(this.#destination, path);
  }

  /** Gives the destination's place free; nothing may be sent after it. */
  close(): void {
    this.#network.removeDestination(this.#destination);
  }
}

/** The sending half of all of a worker's sockets: destinations, and the batch that goes out. */
class Network {
  readonly #arena: FrameBatch;
  readonly #paths: (Path | undefined)[] = [];
  #table!: DestinationTable;
  #packets!: TransmitBatch;

  constructor(arena: FrameBatch) {
    this.#arena = arena;
    this.#makeTable(FIRST_DESTINATIONS);
  }

  /** Makes a path a destination; the answer names it until `removeDestination`. */
  addDestination(path: Path): number {
    const free = this.#paths.indexOf(undefined);
    const index = free < 0 ? this.#paths.length : free;
    if (index === this.#table.size) this.#makeTable(2 * index);
    this.setDestination(index, path);
    return index;
  }

  /** Changes a destination. */
  setDestination(index: number, path: Path): void {
    this.#paths[index] = path;
    this.#table.set(index, path.local.address, path.remote);
  }

  /** Gives the place of a destination free. */
  removeDestination(index: number): void {
    this.#paths[index] = undefined;
  }

  /** As `FrameSink.send`, by a socket to a destination. */
  send(fd: number, destination: number, batch: FrameBatch, first: number, count: number): void {
    const end = first + count;
    let at = first;
    for (;;) {
      this.#transmit(fd, destination, batch, at, end);
      const stuck = this.#settle(batch, at, end);
      if (stuck === end || !waitWritable(fd, SEND_WAIT_MS)) return;
      at = stuck;
    }
  }

  #transmit(fd: number, destination: number, batch: FrameBatch, at: number, end: number): void {
    const packets = this.#packets;
    packets.clear();
    for (let index = at; index < end; index++) {
      packets.append(batch.starts[index]!, batch.lengths[index]!, destination);
    }
    packets.flush(fd);
  }

  /** Records what became of the packets; answers the first that found no room, or the end. */
  #settle(batch: FrameBatch, at: number, end: number): number {
    const { errors } = this.#packets;
    let stuck = end;
    for (let index = end - 1; index >= at; index--) {
      const errno = errors[index - at]!;
      batch.drops[index] = errno === 0 ? NOT_DROPPED : dropForErrno(errno, "sendmmsg");
      if (errno === EAGAIN) stuck = index;
    }
    return stuck;
  }

  /** A table cannot grow: a larger one takes over all destinations. */
  #makeTable(size: number): void {
    this.#table = new DestinationTable(size);
    this.#packets = new TransmitBatch(this.#arena, this.#arena.slots, this.#table);
    for (const [index, path] of this.#paths.entries()) {
      if (path !== undefined) this.#table.set(index, path.local.address, path.remote);
    }
  }
}

/** Makes the ports of an encap worker: TAPs to read, sockets to send by, over one arena. */
export class EncapPorts {
  readonly #reader: FrameReader;
  readonly #network: Network;

  /** @param batch is the one that every port is to be used with. */
  constructor(batch: FrameBatch) {
    this.#reader = new FrameReader(batch);
    this.#network = new Network(batch);
  }

  tapSource(fd: number): FrameSource {
    return new TapSource(fd, this.#reader);
  }

  socketSink(fd: number, path: Path): SocketSink {
    return new SocketSink(fd, this.#network, path);
  }
}

/** Makes the ports of a decap worker: sockets to receive by, TAPs to write, over one arena. */
export class DecapPorts {
  readonly #packets: ReceiveBatch;
  readonly #writer: FrameWriter;

  /** @param batch is the one that every port is to be used with. */
  constructor(batch: FrameBatch) {
    this.#packets = new ReceiveBatch(batch);
    this.#writer = new FrameWriter(batch);
  }

  socketSource(socket: SocketBinding): NetworkSource {
    return new SocketSource(socket, this.#packets);
  }

  tapSink(fd: number): FrameSink {
    return new TapSink(fd, this.#writer);
  }
}

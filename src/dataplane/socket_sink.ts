/**
 * Data sockets as sinks of packets, where those of equal length leave as one message that the
 * kernel cuts (`UDP_SEGMENT`).
 *
 * See udp(7), and Documentation/networking/segmentation-offloads.rst of the kernel.
 */

import { setFragmentation } from "../io/datagram_socket.ts";
import { DestinationTable } from "../io/destination_table.ts";
import { EAGAIN, EINVAL, EIO, EMSGSIZE } from "../io/system_error.ts";
import { TransmitBatch } from "../io/transmit_batch.ts";
import { isIpv6, type Path } from "../model/path.ts";
import type { OuterFragmentation, PathFit } from "../model/path_fit.ts";
import type { SocketBinding } from "./commands.ts";
import { type DropCode, NOT_DROPPED } from "./drop_reason.ts";
import { marksEach } from "./fit/frame_fit.ts";
import type { PortHeader } from "./fit/inner_ip.ts";
import { fixedClass } from "./fit/traffic_class.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink } from "./frame_port.ts";
import { dropForErrno } from "./kernel_error.ts";

/**
 * Waits, though not for long, until a socket has room again; whether it has. The sender in front of
 * the TAP waits, too.
 */
export type RoomWait = (fd: number) => boolean;

const FIRST_DESTINATIONS = 64;

/** What one message may hold: UDP's longest over IPv4, and as many segments as any kernel takes. */
const LONGEST_MESSAGE = 65_507;
const MOST_SEGMENTS = 64;

/** Of what the kernel puts in front of a packet. */
const UDP_HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** A data socket as one worker sends by it. */
export class SendingSocket {
  readonly fd: number;
  /** Whether it can have messages cut into packets. */
  readonly segments: boolean;
  /** Whether it has one address of ours. */
  readonly bound: boolean;
  readonly #ipv6: boolean;
  /** What the kernel was told last; a socket is opened so that packets may be fragmented. */
  #fragmentation: OuterFragmentation = "allow";

  constructor({ fd, family, segments = false, bound = false }: SocketBinding) {
    this.fd = fd;
    this.segments = segments;
    this.bound = bound;
    this.#ipv6 = family === "ipv6";
  }

  /** What becomes of packets from now on that are too long; sessions with different wishes share. */
  allowFragments(fragmentation: OuterFragmentation): void {
    if (fragmentation === this.#fragmentation) return;
    setFragmentation(this.fd, this.#ipv6, fragmentation);
    this.#fragmentation = fragmentation;
  }
}

/** Packets to one destination, by one socket. */
export class SocketSink implements FrameSink {
  readonly #socket: SendingSocket;
  readonly #network: Network;
  readonly #destination: number;

  constructor(socket: SendingSocket, network: Network, path: Path) {
    this.#socket = socket;
    this.#network = network;
    this.#destination = network.addDestination(path, socket);
  }

  send(batch: FrameBatch, first: number, count: number): void {
    this.#network.send(this.#socket, this.#destination, batch, first, count);
  }

  /** What the path holds, what becomes of packets that are longer, and how they are marked. */
  setFit(fit: PathFit, port: PortHeader | undefined): void {
    this.#network.setFit(this.#destination, fit, port);
  }

  /** Has `onRefused` called whenever the kernel refuses a packet as too long. */
  tellRefusals(onRefused: () => void): void {
    this.#network.tellRefusals(this.#destination, onRefused);
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

interface Destination {
  path: Path;
  fragmentation: OuterFragmentation;
  /** DSCP and ECN of packets whose frames have none of their own. */
  trafficClass: number;
  /** Whether `trafficClasses` of a batch count. */
  marksEach: boolean;
  /** The path's MTU, 0 where it is not known. */
  pathMtu: number;
  onRefused: (() => void) | undefined;
  /** Whether the socket can have messages cut into packets. */
  readonly segments: boolean;
  /** Whether packets come from the path's address without being told to. */
  readonly bound: boolean;
  /** The longest packet that the kernel cuts messages into: longer ones must be fragmented. */
  longestSegment: number;
}

/** The sending half of all of a worker's sockets: destinations, and the batch that goes out. */
export class Network {
  readonly #arena: FrameBatch;
  readonly #waitForRoom: RoomWait;
  readonly #destinations: (Destination | undefined)[] = [];
  /** The first packet of each message of the batch that goes out. */
  readonly #firsts: Int32Array;
  /** Whether the kernel did not take a message as one, so that its packets go alone. */
  #refusedAsOne = false;
  #table!: DestinationTable;
  #messages!: TransmitBatch;

  constructor(arena: FrameBatch, waitForRoom: RoomWait) {
    this.#arena = arena;
    this.#waitForRoom = waitForRoom;
    this.#firsts = new Int32Array(arena.slots + 1);
    this.#makeTable(FIRST_DESTINATIONS);
  }

  /** Makes a path a destination; the answer names it until `removeDestination`. */
  addDestination(path: Path, { segments, bound }: SendingSocket): number {
    const free = this.#destinations.indexOf(undefined);
    const index = free < 0 ? this.#destinations.length : free;
    if (index === this.#table.size) this.#makeTable(2 * index);
    this.#destinations[index] = {
      path,
      fragmentation: "allow",
      trafficClass: 0,
      marksEach: false,
      pathMtu: 0,
      onRefused: undefined,
      segments,
      bound,
      longestSegment: 0,
    };
    this.setDestination(index, path);
    return index;
  }

  /** Has a destination's packets treated like this from now on; refused lengths are tried again. */
  setFit(index: number, fit: PathFit, port: PortHeader | undefined): void {
    const { fragmentation, pathMtu, marking } = fit;
    const destination = this.#destinations[index]!;
    destination.trafficClass = fixedClass(marking);
    destination.marksEach = marksEach(port, fit);
    destination.fragmentation = fragmentation;
    destination.pathMtu = pathMtu;
    destination.longestSegment = longestSegment(destination);
  }

  /** Who hears of packets to a destination that are too long. */
  tellRefusals(index: number, onRefused: () => void): void {
    this.#destinations[index]!.onRefused = onRefused;
  }

  /** Changes a destination. */
  setDestination(index: number, path: Path): void {
    const destination = this.#destinations[index]!;
    destination.path = path;
    destination.longestSegment = longestSegment(destination);
    this.#enter(index, destination);
  }

  #enter(index: number, { path: { local, remote }, bound }: Destination): void {
    this.#table.set(index, bound ? undefined : local.address, remote);
  }

  /** Gives the place of a destination free. */
  removeDestination(index: number): void {
    this.#destinations[index] = undefined;
  }

  /** As `FrameSink.send`, by a socket to a destination. */
  send(
    socket: SendingSocket,
    destination: number,
    batch: FrameBatch,
    first: number,
    count: number,
  ): void {
    const { fd } = socket;
    socket.allowFragments(this.#destinations[destination]!.fragmentation);
    this.#sendRange(fd, destination, batch, first, first + count);
  }

  /** Sends, and goes on sending after waits for room; what finds none in the end is dropped. */
  #sendRange(fd: number, destination: number, batch: FrameBatch, first: number, end: number): void {
    for (let at = first; at < end;) {
      this.#transmit(fd, destination, batch, at, end);
      const stuck = this.#settle(destination, batch, end);
      if (stuck === end || (!this.#refusedAsOne && !this.#waitForRoom(fd))) return;
      at = stuck;
    }
  }

  #transmit(
    fd: number,
    destination: number,
    batch: FrameBatch,
    first: number,
    end: number,
  ): void {
    const messages = this.#messages;
    const { marksEach, trafficClass, longestSegment } = this.#destinations[destination]!;
    messages.clear();
    for (let index = first; index < end;) {
      this.#firsts[messages.count] = index;
      const alike = marksEach ? sameClass(batch, index, end) : end;
      const run = equalRun(batch, index, alike, longestSegment);
      const octets = run > 1 ? batch.lengthOf(index) : 0;
      messages.begin(destination, octets, marksEach ? batch.trafficClasses[index]! : trafficClass);
      for (const after = index + run; index < after; index++) appendPacket(messages, batch, index);
    }
    this.#firsts[messages.count] = end;
    messages.flush(fd);
  }

  /**
   * Records what became of the packets; answers the first that found no room, or is to go again
   * because its message was refused as one (`#refusedAsOne`), or the end.
   */
  #settle(destination: number, batch: FrameBatch, end: number): number {
    const { errors, count } = this.#messages;
    let stuck = end;
    this.#refusedAsOne = false;
    for (let message = count - 1; message >= 0; message--) {
      const errno = errors[message]!;
      const first = this.#firsts[message]!;
      const packets = this.#firsts[message + 1]! - first;
      const isRefused = packets > 1 && isRefusedAsOne(errno);
      if (errno === EAGAIN || isRefused) stuck = first;
      if (errno === EMSGSIZE || isRefused) this.#destinations[destination]!.onRefused?.();
      if (isRefused) this.#separate(destination, batch, first, errno);
      else batch.settle(first, packets, dropOf(errno));
    }
    return stuck;
  }

  /** Packets too long for the path are fragmented, which the kernel does for single ones only. */
  #separate(destination: number, batch: FrameBatch, first: number, errno: number): void {
    // Behind IPsec, for one, nothing is cut: EIO is no matter of length.
    const longest = errno === EIO ? 0 : batch.lengthOf(first) - 1;
    this.#destinations[destination]!.longestSegment = longest;
    this.#refusedAsOne = true;
  }

  /** A table cannot grow: a larger one takes over all destinations. */
  #makeTable(size: number): void {
    const { slots } = this.#arena;
    this.#table = new DestinationTable(size);
    this.#messages = new TransmitBatch(this.#arena, slots, this.#table, 2 * slots);
    for (const [index, destination] of this.#destinations.entries()) {
      if (destination === undefined) continue;
      this.#enter(index, destination);
    }
  }
}

/** The longest packet worth a try at cutting messages into its like. */
function longestSegment({ segments, path, pathMtu }: Destination): number {
  if (!segments) return 0;
  if (pathMtu === 0) return LONGEST_MESSAGE;
  return pathMtu - UDP_HEADER - (isIpv6(path.remote.address) ? IPV6_HEADER : IPV4_HEADER);
}

function dropOf(errno: number): DropCode {
  return errno === 0 ? NOT_DROPPED : dropForErrno(errno, "sendmmsg");
}

function isRefusedAsOne(errno: number): boolean {
  return errno === EINVAL || errno === EMSGSIZE || errno === EIO;
}

/** Packets from `first` on that can leave as one message: of one length, the last perhaps shorter. */
function equalRun(batch: FrameBatch, first: number, end: number, longestSegment: number): number {
  const size = batch.lengthOf(first);
  if (size > longestSegment) return 1;
  const most = Math.min(end, first + MOST_SEGMENTS, first + Math.floor(LONGEST_MESSAGE / size));
  let index = first + 1;
  while (index < most && batch.lengthOf(index) === size) index += 1;
  if (index < most && batch.lengthOf(index) < size) index += 1;
  return index - first;
}

/** Where the packets from `first` on that have its class end: one message has one. */
function sameClass({ trafficClasses }: FrameBatch, first: number, end: number): number {
  const wanted = trafficClasses[first];
  let index = first + 1;
  while (index < end && trafficClasses[index] === wanted) index += 1;
  return index;
}

function appendPacket(messages: TransmitBatch, batch: FrameBatch, index: number): void {
  messages.add(batch.starts[index]!, batch.lengths[index]!);
  const bodyLength = batch.bodyLengths[index]!;
  if (bodyLength > 0) messages.add(batch.bodyStarts[index]!, bodyLength);
}

/**
 * The frame ports that are the kernel's: TAPs and data sockets, over one arena per worker.
 *
 * Which kind each is follows from what the kernel granted when it was opened: see `SocketBinding`
 * and `AttachmentBinding`.
 */

import { ReceiveBatch } from "../io/datagram_batch.ts";
import { FrameGatherer, FrameReader, FrameWriter } from "../io/frame_transfer.ts";
import type { Path } from "../model/path.ts";
import type { SocketBinding, TapBinding } from "./commands.ts";
import type { DirectionCounters } from "./counters.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink, FrameSource } from "./frame_port.ts";
import { OFFLOAD_HEADER_OCTETS } from "./offload/offload_header.ts";
import {
  aggregateArena,
  AggregateSource,
  Network,
  type SendingSocket,
  type SocketPackets,
  SocketSink,
  SocketSource,
} from "./socket_port.ts";
import {
  LONGEST_SUPER_FRAME,
  OffloadTapSink,
  OffloadTapSource,
  TapSink,
  TapSource,
} from "./tap_port.ts";

/** Makes the ports of an encap worker: TAPs to read, sockets to send by, over one arena. */
export class EncapPorts {
  readonly #reader: FrameReader;
  readonly #offloadReader: FrameReader;
  readonly #network: Network;
  readonly #batch: FrameBatch;
  #tapSinks: TapSinks | undefined;

  /** @param batch is the one that every port is to be used with. */
  constructor(batch: FrameBatch) {
    this.#reader = new FrameReader(batch);
    this.#offloadReader = new FrameReader(batch, {
      before: OFFLOAD_HEADER_OCTETS,
      longest: LONGEST_SUPER_FRAME,
    });
    this.#network = new Network(batch);
    this.#batch = batch;
  }

  /** @param counters take what the TAP gives that cannot be a frame. */
  tapSource({ fd, offloads = false }: TapBinding, counters: DirectionCounters): FrameSource {
    return offloads
      ? new OffloadTapSource(fd, this.#offloadReader, counters)
      : new TapSource(fd, this.#reader);
  }

  socketSink(socket: SendingSocket, path: Path): SocketSink {
    return new SocketSink(socket, this.#network, path);
  }

  /** For frames back to a TAP that the worker reads. */
  tapSink(tap: Omit<TapBinding, "kind">): FrameSink {
    this.#tapSinks ??= new TapSinks(this.#batch);
    return this.#tapSinks.sinkOf({ ...tap, coalesces: false });
  }
}

/** Makes the ports of a decap worker: sockets to receive by, TAPs to write, over one arena. */
export class DecapPorts {
  readonly #packets: ReceiveBatch;
  readonly #aggregates: ReceiveBatch;
  readonly #tapSinks: TapSinks;

  /** @param batch is the one that every port is to be used with. */
  constructor(batch: FrameBatch) {
    this.#packets = new ReceiveBatch(batch);
    this.#aggregates = new ReceiveBatch(aggregateArena(batch));
    this.#tapSinks = new TapSinks(batch);
  }

  socketSource(socket: SocketBinding): SocketPackets {
    return socket.aggregates === true
      ? new AggregateSource(socket, this.#aggregates)
      : new SocketSource(socket, this.#packets);
  }

  tapSink(tap: TapBinding): FrameSink {
    return this.#tapSinks.sinkOf(tap);
  }
}

/** Makes the sinks of TAPs that are written out of one arena. */
class TapSinks {
  readonly #writer: FrameWriter;
  readonly #gatherer: FrameGatherer;

  constructor(batch: FrameBatch) {
    this.#writer = new FrameWriter(batch);
    this.#gatherer = new FrameGatherer(batch, OFFLOAD_HEADER_OCTETS, batch.slots);
  }

  sinkOf({ fd, offloads = false, coalesces = false }: Omit<TapBinding, "kind">): FrameSink {
    return offloads
      ? new OffloadTapSink(fd, this.#gatherer, coalesces)
      : new TapSink(fd, this.#writer);
  }
}

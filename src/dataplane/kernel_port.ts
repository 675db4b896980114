/**
 * The frame ports that are the kernel's: TAPs, TUNs and data sockets, over one arena per worker.
 *
 * Which kind each is follows from what the kernel granted when it was opened: see `SocketBinding`
 * and `AttachmentBinding`.
 */

import { ReceiveBatch } from "../io/receive_batch.ts";
import { FrameGatherer, FrameReader, FrameWriter } from "../io/frame_transfer.ts";
import { TaggedFrameReader } from "../io/packet_port.ts";
import { UnixDatagramWriter } from "../io/unix_datagram.ts";
import type { Path } from "../model/path.ts";
import type { DatagramBinding, SocketBinding, TapBinding, TunBinding } from "./commands.ts";
import type { DirectionCounters } from "./counters.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink, FrameSource } from "./frame_port.ts";
import type { PortHeader } from "./fit/inner_ip.ts";
import { Coalescer } from "./offload/coalesce.ts";
import { OFFLOAD_HEADER_OCTETS } from "./offload/offload_header.ts";
import { Network, type RoomWait, type SendingSocket, SocketSink } from "./socket_sink.ts";
import {
  aggregateArena,
  AggregateSource,
  type SocketPackets,
  SocketSource,
} from "./socket_source.ts";
import {
  LONGEST_SUPER_FRAME,
  OffloadTapSink,
  OffloadTapSource,
  TapSink,
  TapSource,
} from "./tap_port.ts";

type InterfaceBinding = TapBinding | TunBinding;

/** What of a session's attachments is the kernel's. */
type KernelBinding = InterfaceBinding | DatagramBinding;

const PORT_HEADERS: Readonly<Record<InterfaceBinding["kind"], PortHeader>> = {
  tap: "ethernet",
  tun: "ip",
};

/** Makes the ports of the encap direction: TAPs and TUNs to read, sockets to send by, over one arena. */
export class EncapPorts {
  readonly #reader: FrameReader;
  readonly #offloadReader: FrameReader;
  #taggedReader: TaggedFrameReader | undefined;
  readonly #network: Network;
  readonly #batch: FrameBatch;
  #sinks: AttachmentSinks | undefined;

  /** @param batch is the one that every port is to be used with. */
  constructor(batch: FrameBatch, waitForRoom: RoomWait) {
    this.#reader = new FrameReader(batch);
    this.#offloadReader = new FrameReader(batch, {
      before: OFFLOAD_HEADER_OCTETS,
      longest: LONGEST_SUPER_FRAME,
    });
    this.#network = new Network(batch, waitForRoom);
    this.#batch = batch;
  }

  /** @param counters take what the attachment gives that cannot be a frame. */
  attachmentSource(attachment: KernelBinding, counters: DirectionCounters): FrameSource {
    const { kind, fd } = attachment;
    if (kind === "datagrams" || attachment.offloads !== true) {
      return new TapSource(fd, this.#reader);
    }
    const reader = attachment.isPacketSocket === true ? this.#tagged : this.#offloadReader;
    return new OffloadTapSource(fd, reader, counters, PORT_HEADERS[kind]);
  }

  get #tagged(): TaggedFrameReader {
    this.#taggedReader ??= new TaggedFrameReader(this.#batch, LONGEST_SUPER_FRAME);
    return this.#taggedReader;
  }

  socketSink(socket: SendingSocket, path: Path): SocketSink {
    return new SocketSink(socket, this.#network, path);
  }

  /** For frames back to an interface that the worker reads. */
  attachmentSink(interface_: InterfaceBinding): FrameSink {
    this.#sinks ??= new AttachmentSinks(this.#batch);
    return this.#sinks.sinkOf({ ...interface_, coalesces: false });
  }
}

/** Makes the ports of the decap direction: sockets to receive by, TAPs and TUNs to write, over one arena. */
export class DecapPorts {
  readonly #packets: ReceiveBatch;
  readonly #aggregates: ReceiveBatch;
  readonly sinks: AttachmentSinks;

  /** @param batch is the one that every port is to be used with. */
  constructor(batch: FrameBatch) {
    this.#packets = new ReceiveBatch(batch);
    this.#aggregates = new ReceiveBatch(aggregateArena(batch));
    this.sinks = new AttachmentSinks(batch);
  }

  socketSource(socket: SocketBinding): SocketPackets {
    return socket.aggregates === true
      ? new AggregateSource(socket, this.#aggregates)
      : new SocketSource(socket, this.#packets);
  }
}

/** Makes the sinks of attachments that are written out of one arena. */
export class AttachmentSinks {
  readonly #batch: FrameBatch;
  readonly #writer: FrameWriter;
  readonly #gatherer: FrameGatherer;

  constructor(batch: FrameBatch) {
    this.#batch = batch;
    this.#writer = new FrameWriter(batch);
    this.#gatherer = new FrameGatherer(batch, OFFLOAD_HEADER_OCTETS, batch.slots);
  }

  sinkOf(attachment: KernelBinding): FrameSink {
    if (attachment.kind === "datagrams") {
      return new TapSink(attachment.fd, new UnixDatagramWriter(this.#batch, attachment.peer));
    }
    const { kind, fd, offloads = false, coalesces = false } = attachment;
    if (!offloads) return new TapSink(fd, this.#writer);
    const coalescer = coalesces ? new Coalescer(PORT_HEADERS[kind]) : undefined;
    return new OffloadTapSink(fd, this.#gatherer, coalescer);
  }
}

/**
 * The data plane without a kernel: the real forwarders between queues, so that a pair of endpoints
 * carries frames end to end in a test without permissions and without waiting.
 */

import {
  allocateCounters,
  DirectionCounters,
  type FrameCounters,
  readCounters,
} from "../../src/dataplane/counters.ts";
import { DecapForwarder } from "../../src/dataplane/decap_forwarder.ts";
import { EncapForwarder } from "../../src/dataplane/encap_forwarder.ts";
import { NOT_DROPPED } from "../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { FrameQueue } from "../../src/dataplane/frame_queue.ts";
import { ReorderBuffer } from "../../src/dataplane/reorder_buffer.ts";
import { checkDescriptor } from "../../src/dataplane/descriptor_check.ts";
import { allocatePeerNumbering, PeerNumbering } from "../../src/dataplane/peer_numbering.ts";
import { ReceiveRow, TransmitRow } from "../../src/dataplane/session_row.ts";
import type { Encapsulation, Path } from "../../src/model/path.ts";
import type { PppProtocols } from "../../src/model/ppp_protocols.ts";
import type { ReorderLimits, SequenceLimits } from "../../src/model/sequence_limits.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";

/** Takes what goes to the network; the octets are the taker's. */
export type PacketSink = (path: Path, octets: Uint8Array) => void;

/** How sessions judge order; default: as the data plane's own. */
export interface OrderOptions {
  readonly limits?: SequenceLimits | undefined;
  readonly reorder?: ReorderLimits | undefined;
}

interface MemorySession {
  path: Path;
  readonly memory: SharedArrayBuffer;
  readonly network: FrameQueue;
  readonly circuit: FrameQueue;
  /** Payloads for the main thread. */
  readonly punted: Uint8Array[];
  readonly peer: PeerNumbering;
  readonly reorder: ReorderBuffer | undefined;
}

/** One socket per encapsulation; the sessions over it are found by Session ID. */
const SOCKET_KEYS: Readonly<Record<Encapsulation, number>> = { udp: 1, ip: 2 };

/** Encap and decap of one endpoint, each call forwarded to its end before it returns. */
export class MemoryDataplane {
  readonly #send: PacketSink;
  readonly #order: OrderOptions;
  readonly #strays = allocateCounters();
  readonly #encap: EncapForwarder;
  readonly #decap: DecapForwarder;
  readonly #sessions = new Map<number, MemorySession>();

  constructor(send: PacketSink, order: OrderOptions = {}) {
    this.#send = send;
    this.#order = order;
    this.#encap = new EncapForwarder(new FrameBatch(4));
    const batch = new FrameBatch(4);
    this.#decap = new DecapForwarder(batch, new DirectionCounters(this.#strays, "decap"), {
      onPunt: (key, from, index) => {
        this.#session(key).punted.push(from.copy(index));
        return NOT_DROPPED;
      },
    });
  }

  /** As the `installSession` effect: again with the same key makes it what it says now. */
  installSession(key: number, descriptor: SessionDescriptor, transmit: boolean): void {
    checkDescriptor(descriptor);
    const session = this.#sessions.get(key) ?? this.#newSession(descriptor.path);
    session.path = descriptor.path;
    const { memory, network, circuit, peer, reorder } = session;
    this.#decap.install(
      new ReceiveRow(
        key,
        descriptor,
        SOCKET_KEYS[descriptor.path.encapsulation],
        circuit,
        new DirectionCounters(memory, "decap"),
        { limits: this.#order.limits, peer, reorder },
      ),
    );
    this.#encap.install(
      new TransmitRow(key, descriptor, network, new DirectionCounters(memory, "encap"), peer),
    );
    this.#encap.setTransmit(key, transmit);
    this.#sessions.set(key, session);
  }

  #newSession(path: Path): MemorySession {
    const { reorder } = this.#order;
    const circuit = new FrameQueue();
    return {
      path,
      memory: allocateCounters(),
      network: new FrameQueue(),
      circuit,
      punted: [],
      peer: new PeerNumbering(allocatePeerNumbering()),
      reorder: reorder === undefined ? undefined : new ReorderBuffer(reorder, () => circuit),
    };
  }

  /** As the `updateSession` effect. */
  setTransmit(key: number, transmit: boolean): void {
    this.#encap.setTransmit(key, transmit);
  }

  /** As the `updateSession` effect, the other way. */
  setReceive(key: number, receive: boolean): void {
    this.#decap.setReceive(key, receive);
  }

  /** As the `removeSession` effect. */
  removeSession(key: number): void {
    this.#encap.remove(key);
    this.#decap.remove(key);
    this.#sessions.delete(key);
  }

  /** Frames from the session's attachment circuit. */
  transmitFrames(key: number, ...frames: readonly Uint8Array[]): void {
    const { path, network } = this.#session(key);
    const circuit = new FrameQueue();
    circuit.push(frames);
    while (this.#encap.turn(key, circuit) > 0);
    for (const packet of network.take()) this.#send(path, packet);
  }

  /** Payloads that the main thread made, for a session whose frames come from elsewhere. */
  transmitPayloads(key: number, ...payloads: readonly Uint8Array[]): void {
    const { path, network } = this.#session(key);
    const queue = new FrameQueue();
    queue.push(payloads);
    while (this.#encap.sendPayloads(key, queue) > 0);
    for (const packet of network.take()) this.#send(path, packet);
  }

  /** As the data plane's own. */
  setPppProtocols(key: number, protocols: PppProtocols): void {
    this.#encap.setPppProtocols(key, protocols);
    this.#decap.setPppProtocols(key, protocols);
  }

  /** Packets from the network, by the data socket of an encapsulation. */
  receivePackets(encapsulation: Encapsulation, ...packets: readonly Uint8Array[]): void {
    const queue = new FrameQueue();
    queue.push(packets);
    const source = {
      key: SOCKET_KEYS[encapsulation],
      overUdp: encapsulation === "udp",
      unfinished: false,
      receive: (batch: FrameBatch) => queue.receive(batch),
    };
    while (this.#decap.turn(source) > 0);
  }

  /** Lets time pass for packets that are held; how long until it is worth while again. */
  tend(now: number): number {
    return this.#decap.tend(now);
  }

  /** The frames that have come out at the session's attachment circuit since the last time. */
  takeFrames(key: number): Uint8Array[] {
    return this.#session(key).circuit.take();
  }

  /** The payloads that were for the main thread since the last time. */
  takePunted(key: number): Uint8Array[] {
    return this.#session(key).punted.splice(0);
  }

  counters(key: number): FrameCounters {
    return readCounters(this.#session(key).memory);
  }

  /** Packets that were dropped before they were any session's. */
  strayCounters(): FrameCounters {
    return readCounters(this.#strays);
  }

  #session(key: number): MemorySession {
    const session = this.#sessions.get(key);
    if (session === undefined) throw new RangeError(`session ${key} is not installed`);
    return session;
  }
}

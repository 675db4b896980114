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
import { DecapForwarder, EncapForwarder } from "../../src/dataplane/forwarder.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { FrameQueue } from "../../src/dataplane/frame_queue.ts";
import type { SequenceLimits } from "../../src/dataplane/sequencing.ts";
import { checkDescriptor, ReceiveRow, TransmitRow } from "../../src/dataplane/session_row.ts";
import type { Encapsulation, Path } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";

/** Takes what goes to the network; the octets are the taker's. */
export type PacketSink = (path: Path, octets: Uint8Array) => void;

interface MemorySession {
  path: Path;
  readonly memory: SharedArrayBuffer;
  readonly network: FrameQueue;
  readonly circuit: FrameQueue;
}

/** One socket per encapsulation; the sessions over it are found by Session ID. */
const SOCKET_KEYS: Readonly<Record<Encapsulation, number>> = { udp: 1, ip: 2 };

/** Encap and decap of one endpoint, each call forwarded to its end before it returns. */
export class MemoryDataplane {
  readonly #send: PacketSink;
  readonly #sequenceLimits: SequenceLimits | undefined;
  readonly #strays = allocateCounters();
  readonly #encap: EncapForwarder;
  readonly #decap: DecapForwarder;
  readonly #sessions = new Map<number, MemorySession>();

  constructor(send: PacketSink, sequenceLimits?: SequenceLimits) {
    this.#send = send;
    this.#sequenceLimits = sequenceLimits;
    this.#encap = new EncapForwarder(new FrameBatch(4));
    this.#decap = new DecapForwarder(
      new FrameBatch(4),
      new DirectionCounters(this.#strays, "decap"),
    );
  }

  /** As the `installSession` effect: again with the same key makes it what it says now. */
  installSession(key: number, descriptor: SessionDescriptor, transmit: boolean): void {
    checkDescriptor(descriptor);
    const session = this.#sessions.get(key) ?? {
      path: descriptor.path,
      memory: allocateCounters(),
      network: new FrameQueue(),
      circuit: new FrameQueue(),
    };
    session.path = descriptor.path;
    const { memory, network, circuit } = session;
    this.#decap.install(
      new ReceiveRow(
        key,
        descriptor,
        SOCKET_KEYS[descriptor.path.encapsulation],
        circuit,
        new DirectionCounters(memory, "decap"),
        this.#sequenceLimits,
      ),
    );
    this.#encap.install(
      new TransmitRow(key, descriptor, network, new DirectionCounters(memory, "encap")),
    );
    this.#encap.setTransmit(key, transmit);
    this.#sessions.set(key, session);
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

  /** The frames that have come out at the session's attachment circuit since the last time. */
  takeFrames(key: number): Uint8Array[] {
    return this.#session(key).circuit.take();
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

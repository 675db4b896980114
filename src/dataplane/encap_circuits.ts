/**
 * What a worker's encap direction reads: the attachments of sessions, and its share of those that
 * several workers read.
 *
 * Read spread.ts first. A TAP or a socket is one session's; a TUN may be several sessions', each with
 * its addresses behind it.
 */

import type { AttachmentBinding, SessionBinding } from "./commands.ts";
import type { DirectionCounters } from "./counters.ts";
import type { ReadinessWatch } from "./direction_work.ts";
import type { FrameSource } from "./frame_port.ts";
import type { EncapPorts } from "./kernel_port.ts";
import { ALL_PREFIXES, RouteTable } from "./route_table.ts";
import { readerOf, type WorkerPlace } from "./spread.ts";

type WatchedBinding = Exclude<AttachmentBinding, { kind: "streams" }>;

/** An attachment, and the sessions that it is of. */
export interface Circuit {
  readonly binding: WatchedBinding;
  /** Which session a packet is for; a TAP's frames are all of the one that there is. */
  readonly routes: RouteTable | undefined;
  readonly keys: Set<number>;
  /** Of those, the ones whose packets one worker has to send. */
  readonly numbered: Set<number>;
  /** The worker that reads it where one has to. */
  readonly reader: number;
  /** Takes what it gives that cannot be a frame. */
  readonly counters: DirectionCounters;
  /** What this worker reads of it, by its descriptor. */
  readonly watched: Map<number, WatchedSource>;
  isGone: boolean;
}

/** A descriptor that is watched. */
export interface WatchedSource {
  readonly circuit: Circuit;
  readonly source: FrameSource;
  readonly token: number;
}

/** The attachments that one worker reads. */
export class EncapCircuits {
  readonly #watch: ReadinessWatch;
  readonly #ports: EncapPorts;
  readonly #place: WorkerPlace;
  /** Takes what a TUN gives, which is no particular session's yet. */
  readonly #strays: DirectionCounters;
  readonly #byToken = new Map<number, WatchedSource>();
  readonly #tuns = new Map<number, Circuit>();
  #nextToken: number;

  /** @param firstToken is the first of the tokens that may be given to the watch. */
  constructor(
    watch: ReadinessWatch,
    firstToken: number,
    ports: EncapPorts,
    place: WorkerPlace,
    strays: DirectionCounters,
  ) {
    this.#watch = watch;
    this.#nextToken = firstToken;
    this.#ports = ports;
    this.#place = place;
    this.#strays = strays;
  }

  /** What was added to the watch under that token. */
  find(token: number): WatchedSource | undefined {
    return this.#byToken.get(token);
  }

  /**
   * A session's attachment, from now on watched.
   *
   * @throws {RangeError} where another session of the TUN has one of the addresses.
   */
  attach(
    { key }: SessionBinding,
    binding: WatchedBinding,
    counters: DirectionCounters,
    isNumbered: boolean,
  ): Circuit {
    const circuit = binding.kind === "tun"
      ? this.#tuns.get(binding.fd) ?? this.#make(binding, key, this.#strays, new RouteTable())
      : this.#make(binding, key, counters, undefined);
    if (binding.kind === "tun") {
      circuit.routes?.assign(key, binding.routes ?? ALL_PREFIXES);
      this.#tuns.set(binding.fd, circuit);
    }
    circuit.keys.add(key);
    this.setNumbered(circuit, key, isNumbered);
    return circuit;
  }

  /** Whether one worker has to send a session's packets, from now on. */
  setNumbered(circuit: Circuit, key: number, isNumbered: boolean): void {
    if (isNumbered) circuit.numbered.add(key);
    else circuit.numbered.delete(key);
    this.#rewatch(circuit);
  }

  /** A session has left it; a TUN is let go of with its last session. */
  detach(circuit: Circuit, key: number): void {
    circuit.routes?.remove(key);
    circuit.keys.delete(key);
    circuit.numbered.delete(key);
    if (circuit.keys.size > 0) return this.#rewatch(circuit);
    this.abandon(circuit);
    if (circuit.routes !== undefined) this.#tuns.delete(circuit.binding.fd);
  }

  /** It gives no more frames. */
  abandon(circuit: Circuit): void {
    circuit.isGone = true;
    for (const fd of [...circuit.watched.keys()]) this.#unwatch(circuit.watched, fd);
  }

  #make(
    binding: WatchedBinding,
    key: number,
    counters: DirectionCounters,
    routes: RouteTable | undefined,
  ): Circuit {
    const reader = readerOf(binding, key, this.#place);
    const watched = new Map<number, WatchedSource>();
    const keys = new Set<number>();
    const numbered = new Set<number>();
    return { binding, routes, keys, numbered, reader, counters, watched, isGone: false };
  }

  #rewatch(circuit: Circuit): void {
    if (circuit.isGone) return;
    const wanted = this.#share(circuit);
    for (const fd of [...circuit.watched.keys()]) {
      if (!wanted.includes(fd)) this.#unwatch(circuit.watched, fd);
    }
    for (const fd of wanted) {
      if (!circuit.watched.has(fd)) this.#watchQueue(circuit, fd);
    }
  }

  /** What this worker is to read of it. */
  #share({ binding, numbered, reader }: Circuit): readonly number[] {
    const { worker } = this.#place;
    const queues = binding.kind === "datagrams" ? undefined : binding.queues;
    const own = queues?.[worker];
    if (own !== undefined && numbered.size === 0) return [own];
    return worker === reader ? queues ?? [binding.fd] : [];
  }

  #watchQueue(circuit: Circuit, fd: number): void {
    const source = this.#ports.attachmentSource({ ...circuit.binding, fd }, circuit.counters);
    const token = this.#nextToken++;
    const watched = { circuit, source, token };
    this.#watch.add(fd, token);
    this.#byToken.set(token, watched);
    circuit.watched.set(fd, watched);
  }

  #unwatch(watched: Map<number, WatchedSource>, fd: number): void {
    this.#watch.remove(fd);
    this.#byToken.delete(watched.get(fd)!.token);
    watched.delete(fd);
  }
}

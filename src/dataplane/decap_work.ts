/**
 * The decap direction's sockets and sessions: from the network to attachment circuits. See RFC 3931
 * §4.5.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { PathFit } from "../model/path_fit.ts";
import { Allowance } from "./allowance.ts";
import type { Command, SessionBinding, SocketBinding, WorkerStart } from "./commands.ts";
import { DirectionCounters } from "./counters.ts";
import {
  type DirectionWork,
  type PausableWatch,
  refuseInUse,
  Registry,
  type Reporter,
  shareOf,
} from "./direction_work.ts";
import { DecapForwarder } from "./decap_forwarder.ts";
import { FrameFit, portHeaderOf } from "./fit/frame_fit.ts";
import { FrameBatch } from "./frame_batch.ts";
import type { FrameSink } from "./frame_port.ts";
import { Handover, HandoverSource } from "./handover.ts";
import { AttachmentSinks, DecapPorts } from "./kernel_port.ts";
import { Moderation } from "./moderation.ts";
import { type ForwardFrames, OnwardSink } from "./onward_sink.ts";
import { PeerNumbering } from "./peer_numbering.ts";
import { Punts } from "./punts.ts";
import { ReorderBuffer } from "./reorder_buffer.ts";
import { type RoutePrefix, RouteTable } from "./route_table.ts";
import { numbersWhatItReceives, ReceiveRow } from "./session_row.ts";
import type { PacketEnds, SocketPackets } from "./socket_source.ts";
import { ANY_WORKER, homeOf, type WorkerPlace } from "./spread.ts";

/**
 * Between two reports of strays: a flood costs little, and every peer of a hub that has forgotten
 * them all is heard within a second or two.
 */
const STRAY_INTERVAL_MS = 1;

/**
 * Control messages that come by the sockets of the data: most come by their own, so that a window's
 * worth is much. What is dropped comes again (RFC 3931 §4.2).
 */
const MOST_CONTROL_AT_ONCE = 64;
const MOST_CONTROL_PER_SECOND = 256;

interface SocketReading {
  readonly fd: number;
  readonly source: SocketPackets;
  readonly token: number;
  /** Whether it is left alone for a moment while it is busy. */
  readonly isModerated: boolean;
}

interface DecapSocket {
  readonly binding: SocketBinding;
  /** What is read of it; absent where another worker reads all. */
  readonly reading: SocketReading | undefined;
}

interface DecapSession {
  readonly binding: SessionBinding;
  /** The binding's, or the one that has come since. */
  descriptor: SessionDescriptor;
  readonly counters: DirectionCounters;
  readonly sink: FrameSink;
  /** The same, where the attachment is streams. */
  readonly streams: StreamSink | undefined;
  readonly peer: PeerNumbering;
  /** Where its packets wait for their turn, at the worker that receives for it. */
  reorder: ReorderBuffer | undefined;
}

/** From the network to the attachment circuits. */
export class DecapWork implements DirectionWork {
  readonly #batch: FrameBatch;
  readonly #watch: PausableWatch;
  readonly #report: Reporter;
  readonly #forwarder: DecapForwarder;
  readonly #ports: DecapPorts;
  readonly #punts: Punts;
  readonly #sockets = new Registry<DecapSocket>("socket");
  readonly #sessions = new Registry<DecapSession>("session");
  readonly #byToken = new Map<number, SocketReading>();
  readonly #moderation: Moderation<SocketReading>;
  readonly #place: WorkerPlace;
  /** What other workers hand over, under a token of its own; absent where there are none. */
  readonly #inbox: { readonly token: number; readonly source: HandoverSource } | undefined;
  #nextToken: number;
  #strayReportedAt = -Infinity;
  readonly #controlReports = new Allowance(MOST_CONTROL_AT_ONCE, MOST_CONTROL_PER_SECOND);
  readonly #forward: ForwardFrames;
  /** The sessions that do so. */
  readonly #passedOn = new Set<number>();

  /**
   * @param firstToken is the first of the tokens that it may give to the watch.
   * @param forward sends by a session what another one has received.
   */
  constructor(
    watch: PausableWatch,
    firstToken: number,
    report: Reporter,
    start: WorkerStart,
    forward: ForwardFrames,
  ) {
    const batch = new FrameBatch();
    this.#batch = batch;
    this.#watch = watch;
    this.#report = report;
    this.#forward = forward;
    this.#forwarder = new DecapForwarder(
      batch,
      new DirectionCounters(start.counters, "decap", start.worker),
      {
        onStray: (socketKey, start) => this.#reportStray(socketKey, start),
        onControl: (socketKey, index) => this.#reportControl(socketKey, index),
        onPunt: (key, from, index) => this.#punts.take(key, from, index, performance.now()),
      },
      start.handover && new Handover(batch, start, start.handover.writers),
    );
    this.#moderation = new Moderation(
      watch,
      ({ source }) => this.#forwarder.turn(source),
      batch.slots,
    );
    this.#punts = new Punts(report);
    this.#ports = new DecapPorts(batch);
    this.#place = start;
    this.#nextToken = firstToken;
    if (start.handover !== undefined) this.#inbox = this.#openInbox(start.handover.reader);
  }

  /** Whether what a session receives leaves by another one. */
  get passesOn(): boolean {
    return this.#passedOn.size > 0;
  }

  apply(command: Command): void {
    switch (command.kind) {
      case "addSocket":
        return this.#addSocket(command.socket);
      case "removeSocket":
        return this.#removeSocket(command.key);
      case "installSession":
        return this.#install(command.session);
      case "updateSession":
        return this.#installRow(this.#sessions.find(command.key), command.descriptor);
      case "removeSession":
        this.#forwarder.remove(command.key);
        this.#sessions.remove(command.key);
        this.#punts.remove(command.key);
        this.#passedOn.delete(command.key);
        return;
      case "setPppProtocols":
        return this.#forwarder.setPppProtocols(command.key, command.protocols);
      case "setRoutes":
        return this.#setRoutes(command.key, command.routes);
      case "setFit":
        return this.#setFit(command.key, command.fit);
      case "setReceive":
        return this.#forwarder.setReceive(command.key, command.receive);
      case "passOn":
        return this.#passOn(command.key, command.to);
      case "setTransmit":
      case "transmitFrames":
      case "transmitPayloads":
      case "probe":
      case "stop":
        return;
      default:
        command satisfies never;
    }
  }

  turn(token: number): number {
    const packets = this.#take(token);
    this.#punts.flush();
    return packets;
  }

  tend(now: number): number {
    const next = Math.min(this.#moderation.tend(now), this.#forwarder.tend(now));
    this.#punts.flush();
    return next;
  }

  #take(token: number): number {
    const reading = this.#byToken.get(token);
    if (reading !== undefined) return this.#read(reading);
    return token === this.#inbox?.token ? this.#forwarder.turnHandedOver(this.#inbox.source) : 0;
  }

  #read(reading: SocketReading): number {
    const packets = this.#forwarder.turn(reading.source);
    if (reading.isModerated) this.#moderation.note(reading, packets);
    return packets;
  }

  #reportStray(socketKey: number, start: number): void {
    const now = performance.now();
    if (now < this.#strayReportedAt + STRAY_INTERVAL_MS) return;
    this.#strayReportedAt = now;
    const ends = this.#endsOf(socketKey, start);
    this.#report({ kind: "stray", socketKey, ...ends }, []);
  }

  #reportControl(socketKey: number, index: number): void {
    if (!this.#controlReports.take(1, performance.now())) return;
    const ends = this.#endsOf(socketKey, this.#batch.starts[index]!);
    const octets = this.#batch.copy(index);
    this.#report({ kind: "control", socketKey, ...ends, octets }, [octets.buffer]);
  }

  /** Of a packet that has just come by that socket. */
  #endsOf(socketKey: number, start: number): PacketEnds {
    return this.#sockets.find(socketKey).reading!.source.endsOf(start);
  }

  #openInbox(fd: number): { token: number; source: HandoverSource } {
    const inbox = { token: this.#nextToken++, source: new HandoverSource(fd, this.#batch) };
    this.#watch.add(fd, inbox.token);
    return inbox;
  }

  #addSocket(binding: SocketBinding): void {
    this.#sockets.requireFree(binding.key);
    const isRead = binding.shares !== undefined ||
      homeOf(binding.key, this.#place) === this.#place.worker;
    const reading = isRead
      ? this.#watchSocket({ ...binding, fd: shareOf(binding, this.#place) })
      : undefined;
    this.#sockets.add(binding.key, { binding, reading });
  }

  #watchSocket(binding: SocketBinding): SocketReading {
    const { fd } = binding;
    const source = this.#ports.socketSource(binding);
    const token = this.#nextToken++;
    // Over UDP the kernel aggregates packets, or who wanted that switched off has no gain by this.
    const reading = { fd, source, token, isModerated: binding.encapsulation === "ip" };
    this.#byToken.set(token, reading);
    this.#watch.add(fd, token);
    return reading;
  }

  #removeSocket(key: number): void {
    refuseInUse(key, this.#sessions.values());
    const reading = this.#sockets.remove(key)?.reading;
    if (reading === undefined) return;
    this.#moderation.forget(reading);
    this.#watch.remove(reading.fd);
    this.#byToken.delete(reading.token);
  }

  #install(binding: SessionBinding): void {
    const { key, attachment } = binding;
    const { worker } = this.#place;
    this.#sockets.find(binding.socketKey);
    const isHome = homeOf(key, this.#place) === worker;
    const streams = attachment.kind === "streams" ? new StreamSink(key, this.#report) : undefined;
    const sinkIn = (sinks: AttachmentSinks) =>
      attachment.kind === "streams" ? streams! : sinks.sinkOf(attachment);
    const session: DecapSession = {
      binding,
      descriptor: binding.descriptor,
      counters: new DirectionCounters(binding.counters, "decap", worker),
      sink: sinkIn(this.#ports.sinks),
      streams,
      peer: new PeerNumbering(binding.peerNumbering),
      reorder: binding.reorder === undefined || !isHome ? undefined : new ReorderBuffer(
        binding.reorder,
        (batch) => sinkIn(new AttachmentSinks(batch)),
      ),
    };
    this.#sessions.add(key, session);
    this.#installRow(session);
    if (binding.fit !== undefined) this.#setFit(key, binding.fit);
    if (!binding.receive) this.#forwarder.setReceive(key, false);
    if (attachment.kind === "tun" && attachment.routes !== undefined) {
      this.#setRoutes(key, attachment.routes);
    }
  }

  /**
   * The worker that sends by the other one receives for this one, as numbers are one worker's. What
   * another worker has held until then goes by the main thread.
   */
  #passOn(key: number, to: number): void {
    const session = this.#sessions.find(key);
    const { streams, binding } = session;
    const isThere = this.#sessions.find(to).streams !== undefined;
    if (streams === undefined || !isThere) {
      throw new RangeError(`session ${key} and session ${to} do not both have streams`);
    }
    streams.worker = homeOf(to, this.#place);
    if (streams.worker === this.#place.worker) {
      streams.onward = new OnwardSink(to, this.#forward);
      this.#passedOn.add(key);
      if (binding.reorder !== undefined) {
        session.reorder ??= new ReorderBuffer(binding.reorder, () => streams);
      }
    }
    this.#installRow(session);
  }

  /** Where the peer's packets go to is where they may come from. */
  #setRoutes(key: number, routes: readonly RoutePrefix[]): void {
    const { binding } = this.#sessions.find(key);
    if (binding.attachment.kind !== "tun") throw new RangeError(`session ${key} has no TUN`);
    const sources = new RouteTable();
    sources.assign(key, routes);
    this.#forwarder.setSources(key, sources);
  }

  #setFit(key: number, fit: PathFit): void {
    const { descriptor, socketKey } = this.#sessions.find(key).binding;
    const port = portHeaderOf(descriptor);
    if (fit.marking.ecn) this.#sockets.find(socketKey).reading?.source.reportTrafficClasses();
    this.#forwarder.setFit(key, port === undefined ? undefined : FrameFit.of(port, fit));
  }

  #installRow(session: DecapSession, descriptor = session.descriptor): void {
    const { binding, sink, counters, peer, reorder } = session;
    const { key, socketKey, sequenceLimits: limits } = binding;
    const worker = session.streams?.worker ?? this.#workerFor(binding, descriptor);
    this.#forwarder.install(
      new ReceiveRow(key, descriptor, socketKey, sink, counters, { limits, peer, reorder, worker }),
    );
    session.descriptor = descriptor;
  }

  /** Only an interface takes frames from several workers. */
  #workerFor({ key, attachment, reorder }: SessionBinding, descriptor: SessionDescriptor): number {
    const isInterface = attachment.kind === "tap" || attachment.kind === "tun";
    const byFlow = isInterface && portHeaderOf(descriptor) !== undefined &&
      reorder === undefined && !numbersWhatItReceives(descriptor);
    return byFlow ? ANY_WORKER : homeOf(key, this.#place);
  }
}

/** Frames to the main thread, or on by another session. */
class StreamSink implements FrameSink {
  readonly #key: number;
  readonly #report: Reporter;
  onward: OnwardSink | undefined;
  /** The worker that receives for the session; `undefined`: its home. */
  worker: number | undefined;

  constructor(key: number, report: Reporter) {
    this.#key = key;
    this.#report = report;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    if (this.onward !== undefined) return this.onward.send(batch, first, count);
    const frames = Array.from({ length: count }, (_, index) => batch.copy(first + index));
    this.#report({ kind: "frames", key: this.#key, frames }, frames.map((frame) => frame.buffer));
    batch.settle(first, count);
  }
}

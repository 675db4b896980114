/**
 * The decap worker's sockets and sessions: from the network to attachment circuits. See RFC 3931
 * §4.5.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { PathFit } from "../model/path_fit.ts";
import type { AttachmentBinding, Command, SessionBinding, SocketBinding } from "./commands.ts";
import { DirectionCounters } from "./counters.ts";
import {
  type DirectionWork,
  type ReadinessWatch,
  refuseInUse,
  Registry,
  type Reporter,
} from "./direction_work.ts";
import { DecapForwarder } from "./decap_forwarder.ts";
import { FrameFit, portHeaderOf } from "./fit/frame_fit.ts";
import { FrameBatch } from "./frame_batch.ts";
import type { FrameSink } from "./frame_port.ts";
import { AttachmentSinks, DecapPorts } from "./kernel_port.ts";
import { PeerNumbering } from "./peer_numbering.ts";
import { Punts } from "./punts.ts";
import { ReorderBuffer } from "./reorder_buffer.ts";
import { type RoutePrefix, RouteTable } from "./route_table.ts";
import { ReceiveRow } from "./session_row.ts";
import type { SocketPackets } from "./socket_source.ts";

/**
 * Between two reports of strays: a flood costs little, and every peer of a hub that has forgotten
 * them all is heard within a second or two.
 */
const STRAY_INTERVAL_MS = 1;

interface DecapSocket {
  readonly binding: SocketBinding;
  readonly source: SocketPackets;
  readonly token: number;
}

interface DecapSession {
  readonly binding: SessionBinding;
  readonly counters: DirectionCounters;
  readonly sink: FrameSink;
  readonly peer: PeerNumbering;
  readonly reorder: ReorderBuffer | undefined;
}

/** From the network to the attachment circuits. */
export class DecapWork implements DirectionWork {
  readonly #batch: FrameBatch;
  readonly #watch: ReadinessWatch;
  readonly #report: Reporter;
  readonly #forwarder: DecapForwarder;
  readonly #ports: DecapPorts;
  readonly #punts: Punts;
  readonly #sockets = new Registry<DecapSocket>("socket");
  readonly #sessions = new Registry<DecapSession>("session");
  readonly #byToken = new Map<number, DecapSocket>();
  #nextToken: number;
  #strayReportedAt = -Infinity;

  /**
   * @param firstToken is the first of the tokens that it may give to the watch.
   * @param counters take what belongs to no session.
   */
  constructor(
    watch: ReadinessWatch,
    firstToken: number,
    report: Reporter,
    counters: SharedArrayBuffer,
  ) {
    const batch = new FrameBatch();
    this.#batch = batch;
    this.#watch = watch;
    this.#report = report;
    this.#forwarder = new DecapForwarder(
      batch,
      new DirectionCounters(counters, "decap"),
      {
        onStray: (socketKey, start) => this.#reportStray(socketKey, start),
        onControl: (socketKey, index) => this.#reportControl(socketKey, index),
        onPunt: (key, from, index) => this.#punts.take(key, from, index, performance.now()),
      },
    );
    this.#punts = new Punts(report);
    this.#ports = new DecapPorts(batch);
    this.#nextToken = firstToken;
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
        return;
      case "setPppProtocols":
        return this.#forwarder.setPppProtocols(command.key, command.protocols);
      case "setRoutes":
        return this.#setRoutes(command.key, command.routes);
      case "setFit":
        return this.#setFit(command.key, command.fit);
      case "setReceive":
        return this.#forwarder.setReceive(command.key, command.receive);
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

  turn(token: number): void {
    const socket = this.#byToken.get(token);
    if (socket === undefined) return;
    this.#forwarder.turn(socket.source);
    this.#punts.flush();
  }

  tend(): number {
    const next = this.#forwarder.tend(performance.now());
    this.#punts.flush();
    return next;
  }

  #reportStray(socketKey: number, start: number): void {
    const now = performance.now();
    if (now < this.#strayReportedAt + STRAY_INTERVAL_MS) return;
    this.#strayReportedAt = now;
    const ends = this.#sockets.find(socketKey).source.endsOf(start);
    this.#report({ kind: "stray", socketKey, ...ends }, []);
  }

  #reportControl(socketKey: number, index: number): void {
    const ends = this.#sockets.find(socketKey).source.endsOf(this.#batch.starts[index]!);
    const octets = this.#batch.copy(index);
    this.#report({ kind: "control", socketKey, ...ends, octets }, [octets.buffer]);
  }

  #addSocket(binding: SocketBinding): void {
    const source = this.#ports.socketSource(binding);
    const socket: DecapSocket = { binding, source, token: this.#nextToken++ };
    this.#sockets.add(binding.key, socket);
    this.#byToken.set(socket.token, socket);
    this.#watch.add(binding.fd, socket.token);
  }

  #removeSocket(key: number): void {
    refuseInUse(key, this.#sessions.values());
    const socket = this.#sockets.remove(key);
    if (socket === undefined) return;
    this.#watch.remove(socket.binding.fd);
    this.#byToken.delete(socket.token);
  }

  #install(binding: SessionBinding): void {
    const { key, attachment } = binding;
    this.#sockets.find(binding.socketKey);
    const session: DecapSession = {
      binding,
      counters: new DirectionCounters(binding.counters, "decap"),
      sink: this.#sinkFor(key, attachment, this.#ports.sinks),
      peer: new PeerNumbering(binding.peerNumbering),
      reorder: binding.reorder === undefined ? undefined : new ReorderBuffer(
        binding.reorder,
        (batch) => this.#sinkFor(key, attachment, new AttachmentSinks(batch)),
      ),
    };
    this.#sessions.add(key, session);
    this.#installRow(session, binding.descriptor);
    if (binding.fit !== undefined) this.#setFit(key, binding.fit);
    if (!binding.receive) this.#forwarder.setReceive(key, false);
    if (attachment.kind === "tun" && attachment.routes !== undefined) {
      this.#setRoutes(key, attachment.routes);
    }
  }

  #sinkFor(key: number, attachment: AttachmentBinding, sinks: AttachmentSinks): FrameSink {
    if (attachment.kind === "streams") return new ReportSink(key, this.#report);
    return sinks.sinkOf(attachment);
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
    if (fit.marking.ecn) this.#sockets.find(socketKey).source.reportTrafficClasses();
    this.#forwarder.setFit(key, port === undefined ? undefined : FrameFit.of(port, fit));
  }

  #installRow(session: DecapSession, descriptor: SessionDescriptor): void {
    const { binding, sink, counters, peer, reorder } = session;
    const { key, socketKey, sequenceLimits: limits } = binding;
    this.#forwarder.install(
      new ReceiveRow(key, descriptor, socketKey, sink, counters, { limits, peer, reorder }),
    );
  }
}

/** Frames to the main thread. */
class ReportSink implements FrameSink {
  readonly #key: number;
  readonly #report: Reporter;

  constructor(key: number, report: Reporter) {
    this.#key = key;
    this.#report = report;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    const frames = Array.from({ length: count }, (_, index) => batch.copy(first + index));
    this.#report({ kind: "frames", key: this.#key, frames }, frames.map((frame) => frame.buffer));
    batch.settle(first, count);
  }
}

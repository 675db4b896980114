/**
 * The encap direction's sessions: from attachment circuits to the network. See RFC 3931 §4.5.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { PathFit } from "../model/path_fit.ts";
import { AnswerSink } from "./answer_sink.ts";
import type { Command, SessionBinding, SocketBinding, WorkerStart } from "./commands.ts";
import { DirectionCounters } from "./counters.ts";
import {
  type DirectionWork,
  type ReadinessWatch,
  refuseInUse,
  Registry,
  type Reporter,
  shareOf,
} from "./direction_work.ts";
import { type Circuit, EncapCircuits, type WatchedSource } from "./encap_circuits.ts";
import { EncapForwarder } from "./encap_forwarder.ts";
import { FrameFit, portHeaderOf } from "./fit/frame_fit.ts";
import { twinBatches } from "./frame_batch.ts";
import { type FrameSource, SOURCE_GONE } from "./frame_port.ts";
import { FrameQueue } from "./frame_queue.ts";
import { EncapPorts } from "./kernel_port.ts";
import { PeerNumbering } from "./peer_numbering.ts";
import type { RouteTable } from "./route_table.ts";
import { numbersWhatItSends, TransmitRow } from "./session_row.ts";
import { type RoomWait, SendingSocket, type SocketSink } from "./socket_sink.ts";
import type { WorkerPlace } from "./spread.ts";

interface EncapSession {
  readonly binding: SessionBinding;
  readonly counters: DirectionCounters;
  /** What is watched for it, or its queue inside the program. */
  readonly attachment: Circuit | FrameQueue;
  readonly sink: SocketSink;
  readonly peer: PeerNumbering;
  /** Made when there is first a use for it. */
  answers: AnswerSink | undefined;
  /** When it was last told of that packets are too long. */
  refusedAt: number;
}

/** Between two reports that a session's packets are too long. */
const REFUSAL_INTERVAL_MS = 1_000;

/** From the attachment circuits to the network. */
export class EncapWork implements DirectionWork {
  readonly #report: Reporter;
  readonly #forwarder: EncapForwarder;
  readonly #ports: EncapPorts;
  readonly #sockets = new Registry<SendingSocket>("socket");
  readonly #sessions = new Registry<EncapSession>("session");
  /** What the main thread made for a session's peer; empty between calls. */
  readonly #payloads = new FrameQueue();
  readonly #circuits: EncapCircuits;
  readonly #place: WorkerPlace;
  /** Takes what belongs to no session. */
  readonly #strays: DirectionCounters;

  /** @param firstToken is the first of the tokens that it may give to the watch. */
  constructor(
    watch: ReadinessWatch,
    firstToken: number,
    report: Reporter,
    start: WorkerStart,
    waitForRoom: RoomWait,
  ) {
    const [batch, spare] = twinBatches();
    const strays = new DirectionCounters(start.counters, "encap", start.worker);
    this.#report = report;
    this.#forwarder = new EncapForwarder(batch, spare);
    this.#ports = new EncapPorts(batch, waitForRoom);
    this.#circuits = new EncapCircuits(watch, firstToken, this.#ports, start, strays);
    this.#place = start;
    this.#strays = strays;
  }

  apply(command: Command): void {
    switch (command.kind) {
      case "addSocket":
        return this.#addSocket(command.socket);
      case "removeSocket":
        refuseInUse(command.key, this.#sessions.values());
        this.#sockets.remove(command.key);
        return;
      case "installSession":
        return this.#install(command.session);
      case "updateSession":
        return this.#update(command.key, command.descriptor);
      case "removeSession":
        return this.#remove(command.key);
      case "setPppProtocols":
        return this.#forwarder.setPppProtocols(command.key, command.protocols);
      case "setRoutes":
        return this.#routesOf(command.key).assign(command.key, command.routes);
      case "setFit":
        return this.#setFit(command.key, command.fit);
      case "setTransmit":
        return this.#forwarder.setTransmit(command.key, command.transmit);
      case "transmitFrames":
        return this.#transmit(command.key, command.frames);
      case "transmitPayloads":
        return this.#transmitPayloads(command.key, command.payloads);
      case "setReceive":
      case "passOn":
      case "probe":
      case "stop":
        return;
      default:
        command satisfies never;
    }
  }

  /** Sends by a session what another one has received; nothing where it is gone. */
  forward(key: number, frames: FrameSource): void {
    this.#forwarder.turn(key, frames);
  }

  turn(token: number): number {
    const watched = this.#circuits.find(token);
    if (watched === undefined) return 0;
    const packets = this.#serve(watched);
    if (packets !== SOURCE_GONE) return packets;
    this.#circuits.abandon(watched.circuit);
    for (const key of watched.circuit.keys) this.#report({ kind: "attachmentGone", key }, []);
    return 0;
  }

  /** Nothing waits on the way out. */
  tend(): number {
    return Infinity;
  }

  #serve({ source, circuit: { routes, keys } }: WatchedSource): number {
    if (routes !== undefined) return this.#forwarder.turnShared(source, routes, this.#strays);
    const [key] = keys;
    return key === undefined ? 0 : this.#forwarder.turn(key, source);
  }

  #addSocket(binding: SocketBinding): void {
    const fd = shareOf(binding, this.#place);
    this.#sockets.add(binding.key, new SendingSocket({ ...binding, fd }));
  }

  #install(binding: SessionBinding): void {
    const { key, descriptor } = binding;
    const socket = this.#sockets.find(binding.socketKey);
    this.#sessions.requireFree(key);
    const counters = new DirectionCounters(binding.counters, "encap", this.#place.worker);
    const attachment = this.#attach(binding, counters);
    const session: EncapSession = {
      binding,
      counters,
      attachment,
      sink: this.#ports.socketSink(socket, descriptor.path),
      peer: new PeerNumbering(binding.peerNumbering),
      answers: undefined,
      refusedAt: -Infinity,
    };
    this.#sessions.add(key, session);
    session.sink.tellRefusals(() => this.#reportRefusal(session));
    this.#installRow(session, descriptor);
    if (binding.fit !== undefined) this.#setFit(key, binding.fit);
    if (binding.transmit) this.#forwarder.setTransmit(key, true);
  }

  /** @throws {RangeError} where another session of the TUN has one of the addresses. */
  #attach(
    binding: SessionBinding,
    counters: DirectionCounters,
  ): Circuit | FrameQueue {
    const { attachment, descriptor } = binding;
    if (attachment.kind === "streams") return new FrameQueue();
    return this.#circuits.attach(binding, attachment, counters, numbersWhatItSends(descriptor));
  }

  #routesOf(key: number): RouteTable {
    const { attachment } = this.#sessions.find(key);
    const routes = attachment instanceof FrameQueue ? undefined : attachment.routes;
    if (routes === undefined) throw new RangeError(`session ${key} has no TUN`);
    return routes;
  }

  #update(key: number, descriptor: SessionDescriptor): void {
    const session = this.#sessions.find(key);
    session.sink.redirect(descriptor.path);
    if (!(session.attachment instanceof FrameQueue)) {
      this.#circuits.setNumbered(session.attachment, key, numbersWhatItSends(descriptor));
    }
    this.#installRow(session, descriptor);
  }

  #installRow(session: EncapSession, descriptor: SessionDescriptor): void {
    const { binding, sink, counters, peer } = session;
    this.#forwarder.install(new TransmitRow(binding.key, descriptor, sink, counters, peer));
  }

  #setFit(key: number, fit: PathFit): void {
    const session = this.#sessions.find(key);
    const { attachment, descriptor } = session.binding;
    const port = portHeaderOf(descriptor);
    session.sink.setFit(fit, port);
    const isInterface = attachment.kind === "tap" || attachment.kind === "tun";
    if (fit.oversize !== "carry" && isInterface) {
      const sink = this.#ports.attachmentSink(attachment);
      session.answers ??= new AnswerSink(sink, () => performance.now());
    }
    const frameFit = port === undefined ? undefined : FrameFit.of(port, fit);
    this.#forwarder.setFit(key, frameFit, session.answers);
  }

  #reportRefusal(session: EncapSession): void {
    const now = performance.now();
    if (now < session.refusedAt + REFUSAL_INTERVAL_MS) return;
    session.refusedAt = now;
    this.#report({ kind: "pathRefused", key: session.binding.key }, []);
  }

  #remove(key: number): void {
    const session = this.#sessions.remove(key);
    if (session === undefined) return;
    if (!(session.attachment instanceof FrameQueue)) this.#circuits.detach(session.attachment, key);
    this.#forwarder.remove(key);
    session.sink.close();
  }

  #transmit(key: number, frames: readonly Uint8Array[]): void {
    const { attachment } = this.#sessions.find(key);
    if (!(attachment instanceof FrameQueue)) {
      throw new RangeError(`session ${key} takes its frames from an interface`);
    }
    attachment.push(frames);
    while (this.#forwarder.turn(key, attachment) > 0);
  }

  #transmitPayloads(key: number, payloads: readonly Uint8Array[]): void {
    this.#sessions.find(key);
    this.#payloads.push(payloads);
    while (this.#forwarder.sendPayloads(key, this.#payloads) > 0);
  }
}

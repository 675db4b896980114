/**
 * The encap worker's sessions: from attachment circuits to the network. See RFC 3931 §4.5.
 */

import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { PathFit } from "../model/path_fit.ts";
import { AnswerSink } from "./answer_sink.ts";
import type { Command, SessionBinding } from "./commands.ts";
import { DirectionCounters } from "./counters.ts";
import {
  type DirectionWork,
  type ReadinessWatch,
  refuseInUse,
  Registry,
  type Reporter,
} from "./direction_work.ts";
import { FrameFit, portHeaderOf } from "./fit/frame_fit.ts";
import { EncapForwarder } from "./forwarder.ts";
import { twinBatches } from "./frame_batch.ts";
import { type FrameSource, SOURCE_GONE } from "./frame_port.ts";
import { FrameQueue } from "./frame_queue.ts";
import { EncapPorts } from "./kernel_port.ts";
import { PeerNumbering } from "./peer_numbering.ts";
import { TransmitRow } from "./session_row.ts";
import { SendingSocket, type SocketSink } from "./socket_port.ts";

interface EncapSession {
  readonly binding: SessionBinding;
  readonly counters: DirectionCounters;
  readonly source: FrameSource;
  readonly sink: SocketSink;
  readonly peer: PeerNumbering;
  readonly token: number;
  /** Made when there is first a use for it. */
  answers: AnswerSink | undefined;
  /** When it was last told of that packets are too long. */
  refusedAt: number;
}

/** Between two reports that a session's packets are too long. */
const REFUSAL_INTERVAL_MS = 1_000;

/** From the attachment circuits to the network. */
export class EncapWork implements DirectionWork {
  readonly #watch: ReadinessWatch;
  readonly #report: Reporter;
  readonly #forwarder: EncapForwarder;
  readonly #ports: EncapPorts;
  readonly #sockets = new Registry<SendingSocket>("socket");
  readonly #sessions = new Registry<EncapSession>("session");
  /** What the main thread made for the peer of a session with an interface; empty between calls. */
  readonly #payloads = new FrameQueue();
  /** The sessions whose TAPs are watched. */
  readonly #byToken = new Map<number, EncapSession>();
  #nextToken: number;

  /** @param firstToken is the first of the tokens that it may give to the watch. */
  constructor(watch: ReadinessWatch, firstToken: number, report: Reporter) {
    const [batch, spare] = twinBatches();
    this.#watch = watch;
    this.#report = report;
    this.#forwarder = new EncapForwarder(batch, spare);
    this.#ports = new EncapPorts(batch);
    this.#nextToken = firstToken;
  }

  apply(command: Command): void {
    switch (command.kind) {
      case "addSocket":
        return this.#sockets.add(command.socket.key, new SendingSocket(command.socket));
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
        throw new RangeError(`session ${command.key} has no TUN`);
      case "setFit":
        return this.#setFit(command.key, command.fit);
      case "setTransmit":
        return this.#forwarder.setTransmit(command.key, command.transmit);
      case "transmitFrames":
        return this.#transmit(command.key, command.frames);
      case "setReceive":
      case "probe":
      case "stop":
        return;
      default:
        command satisfies never;
    }
  }

  turn(token: number): void {
    const session = this.#byToken.get(token);
    if (session === undefined) return;
    const { key } = session.binding;
    const count = this.#forwarder.turn(key, session.source);
    if (session.sink.takeRefusal()) this.#reportRefusal(session);
    if (count !== SOURCE_GONE) return;
    this.#unwatch(session);
    this.#report({ kind: "attachmentGone", key }, []);
  }

  #install(binding: SessionBinding): void {
    const { key, descriptor, attachment } = binding;
    const socket = this.#sockets.find(binding.socketKey);
    const counters = new DirectionCounters(binding.counters, "encap");
    const session: EncapSession = {
      binding,
      counters,
      source: attachment.kind === "tap"
        ? this.#ports.tapSource(attachment, counters)
        : new FrameQueue(),
      sink: this.#ports.socketSink(socket, descriptor.path),
      peer: new PeerNumbering(binding.peerNumbering),
      token: this.#nextToken++,
      answers: undefined,
      refusedAt: -Infinity,
    };
    this.#sessions.add(key, session);
    this.#installRow(session, descriptor);
    if (binding.fit !== undefined) this.#setFit(key, binding.fit);
    if (binding.transmit) this.#forwarder.setTransmit(key, true);
    if (attachment.kind !== "tap") return;
    this.#watch.add(attachment.fd, session.token);
    this.#byToken.set(session.token, session);
  }

  #update(key: number, descriptor: SessionDescriptor): void {
    const session = this.#sessions.find(key);
    session.sink.redirect(descriptor.path);
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
    session.sink.setFit(fit);
    if (fit.oversize !== "carry" && attachment.kind !== "streams") {
      session.answers ??= new AnswerSink(this.#ports.tapSink(attachment), () => performance.now());
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
    this.#unwatch(session);
    this.#forwarder.remove(key);
    session.sink.close();
  }

  #unwatch({ token, binding }: EncapSession): void {
    if (!this.#byToken.delete(token) || binding.attachment.kind !== "tap") return;
    this.#watch.remove(binding.attachment.fd);
  }

  #transmit(key: number, frames: readonly Uint8Array[]): void {
    const { source } = this.#sessions.find(key);
    if (source instanceof FrameQueue) {
      source.push(frames);
      while (this.#forwarder.turn(key, source) > 0);
    } else {
      this.#payloads.push(frames);
      while (this.#forwarder.sendPayloads(key, this.#payloads) > 0);
    }
  }
}

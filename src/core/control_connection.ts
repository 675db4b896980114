/**
 * One control connection: its state machine, what it knows of the peer, its timers.
 *
 * Read RFC 3931 §3.3, §4.4 and §7.2, RFC 2661 §5.1 and §7.2.1; the state tables are in
 * connection_transitions.ts, the versions' ways to speak in the dialects, delivery in the conversation.
 */

import type { CloseCause, CloseReason } from "../model/close_reason.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage } from "../wire/control_message.ts";
import { type ConnectionPhase, ENDED_PHASES, tableState } from "./connection_phase.ts";
import { Conversation, type ConversationSnapshot, type Received } from "./conversation.ts";
import { type ConnectionTimer, ConnectionTimers } from "./connection_timers.ts";
import { earliest } from "./deadlines.ts";
import type { Composition, Dialect, SessionDialect } from "./dialect.ts";
import type {
  ConnectionHandle,
  ControlDropReason,
  PeerDescription,
  SessionHandle,
} from "./effect.ts";
import {
  connectionFault,
  type Ending,
  faultOf,
  isFault,
  isSessionMessage,
  type ProtocolFault,
  stopEnding,
} from "./fault.ts";
import { Handshake } from "./handshake.ts";
import type { ConnectionSettings, OutgoingSessionSettings } from "./lcce_config.ts";
import { type Proposal, proposeDialects, type Stranger } from "./negotiation.ts";
import type { Services } from "./services.ts";
import { type SessionCarrier, SessionTable } from "./session_table.ts";
import { NOTHING_TO_SAY, readConnectionMessage, wrongState } from "./connection_message.ts";
import type { ConnectionAction, ConnectionInput } from "./connection_transitions.ts";

/** How a connection comes to be. */
export interface ConnectionOrigin {
  readonly handle: ConnectionHandle;
  readonly path: Path;
  readonly settings: ConnectionSettings;
  /** The name of the peer policy, or what `connect` was given; may be empty. */
  readonly peerName: string;
}

/** A moment's view of a connection. */
export interface ConnectionSnapshot extends ConversationSnapshot {
  readonly handle: ConnectionHandle;
  readonly state: ConnectionPhase;
  readonly version: ProtocolVersion;
  readonly peerName: string;
  readonly localId: number;
  readonly remoteId: number;
  readonly peer: PeerDescription | undefined;
}

/** One control connection; `Lcce` makes it and brings it what concerns it. */
export class ControlConnection implements SessionCarrier {
  readonly handle: ConnectionHandle;
  readonly settings: ConnectionSettings;
  readonly peerName: string;
  readonly sessions: SessionTable;
  readonly #services: Services;
  readonly #timers: ConnectionTimers;
  readonly #handshake: Handshake;
  #phase: ConnectionPhase = "idle";
  #conversation: Conversation;
  /** Whether the application knows the handle, and so is to be told of the end. */
  #announced: boolean;
  /** The SCCRQ that the peer began with. */
  readonly #request: Uint8Array | undefined;

  private constructor(
    services: Services,
    { handle, path, settings, peerName }: ConnectionOrigin,
    proposal: Proposal,
    request: Uint8Array | undefined,
  ) {
    this.handle = handle;
    this.settings = settings;
    this.peerName = peerName;
    this.#services = services;
    this.#timers = new ConnectionTimers(settings, services.random);
    this.#handshake = new Handshake(services, settings);
    this.#conversation = new Conversation(services, path, proposal, settings);
    this.#request = request;
    this.#announced = request === undefined;
    this.sessions = new SessionTable(services, this);
  }

  /** A connection that this side asks for (S3CC-01). */
  static outgoing(services: Services, origin: ConnectionOrigin, now: number): ControlConnection {
    const proposal = proposeDialects(origin.settings, origin.path, services.random);
    const connection = new ControlConnection(services, origin, proposal, undefined);
    connection.#step("local-open", NOTHING_TO_SAY, now);
    return connection;
  }

  /** A connection that the peer asks for; it waits for `accept` or `refuse`. */
  static incoming(
    services: Services,
    origin: ConnectionOrigin,
    { dialect, message, opening }: Stranger,
    now: number,
  ): ControlConnection {
    const proposal = { dialect, alternative: undefined };
    const connection = new ControlConnection(services, origin, proposal, message.octets.slice());
    connection.#phase = "requested";
    connection.#timers.noteActivity(now);
    connection.#conversation.begin(message, now);
    connection.#handshake.begin(connection.#conversation, connection, opening);
    connection.#startSetUp(now);
    if (isFault(opening)) connection.refuse(opening.code, now, "protocol");
    return connection;
  }

  // What sessions and the Lcce ask.

  get phase(): ConnectionPhase {
    return this.#phase;
  }

  get version(): ProtocolVersion {
    return this.#dialect.version;
  }

  get path(): Path {
    return this.#conversation.path;
  }

  get sessionDialect(): SessionDialect {
    return this.#dialect.sessions;
  }

  get isEstablished(): boolean {
    return this.#phase === "established";
  }

  get peer(): PeerDescription | undefined {
    return this.#handshake.peer;
  }

  get peerCapabilities(): readonly number[] {
    return this.#handshake.peer?.pseudowireCapabilities ?? [];
  }

  get setUpLimitMs(): number {
    return this.#timers.setUpLimitMs;
  }

  get tieBreaker(): Uint8Array {
    return this.#handshake.tieBreaker;
  }

  get localId(): number {
    return this.#handshake.localIdIn(this.#conversation);
  }

  get remoteId(): number {
    return this.#dialect.remoteId;
  }

  /** Whether a stranger holds it without having finished the handshake. */
  get isHalfOpen(): boolean {
    if (this.#request === undefined) return false;
    return this.#phase === "requested" || this.#phase === "wait-ctl-conn" ||
      (this.#phase === "closing" && !this.#announced);
  }

  /** Whether a StopCCN is on its way to a peer that has ever answered, and may do so again. */
  get awaitsFarewell(): boolean {
    return this.#phase === "closing" && this.#conversation.isProven &&
      this.#timers.heardAt !== undefined;
  }

  get owesAcknowledgement(): boolean {
    return this.#conversation.owesAcknowledgement;
  }

  send(message: Composition): void {
    this.#conversation.send(message);
  }

  drop(reason: ControlDropReason): void {
    this.#services.emit({ kind: "dropped", reason, path: this.path });
  }

  abort({ code }: ProtocolFault, now: number): void {
    this.#stop(stopEnding("protocol", code), now);
  }

  // What happens to it.

  /** The application has been told of the peer's request, and will be told of its end. */
  announce(): void {
    this.#announced = true;
  }

  accept(now: number): void {
    if (this.#phase === "requested") this.#step("sccrq", NOTHING_TO_SAY, now);
  }

  refuse(code: ResultCode, now: number, cause: CloseCause = "local"): void {
    if (this.#phase === "requested") this.#step("sccrq-unacceptable", stopEnding(cause, code), now);
  }

  /** This side wants an end of it, in whatever state (S3CC-16). */
  close(code: ResultCode, now: number): void {
    if (this.#phase === "requested") this.refuse(code, now);
    else this.#step("local-close", stopEnding("local", code), now);
  }

  /** S3CC-08, S3CC-10 and their like: a peer's SCCRQ crossed ours, and tie breakers were compared. */
  handleTie(
    input: ConnectionInput & `sccrq-${string}-tie${string}`,
    now: number,
  ): ConnectionAction | undefined {
    // A peer that asks has, as likely as not, begun to listen after our SCCRQ was sent. It yields
    // to this one before it is told to stop, and need not wait for the retransmission timer.
    if (input === "sccrq-winning-tie") this.#conversation.resend(now);
    const text = "the peer's own request won the tie, and could not be accepted";
    return this.#step(input, { code: { result: 0 }, reason: { cause: "tie", text } }, now);
  }

  /** Asks for a session, now or once the connection is established; `undefined` if it has ended. */
  openSession(settings: OutgoingSessionSettings, now: number): SessionHandle | undefined {
    if (ENDED_PHASES.has(this.#phase)) return undefined;
    const { handle } = this.sessions.open(settings);
    if (this.isEstablished) this.#step("local-open", NOTHING_TO_SAY, now);
    return handle;
  }

  /** Equal tie breakers: it begins again under another identifier and value (V3-CC-19). */
  restart(now: number): void {
    this.#handshake.releaseIds();
    const proposal = proposeDialects(this.settings, this.path, this.#services.random);
    this.#conversation = new Conversation(this.#services, this.path, proposal, this.settings);
    this.#handshake.sendSccrq(this.#conversation, this);
    this.flush(now);
  }

  /** A data packet came: the peer is alive (V3-KA-01). */
  handleDataActivity(at: number): void {
    this.#timers.noteActivity(at);
  }

  /** A datagram with a control message; `version` is what its sender means it to be. */
  handleDatagram(
    version: ProtocolVersion,
    path: Path,
    octets: Uint8Array,
    offset: number,
    now: number,
  ): void {
    const mayMove = this.#phase === "wait-ctl-reply";
    if (!this.#conversation.receive(version, path, octets, offset, now, mayMove)) return;
    this.#timers.noteActivity(now);
    for (;;) {
      const received = this.#conversation.takeDelivered();
      if (received === undefined) break;
      this.#handleMessage(received, now);
    }
    this.flush(now);
  }

  get timeoutAt(): number | undefined {
    return earliest(
      earliest(this.#conversation.timeoutAt, this.#timers.next),
      this.sessions.timeoutAt,
    );
  }

  handleTimeout(now: number): void {
    if (this.#conversation.handleTimeout(now) === "exhausted") this.#lose(now);
    for (let name = this.#timers.takeDue(now); name; name = this.#timers.takeDue(now)) {
      this.#handleTimer(name, now);
    }
    this.sessions.handleTimeout(now);
    this.flush(now);
  }

  /** Transmits what the window lets out. */
  flush(now: number): void {
    this.#conversation.flush(now);
    if (this.#phase !== "closing" || !this.#conversation.isDrained) return;
    if (this.#request) this.#services.rememberRequest(this.path, this.#request, now);
    this.#release();
  }

  /** Acknowledges what no message has acknowledged on its way (V3-REL-04). */
  flushAcknowledgement(): void {
    this.#conversation.flushAcknowledgement();
  }

  snapshot(): ConnectionSnapshot {
    return {
      ...this.#conversation.snapshot(),
      handle: this.handle,
      state: this.#phase,
      version: this.version,
      peerName: this.peerName,
      localId: this.localId,
      remoteId: this.remoteId,
      peer: this.#handshake.peer,
    };
  }

  // Receiving.

  /** A message in its turn. */
  #handleMessage(received: Received, now: number): void {
    const { message } = received;
    const isStop = message.type === "StopCCN";
    // A refusal may be the first to tell the peer's identifier, which its acknowledgement needs.
    if (isStop && this.#dialect.remoteId === 0) {
      const { assignedControlConnectionId, assignedTunnelId } = message.avps;
      this.#dialect.remoteId = assignedControlConnectionId ?? assignedTunnelId ?? 0;
    }
    if (this.#phase === "closing" && isStop) this.#linger(now);
    if (ENDED_PHASES.has(this.#phase)) return;
    const fault = faultOf(message);
    // A StopCCN or CDN that is not quite right ends what it ends all the same.
    if (isSessionMessage(message)) this.#handleSessionMessage(message, now);
    else if (fault === undefined || isStop) this.#handleOwnMessage(received, now);
    else {
      // An SCCRP tells, for all its faults, to whom the StopCCN must go.
      if (message.type === "SCCRP") this.#handshake.readSccrp(this.#conversation, received);
      this.#stop(stopEnding("protocol", fault.code), now);
    }
  }

  #handleSessionMessage(message: DecodedMessage, now: number): void {
    if (this.isEstablished) this.sessions.handleMessage(message, now);
    else this.#stop(wrongState(message.type ?? "", this.#phase), now);
  }

  /** A message about the connection itself. */
  #handleOwnMessage(received: Received, now: number): void {
    const read = readConnectionMessage(
      received,
      this.#phase,
      this.#conversation,
      this.#handshake,
    );
    if (read !== undefined) this.#step(read.input, read.ending, now);
  }

  // The state machine.

  #step(input: ConnectionInput, ending: Ending, now: number): ConnectionAction | undefined {
    const state = tableState(this.#phase);
    const transition = state && this.#dialect.table.find(state, input);
    if (transition === undefined) return undefined;
    switch (transition.action) {
      case "send-sccrq":
        this.#phase = transition.next;
        this.#startSetUp(now);
        this.#handshake.sendSccrq(this.#conversation, this);
        break;
      case "send-sccrp":
        this.#phase = transition.next;
        this.#handshake.sendSccrp(this.#conversation);
        break;
      case "send-scccn-tell-sessions":
        this.send(this.#dialect.composeScccn());
        this.#establish(now);
        break;
      case "tell-sessions":
        this.#establish(now);
        break;
      case "send-stopccn":
        this.#stop(ending, now);
        break;
      case "clean-up":
      case "yield-to-unacceptable":
        this.#linger(now);
        this.#end(ending.reason);
        break;
      case "yield-to-winner":
        this.#linger(now);
        break;
      case "reject-loser":
      case "ignore":
        break;
      default:
        transition.action satisfies never;
    }
    this.flush(now);
    return transition.action;
  }

  /** The handshake is done, or a session was asked for since (S3CC-15). */
  #establish(now: number): void {
    if (this.#phase !== "established") {
      this.#phase = "established";
      this.#timers.endSetUp();
      this.#timers.startHello();
      const { handle: connection, localId, path } = this;
      const { perHopBehaviour, passesEcn } = this.#handshake;
      this.#conversation.perHopBehaviour = perHopBehaviour;
      const peer = this.#handshake.peer!;
      this.#services.emit({
        kind: "connectionUp",
        connection,
        peer,
        path,
        localId,
        perHopBehaviour,
        passesEcn,
      });
    }
    this.sessions.handleConnectionOpen(now);
  }

  /** StopCCN, delivered as surely as any message, and until then the state is kept (V3-REL-19). */
  #stop(ending: Ending, now: number): void {
    this.#phase = "closing";
    if (this.#conversation.isProven) this.#timers.endSetUp();
    this.#timers.endHello();
    this.#conversation.sendLast(this.#dialect.composeStopCcn(this.localId, ending.code));
    this.#end(ending.reason);
    this.flush(now);
  }

  /** Keeps what acknowledging the peer's StopCCN takes, and no more. */
  #linger(now: number): void {
    this.#phase = "lingering";
    this.#conversation.abandon();
    this.#timers.startLinger(now);
  }

  /** The peer does not answer any more: there is nobody to send a StopCCN to (V3-REL-16). */
  #lose(now: number): void {
    if (!ENDED_PHASES.has(this.#phase)) {
      this.#end({ cause: "timeout", text: this.#silence(now) });
    }
    this.#release();
  }

  #silence(now: number): string {
    return this.#conversation.describeSilence(this.#timers.heardAt, now);
  }

  /** Everything above is told; each handle that the application knows ends once. */
  #end(reason: CloseReason): void {
    this.sessions.handleConnectionDown(reason);
    if (this.#announced) {
      this.#services.emit({ kind: "connectionDown", connection: this.handle, reason });
    }
  }

  #release(): void {
    this.flushAcknowledgement();
    this.#phase = "released";
    this.#conversation.abandon();
    this.#handshake.releaseIds();
    this.#timers.clear();
  }

  // Timers.

  #handleTimer(name: ConnectionTimer, now: number): void {
    switch (name) {
      case "set-up": {
        // There may be nobody where a stranger's message seemed to come from.
        if (!this.#conversation.isProven) return this.#lose(now);
        const text = `no answer in state ${this.#phase}`;
        const { code } = connectionFault("stateMachineError", "none", text);
        const ending = stopEnding("timeout", code);
        if (this.#conversation.isDrained) return this.#stop(ending, now);
        // Timers that are a little late each let this one come before the last retransmission's.
        return this.#stop({ code, reason: { ...ending.reason, text: this.#silence(now) } }, now);
      }
      case "hello":
        return this.#handleHelloTimer(now);
      case "linger":
        return this.#release();
      default:
        name satisfies never;
    }
  }

  #startSetUp(now: number): void {
    this.#timers.startSetUp(this.#conversation.isProven, now);
  }

  /** A message that waits for its acknowledgement asks the same question as a HELLO. */
  #handleHelloTimer(now: number): void {
    if (this.#timers.isHelloDue(now) && this.#conversation.isDrained) {
      this.send(this.#dialect.composeHello());
    }
    this.#timers.startHello();
  }

  get #dialect(): Dialect {
    return this.#conversation.dialect;
  }
}

/**
 * One control connection: its state machine, what it knows of the peer, its timers.
 *
 * Read RFC 3931 §3.3, §4.4 and §7.2, RFC 2661 §5.1 and §7.2.1; the state tables are in
 * transitions.ts, the versions' ways to speak in the dialects, reliable delivery in its channel.
 */

import type { CloseCause, CloseReason } from "../model/close_reason.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import { type Path, samePath } from "../model/path.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage } from "../wire/control_message.ts";
import { isFailure } from "../wire/decode_failure.ts";
import { STOP_CCN_RESULTS } from "../wire/result_codes.ts";
import { Deadlines } from "./deadlines.ts";
import type { Composition, Dialect, OwnOpening, PeerOpening, SessionDialect } from "./dialect.ts";
import type {
  ConnectionHandle,
  ControlDropReason,
  PeerDescription,
  SessionHandle,
} from "./effect.ts";
import {
  closeReason,
  connectionFault,
  faultOf,
  isFault,
  isSessionMessage,
  type ProtocolFault,
} from "./fault.ts";
import type { ConnectionSettings, OutgoingSessionSettings } from "./lcce_config.ts";
import {
  composeFallbackSccrq,
  type Proposal,
  proposeDialects,
  type Stranger,
} from "./negotiation.ts";
import { randomOctets, randomUint32 } from "./random.ts";
import {
  type ChannelSnapshot,
  ReliableChannel,
  retransmissionCycleMs,
} from "./reliable_channel.ts";
import type { Services } from "./services.ts";
import { type SessionCarrier, SessionTable } from "./session_table.ts";
import { TIE_BREAKER_OCTETS } from "./tie_breaker.ts";
import type { ConnectionAction, ConnectionInput, ConnectionState } from "./transitions.ts";

/**
 * `requested`: an SCCRQ came, and the application has not answered yet. `closing`: our StopCCN waits
 * for its acknowledgement. `lingering`: the peer's StopCCN may still come again (V3-CC-29).
 */
export type ConnectionPhase = ConnectionState | "requested" | "closing" | "lingering" | "released";

/** The peer's StopCCN is acknowledged again for at least this long. */
const SHORTEST_LINGER_MS = 31_000;

/** A HELLO goes out up to this part of the interval early, so that many do not go at once (V3-KA-03). */
const HELLO_JITTER = 0.1;

/** Phases in which nothing more happens but delivery. */
const ENDED_PHASES: ReadonlySet<ConnectionPhase> = new Set(
  ["closing", "lingering", "released"] as const,
);

const DEFAULT_VENDOR_NAME = "longwire";

type ConnectionTimer = "set-up" | "hello" | "linger";

/** An end: what the peer is told, and what the application is. */
interface Ending {
  readonly code: ResultCode;
  readonly reason: CloseReason;
}

interface Received {
  readonly message: DecodedMessage;
  readonly path: Path;
}

/** How a connection comes to be. */
export interface ConnectionOrigin {
  readonly handle: ConnectionHandle;
  readonly path: Path;
  readonly settings: ConnectionSettings;
  /** The name of the peer policy, or what `connect` was given; may be empty. */
  readonly peerName: string;
}

/** A moment's view of a connection. */
export interface ConnectionSnapshot {
  readonly handle: ConnectionHandle;
  readonly state: ConnectionPhase;
  readonly version: ProtocolVersion;
  readonly path: Path;
  readonly peerName: string;
  readonly localId: number;
  readonly remoteId: number;
  readonly peer: PeerDescription | undefined;
  readonly channel: ChannelSnapshot;
  readonly lastReceivedAt: number | undefined;
  readonly lastTransmittedAt: number | undefined;
  /** Messages of this connection that were dropped because their digest was wrong or missing. */
  readonly distrusted: number;
}

/** One control connection; `Lcce` makes it and brings it what concerns it. */
export class ControlConnection implements SessionCarrier {
  readonly handle: ConnectionHandle;
  readonly settings: ConnectionSettings;
  readonly peerName: string;
  readonly sessions: SessionTable;
  readonly #services: Services;
  readonly #deadlines = new Deadlines<ConnectionTimer>();
  #phase: ConnectionPhase = "idle";
  #path: Path;
  #channel: ReliableChannel<Composition, Received>;
  #dialect: Dialect;
  /** L2TPv2, offered beside L2TPv3, until the peer has chosen. */
  #alternative: Dialect | undefined;
  #ids = new Map<ProtocolVersion, number>();
  #tieBreaker: Uint8Array = new Uint8Array(0);
  #peer: PeerDescription | undefined;
  /** Whether the application knows the handle, and so is to be told of the end. */
  #announced: boolean;
  #isIncoming: boolean;
  #lastReceivedAt: number | undefined;
  #lastTransmittedAt: number | undefined;
  #lastActivityAt = 0;
  #helloMs = 0;
  #distrusted = 0;
  #lastDistrust: ControlDropReason | undefined;

  private constructor(
    services: Services,
    origin: ConnectionOrigin,
    proposal: Proposal,
    isIncoming: boolean,
  ) {
    this.handle = origin.handle;
    this.settings = origin.settings;
    this.peerName = origin.peerName;
    this.#services = services;
    this.#path = origin.path;
    this.#dialect = proposal.dialect;
    this.#alternative = proposal.alternative;
    this.#isIncoming = isIncoming;
    this.#announced = !isIncoming;
    this.#channel = this.#newChannel();
    this.sessions = new SessionTable(services, this);
  }

  /** A connection that this side asks for (S3CC-01). */
  static outgoing(services: Services, origin: ConnectionOrigin, now: number): ControlConnection {
    const proposal = proposeDialects(origin.settings, origin.path, services.random);
    const connection = new ControlConnection(services, origin, proposal, false);
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
    const connection = new ControlConnection(services, origin, proposal, true);
    connection.#phase = "requested";
    connection.#assignId(dialect.version);
    connection.#startSetUp(now);
    const { ns, nr } = message.header;
    connection.#channel.receive(ns, nr, { message, path: origin.path }, now);
    connection.#channel.takeDelivered();
    connection.#lastReceivedAt = now;
    if (isFault(opening)) connection.refuse(opening.code, now, "protocol");
    else connection.#learn(opening);
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
    return this.#path;
  }

  get sessionDialect(): SessionDialect {
    return this.#dialect.sessions;
  }

  get isEstablished(): boolean {
    return this.#phase === "established";
  }

  get peer(): PeerDescription | undefined {
    return this.#peer;
  }

  get peerCapabilities(): readonly number[] {
    return this.#peer?.pseudowireCapabilities ?? [];
  }

  get setUpLimitMs(): number {
    return retransmissionCycleMs(this.settings.retransmission);
  }

  get tieBreaker(): Uint8Array {
    return this.#tieBreaker;
  }

  get localId(): number {
    return this.#ids.get(this.#dialect.version) ?? 0;
  }

  get remoteId(): number {
    return this.#dialect.remoteId;
  }

  /** Whether a stranger holds it without having finished the handshake. */
  get isHalfOpen(): boolean {
    if (!this.#isIncoming) return false;
    return this.#phase === "requested" || this.#phase === "wait-ctl-conn" ||
      (this.#phase === "closing" && !this.#announced);
  }

  get owesAcknowledgement(): boolean {
    return this.#channel.owesAcknowledgement;
  }

  send(message: Composition): void {
    this.#channel.enqueue(message);
  }

  drop(reason: ControlDropReason, path = this.#path): void {
    this.#services.emit({ kind: "dropped", reason, path });
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
    if (this.#phase === "requested") this.#step("sccrq-unacceptable", endingOf(cause, code), now);
  }

  /** This side wants an end of it, in whatever state (S3CC-16). */
  close(code: ResultCode, now: number): void {
    if (this.#phase === "requested") this.refuse(code, now);
    else this.#step("local-close", endingOf("local", code), now);
  }

  /** S3CC-08, S3CC-10 and their like: a peer's SCCRQ crossed ours, and tie breakers were compared. */
  handleTie(
    input: ConnectionInput & `sccrq-${string}-tie${string}`,
    now: number,
  ): ConnectionAction | undefined {
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
    this.#releaseIds();
    this.#channel = this.#newChannel();
    const proposal = proposeDialects(this.settings, this.#path, this.#services.random);
    this.#dialect = proposal.dialect;
    this.#alternative = proposal.alternative;
    this.#sendSccrq();
    this.flush(now);
  }

  /** A data packet came: the peer is alive (V3-KA-01). */
  handleDataActivity(at: number): void {
    this.#lastActivityAt = Math.max(this.#lastActivityAt, at);
  }

  /** A datagram with a control message; `version` is what its sender means it to be. */
  handleDatagram(
    version: ProtocolVersion,
    path: Path,
    octets: Uint8Array,
    offset: number,
    now: number,
  ): void {
    const dialect = this.#dialectOf(version);
    if (dialect === undefined) return this.drop("unknown-version", path);
    if (!this.#accepts(path)) return this.drop("wrong-path", path);
    const authenticity = dialect.verify(octets, offset);
    if (authenticity !== "authentic") {
      this.#distrusted++;
      this.#lastDistrust = authenticity;
      return this.drop(authenticity, path);
    }
    const message = dialect.decode(octets, offset);
    if (isFailure(message)) return this.drop("malformed", path);
    this.#lastReceivedAt = now;
    this.#lastActivityAt = Math.max(this.#lastActivityAt, now);
    this.#receive({ message, path }, now);
    this.flush(now);
  }

  get timeoutAt(): number | undefined {
    return earliest(
      earliest(this.#channel.timeoutAt, this.#deadlines.next()),
      this.sessions.timeoutAt,
    );
  }

  handleTimeout(now: number): void {
    if (this.#channel.handleTimeout(now) === "exhausted") this.#lose();
    for (let name = this.#deadlines.takeDue(now); name; name = this.#deadlines.takeDue(now)) {
      this.#handleTimer(name, now);
    }
    this.sessions.handleTimeout(now);
    this.flush(now);
  }

  /** Transmits what the window lets out. */
  flush(now: number): void {
    for (;;) {
      const transmission = this.#channel.nextTransmission(now);
      if (transmission === undefined) break;
      const { message, ns, nr } = transmission;
      this.#transmit(this.#dialect.seal(message, ns, nr));
      this.#lastTransmittedAt = now;
    }
    if (this.#phase === "closing" && this.#channel.isDrained) this.#release();
  }

  /** Acknowledges what no message has acknowledged on its way (V3-REL-04). */
  flushAcknowledgement(): void {
    if (!this.#channel.owesAcknowledgement) return;
    const { ns, nr } = this.#channel.takeAcknowledgement();
    this.#transmit(this.#dialect.sealAcknowledgement(ns, nr));
  }

  snapshot(): ConnectionSnapshot {
    return {
      handle: this.handle,
      state: this.#phase,
      version: this.version,
      path: this.#path,
      peerName: this.peerName,
      localId: this.localId,
      remoteId: this.remoteId,
      peer: this.#peer,
      channel: this.#channel.snapshot(),
      lastReceivedAt: this.#lastReceivedAt,
      lastTransmittedAt: this.#lastTransmittedAt,
      distrusted: this.#distrusted,
    };
  }

  // Receiving.

  #dialectOf(version: ProtocolVersion): Dialect | undefined {
    if (this.#dialect.version === version) return this.#dialect;
    return this.#alternative?.version === version ? this.#alternative : undefined;
  }

  /** The answer to an SCCRQ may come from another port (V3-UDP-07); then the path stays (V3-UDP-08). */
  #accepts(path: Path): boolean {
    if (samePath(path, this.#path)) return true;
    return this.#phase === "wait-ctl-reply" &&
      path.encapsulation === this.#path.encapsulation &&
      path.remote.address === this.#path.remote.address;
  }

  #receive(received: Received, now: number): void {
    const { header: { ns, nr }, type } = received.message;
    if (type === "ZLB" || type === "ACK") {
      if (!this.#channel.receiveAcknowledgement(nr, now)) this.drop("out-of-window", received.path);
      return;
    }
    const reception = this.#channel.receive(ns, nr, received, now);
    if (reception === "duplicate") this.drop("duplicate", received.path);
    if (reception === "out-of-window" || reception === "invalid-nr") {
      this.drop("out-of-window", received.path);
    }
    for (;;) {
      const next = this.#channel.takeDelivered();
      if (next === undefined) return;
      this.#handleMessage(next, now);
    }
  }

  /** A message in its turn. */
  #handleMessage({ message, path }: Received, now: number): void {
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
    else if (fault === undefined || isStop) this.#handleOwnMessage(message, path, now);
    else this.#handleFaultyMessage(message, fault, now);
  }

  #handleSessionMessage(message: DecodedMessage, now: number): void {
    if (this.isEstablished) this.sessions.handleMessage(message, now);
    else this.#stop(this.#wrongState(message.type ?? ""), now);
  }

  #handleFaultyMessage(message: DecodedMessage, fault: ProtocolFault, now: number): void {
    // An SCCRP tells, for all its faults, to whom the StopCCN must go.
    if (message.type === "SCCRP") this.#readOpening(message);
    this.#stop(endingOf("protocol", fault.code), now);
  }

  /** A message about the connection itself. */
  #handleOwnMessage(message: DecodedMessage, path: Path, now: number): void {
    const { type } = message;
    switch (type) {
      case "SCCRQ":
        this.#step("sccrq", this.#wrongState(type), now);
        return;
      case "SCCRP":
        return this.#handleSccrp(message, path, now);
      case "SCCCN": {
        const fault = this.#phase === "wait-ctl-conn"
          ? this.#dialect.readScccn(message)
          : undefined;
        if (fault === undefined) this.#step("scccn", this.#wrongState(type), now);
        else this.#step("scccn-unacceptable", endingOf("protocol", fault.code), now);
        return;
      }
      case "StopCCN": {
        const code = message.avps.resultCode ?? { result: 0 };
        this.#step("stopccn", endingOf("remote", code), now);
        return;
      }
      default: // HELLO, and types that need not be known: acknowledged, and that is all.
        return;
    }
  }

  #handleSccrp(message: DecodedMessage, path: Path, now: number): void {
    if (this.#phase !== "wait-ctl-reply") {
      this.#step("sccrp", this.#wrongState("SCCRP"), now);
      return;
    }
    this.#path = path;
    const opening = this.#readOpening(message);
    if (isFault(opening)) {
      this.#step("sccrp-unacceptable", endingOf("protocol", opening.code), now);
      return;
    }
    this.#learn(opening);
    this.#step("sccrp", NOTHING_TO_SAY, now);
  }

  /** The version of the SCCRP is the peer's choice between what was offered (V3-CO-04, V3-CO-05). */
  #readOpening(message: DecodedMessage): PeerOpening | ProtocolFault {
    const chosen = this.#dialectOf(message.header.version);
    if (chosen !== undefined && chosen !== this.#dialect) {
      this.#releaseId(this.#dialect.version);
      this.#dialect = chosen;
    } else if (this.#alternative !== undefined) {
      this.#releaseId(this.#alternative.version);
    }
    this.#alternative = undefined;
    return this.#dialect.readOpening(message);
  }

  #learn({ peer, receiveWindow }: PeerOpening): void {
    this.#peer = peer;
    if (receiveWindow !== undefined) this.#channel.setPeerWindow(receiveWindow);
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
        this.#sendSccrq();
        break;
      case "send-sccrp":
        this.#phase = transition.next;
        this.send(this.#dialect.composeSccrp(this.#ownOpening()));
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

  #sendSccrq(): void {
    const version = this.#dialect.version;
    this.#tieBreaker = randomOctets(this.#services.random, TIE_BREAKER_OCTETS);
    this.#assignId(version);
    const own = { ...this.#ownOpening(), tieBreaker: this.#tieBreaker };
    if (this.#alternative === undefined) return this.send(this.#dialect.composeSccrq(own));
    const alternativeId = this.#assignId(this.#alternative.version);
    this.send(composeFallbackSccrq(this.#dialect, this.#alternative, own, alternativeId));
  }

  #ownOpening(): OwnOpening {
    const { config } = this.#services;
    return {
      hostName: config.hostName,
      vendorName: config.vendorName ?? DEFAULT_VENDOR_NAME,
      routerId: config.routerId,
      pseudowireCapabilities: config.pseudowireCapabilities
        .map((type) => PSEUDOWIRE_TYPE_NUMBERS[type]),
      receiveWindow: this.settings.receiveWindow,
      localId: this.localId,
    };
  }

  /** The handshake is done, or a session was asked for since (S3CC-15). */
  #establish(now: number): void {
    if (this.#phase !== "established") {
      this.#phase = "established";
      this.#deadlines.clear("set-up");
      this.#startHello();
      const { handle: connection, localId } = this;
      const path = this.#path;
      this.#services.emit({ kind: "connectionUp", connection, peer: this.#peer!, path, localId });
    }
    this.sessions.handleConnectionOpen(now);
  }

  /** StopCCN, delivered as surely as any message, and until then the state is kept (V3-REL-19). */
  #stop(ending: Ending, now: number): void {
    this.#phase = "closing";
    this.#deadlines.clear("set-up");
    this.#deadlines.clear("hello");
    this.#channel.enqueueLast(this.#dialect.composeStopCcn(this.localId, ending.code));
    this.#end(ending.reason);
    this.flush(now);
  }

  /** Keeps what acknowledging the peer's StopCCN takes, and no more (V3-CC-29, V2-CC-20). */
  #linger(now: number): void {
    this.#phase = "lingering";
    this.#channel.abandon();
    this.#deadlines.clear("set-up");
    this.#deadlines.clear("hello");
    this.#deadlines.set("linger", now + Math.max(SHORTEST_LINGER_MS, this.setUpLimitMs));
  }

  /** The peer does not answer any more: there is nobody to send a StopCCN to (V3-REL-16). */
  #lose(): void {
    if (!ENDED_PHASES.has(this.#phase)) {
      const distrust = this.#lastDistrust === undefined
        ? ""
        : `; ${this.#distrusted} of its messages were dropped, the last for: ${this.#lastDistrust}`;
      this.#end({ cause: "timeout", text: `the peer does not answer${distrust}` });
    }
    this.#release();
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
    this.#channel.abandon();
    this.#releaseIds();
    for (const name of ["set-up", "hello", "linger"] as const) this.#deadlines.clear(name);
  }

  // Timers.

  #handleTimer(name: ConnectionTimer, now: number): void {
    switch (name) {
      case "set-up": {
        const text = `no answer in state ${this.#phase}`;
        const { code } = connectionFault("stateMachineError", "none", text);
        return this.#stop(endingOf("timeout", code), now);
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
    this.#deadlines.set("set-up", now + this.setUpLimitMs);
  }

  #startHello(): void {
    const { helloMs } = this.settings;
    if (helloMs === 0) return;
    const jitter = HELLO_JITTER * randomUint32(this.#services.random) / 2 ** 32;
    this.#helloMs = helloMs * (1 - jitter);
    this.#deadlines.set("hello", this.#lastActivityAt + this.#helloMs);
  }

  /** V3-KA-01: only when nothing at all came; a message that waits for its ack asks the same. */
  #handleHelloTimer(now: number): void {
    if (now >= this.#lastActivityAt + this.#helloMs) {
      if (this.#channel.isDrained) this.send(this.#dialect.composeHello());
      this.#lastActivityAt = now;
    }
    this.#startHello();
  }

  // Small things.

  #newChannel(): ReliableChannel<Composition, Received> {
    return new ReliableChannel(this.settings.retransmission, this.settings.receiveWindow);
  }

  #transmit(octets: Uint8Array): void {
    this.#services.emit({ kind: "transmit", path: this.#path, octets });
  }

  #assignId(version: ProtocolVersion): number {
    const id = this.#services.assignConnectionId(version, this);
    this.#ids.set(version, id);
    return id;
  }

  #releaseId(version: ProtocolVersion): void {
    const id = this.#ids.get(version);
    if (id === undefined) return;
    this.#ids.delete(version);
    this.#services.releaseConnectionId(version, id);
  }

  #releaseIds(): void {
    for (const version of [...this.#ids.keys()]) this.#releaseId(version);
  }

  #wrongState(message: string): Ending {
    const text = `${message} in state ${this.#phase}`;
    return endingOf("protocol", connectionFault("stateMachineError", "none", text).code);
  }
}

const NOTHING_TO_SAY = endingOf("local", { result: STOP_CCN_RESULTS.generalRequest.code });

function endingOf(cause: CloseCause, code: ResultCode): Ending {
  return { code, reason: closeReason(cause, "StopCCN", code) };
}

/** The RFC's state; `undefined` once the connection has ended. */
function tableState(phase: ConnectionPhase): ConnectionState | undefined {
  switch (phase) {
    case "requested":
      return "idle";
    case "closing":
    case "lingering":
    case "released":
      return undefined;
    default:
      return phase;
  }
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}

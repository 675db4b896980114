/**
 * One session over a control connection: the state machine of an incoming call, in both roles.
 *
 * Read RFC 3931 §3.4.1, §5.4.4 and §7.3; the state tables are in transitions.ts. A session tells the
 * data plane what to do by effects: its receive half is installed before the message that invites
 * the peer to send.
 */

import type { CloseCause, CloseReason } from "../model/close_reason.ts";
import {
  CIRCUIT_STANDBY,
  circuitCarriesTraffic,
  coherentCircuitStatus,
} from "../model/circuit_status.ts";
import type { Path } from "../model/path.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import { CDN_RESULTS } from "../wire/result_codes.ts";
import type {
  CallRequest,
  CallTerms,
  CarryingSessionDialect,
  Composition,
  SessionIds,
} from "./dialect.ts";
import type { ConnectionHandle, Effect, SessionHandle } from "./effect.ts";
import { callEnding, type Ending, isFault, type ProtocolFault, sessionFault } from "./fault.ts";
import type { OutgoingSessionSettings, SessionSettings } from "./lcce_config.ts";
import { TIE_BREAKER_OCTETS } from "./tie_breaker.ts";
import {
  ICRQ_RECIPIENT_TABLE,
  ICRQ_SENDER_TABLE,
  type SessionInput,
  type SessionState,
} from "./transitions.ts";

/** What a session needs of the control connection that it belongs to. */
export interface SessionHost {
  readonly connection: ConnectionHandle;
  readonly version: ProtocolVersion;
  readonly path: Path;
  readonly dialect: CarryingSessionDialect;
  emit(effect: Effect): void;
  /** Queues a message for reliable delivery. */
  send(message: Composition): void;
  randomOctets(length: number): Uint8Array;
  /** A Local Session ID that is unique in this process. */
  takeSessionId(session: Session): number;
  /** The session is over: its identifiers are free. */
  release(session: Session): void;
}

/** `requested`: an ICRQ came, and the application has not answered yet; `ended`: nothing more. */
export type SessionPhase = SessionState | "requested" | "ended";

/** A moment's view of a session. */
export interface SessionSnapshot {
  readonly state: SessionPhase;
  readonly connection: ConnectionHandle;
  readonly localSessionId: number;
  readonly remoteSessionId: number;
  readonly localCircuitStatus: number;
  /** `undefined` until the peer has told it. */
  readonly remoteCircuitStatus: number | undefined;
}

const NOTHING_TO_SAY = callEnding("local", { result: CDN_RESULTS.administrative.code });

/** States in which the peer knows of the session, so that a change is to be told (ETH-13). */
const TOLD_STATES: ReadonlySet<SessionPhase> = new Set(
  [
    "wait-reply",
    "wait-connect",
    "established",
  ] as const,
);

const NO_TERMS: CallTerms = {
  cookie: new Uint8Array(0),
  sublayer: "none",
  sequencing: "none",
  circuitStatus: 0,
};

/** One session; `SessionTable` makes it and finds it. */
export class Session {
  readonly handle: SessionHandle;
  readonly role: "icrq-sender" | "icrq-recipient";
  /** AVP 66: what circuit is meant. */
  readonly remoteEndId: Uint8Array;
  #host: SessionHost;
  #state: SessionPhase = "idle";
  #settings: SessionSettings | undefined;
  #serialNumber: number;
  /** AVP 68 of the peer's request. */
  #requestedTypeNumber = 0;
  #localId = 0;
  #remoteId = 0;
  #tieBreaker: Uint8Array = new Uint8Array(0);
  #hasWonTie = false;
  #cookie: Uint8Array = new Uint8Array(0);
  /** What the data plane was last told, if it has the session at all. */
  #installedTerms: CallTerms | undefined;
  #transmit = false;
  #circuitStatus = 0;
  /** What the peer asks of us; before it has told, nothing. */
  #terms: CallTerms = NO_TERMS;
  #remoteCircuitStatus: number | undefined;

  private constructor(
    handle: SessionHandle,
    host: SessionHost,
    role: "icrq-sender" | "icrq-recipient",
    remoteEndId: Uint8Array,
    serialNumber: number,
  ) {
    this.handle = handle;
    this.#host = host;
    this.role = role;
    this.remoteEndId = remoteEndId;
    this.#serialNumber = serialNumber;
  }

  /** A session that this side asks for; it waits for its control connection (S3IS-01). */
  static outgoing(
    handle: SessionHandle,
    host: SessionHost,
    settings: OutgoingSessionSettings,
    serialNumber: number,
  ): Session {
    const session = new Session(handle, host, "icrq-sender", settings.remoteEndId, serialNumber);
    session.#settings = settings;
    session.#circuitStatus = coherentCircuitStatus(settings.circuitStatus);
    session.#step("local-open", NOTHING_TO_SAY);
    return session;
  }

  /** A session that the peer asks for; it waits for `accept` or `refuse`. */
  static incoming(
    handle: SessionHandle,
    host: SessionHost,
    remoteId: number,
    request: CallRequest,
  ): Session {
    const { remoteEndId, serialNumber } = request;
    const session = new Session(handle, host, "icrq-recipient", remoteEndId, serialNumber);
    session.#state = "requested";
    session.#requestedTypeNumber = request.pseudowireTypeNumber;
    session.#remoteId = remoteId;
    session.#learn(request);
    session.#localId = host.takeSessionId(session);
    return session;
  }

  get connection(): ConnectionHandle {
    return this.#host.connection;
  }

  get state(): SessionPhase {
    return this.#state;
  }

  get localId(): number {
    return this.#localId;
  }

  get remoteId(): number {
    return this.#remoteId;
  }

  /** What a lost tie's successor is accepted with. */
  get settings(): SessionSettings | undefined {
    return this.#settings;
  }

  /** What the peer has asked for so far. */
  get terms(): CallTerms {
    return this.#terms;
  }

  /** AVP 5 of the ICRQ that was sent. */
  get tieBreaker(): Uint8Array {
    return this.#tieBreaker;
  }

  /** Another control connection takes this session over, before anything was sent for it. */
  moveTo(host: SessionHost): void {
    this.#host = host;
  }

  /** The control connection is established (S3IS-04). */
  handleConnectionOpen(): void {
    this.#step("connection-open", NOTHING_TO_SAY);
  }

  /** The application takes the peer's request. Without effect if the session ended meanwhile. */
  accept(settings: SessionSettings): void {
    if (this.#state !== "requested") return;
    const { pseudowire } = settings;
    if (PSEUDOWIRE_TYPE_NUMBERS[pseudowire] !== this.#requestedTypeNumber) {
      // The two ends of one circuit are configured differently: seen here where a tie was lost.
      const text =
        `type ${this.#requestedTypeNumber} was asked for, and the circuit is ${pseudowire}`;
      const { code } = sessionFault("pseudowireTypeNotSupported", "none", text); // V3-SES-27
      return this.#step("icrq-unacceptable", callEnding("protocol", code));
    }
    this.#settings = settings;
    this.#circuitStatus = coherentCircuitStatus(settings.circuitStatus);
    this.#cookie = this.#host.randomOctets(settings.cookieLength);
    this.#step("icrq", NOTHING_TO_SAY);
  }

  /** This side wants an end of it, in whatever state. */
  close(code: ResultCode): void {
    const ending = callEnding("local", code);
    this.#step(this.#state === "requested" ? "icrq-unacceptable" : "local-close", ending);
  }

  /** The peer broke the protocol in a message of this session, or did not answer in time. */
  fail(code: ResultCode, cause: CloseCause = "protocol"): void {
    if (this.#state === "ended") return;
    this.#host.send(this.#host.dialect.composeCdn(this.#ids, code));
    this.#end(callEnding(cause, code).reason);
  }

  /** Ends without a word to the peer, as when the control connection is gone (V3-CC-31). */
  end(reason: CloseReason): void {
    if (this.#state !== "ended") this.#end(reason);
  }

  handleIcrp(ids: SessionIds, answer: CallTerms | ProtocolFault): void {
    if (isFault(answer)) {
      if (this.#state === "wait-reply") this.#remoteId = ids.remote;
      this.#step("icrp-unacceptable", callEnding("protocol", answer.code));
      return;
    }
    if (this.#state === "wait-reply") {
      this.#remoteId = ids.remote;
      this.#learn(answer);
    }
    this.#step("icrp", wrongState("ICRP", this.#state));
  }

  handleIccn(answer: CallTerms | ProtocolFault): void {
    if (isFault(answer)) {
      this.#step("iccn-unacceptable", callEnding("protocol", answer.code));
      return;
    }
    if (this.#state === "wait-connect") this.#learn(answer);
    this.#step("iccn", wrongState("ICCN", this.#state));
  }

  /** An ICRQ that names a session which exists already. */
  handleIcrq(): void {
    if (this.#state === "requested") return this.fail(wrongState("ICRQ", this.#state).code);
    this.#step("icrq", wrongState("ICRQ", this.#state));
  }

  /** A peer may send result 13 as the loser, of its own request; the winner's lives on. */
  handleCdn(code: ResultCode): void {
    const isTie = code.result === CDN_RESULTS.lostTieBreaker.code;
    if (isTie && this.#hasWonTie) return;
    this.#step("cdn", callEnding(isTie ? "tie" : "remote", code));
  }

  handleSli(circuitStatus: number | undefined): void {
    if (circuitStatus === undefined || circuitStatus === this.#remoteCircuitStatus) return;
    this.#remoteCircuitStatus = circuitStatus;
    // An ICCN that says nothing of the circuit leaves it as it is now (ETH-13).
    this.#terms = { ...this.#terms, circuitStatus };
    this.#emitCircuitStatus(circuitStatus);
    this.#updateGate();
  }

  /** The tie breaker of the peer's ICRQ was compared with ours (S3IS-07, S3IS-08). */
  handleTie(outcome: "winning" | "losing"): void {
    this.#hasWonTie = outcome === "winning";
    this.#step(`icrq-${outcome}-tie`, NOTHING_TO_SAY);
  }

  /** The tie breakers were equal: the request starts again under a new one (V3-SES-23). */
  restart(): void {
    this.#sendIcrq();
  }

  /** Our circuit changed: an SLI tells the peer once it has been asked for (ETH-11, V3-SLI-01). */
  setCircuitStatus(bits: number): void {
    const status = coherentCircuitStatus(bits);
    if (status === this.#circuitStatus) return;
    this.#circuitStatus = status;
    if (!TOLD_STATES.has(this.#state)) return;
    this.#host.send(this.#host.dialect.composeSli(this.#ids, status));
    this.#updateGate();
  }

  snapshot(): SessionSnapshot {
    return {
      state: this.#state,
      connection: this.#host.connection,
      localSessionId: this.#localId,
      remoteSessionId: this.#remoteId,
      localCircuitStatus: this.#circuitStatus,
      remoteCircuitStatus: this.#remoteCircuitStatus,
    };
  }

  get #ids(): SessionIds {
    return { local: this.#localId, remote: this.#remoteId };
  }

  #step(input: SessionInput, ending: Ending): void {
    if (this.#state === "ended") return;
    const table = this.role === "icrq-sender" ? ICRQ_SENDER_TABLE : ICRQ_RECIPIENT_TABLE;
    const transition = table.find(this.#state === "requested" ? "idle" : this.#state, input);
    if (transition === undefined) return;
    this.#state = transition.next;
    switch (transition.action) {
      case "send-icrq":
        return this.#sendIcrq();
      case "send-icrp":
        return this.#sendIcrp();
      case "send-iccn":
        return this.#sendIccn();
      case "prepare-for-data":
        return this.#establish();
      case "send-cdn":
        this.#host.send(this.#host.dialect.composeCdn(this.#ids, ending.code));
        return this.#end(ending.reason);
      case "clean-up":
        return this.#end(ending.reason);
      case "become-recipient":
        return this.#release();
      case "wait-for-connection":
      case "reject-loser":
        return;
      default:
        transition.action satisfies never;
    }
  }

  #sendIcrq(): void {
    const settings = this.#settings!;
    this.#localId = this.#host.takeSessionId(this);
    this.#tieBreaker = this.#host.randomOctets(TIE_BREAKER_OCTETS);
    this.#cookie = this.#host.randomOctets(settings.cookieLength);
    const request = {
      ...this.#ownTerms(settings),
      pseudowireTypeNumber: PSEUDOWIRE_TYPE_NUMBERS[settings.pseudowire],
      remoteEndId: this.remoteEndId,
      serialNumber: this.#serialNumber,
      tieBreaker: this.#tieBreaker,
    };
    this.#host.send(this.#host.dialect.composeIcrq(this.#ids, request));
  }

  #sendIcrp(): void {
    this.#install();
    const terms = this.#ownTerms(this.#settings!);
    this.#host.send(this.#host.dialect.composeIcrp(this.#ids, terms));
  }

  #sendIccn(): void {
    this.#transmit = this.#gate;
    this.#install();
    this.#host.send(this.#host.dialect.composeIccn(this.#ids));
    this.#announce();
  }

  /** The ICCN may have changed what the peer asks for: then the session is installed anew. */
  #establish(): void {
    this.#transmit = this.#gate;
    const { sublayer, sequencing } = this.#installedTerms!;
    if (this.#terms.sublayer !== sublayer || this.#terms.sequencing !== sequencing) this.#install();
    else if (this.#transmit) this.#emitGate();
    this.#announce();
  }

  #install(): void {
    this.#installedTerms = this.#terms;
    const { handle: session } = this;
    const transmit = this.#transmit;
    this.#host.emit({ kind: "installSession", session, descriptor: this.#descriptor(), transmit });
  }

  #announce(): void {
    const { connection } = this.#host;
    const descriptor = this.#descriptor();
    this.#host.emit({ kind: "sessionUp", session: this.handle, connection, descriptor });
    this.#emitCircuitStatus(this.#remoteCircuitStatus ?? 0);
  }

  /** V3-SLI-05, ECS-09: data goes out only to a circuit that is active, and not from standby. */
  get #gate(): boolean {
    return circuitCarriesTraffic(this.#remoteCircuitStatus ?? 0) &&
      (this.#circuitStatus & CIRCUIT_STANDBY) === 0;
  }

  #updateGate(): void {
    if (this.#state !== "established" || this.#gate === this.#transmit) return;
    this.#transmit = this.#gate;
    this.#emitGate();
  }

  #emitGate(): void {
    const transmit = this.#transmit;
    this.#host.emit({ kind: "updateSession", session: this.handle, transmit });
  }

  #emitCircuitStatus(remote: number): void {
    this.#host.emit({ kind: "circuitStatus", session: this.handle, remote });
  }

  #learn(terms: CallTerms): void {
    this.#terms = terms;
    this.#remoteCircuitStatus = terms.circuitStatus;
  }

  #ownTerms({ sublayer, sequencing }: SessionSettings): CallTerms {
    return { cookie: this.#cookie, sublayer, sequencing, circuitStatus: this.#circuitStatus };
  }

  #descriptor(): SessionDescriptor {
    const { pseudowire, sublayer, sequencing } = this.#settings!;
    return {
      version: this.#host.version,
      path: this.#host.path,
      pseudowire,
      localSessionId: this.#localId,
      remoteSessionId: this.#remoteId,
      receiveCookie: this.#cookie,
      transmitCookie: this.#terms.cookie,
      receiveSublayer: sublayer,
      transmitSublayer: this.#terms.sublayer,
      receiveSequencing: sequencing,
      transmitSequencing: this.#terms.sequencing,
    };
  }

  #end(reason: CloseReason): void {
    if (this.#installedTerms !== undefined) {
      this.#host.emit({ kind: "removeSession", session: this.handle });
    }
    this.#host.emit({ kind: "sessionDown", session: this.handle, reason });
    this.#release();
  }

  #release(): void {
    this.#state = "ended";
    this.#host.release(this);
  }
}

/** A message that has no place in the state the session is in. */
function wrongState(message: string, state: SessionPhase): Ending {
  const text = `${message} in state ${state}`;
  return callEnding("protocol", sessionFault("stateMachineError", "none", text).code);
}

/**
 * The sessions of one control connection: finds the one that a message is about, makes those that
 * the peer asks for, settles ties, refuses what cannot be.
 *
 * Read RFC 3931 §5.4.4 (Local and Remote Session ID, Session Tie Breaker), A-08, A-09 and A-17.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallCauses } from "../model/call_information.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage } from "../wire/control_message.ts";
import { Deadlines, earliest } from "./deadlines.ts";
import type { CallRequest, Composition, SessionDialect, SessionIds } from "./dialect.ts";
import type { ConnectionHandle, ControlDropReason, Effect } from "./effect.ts";
import { connectionFault, faultOf, isFault, type ProtocolFault, sessionFault } from "./fault.ts";
import type { OutgoingSessionSettings, SessionSettings } from "./lcce_config.ts";
import { IdentifierPool } from "./identifier_pool.ts";
import { randomOctets, randomUint32 } from "../crypto/random.ts";
import type { Services } from "./services.ts";
import { Session, type SessionHost } from "./session.ts";
import { SessionRegister } from "./session_register.ts";
import { compareTieBreakers } from "./tie_breaker.ts";

/** What sessions need of the control connection that carries them. */
export interface SessionCarrier {
  readonly handle: ConnectionHandle;
  readonly version: ProtocolVersion;
  readonly path: Path;
  readonly sessionDialect: SessionDialect;
  readonly isEstablished: boolean;
  /** The connection's own identifier, and the peer's. */
  readonly localId: number;
  readonly remoteId: number;
  /** AVP 62 of the peer. */
  readonly peerCapabilities: readonly number[];
  /** How long a session may be in set-up. */
  readonly setUpLimitMs: number;
  send(message: Composition): void;
  drop(reason: ControlDropReason): void;
  /** Ends the connection, for a fault that no CDN can answer (V3-MSG-19). */
  abort(fault: ProtocolFault, now: number): void;
}

/** The sessions of one control connection. */
export class SessionTable implements SessionHost {
  readonly #services: Services;
  readonly #carrier: SessionCarrier;
  readonly #ownIds: IdentifierPool;
  readonly #sessions = new SessionRegister();
  readonly #setUpLimits = new Deadlines<Session>();
  /** Sessions that have circuit errors to tell of, but not yet (V3-WEN-01). */
  readonly #errorReports = new Deadlines<Session>();
  /** Those that wait for the connection. */
  readonly #waiting = new Set<Session>();

  constructor(services: Services, carrier: SessionCarrier) {
    this.#services = services;
    this.#carrier = carrier;
    this.#ownIds = new IdentifierPool(services.random, 16);
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions[Symbol.iterator]();
  }

  // What sessions ask of their host.

  get connection(): ConnectionHandle {
    return this.#carrier.handle;
  }

  get version(): ProtocolVersion {
    return this.#carrier.version;
  }

  get path(): Path {
    return this.#carrier.path;
  }

  get dialect(): SessionDialect {
    return this.#carrier.sessionDialect;
  }

  get connectionIds(): SessionIds {
    return { local: this.#carrier.localId, remote: this.#carrier.remoteId };
  }

  emit(effect: Effect): void {
    this.#services.emit(effect);
  }

  send(message: Composition): void {
    this.#carrier.send(message);
  }

  randomOctets(length: number): Uint8Array {
    return randomOctets(this.#services.random, length);
  }

  takeSessionId(session: Session): number {
    this.#releaseLocalId(session);
    const id = this.#sessionIds.take();
    this.#sessions.assignLocalId(id, session);
    return id;
  }

  release(session: Session): void {
    this.#releaseLocalId(session);
    this.#sessions.remove(session);
    this.#waiting.delete(session);
    this.#setUpLimits.clear(session);
    this.#errorReports.clear(session);
    this.#services.unregisterSession(session);
  }

  // What the connection and the application tell.

  /** This side asks for a session; it waits until the connection is up. */
  open(settings: OutgoingSessionSettings): Session {
    const handle = this.#services.newHandle();
    const serialNumber = this.#services.nextSerialNumber();
    const session = Session.outgoing(handle, this, settings, serialNumber);
    this.#add(session);
    this.#waiting.add(session);
    return session;
  }

  /** The connection is established: what waits for it begins (S3CC-06, S3CC-12, S3CC-15). */
  handleConnectionOpen(now: number): void {
    for (const session of this.#waiting) this.#start(session, now);
    this.#waiting.clear();
  }

  /** The connection ended: so do all its sessions (V3-CC-31). */
  handleConnectionDown(reason: CloseReason): void {
    const text = `connection closed: ${reason.text}`;
    const consequence: CloseReason = { ...reason, cause: "connection", text, because: reason };
    for (const session of this.#sessions) session.end(consequence);
  }

  /** Takes over the sessions that wait for a connection which lost a tie. */
  adopt(loser: SessionTable): void {
    for (const session of loser.#sessions) {
      loser.#sessions.remove(session);
      session.moveTo(this);
      this.#sessions.add(session);
      this.#waiting.add(session);
    }
  }

  accept(session: Session, settings: SessionSettings, now: number): void {
    session.accept(settings);
    this.#settle(session, now);
  }

  get timeoutAt(): number | undefined {
    return earliest(this.#setUpLimits.next(), this.#errorReports.next());
  }

  handleTimeout(now: number): void {
    let session: Session | undefined;
    while ((session = this.#setUpLimits.takeDue(now)) !== undefined) session.expire();
    while ((session = this.#errorReports.takeDue(now)) !== undefined) {
      session.tellCircuitErrors(now);
      this.#settle(session, now);
    }
  }

  /** The application tells something about one of its sessions. */
  act(session: Session, action: () => void, now: number): void {
    action();
    this.#settle(session, now);
  }

  /** A session message, in its turn. */
  handleMessage(message: DecodedMessage, now: number): void {
    const ids = this.dialect.identify(message);
    const session = this.#sessions.find(ids);
    const fault = message.type === "CDN" ? undefined : faultOf(message);
    if (session === undefined) return this.#handleUnknown(message, ids, fault, now);
    if (fault !== undefined) session.fail(fault.code);
    else this.#dispatch(session, ids, message);
    this.#settle(session, now);
  }

  #dispatch(session: Session, ids: SessionIds, message: DecodedMessage): void {
    const { type, avps } = message;
    switch (type) {
      case "ICRQ":
      case "OCRQ":
        return session.handleRequest(type);
      case "ICRP":
      case "OCRP":
        return session.handleReply(type, ids, this.dialect.readReply(message));
      case "ICCN":
      case "OCCN":
        return session.handleConnect(type, this.dialect.readConnect(message, session.terms));
      case "CDN":
        return session.handleCdn(avps.resultCode ?? { result: 0 }, causesIn(avps));
      case "SLI": {
        const information = this.dialect.readLinkInformation(message);
        if (information !== undefined) session.handleLinkInformation(information);
        return session.handleSli(avps.circuitStatus);
      }
      case "WEN": // No state changes at either.
        if (avps.circuitErrors !== undefined) session.handleWen(avps.circuitErrors);
        return;
      default: // No other message is about a session.
        return;
    }
  }

  /** A message about no session that is known. */
  #handleUnknown(
    message: DecodedMessage,
    ids: SessionIds,
    fault: ProtocolFault | undefined,
    now: number,
  ): void {
    const { type } = message;
    switch (type) {
      case "ICRQ":
      case "OCRQ":
      case "ICRP":
      case "OCRP":
        // Without an identifier of its sender there is no session that a CDN could refuse, and a
        // request is never left without an answer (V3-SES-32): that is beyond repair (V3-MSG-19).
        if (ids.remote === 0) this.#carrier.abort(fault ?? NO_SESSION_ID, now);
        else if (fault !== undefined) this.#reject(ids, fault.code);
        else if (type === "ICRP" || type === "OCRP") this.#reject(ids, NO_SUCH_SESSION.code);
        else this.#handleRequest(type === "ICRQ" ? "incoming" : "outgoing", message, ids, now);
        return;
      default:
        this.#carrier.drop("unknown-session");
    }
  }

  /** An ICRQ or OCRQ: refused at once, in a tie with our own, or for the application to answer. */
  #handleRequest(
    call: CallDirection,
    message: DecodedMessage,
    ids: SessionIds,
    now: number,
  ): void {
    const request = this.dialect.readRequest(message);
    if (isFault(request)) return this.#reject(ids, request.code);
    const { pseudowireTypeNumber, remoteEndId } = request;
    if (!this.#advertised(pseudowireTypeNumber)) {
      const text = `pseudowire type ${pseudowireTypeNumber} is not supported here`;
      return this.#reject(ids, this.dialect.fault("wrong-type", text).code);
    }
    const rival = this.dialect.hasTies ? this.#sessions.rivalOf(remoteEndId) : undefined;
    if (rival !== undefined) return this.#handleTie(rival, call, ids, request, now);
    const most = this.#services.limits.sessionsPerConnection;
    if (this.#sessions.size >= most || this.#sessionIds.isFull) {
      const text = `${this.#sessions.size} sessions over one control connection are the most here`;
      return this.#reject(ids, sessionFault("noFacilitiesTemporarily", "none", text).code);
    }
    const session = this.#admit(ids.remote, call, request);
    const { serialNumber, circuitStatus, information } = request;
    this.emit({
      kind: "sessionRequested",
      connection: this.connection,
      session: session.handle,
      request: {
        call,
        pseudowireTypeNumber,
        remoteEndId,
        serialNumber,
        circuitStatus,
        information,
      },
    });
  }

  /** Our own request and the peer's for the same circuit crossed (V3-SES-19..24). */
  #handleTie(
    own: Session,
    call: CallDirection,
    ids: SessionIds,
    request: CallRequest,
    now: number,
  ): void {
    const outcome = compareTieBreakers(own.tieBreaker, request.tieBreaker);
    if (outcome === "equal") own.restart(); // V3-SES-23
    else own.handleTie(outcome);
    if (outcome === "winning") {
      this.#reject(ids, sessionFault("lostTieBreaker", "none", "").code); // V3-SES-21
    } else if (outcome === "losing") {
      // What was asked for here goes on as the peer's request: no need to ask the application.
      const kept = this.#admit(ids.remote, call, request);
      this.emit({ kind: "sessionReplaced", lost: own.handle, kept: kept.handle });
      this.accept(kept, own.settings!, now);
    }
    this.#settle(own, now);
  }

  #admit(remoteId: number, call: CallDirection, request: CallRequest): Session {
    const handle = this.#services.newHandle();
    const session = Session.incoming(handle, this, remoteId, call, request);
    this.#add(session);
    this.#sessions.update(session);
    return session;
  }

  #add(session: Session): void {
    this.#sessions.add(session);
    this.#services.registerSession(session);
  }

  #start(session: Session, now: number): void {
    const reason = this.#whyNotCarried(session);
    if (reason !== undefined) return session.end(reason);
    session.handleConnectionOpen();
    this.#settle(session, now);
  }

  #whyNotCarried(session: Session): CloseReason | undefined {
    const { pseudowire } = session.settings!;
    if (!this.#carrier.peerCapabilities.includes(PSEUDOWIRE_TYPE_NUMBERS[pseudowire])) {
      const { code: { result: resultCode } } = this.dialect.fault("wrong-type", ""); // V3-SES-26
      return { cause: "protocol", resultCode, text: `the peer does not support ${pseudowire}` };
    }
    if (this.#sessionIds.isFull) return { cause: "local", text: "all Session IDs are in use" };
    const text = this.dialect.whyNotAsked(session.call, session.settings!);
    return text === undefined ? undefined : { cause: "protocol", text };
  }

  /** Where identifiers come from, and go back to. */
  get #sessionIds(): IdentifierPool {
    return this.dialect.sessionIdScope === "process" ? this.#services.sessionIds : this.#ownIds;
  }

  #advertised(pseudowireTypeNumber: number): boolean {
    return this.#services.config.pseudowireCapabilities
      .some((type) => PSEUDOWIRE_TYPE_NUMBERS[type] === pseudowireTypeNumber);
  }

  /** A CDN for what is no session here; it needs an identifier of ours all the same (V3-MSG-12). */
  #reject({ local, remote }: SessionIds, code: ResultCode): void {
    const throwaway = 1 + randomUint32(this.#services.random) % MOST_SESSION_ID_V2;
    const ids = { local: local === 0 ? throwaway : local, remote };
    this.send(this.dialect.composeCdn(ids, code, {}));
  }

  /** After anything that may have changed a session's state. */
  #settle(session: Session, now: number): void {
    if (!this.#sessions.has(session)) return;
    this.#sessions.update(session);
    const { state, errorsDueAt } = session;
    if (!WAITING_STATES.has(state)) this.#setUpLimits.clear(session);
    else if (this.#setUpLimits.at(session) === undefined) {
      this.#setUpLimits.set(session, now + this.#carrier.setUpLimitMs);
    }
    if (errorsDueAt !== undefined) this.#errorReports.set(session, errorsDueAt);
  }

  #releaseLocalId(session: Session): void {
    if (session.localId === 0) return;
    this.#sessions.releaseLocalId(session.localId);
    this.#sessionIds.release(session.localId);
  }
}

/** The largest Session ID of L2TPv2; one of L2TPv3 may be as small. */
const MOST_SESSION_ID_V2 = 0xffff;

const NO_SESSION_ID = connectionFault("generalError", "outOfRange", "a request without Session ID");
const NO_SUCH_SESSION = sessionFault("generalError", "invalidSessionId", "no such session");

/** States in which an answer is waited for, the peer's or the call's other end's. */
const WAITING_STATES: ReadonlySet<Session["state"]> = new Set(
  ["wait-reply", "wait-connect", "wait-cs-answer"] as const,
);

/** What a CDN says of its reason beside the result code. */
function causesIn({ q931Cause, pppDisconnectCause }: DecodedMessage["avps"]): CallCauses {
  return {
    ...(q931Cause === undefined ? {} : { q931Cause }),
    ...(pppDisconnectCause === undefined ? {} : { disconnectCause: pppDisconnectCause }),
  };
}

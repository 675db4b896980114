/**
 * The control plane of one L2TP endpoint, as a pure machine: octets, time and randomness go in,
 * effects come out. It opens nothing, waits for nothing, and never throws because of a peer.
 *
 * Read DESIGN.md section 4, then RFC 3931 §3.3 and §3.4. What it finds and hands on: datagrams to
 * control connections, the application's wishes to connections and sessions.
 */

import type { CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { Path } from "../model/path.ts";
import { decodeControlHeader } from "../wire/control_header.ts";
import { isFailure } from "../wire/decode_failure.ts";
import { firstLook } from "../wire/first_look.ts";
import { type ConnectionSnapshot, ControlConnection } from "./control_connection.ts";
import { ConnectionRegister } from "./connection_register.ts";
import { Deadlines } from "./deadlines.ts";
import type { ConnectionHandle, ControlDropReason, Effect, SessionHandle } from "./effect.ts";
import { causesOf, codeOf, type Farewell } from "./farewell.ts";
import { IdentifierPool } from "./identifier_pool.ts";
import {
  type ConnectionSettings,
  type LcceConfig,
  type OutgoingSessionSettings,
  resolveLimits,
  type SessionSettings,
} from "./lcce_config.ts";
import { Reception } from "./reception.ts";
import { Queue } from "./queue.ts";
import type { Random } from "../crypto/random.ts";
import type { Services } from "./services.ts";
import type { Session, SessionSnapshot } from "./session.ts";

/** What fits into an AVP also when it is hidden and padded (A-07, V3-HID-06). */
const MOST_NAME_OCTETS = 1000;

/** One endpoint's control plane. */
export class Lcce {
  readonly #services: Services;
  readonly #effects = new Queue<Effect>();
  readonly #connections = new ConnectionRegister();
  readonly #reception: Reception;
  readonly #deadlines = new Deadlines<ControlConnection>();
  /** Connections that may owe an acknowledgement once the queue is empty. */
  readonly #owing = new Set<ControlConnection>();
  readonly #sessions = new Map<SessionHandle, Session>();
  #lastHandle = 0;
  #serialNumber = 0;

  /** @throws {RangeError} A name that no AVP could carry as it should. */
  constructor(config: LcceConfig, random: Random) {
    checkName("host name", config.hostName); // V3-CC-06, V3-I18N-04
    if (config.vendorName !== undefined) checkName("vendor name", config.vendorName); // V3-I18N-03
    this.#services = this.#makeServices(config, random);
    const settle = (connection: ControlConnection) => this.#settle(connection);
    this.#reception = new Reception(this.#services, this.#connections, settle);
  }

  /** The next thing to do; call until it answers `undefined`, after every other call. */
  poll(): Effect | undefined {
    const effect = this.#effects.shift();
    if (effect !== undefined || this.#owing.size === 0) return effect;
    // Only now is it sure that no message carries the acknowledgement for nothing.
    for (const connection of this.#owing) connection.flushAcknowledgement();
    this.#owing.clear();
    return this.#effects.shift();
  }

  /**
   * Whether `poll` has more to say than acknowledgements, which an answer to what was asked for can
   * carry if it is given first (V3-REL-04).
   */
  get hasEffects(): boolean {
    return !this.#effects.isEmpty;
  }

  /** When `handleTimeout` is to be called, if nothing else happens before. */
  nextTimeout(): number | undefined {
    return this.#deadlines.next();
  }

  handleTimeout(now: number): void {
    this.#reception.sweep(now);
    for (;;) {
      const connection = this.#deadlines.takeDue(now);
      if (connection === undefined) return;
      connection.handleTimeout(now);
      this.#settle(connection);
    }
  }

  /** A datagram from a control socket: the payload of UDP, or of IP protocol 115. */
  handleDatagram(path: Path, octets: Uint8Array, now: number): void {
    const look = firstLook(octets, path.encapsulation);
    if (look.kind === "unusable") {
      return this.#drop(look.reason === "unknown-version" ? look.reason : "malformed", path);
    }
    if (look.kind === "data") return this.#drop("data-on-control-socket", path);
    const header = decodeControlHeader(octets, look.offset);
    if (isFailure(header)) return this.#drop("malformed", path);
    const { connectionId, version } = header;
    const addressed = this.#connections.byLocalId(version, connectionId);
    if (addressed !== undefined) {
      addressed.handleDatagram(version, path, octets, look.offset, now);
      return this.#settle(addressed);
    }
    this.#reception.handleDatagram(header, path, octets, look.offset, now);
  }

  /**
   * Asks the peer at `path` for a control connection.
   *
   * @param peerName Names the peer as `findPeers` does, so that a tie with its own request is seen
   * whatever address that comes from (V3-CC-23).
   * @throws {RangeError} The settings cannot be had over this path.
   */
  connect(
    path: Path,
    settings: ConnectionSettings,
    now: number,
    peerName = "",
  ): ConnectionHandle {
    const handle = this.#services.newHandle();
    const origin = { handle, path, settings, peerName };
    const connection = ControlConnection.outgoing(this.#services, origin, now);
    this.#connections.add(connection);
    this.#settle(connection);
    return handle;
  }

  /** Answers a `connectionRequested`. Without effect where the peer has given up meanwhile. */
  acceptConnection(handle: ConnectionHandle, now: number): void {
    this.#with(handle, (connection) => connection.accept(now));
  }

  /** Answers a `connectionRequested` with a StopCCN. */
  refuseConnection(handle: ConnectionHandle, farewell: Farewell, now: number): void {
    this.#with(handle, (connection) => connection.refuse(codeOf(farewell), now));
  }

  /** Ends a connection and its sessions with a StopCCN. */
  closeConnection(handle: ConnectionHandle, farewell: Farewell, now: number): void {
    this.#with(handle, (connection) => connection.close(codeOf(farewell), now));
  }

  /** A data packet of this connection came in at this instant: it is alive (V3-KA-01). */
  handleDataActivity(handle: ConnectionHandle, at: number): void {
    this.#connections.get(handle)?.handleDataActivity(at);
  }

  /**
   * Asks for a session; it waits until the connection is established.
   *
   * @throws {RangeError} The Remote End ID is longer than its AVP can be.
   */
  openSession(
    handle: ConnectionHandle,
    settings: OutgoingSessionSettings,
    now: number,
  ): SessionHandle {
    const { length } = settings.remoteEndId;
    if (length > MOST_NAME_OCTETS) {
      throw new RangeError(`a Remote End ID of ${length} octets: ${MOST_NAME_OCTETS} at most`);
    }
    const connection = this.#connections.get(handle);
    const session = connection?.openSession(settings, now);
    if (connection !== undefined) this.#settle(connection);
    if (session !== undefined) return session;
    const lost = this.#services.newHandle();
    const reason: CloseReason = { cause: "connection", text: "the control connection has ended" };
    this.#effects.push({ kind: "sessionDown", session: lost, reason });
    return lost;
  }

  /** Answers a `sessionRequested`. Without effect where the peer has given up meanwhile. */
  acceptSession(handle: SessionHandle, settings: SessionSettings, now: number): void {
    this.#withSession(handle, now, (session, connection) => {
      connection.sessions.accept(session, settings, now);
    });
  }

  /** Answers a `sessionRequested` with a CDN. */
  refuseSession(handle: SessionHandle, farewell: Farewell, now: number): void {
    this.closeSession(handle, farewell, now);
  }

  /**
   * Answers a `placeCall`: the call was placed, and the session carries data (S3OR-05, S2LO-05).
   *
   * @param information What has become known of the line, beside what the settings say.
   */
  handleCallPlaced(handle: SessionHandle, now: number, information: CallInformation = {}): void {
    this.#withSession(handle, now, (session) => session.handleCallPlaced(information));
  }

  /** Answers a `placeCall`: the call could not be placed (S3OR-06, S2LO-06). */
  handleCallFailed(handle: SessionHandle, farewell: Farewell, now: number): void {
    this.#withSession(handle, now, (session) => {
      session.handleCallFailed(codeOf(farewell), causesOf(farewell));
    });
  }

  /** Ends a session with a CDN. */
  closeSession(handle: SessionHandle, farewell: Farewell, now: number): void {
    this.#withSession(handle, now, (session) => {
      session.close(codeOf(farewell), causesOf(farewell));
    });
  }

  /** PPP has set up an L2TPv2 session's link: an SLI tells the LAC (V2-SLI-01, LCPX-02). */
  tellLinkInformation(handle: SessionHandle, information: LinkInformation, now: number): void {
    this.#withSession(handle, now, (session) => session.tellLinkInformation(information));
  }

  /** Our circuit's status changed; the peer is told by SLI (ETH-11, V3-SLI-01). */
  setCircuitStatus(handle: SessionHandle, bits: number, now: number): void {
    this.#withSession(handle, now, (session) => session.setCircuitStatus(bits));
  }

  /** Our circuit has had so many errors in this session; WENs tell the peer (V3-WEN-01, V3-WEN-02). */
  reportCircuitErrors(handle: SessionHandle, totals: CircuitErrors, now: number): void {
    this.#withSession(handle, now, (session) => session.reportCircuitErrors(totals, now));
  }

  /** Connections that strangers hold without having finished the handshake. */
  get halfOpenCount(): number {
    return this.#connections.halfOpenCount;
  }

  /** A moment's view of a connection, for as long as anything of it is kept. */
  describeConnection(handle: ConnectionHandle): ConnectionSnapshot | undefined {
    return this.#connections.get(handle)?.snapshot();
  }

  /** A moment's view of a session, until it has ended. */
  describeSession(handle: SessionHandle): SessionSnapshot | undefined {
    return this.#sessions.get(handle)?.snapshot();
  }

  /** Connections of which anything is kept. */
  get openConnections(): number {
    return this.#connections.size;
  }

  /** Connections whose StopCCN a peer that has answered before has not acknowledged yet. */
  get closingConnections(): number {
    let count = 0;
    for (const { awaitsFarewell } of this.#connections.values()) if (awaitsFarewell) count++;
    return count;
  }

  #with(handle: ConnectionHandle, act: (connection: ControlConnection) => void): void {
    const connection = this.#connections.get(handle);
    if (connection === undefined) return;
    act(connection);
    this.#settle(connection);
  }

  #withSession(
    handle: SessionHandle,
    now: number,
    act: (session: Session, connection: ControlConnection) => void,
  ): void {
    const session = this.#sessions.get(handle);
    const connection = session && this.#connections.get(session.connection);
    if (connection === undefined) return;
    connection.sessions.act(session!, () => act(session!, connection), now);
    connection.flush(now);
    this.#settle(connection);
  }

  /** After anything that happened to a connection: its deadline, its debts, its end. */
  #settle(connection: ControlConnection): void {
    if (connection.owesAcknowledgement) this.#owing.add(connection);
    const { timeoutAt } = connection;
    if (timeoutAt === undefined) this.#deadlines.clear(connection);
    else this.#deadlines.set(connection, timeoutAt);
    if (connection.phase === "released") this.#owing.delete(connection);
    this.#connections.update(connection);
  }

  #drop(reason: ControlDropReason, path: Path): void {
    this.#effects.push({ kind: "dropped", reason, path });
  }

  #makeServices(config: LcceConfig, random: Random): Services {
    const sessionIds = new IdentifierPool(random, 32);
    const connectionIds = {
      2: new IdentifierPool(random, 16),
      3: new IdentifierPool(random, 32),
    };
    return {
      config,
      limits: resolveLimits(config.limits),
      random,
      emit: (effect) => this.#effects.push(effect),
      assignConnectionId: (version, connection) => {
        const id = connectionIds[version].take();
        this.#connections.assignId(version, id, connection);
        return id;
      },
      releaseConnectionId: (version, id) => {
        connectionIds[version].release(id);
        this.#connections.releaseId(version, id);
      },
      rememberRequest: (path, octets, now) => this.#reception.rememberRequest(path, octets, now),
      newHandle: () => ++this.#lastHandle,
      sessionIds,
      nextSerialNumber: () => this.#serialNumber = (this.#serialNumber + 1) >>> 0,
      registerSession: (session) => this.#sessions.set(session.handle, session),
      unregisterSession: (session) => this.#sessions.delete(session.handle),
    };
  }
}

function checkName(what: string, name: string): void {
  if (name.length <= MOST_NAME_OCTETS && /^[\x20-\x7e]+$/.test(name)) return;
  const range = `1 to ${MOST_NAME_OCTETS} US-ASCII characters`;
  throw new RangeError(`the ${what} ${JSON.stringify(name)}: ${range} are needed`);
}

/**
 * What peers ask for, to be answered once: a control connection, or a session over one.
 *
 * Read RFC 3931 §3.3 and §3.4.1 first. Until the answer the peer's message is acknowledged and
 * nothing more. A request that is never answered is ended by the peer's own patience.
 */

import type { PeerDescription, SessionRequest as RequestedSession } from "../core/effect.ts";
import type { CallDirection } from "../model/call_direction.ts";
import type { CallCauses, CallInformation } from "../model/call_information.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { Path } from "../model/path.ts";
import { type PseudowireType, pseudowireTypeOf } from "../model/pseudowire_type.ts";
import type { ControlConnection } from "./control_connection.ts";
import { ControlConnectionError, SessionError } from "./errors.ts";
import type { SessionOptions } from "./options.ts";
import { remoteEndIdText } from "./resolve_options.ts";
import type { Session } from "./session.ts";

/** How a request is refused. */
export interface RefuseOptions extends CallCauses {
  /** Of a StopCCN by default 4, "requester not authorised"; of a CDN 4, "no facilities now". */
  readonly resultCode?: number;
  /** General Error Code, with result 2. */
  readonly errorCode?: number;
  /** One sentence for the peer's log. */
  readonly text?: string;
  /** Addresses that the peer may try instead, best first; they take the place of codes and text. */
  readonly alternatives?: readonly string[];
}

/** A session that the peer asked for is accepted with these; the pseudowire is the peer's choice. */
export type AcceptSessionOptions = Omit<SessionOptions, "call" | "pseudowire" | "remoteEndId">;

/** How a request is answered: the endpoint's side of it. */
export interface Answers<Options, Accepted> {
  accept(options: Options): Promise<Accepted>;
  refuse(options: RefuseOptions): void;
}

/** The answer that a request has had, if any. */
class Answer<Options, Accepted> {
  readonly #answers: Answers<Options, Accepted>;
  #given: "accept" | "refuse" | undefined;
  #withdrawn: CloseReason | undefined;

  constructor(answers: Answers<Options, Accepted>) {
    this.#answers = answers;
  }

  accept(options: Options, errorOf: (reason: CloseReason) => Error): Promise<Accepted> {
    if (this.#given !== undefined) throw new TypeError(`this request was answered: ${this.#given}`);
    if (this.#withdrawn !== undefined) return Promise.reject(errorOf(this.#withdrawn));
    this.#given = "accept";
    return this.#answers.accept(options);
  }

  refuse(options: RefuseOptions): void {
    if (this.#given !== undefined || this.#withdrawn !== undefined) return;
    this.#given = "refuse";
    this.#answers.refuse(options);
  }

  withdraw(reason: CloseReason): void {
    this.#withdrawn = reason;
  }
}

/** A peer wants a control connection, and has proved who it is where it has to. */
export class ConnectionRequest {
  /** The `name` of the peer in the options; `"unknown"` for one that is not there. */
  readonly peerName: string;
  /** What the peer says of itself. */
  readonly peer: PeerDescription;
  /** Between which addresses. */
  readonly path: Path;
  readonly #answer: Answer<{ name?: string }, ControlConnection>;

  /** @ignore Requests come from `Endpoint.connectionRequests`. */
  constructor(
    parts: { readonly peerName: string; readonly peer: PeerDescription; readonly path: Path },
    answers: Answers<{ name?: string }, ControlConnection>,
    reveal: (withdraw: (reason: CloseReason) => void) => void,
  ) {
    this.peerName = parts.peerName;
    this.peer = parts.peer;
    this.path = parts.path;
    this.#answer = new Answer(answers);
    reveal((reason) => this.#answer.withdraw(reason));
  }

  /**
   * Says yes, and resolves when the connection is established. `name` is by default the peer's.
   *
   * @throws {ControlConnectionError} when the peer goes away before that.
   * @throws {TypeError} when the request has been answered already.
   */
  async accept(options: { name?: string } = {}): Promise<ControlConnection> {
    const errorOf = (reason: CloseReason) => new ControlConnectionError(this.peerName, reason);
    return await this.#answer.accept(options, errorOf);
  }

  /** Says no; nothing happens where the request has been answered already. */
  refuse(options: RefuseOptions = {}): void {
    this.#answer.refuse(options);
  }
}

/** A peer wants a session. */
export class SessionRequest {
  /** The peer's name for the circuit that it wants (AVP 66). */
  readonly remoteEndId: Uint8Array;
  /** The number of the pseudowire type (AVP 68). */
  readonly pseudowireTypeNumber: number;
  /** The peer's Circuit Status bits (AVP 71). */
  readonly circuitStatus: number;
  /** For the logs of both sides (AVP 15). */
  readonly serialNumber: number;
  /** `"outgoing"`: this side is asked to place a call. */
  readonly call: CallDirection;
  /** What the peer tells of the call so far; what it tells later, the session knows. */
  readonly information: CallInformation;
  readonly #answer: Answer<AcceptSessionOptions, Session>;

  /** @ignore Requests come from `ControlConnection.sessionRequests`. */
  constructor(
    requested: RequestedSession,
    answers: Answers<AcceptSessionOptions, Session>,
    reveal: (withdraw: (reason: CloseReason) => void) => void,
  ) {
    this.remoteEndId = requested.remoteEndId;
    this.pseudowireTypeNumber = requested.pseudowireTypeNumber;
    this.circuitStatus = requested.circuitStatus;
    this.serialNumber = requested.serialNumber;
    this.call = requested.call;
    this.information = requested.information;
    this.#answer = new Answer(answers);
    reveal((reason) => this.#answer.withdraw(reason));
  }

  /** The pseudowire type by name; `undefined` for one that has none here. */
  get pseudowire(): PseudowireType | undefined {
    return pseudowireTypeOf(this.pseudowireTypeNumber);
  }

  /** The Remote End ID as text where it is text, else `0x…`. */
  get remoteEndIdText(): string {
    return remoteEndIdText(this.remoteEndId);
  }

  /**
   * Says yes, and resolves when the session is established.
   *
   * @throws {SessionError} when the peer goes away before that.
   * @throws {TypeError} when the request has been answered already.
   * @throws {SystemError} when the attachment circuit cannot be made; the peer is refused then.
   */
  async accept(options: AcceptSessionOptions = {}): Promise<Session> {
    const name = options.name ?? this.remoteEndIdText;
    return await this.#answer.accept(options, (reason) => new SessionError(name, reason));
  }

  /** Says no; nothing happens where the request has been answered already. */
  refuse(options: RefuseOptions = {}): void {
    this.#answer.refuse(options);
  }
}

/**
 * A control connection: one peer, and the sessions with it.
 *
 * Read RFC 3931 §3.3 (establishment), §3.4 (sessions), §4.4 (Hello) and §3.3.3 (teardown) first.
 */

import type {
  ConnectionHandle,
  Effect,
  PeerDescription,
  SessionHandle,
  SessionRequest as RequestedSession,
} from "../core/effect.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { Path } from "../model/path.ts";
import { pseudowireTypeOf } from "../model/pseudowire_type.ts";
import type { Assembly } from "./assembly.ts";
import { channelStatus } from "./channel_status.ts";
import { ControlConnectionError, SessionError } from "./errors.ts";
import { Lifetime, openedOrAborted } from "./lifetime.ts";
import type { SessionOptions } from "./options.ts";
import { RequestQueue } from "./request_queue.ts";
import { type AcceptSessionOptions, type RefuseOptions, SessionRequest } from "./requests.ts";
import { type ResolvedSession, resolveSession, sessionSettings } from "./resolve_options.ts";
import type { CloseOptions } from "./session_parts.ts";
import type { Session } from "./session.ts";
import { CoreSessionControl } from "./session_control.ts";
import type { ConnectionStatus, LifeState } from "./status.ts";

export type { PeerDescription };

/** StopCCN: the requester is being shut down (section 13.7). */
const SHUTTING_DOWN = 6;
/** CDN: no appropriate facilities for the moment (section 13.7). */
const NO_FACILITIES = 4;

/** What a control connection is told of itself; handed out once, when it is made. */
export interface ConnectionInputs {
  /** Resolves when the peer has agreed, rejects with `ControlConnectionError` when it ends before. */
  readonly opened: Promise<void>;
  readonly path: Path;
  /** Whether data has come since this was asked last. */
  takeActivity(): boolean;
  handleUp(agreed: Agreed): void;
  /** The kernel refused to send; worth knowing while the peer is silent. */
  handleSendError(text: string): void;
  handleSessionRequest(session: SessionHandle, request: RequestedSession): void;
  /** A tie was lost: the peer's connection stands in the place of ours. */
  handleReplaced(kept: ConnectionHandle): void;
  handleDown(reason: CloseReason): void;
}

/** What is known of a connection when it is established. */
type Agreed = Pick<Extract<Effect, { kind: "connectionUp" }>, "peer" | "path" | "passesEcn">;

/** What a control connection is made of. */
export interface ConnectionParts {
  readonly assembly: Assembly;
  readonly name: string;
  readonly handle: ConnectionHandle;
  readonly path: Path;
  /** Known from the start where the peer began it. */
  readonly peer: PeerDescription | undefined;
}

/** A control connection. Made by `Endpoint.connect` or `ConnectionRequest.accept`. */
export class ControlConnection implements AsyncDisposable {
  readonly #assembly: Assembly;
  readonly #name: string;
  readonly #life: Lifetime;
  readonly #sessions = new Set<Session>();
  readonly #requests: RequestQueue<SessionRequest>;
  #handle: ConnectionHandle;
  #path: Path;
  #peer: PeerDescription | undefined;
  /** Both ends have said so (ECN-04). */
  #passesEcn = false;
  #sendError: string | undefined;
  /** Frames from the peer, as of the last look; sessions that have ended are not in it. */
  #receivedFrames = 0;

  /** @ignore Connections are opened, not made. */
  constructor(parts: ConnectionParts, reveal: (inputs: ConnectionInputs) => void) {
    this.#assembly = parts.assembly;
    this.#name = parts.name;
    this.#handle = parts.handle;
    this.#path = parts.path;
    this.#peer = parts.peer;
    this.#life = new Lifetime(
      (reason) => new ControlConnectionError(parts.name, reason),
      (state, reason) => this.#tell(state, reason),
    );
    this.#requests = new RequestQueue(parts.assembly.driver.after);
    const path = () => this.#path;
    reveal({
      opened: this.#life.opened,
      get path() {
        return path();
      },
      takeActivity: () => this.#takeActivity(),
      handleUp: (agreed) => this.#handleUp(agreed),
      handleSendError: (text) => this.#sendError = text,
      handleSessionRequest: (session, request) => this.#handleSessionRequest(session, request),
      handleReplaced: (kept) => this.#handle = kept,
      handleDown: (reason) => this.#handleDown(reason),
    });
    this.#tell("connecting");
  }

  /** The name it was given; by default the remote address, or the peer's name. */
  get name(): string {
    return this.#name;
  }

  /** `"connecting"`, `"established"`, `"closing"` or `"closed"`. */
  get state(): LifeState {
    return this.#life.state;
  }

  /** What the peer says of itself; `undefined` until it has. */
  get peer(): PeerDescription | undefined {
    return this.#peer;
  }

  /** Between which addresses. */
  get path(): Path {
    return this.#path;
  }

  /** The sessions over it, also those that are not established yet. */
  get sessions(): readonly Session[] {
    return [...this.#sessions];
  }

  /** Resolves with the reason when it has ended; never rejects. */
  get closed(): Promise<CloseReason> {
    return this.#life.closed;
  }

  /**
   * Asks the peer for a session, and resolves when it is established.
   *
   * @throws {SessionError} when the peer refuses or goes away.
   * @throws {TypeError | RangeError} for options that cannot be.
   * @throws {SystemError} when the attachment circuit cannot be made.
   */
  async openSession(options: SessionOptions = {}): Promise<Session> {
    const resolved = resolveSession(options);
    options.signal?.throwIfAborted();
    this.#requireOpen(resolved.name);
    return await this.#begin(
      resolved,
      options,
      (circuitActive) =>
        this.#assembly.driver.perform((lcce, now) => {
          this.#requireOpen(resolved.name);
          const settings = sessionSettings(resolved, circuitActive);
          const { remoteEndId, call } = resolved;
          return lcce.openSession(this.#handle, { ...settings, remoteEndId, call }, now);
        }),
    );
  }

  /**
   * The sessions that the peer asks for, from now on. What came shortly before is there too; what
   * nobody takes within five seconds is refused with a CDN.
   */
  sessionRequests(): AsyncIterableIterator<SessionRequest> {
    return this.#requests.iterate();
  }

  /** A snapshot for `status`. */
  status(): ConnectionStatus {
    const snapshot = this.#assembly.describeConnection(this.#handle);
    const { encapsulation, local, remote } = this.#path;
    return {
      name: this.#name,
      state: this.#life.state,
      since: this.#life.since,
      version: snapshot?.version ?? this.#peer?.version ?? 3,
      encapsulation,
      local: { ...local, id: snapshot?.localId ?? 0 },
      remote: {
        ...remote,
        id: snapshot?.remoteId ?? this.#peer?.controlConnectionId ?? 0,
        hostName: this.#peer?.hostName ?? null,
      },
      retransmissions: snapshot?.channel.retransmissions ?? 0,
      channel: snapshot === undefined ? null : channelStatus(snapshot),
      lastError: this.#life.reason?.text ?? this.#sendError ?? null,
      sessions: this.sessions.map((session) => session.status()),
    };
  }

  /** Ends it and every session over it with a StopCCN, and resolves as `closed` does. */
  close(options: CloseOptions = {}): Promise<CloseReason> {
    const { resultCode = SHUTTING_DOWN, text = "closed by its operator" } = options;
    if (this.#life.beginClosing({ cause: "local", resultCode, text })) {
      this.#assembly.driver.perform((lcce, now) =>
        lcce.closeConnection(this.#handle, { resultCode, text }, now)
      );
    }
    return this.closed;
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireOpen(sessionName: string): void {
    if (this.state === "connecting" || this.state === "established") return;
    const text = `control connection ${this.#name} is ${this.state}`;
    throw new SessionError(sessionName, this.#life.reason ?? { cause: "connection", text });
  }

  /** Makes a session's circuit, then the session: the first frame must have somewhere to go. */
  async #begin(
    resolved: ResolvedSession,
    options: AcceptSessionOptions,
    ask: (circuitActive: boolean) => SessionHandle,
  ): Promise<Session> {
    const { sessions } = this.#assembly;
    const control = new CoreSessionControl(this.#assembly.driver);
    const { session, inputs } = this.#assembly.maker.makeSession(
      { ...resolved, connection: this.#name, passesEcn: () => this.#passesEcn },
      options.attach ?? {},
      control,
      (ended) => {
        this.#sessions.delete(ended);
        if (control.handle !== undefined) sessions.delete(control.handle);
      },
    );
    this.#sessions.add(session);
    try {
      const circuitActive = await inputs.claimCircuit();
      options.signal?.throwIfAborted();
      const handle = control.begin(resolved.name, () => ask(circuitActive));
      sessions.set(handle, { inputs, control });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      await inputs.handleDown({ cause: "local", text });
      throw error;
    }
    await openedOrAborted(inputs.opened, options.signal, () => void session.close());
    return session;
  }

  #takeActivity(): boolean {
    const before = this.#receivedFrames;
    this.#receivedFrames = 0;
    for (const session of this.#sessions) {
      this.#receivedFrames += session.counters().receivedFrames;
    }
    return this.#receivedFrames > before;
  }

  #handleUp({ peer, path, passesEcn }: Agreed): void {
    this.#peer = peer;
    this.#path = path;
    this.#passesEcn = passesEcn;
    this.#sendError = undefined;
    this.#life.establish();
  }

  #handleSessionRequest(handle: SessionHandle, requested: RequestedSession): void {
    const { driver, sessionRequests } = this.#assembly;
    const refuse = (options: RefuseOptions) => {
      sessionRequests.delete(handle);
      driver.perform((lcce, now) =>
        lcce.refuseSession(handle, { resultCode: NO_FACILITIES, ...options }, now)
      );
    };
    const accept = async (options: AcceptSessionOptions) => {
      try {
        return await this.#accept(handle, requested, options);
      } catch (error) {
        if (sessionRequests.has(handle)) refuse({ text: "the circuit cannot be attached" });
        throw error;
      }
    };
    const request = new SessionRequest(requested, { accept, refuse }, (withdraw) => {
      sessionRequests.set(handle, withdraw);
    });
    this.#requests.offer(request);
  }

  async #accept(
    handle: SessionHandle,
    { pseudowireTypeNumber, remoteEndId }: RequestedSession,
    options: AcceptSessionOptions,
  ): Promise<Session> {
    const pseudowire = pseudowireTypeOf(pseudowireTypeNumber);
    const resolved = resolveSession({
      ...options,
      remoteEndId,
      ...(pseudowire === undefined ? {} : { pseudowire }),
    });
    return await this.#begin(resolved, options, (circuitActive) => {
      if (!this.#assembly.sessionRequests.delete(handle)) {
        const text = "the peer has taken its request back";
        throw new SessionError(resolved.name, { cause: "remote", text });
      }
      this.#assembly.driver.perform((lcce, now) =>
        lcce.acceptSession(handle, sessionSettings(resolved, circuitActive), now)
      );
      return handle;
    });
  }

  #handleDown(reason: CloseReason): void {
    this.#requests.close();
    this.#life.end(reason);
  }

  #tell(state: LifeState, reason?: CloseReason): void {
    this.#assembly.observation.tell({
      kind: "connection",
      name: this.#name,
      state,
      path: this.#path,
      ...(this.#peer === undefined ? {} : { hostName: this.#peer.hostName }),
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

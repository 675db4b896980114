/**
 * A configured session, kept up over whatever control connection there is.
 *
 * The side that began the control connection asks for its sessions and asks again when one ends;
 * the other side waits to be asked, and knows the session by its Remote End ID (RFC 3931 §5.4.4,
 * ETH-06).
 */

import { sameConfiguration, type SessionConfiguration } from "../config/configuration.ts";
import type { ControlConnection } from "../endpoint/control_connection.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { PppAccess } from "../endpoint/ppp_access.ts";
import type { SessionRequest } from "../endpoint/requests.ts";
import type { Session } from "../endpoint/session.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { BackoffBounds } from "./backoff.ts";
import { isOrderlyDisconnect } from "./ending.ts";
import { type Announce, failureNews } from "./event.ts";
import { type InterfaceOwner, KeptInterface, sameInterface } from "./kept_interface.ts";
import { logger } from "./log.ts";
import { remoteEndIdOctets, sessionOptions } from "./options.ts";
import { Retry } from "./retry.ts";
import { idleSession, type KeptSessionStatus, shownState } from "./status.ts";

/** Which connection a session lives over, and who asks for it there. */
export interface Binding {
  readonly connection: ControlConnection;
  readonly initiator: boolean;
}

/** Whom a session tells of its failures, and whose it is in what it tells. */
export interface SessionTold {
  readonly connection: string;
  readonly announce: Announce;
  /** Decides on a PPP peer that has to prove who it is. */
  readonly access: PppAccess;
}

/** One session of the configuration. */
export class KeptSession {
  readonly #endpoint: Endpoint;
  readonly #owner: InterfaceOwner;
  readonly #told: SessionTold;
  readonly #retry: Retry;
  #configuration: SessionConfiguration;
  #interface: KeptInterface;
  #binding: Binding | undefined;
  #session: Session | undefined;
  /** Aborts what is being set up; another one stands here as soon as that is given up. */
  #attempt: AbortController | undefined;
  #since = new Date();

  constructor(
    endpoint: Endpoint,
    owner: InterfaceOwner,
    configuration: SessionConfiguration,
    told: SessionTold,
  ) {
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#told = told;
    this.#configuration = configuration;
    this.#retry = new Retry(() => this.#open());
    this.#retry.setBounds(retryBounds(configuration));
    this.#interface = this.#openInterface(configuration);
  }

  get configuration(): SessionConfiguration {
    return this.#configuration;
  }

  /** Lives over this connection from now on. */
  bind(connection: ControlConnection, initiator: boolean): void {
    this.#binding = { connection, initiator };
    this.#letGo();
    this.#giveUp();
    this.#retry.reset();
    if (initiator) this.#open();
  }

  /** The connection is gone, and the session with it; `problem` is why, where that is a failure. */
  unbind(problem?: string): void {
    if (problem !== undefined && this.#session !== undefined) this.#retry.note(problem);
    this.#binding = undefined;
    this.#letGo();
    this.#giveUp();
    this.#retry.cancel();
  }

  /** Whether an attempt is under way. */
  get isBeingSetUp(): boolean {
    return this.#attempt !== undefined;
  }

  /**
   * Whether the peer's request means this session. A call of L2TPv2 has no Remote End ID: it means
   * whichever PPP session there is none of.
   */
  isMeantBy(request: SessionRequest): boolean {
    if (request.remoteEndId.length === 0) {
      return this.#configuration.pseudowire === "ppp" && this.#session === undefined;
    }
    const wanted = remoteEndIdOctets(this.#configuration.remoteEndId);
    const { remoteEndId } = request;
    return wanted.length === remoteEndId.length &&
      wanted.every((octet, index) => octet === remoteEndId[index]);
  }

  /** The peer asks for this session. A session that is there is given up for it. */
  async accept(request: SessionRequest): Promise<void> {
    const { pseudowire } = this.#configuration;
    if (request.pseudowire !== pseudowire) {
      const text = `${this.#configuration.name} is ${pseudowire} here`;
      this.#fail(
        `the peer asks for ${request.pseudowire ?? request.pseudowireTypeNumber}: ${text}`,
      );
      request.refuse({ text });
      return;
    }
    await this.#setUp(async (attempt) => {
      const { pseudowire: _, remoteEndId: __, ...options } = sessionOptions(
        this.#configuration,
        this.#told.access,
      );
      return await request.accept({ ...options, attach: this.#interface.ready(), signal: attempt });
    }, () => request.refuse({ text: "the circuit cannot be attached" }));
  }

  /** Changes to another configuration of the same name; the interface stays where it is the same. */
  async reconfigure(configuration: SessionConfiguration): Promise<void> {
    const before = this.#configuration;
    if (sameConfiguration(before, configuration)) return;
    this.#configuration = configuration;
    this.#retry.setBounds(retryBounds(configuration));
    this.#giveUp();
    await this.#letGo()?.close({ text: "its configuration has changed" });
    if (!sameInterface(before, configuration)) {
      await this.#interface.close();
      this.#interface = this.#openInterface(configuration);
    }
    this.#retry.reset();
    if (this.#binding?.initiator) this.#open();
  }

  /** Ends the session, if there is one, and removes its interface. */
  async close(): Promise<void> {
    this.#binding = undefined;
    this.#giveUp();
    this.#retry.cancel();
    await this.#letGo()?.close();
    await this.#interface.close();
  }

  status(): KeptSessionStatus {
    const { retryAt, lastError } = this.#retry;
    const retry = retryAt === undefined ? {} : { retryAt: retryAt.toISOString() };
    const session = this.#session ?? this.#beingSetUp();
    if (session === undefined) {
      const idle = idleSession(this.#configuration, this.#interface.interfaceName, this.#since);
      return { ...idle, lastError, ...retry };
    }
    const status = session.status();
    return { ...status, state: shownState(status.state), lastError };
  }

  #beingSetUp(): Session | undefined {
    const { name } = this.#configuration;
    return this.#binding?.connection.sessions.find((session) => session.name === name);
  }

  #openInterface(configuration: SessionConfiguration): KeptInterface {
    const kept = new KeptInterface(this.#endpoint, this.#owner, configuration);
    // The interface is there from the start, for bridges and addresses to be put on it; a failure
    // is told now, and met again by the session's own attempts.
    try {
      kept.ready();
    } catch (error) {
      this.#fail(error);
    }
    return kept;
  }

  #open(): void {
    const binding = this.#binding;
    if (binding === undefined || !binding.initiator) return;
    void this.#setUp(async (attempt) => {
      const options = sessionOptions(this.#configuration, this.#told.access);
      const attach = this.#interface.ready();
      return await binding.connection.openSession({ ...options, attach, signal: attempt });
    });
  }

  /** Has no session from now on; answers the one that it had. */
  #letGo(): Session | undefined {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#since = new Date();
    return session;
  }

  #giveUp(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  async #setUp(
    make: (attempt: AbortSignal) => Promise<Session>,
    refuse: () => void = () => {},
  ): Promise<void> {
    this.#giveUp();
    const attempt = new AbortController();
    this.#attempt = attempt;
    try {
      const session = await make(attempt.signal);
      if (attempt.signal.aborted) await session.close();
      else this.#take(session);
    } catch (error) {
      refuse();
      if (!attempt.signal.aborted) this.#fail(error);
    } finally {
      if (this.#attempt === attempt) this.#attempt = undefined;
    }
  }

  #take(session: Session): void {
    this.#session = session;
    this.#retry.succeed();
    const { interfaceName, mtu } = session;
    const where = interfaceName === undefined ? "" : ` on ${interfaceName}, mtu ${mtu}`;
    logger.info("{label}: established{where}", { label: this.#owner.label, where });
    session.closed.then((reason) => {
      if (this.#session !== session) return;
      this.#letGo();
      if (reason.cause === "connection") this.#endWithConnection(reason);
      else this.#fail(reason.text, isOrderlyDisconnect(reason));
    });
  }

  /** The connection's own end is told, and acted upon, by whoever keeps it. */
  #endWithConnection({ text }: CloseReason): void {
    this.#retry.note(text);
    logger.info("{label}: ended, as its connection has", { label: this.#owner.label });
  }

  #fail(problem: unknown, orderly = false): void {
    const next = this.#planNext(problem);
    const names = { connection: this.#told.connection, session: this.#configuration.name };
    this.#told.announce(failureNews(names, this.#retry));
    const words = { label: this.#owner.label, problem: this.#retry.lastError, next };
    if (orderly) logger.info("{label}: {problem}{next}", words);
    else logger.warn("{label}: {problem}{next}", words);
  }

  #planNext(problem: unknown): string {
    if (this.#session !== undefined) {
      this.#retry.note(problem);
      return "; the session that is there stays";
    }
    if (this.#binding?.initiator) {
      const wait = this.#retry.fail(problem);
      if (wait === Infinity) return "; not asked for any more, until it is ordered to or changed";
      return `; asked for again in ${(wait / 1000).toFixed(1)} s`;
    }
    this.#retry.note(problem);
    return this.#binding === undefined ? "" : "; waiting for the peer to ask for it";
  }
}

/** FR-08, HDLC-04: both bounds are the configuration's. */
function retryBounds({ retry }: SessionConfiguration): BackoffBounds | undefined {
  if (retry === undefined) return undefined;
  const { first: firstMs, longest: longestMs, attempts = Infinity } = retry;
  return { firstMs, longestMs, attempts };
}

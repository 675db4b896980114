/**
 * A configured session without a control connection: opened, and opened again when the way to the
 * peer was missing or the session has ended.
 */

import type { StaticSessionConfiguration } from "../config/configuration.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { PppAccess } from "../endpoint/ppp_access.ts";
import type { Session } from "../endpoint/session.ts";
import { type Announce, failureNews } from "./event.ts";
import { KeptInterface, sameInterface } from "./kept_interface.ts";
import type { SessionTold } from "./kept_session.ts";
import { logger } from "./log.ts";
import { staticSessionOptions } from "./options.ts";
import { Retry } from "./retry.ts";
import { idleSession, type KeptSessionStatus, shownState } from "./status.ts";

/** One static session of the configuration. */
export class KeptStaticSession {
  readonly #endpoint: Endpoint;
  readonly #announce: Announce;
  readonly #access: PppAccess;
  #configuration: StaticSessionConfiguration;
  #interface: KeptInterface;
  readonly #retry: Retry;
  #session: Session | undefined;
  #closed = false;
  #since = new Date();

  constructor(
    endpoint: Endpoint,
    configuration: StaticSessionConfiguration,
    { announce, access }: Pick<SessionTold, "announce" | "access">,
  ) {
    this.#endpoint = endpoint;
    this.#announce = announce;
    this.#access = access;
    this.#configuration = configuration;
    this.#interface = this.#makeInterface(configuration);
    this.#retry = new Retry(() => void this.open());
  }

  /** Opens it; failures are tried again without end. */
  async open(): Promise<void> {
    const configuration = this.#configuration;
    const isOver = () => this.#closed || this.#configuration !== configuration;
    try {
      const options = staticSessionOptions(configuration, this.#access);
      const attach = this.#interface.ready();
      const session = await this.#endpoint.openStaticSession({ ...options, attach });
      if (isOver()) await session.close();
      else this.#take(session);
    } catch (error) {
      if (!isOver()) this.#fail(error);
    }
  }

  /** Ends it for another configuration, to be opened; the interface stays where it is the same. */
  async reconfigure(configuration: StaticSessionConfiguration): Promise<void> {
    const before = this.#configuration;
    const session = this.#session;
    this.#configuration = configuration;
    this.#session = undefined;
    this.#retry.reset();
    await session?.close();
    if (sameInterface(before, configuration)) return;
    await this.#interface.close();
    this.#interface = this.#makeInterface(configuration);
  }

  /** Ends it, and removes its interface. */
  async close(): Promise<void> {
    this.abandon();
    await this.#session?.close();
    await this.#interface.close();
  }

  /** Stops trying: the endpoint itself is about to be closed. */
  abandon(): void {
    this.#closed = true;
    this.#retry.cancel();
  }

  status(): KeptSessionStatus {
    const { retryAt, lastError } = this.#retry;
    const retry = retryAt === undefined ? {} : { retryAt: retryAt.toISOString() };
    if (this.#session !== undefined) {
      const status = this.#session.status();
      return { ...status, state: shownState(status.state), lastError };
    }
    const idle = idleSession(this.#configuration, this.#interface.interfaceName, this.#since);
    return { ...idle, lastError, ...retry };
  }

  #makeInterface(configuration: StaticSessionConfiguration): KeptInterface {
    const { name: label, remote, local } = configuration;
    const owner = { label, remote, ...(local === undefined ? {} : { local }) };
    return new KeptInterface(this.#endpoint, owner, configuration);
  }

  #take(session: Session): void {
    this.#session = session;
    this.#retry.succeed();
    const { name } = this.#configuration;
    const { interfaceName, mtu } = session;
    const where = interfaceName === undefined ? "" : ` on ${interfaceName}, mtu ${mtu}`;
    logger.info("{name}: open{where}", { name, where });
    void session.closed.then((reason) => {
      if (this.#session !== session) return;
      this.#session = undefined;
      this.#fail(reason.text);
    });
  }

  #fail(problem: unknown): void {
    if (this.#closed) return;
    this.#since = new Date();
    const wait = this.#retry.fail(problem);
    const names = { connection: null, session: this.#configuration.name };
    this.#announce(failureNews(names, this.#retry));
    logger.warn("{name}: {problem}; next attempt in {seconds} s", {
      name: this.#configuration.name,
      problem: this.#retry.lastError,
      seconds: (wait / 1000).toFixed(1),
    });
  }
}

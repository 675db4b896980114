/**
 * A configured control connection, kept up for as long as the daemon runs.
 *
 * Where `initiate` says so it is begun by this side, again and again; whoever the peer is that comes
 * first, its request is taken at any time: a peer that has restarted knows nothing of the old
 * connection, and need not wait until that is found dead (RFC 3931 §4.4).
 */

import { type ConnectionConfiguration, sameConfiguration } from "../config/configuration.ts";
import { pairByName } from "../config/difference.ts";
import type { ControlConnection } from "../endpoint/control_connection.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { ConnectionRequest } from "../endpoint/requests.ts";
import { KeptSession } from "./kept_session.ts";
import { logger } from "./log.ts";
import { connectOptions } from "./options.ts";
import { Retry } from "./retry.ts";
import { idleConnection, type KeptConnectionStatus, shownState } from "./status.ts";

/** CDN: no appropriate facilities, and none later (RFC 3931 §5.4.2). */
const NO_FACILITIES_AT_ALL = 5;

/** One control connection of the configuration. */
export class KeptConnection {
  readonly #endpoint: Endpoint;
  readonly #retry: Retry;
  readonly #sessions = new Map<string, KeptSession>();
  #configuration: ConnectionConfiguration;
  #wanted = true;
  #current: ControlConnection | undefined;
  #attempt: AbortController | undefined;
  /** Whether the peer's own request is being accepted. */
  #accepting = false;
  /** Whether this side began the current connection, and so asks for its sessions. */
  #isInitiator = false;
  #since = new Date();

  constructor(endpoint: Endpoint, configuration: ConnectionConfiguration) {
    this.#endpoint = endpoint;
    this.#configuration = configuration;
    this.#retry = new Retry(() => this.#begin());
    for (const session of configuration.sessions) this.#addSession(session);
  }

  get name(): string {
    return this.#configuration.name;
  }

  /** Sets it up, or waits for the peer, from now on. */
  up(): void {
    this.#wanted = true;
    if (this.#current !== undefined || this.#attempt !== undefined) return;
    this.#retry.reset();
    this.#begin();
  }

  /** Ends it, and leaves it so until `up`; the peer is refused meanwhile. */
  async down(text = "taken down by its operator"): Promise<void> {
    this.#wanted = false;
    await this.#end(text);
  }

  /** Ends it, and begins it anew. */
  async restart(text = "restarted by its operator"): Promise<void> {
    this.#wanted = false;
    await this.#end(text);
    this.up();
  }

  /** The peer asks for it. */
  async accept(request: ConnectionRequest): Promise<void> {
    if (!this.#wanted) {
      request.refuse({ text: "taken down by its operator" });
      return;
    }
    // Had our own request been sent already, the two would have met in a tie (V3-CC-15) and this
    // one not come here: so ours has not been sent, and now need not be.
    this.#giveUp();
    this.#retry.cancel();
    this.#accepting = true;
    try {
      const connection = await request.accept({ name: this.name });
      this.#accepting = false;
      this.#take(connection, false);
    } catch (error) {
      this.#accepting = false;
      if (this.#current === undefined) this.#fail(error);
    }
  }

  /** Changes to another configuration of the same name, touching only what differs. */
  async reconfigure(configuration: ConnectionConfiguration): Promise<void> {
    const { sessions: before, ...settings } = this.#configuration;
    const { sessions: after, ...newSettings } = configuration;
    this.#configuration = configuration;
    for (const [name, from, to] of pairByName(before, after)) {
      const session = this.#sessions.get(name);
      if (to === undefined) {
        this.#sessions.delete(name);
        await session?.close();
      } else if (from !== undefined) await session?.reconfigure(to);
    }
    for (const added of after.filter(({ name }) => !this.#sessions.has(name))) {
      const session = this.#addSession(added);
      if (this.#current !== undefined) session.bind(this.#current, this.#isInitiator);
    }
    if (!sameConfiguration(settings, newSettings) && this.#wanted) {
      await this.restart("its configuration has changed");
    }
  }

  /** Ends it for good, and removes its sessions' interfaces. */
  async close(): Promise<void> {
    await this.down("taken out of the configuration");
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  /** Stops trying, without a word to the peer: the endpoint itself is about to be closed. */
  abandon(): void {
    this.#wanted = false;
    this.#giveUp();
    this.#retry.cancel();
    for (const session of this.#sessions.values()) session.unbind();
  }

  status(): KeptConnectionStatus {
    const { retryAt, lastError, failures } = this.#retry;
    const sessions = [...this.#sessions.values()].map((session) => session.status());
    const connection = this.#current ??
      this.#endpoint.connections.find(({ name, state }) =>
        name === this.name && state !== "closed"
      );
    if (connection !== undefined) {
      const status = connection.status();
      const shown = { ...status, state: shownState(status.state), sessions, failures };
      return { ...shown, lastError: status.lastError ?? lastError };
    }
    return {
      ...idleConnection(this.#configuration),
      state: this.#attempt !== undefined
        ? "connecting"
        : retryAt === undefined
        ? "idle"
        : "waiting",
      since: this.#since.toISOString(),
      ...(retryAt === undefined ? {} : { retryAt: retryAt.toISOString() }),
      lastError,
      failures,
      sessions,
    };
  }

  #idleState(): "connecting" | "idle" | "waiting" {
    if (this.#attempt !== undefined || this.#accepting) return "connecting";
    return this.#retry.retryAt === undefined ? "idle" : "waiting";
  }

  #addSession(configuration: ConnectionConfiguration["sessions"][number]): KeptSession {
    const { remote, local } = this.#configuration;
    const label = `${this.name}/${configuration.name}`;
    const owner = { label, remote, ...(local === undefined ? {} : { local }) };
    const session = new KeptSession(this.#endpoint, owner, configuration);
    this.#sessions.set(configuration.name, session);
    return session;
  }

  #begin(): void {
    const busy = this.#current !== undefined || this.#accepting;
    if (busy || !this.#wanted || !this.#configuration.initiate) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#since = new Date();
    const { remote } = this.#configuration;
    const options = { ...connectOptions(this.#configuration), signal: attempt.signal };
    logger.debug("{name}: connecting to {remote}", { name: this.name, remote });
    this.#endpoint.connect(remote, options).then(
      (connection) => {
        if (attempt.signal.aborted) void connection.close();
        else this.#take(connection, true);
      },
      (error) => {
        if (attempt.signal.aborted) return;
        this.#attempt = undefined;
        this.#fail(error);
      },
    );
  }

  /** A connection is established: it is the one from now on, whichever side began it. */
  #take(connection: ControlConnection, initiator: boolean): void {
    if (initiator) this.#attempt = undefined;
    else this.#giveUp();
    const { name } = this;
    if (!this.#wanted) {
      void connection.close({ text: "taken down by its operator" });
      return;
    }
    const former = this.#current;
    this.#current = connection;
    this.#isInitiator = initiator;
    this.#retry.succeed();
    if (former !== undefined) {
      logger.info("{name}: the peer has restarted and connects again", { name });
      void former.close({ text: "replaced by a new connection of the same peer" });
    }
    logger.info("{name}: established with {hostName} at {address}", {
      name,
      hostName: connection.peer?.hostName ?? "",
      address: connection.path.remote.address,
    });
    for (const session of this.#sessions.values()) session.bind(connection, initiator);
    void this.#answerSessions(connection);
    void connection.closed.then((reason) => {
      if (this.#current === connection) this.#lose(reason.text);
    });
  }

  async #answerSessions(connection: ControlConnection): Promise<void> {
    for await (const request of connection.sessionRequests()) {
      const session = [...this.#sessions.values()].find((kept) => kept.isMeantBy(request));
      if (session !== undefined) void session.accept(request);
      else {
        const text = "no session is configured for this Remote End ID";
        logger.warn("{name}: refused a session: {text}", { name: this.name, text });
        request.refuse({ resultCode: NO_FACILITIES_AT_ALL, text });
      }
    }
  }

  #lose(problem: string): void {
    this.#current = undefined;
    this.#since = new Date();
    for (const session of this.#sessions.values()) session.unbind();
    this.#fail(problem);
  }

  #fail(problem: unknown): void {
    this.#since = new Date();
    const { name } = this;
    if (this.#wanted && this.#configuration.initiate) {
      const seconds = (this.#retry.fail(problem) / 1000).toFixed(1);
      const words = { name, problem: this.#retry.lastError, seconds };
      logger.warn("{name}: {problem}; next attempt in {seconds} s", words);
    } else {
      this.#retry.note(problem);
      logger.warn("{name}: {problem}", { name, problem: this.#retry.lastError });
    }
  }

  #giveUp(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  async #end(text: string): Promise<void> {
    this.#giveUp();
    this.#retry.reset();
    const connection = this.#current;
    this.#current = undefined;
    this.#isInitiator = false;
    this.#since = new Date();
    for (const session of this.#sessions.values()) session.unbind();
    await connection?.close({ text });
  }
}

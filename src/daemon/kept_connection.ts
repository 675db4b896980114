/**
 * A configured control connection, kept up for as long as the daemon runs.
 *
 * Where `initiate` says so it is begun by this side, again and again; whoever the peer is that comes
 * first, its request is taken at any time: a peer that has restarted knows nothing of the old
 * connection, and need not wait until that is found dead (RFC 3931 §4.4). When it is this side that
 * has restarted, the peer is called back: see call_back.ts.
 */

import { type ConnectionConfiguration, sameConfiguration } from "../config/configuration.ts";
import { formatTransportAddress } from "../endpoint/addresses.ts";
import type { ControlConnection } from "../endpoint/control_connection.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { ControlConnectionError } from "../endpoint/errors.ts";
import type { ConnectOptions } from "../endpoint/options.ts";
import type { ConnectionRequest } from "../endpoint/requests.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { Path } from "../model/path.ts";
import { CALL_INTERVAL_MS, CallBack } from "./call_back.ts";
import { hasLostTie, isOrderlyStop } from "./ending.ts";
import { type Announce, failureNews } from "./event.ts";
import { type ConnectionSurroundings, joinedSessions, KeptSessions } from "./kept_sessions.ts";
import { logger } from "./log.ts";
import { connectOptions } from "./options.ts";
import { Retry } from "./retry.ts";
import { idleConnection, type KeptConnectionStatus, shownState } from "./status.ts";

/** StopCCN: general request to clear the control connection (RFC 3931 §5.4.2). */
const GENERAL_REQUEST = 1;
/** What an established connection's end is called, by its cause. */
const ENDED_BY: Partial<Record<CloseReason["cause"], string>> = {
  local: "disconnected from",
  remote: "closed by",
};

/** How long the winner of a tie has to come with its own request. */
const TIE_PATIENCE_MS = 3_000;

/** One control connection of the configuration. */
export class KeptConnection {
  readonly #endpoint: Endpoint;
  readonly #announce: Announce;
  readonly #retry: Retry;
  readonly #sessions: KeptSessions;
  #configuration: ConnectionConfiguration;
  #callBack: CallBack;
  #wanted = true;
  #current: ControlConnection | undefined;
  #attempt: AbortController | undefined;
  /** Whether the peer's own request is being accepted. */
  #accepting = false;
  #since = new Date();

  constructor(
    endpoint: Endpoint,
    configuration: ConnectionConfiguration,
    surroundings: ConnectionSurroundings,
  ) {
    this.#endpoint = endpoint;
    this.#announce = surroundings.announce;
    this.#configuration = configuration;
    this.#callBack = new CallBack(configuration);
    this.#retry = new Retry(() => this.#begin());
    this.#sessions = new KeptSessions(endpoint, configuration, surroundings);
  }

  get name(): string {
    return this.#configuration.name;
  }

  /** The connection that is established now; `undefined` where there is none. */
  get established(): ControlConnection | undefined {
    return this.#current;
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
      logger.debug("{name}: refused {hostName} at {address}: taken down by its operator", {
        name: this.name,
        ...whereabouts(request),
      });
      request.refuse({ resultCode: GENERAL_REQUEST, text: "taken down by its operator" });
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
      const { hostName, address } = whereabouts(request);
      if (this.#current === undefined) {
        this.#fail(error, `${hostName} at ${address} did not finish its connection: `);
      }
    }
  }

  /** Somebody speaks, from the remote end of the path, of a connection or session that is not here. */
  handleStray(path: Path): void {
    if (this.#isBusy || !this.#wanted || !this.#callBack.isDue(path)) return;
    this.#retry.cancel();
    const address = formatTransportAddress(path.remote);
    logger.info("{name}: {address} speaks of a connection that is gone; calling it back", {
      name: this.name,
      address,
    });
    const options = { ...connectOptions(this.#configuration), local: path.local.address };
    this.#connect(address, options, AbortSignal.timeout(CALL_INTERVAL_MS));
  }

  /** Changes to another configuration of the same name, touching only what differs. */
  async reconfigure(configuration: ConnectionConfiguration): Promise<void> {
    const { sessions: _before, ...settings } = this.#configuration;
    const { sessions: _after, ...newSettings } = configuration;
    this.#configuration = configuration;
    await this.#sessions.reconfigure(configuration);
    if (sameConfiguration(settings, newSettings)) return;
    this.#callBack = new CallBack(configuration);
    if (this.#wanted) {
      await this.restart("its configuration has changed");
    }
  }

  /** Ends it for good, and removes its sessions' interfaces. */
  async close(): Promise<void> {
    await this.down("taken out of the configuration");
    await this.#sessions.close();
  }

  /** Stops trying, without a word to the peer: the endpoint itself is about to be closed. */
  abandon(): void {
    this.#wanted = false;
    this.#giveUp();
    this.#retry.cancel();
    this.#sessions.unbind();
  }

  status(): KeptConnectionStatus {
    const { retryAt, lastError, failures } = this.#retry;
    const sessions = this.#sessions.status();
    const connection = this.#current ??
      this.#endpoint.connections.find(({ name, state }) =>
        name === this.name && state !== "closed"
      );
    if (connection !== undefined) {
      const status = connection.status();
      const joined = joinedSessions(status.sessions);
      const state = shownState(status.state);
      const shown = { ...status, state, sessions: [...sessions, ...joined], failures };
      return { ...shown, lastError: status.lastError ?? lastError };
    }
    return {
      ...idleConnection(this.#configuration),
      state: this.#idleState(),
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

  /** Whether there is a connection with the peer, or one is coming up. */
  get #isBusy(): boolean {
    return this.#current !== undefined || this.#attempt !== undefined || this.#accepting;
  }

  #begin(): void {
    if (this.#isBusy || !this.#wanted || !this.#configuration.initiate) return;
    const { remote } = this.#configuration;
    // It may be a minute until there is more to tell; of what follows, failures tell.
    const level = this.#retry.failures === 0 ? "info" : "debug";
    logger[level]("{name}: connecting to {remote}", { name: this.name, remote });
    this.#connect(remote, connectOptions(this.#configuration));
  }

  #connect(remote: string, options: ConnectOptions, patience?: AbortSignal): void {
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#since = new Date();
    const signal = AbortSignal.any([attempt.signal, ...(patience === undefined ? [] : [patience])]);
    this.#endpoint.connect(remote, { ...options, signal }).then(
      (connection) => {
        if (attempt.signal.aborted) void connection.close();
        else this.#take(connection, true);
      },
      (error) => {
        if (attempt.signal.aborted) return;
        this.#attempt = undefined;
        if (hasLostTie(error)) return this.#awaitWinner();
        const unanswered = patience?.aborted === true;
        // A name or a route that is missing says by itself what it was to lead to.
        const where = unanswered || error instanceof ControlConnectionError
          ? `cannot connect to ${remote}: `
          : "";
        this.#fail(unanswered ? "no answer" : error, where);
      },
    );
  }

  /** The peer's own request was as good as ours, and stands: that it comes is no failure. */
  #awaitWinner(): void {
    if (this.#isBusy) return;
    logger.debug("{name}: the peer connects at the same time", { name: this.name });
    this.#retry.plan(TIE_PATIENCE_MS);
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
    this.#retry.succeed();
    if (former !== undefined) {
      logger.info("{name}: the peer has restarted and connects again", { name });
      void former.close({ text: "replaced by a new connection of the same peer" });
    }
    logger.info("{name}: established with {hostName} at {address}", {
      name,
      ...whereabouts(connection),
    });
    this.#sessions.bind(connection, initiator);
    void connection.closed.then((reason) => {
      if (this.#current === connection) this.#lose(connection, reason);
    });
  }

  #lose(connection: ControlConnection, reason: CloseReason): void {
    this.#current = undefined;
    this.#since = new Date();
    this.#callBack.postpone();
    const consequence = `connection closed: ${reason.text}`;
    this.#sessions.unbind(consequence);
    const { hostName, address } = whereabouts(connection);
    const where = `${ENDED_BY[reason.cause] ?? "lost"} ${hostName} at ${address}: `;
    this.#report(reason.text, where, isOrderlyStop(reason));
  }

  #fail(problem: unknown, where: string): void {
    this.#since = new Date();
    this.#report(problem, where, false);
  }

  /** Notes a problem, and says what it is, where, and what happens next. */
  #report(problem: unknown, where: string, orderly: boolean): void {
    const next = this.#planNext(problem);
    const words = { name: this.name, problem: `${where}${this.#retry.lastError}`, next };
    if (orderly) logger.info("{name}: {problem}{next}", words);
    else logger.warn("{name}: {problem}{next}", words);
  }

  #planNext(problem: unknown): string {
    if (this.#wanted && this.#configuration.initiate) {
      const waitMs = this.#retry.fail(problem);
      this.#announce(failureNews({ connection: this.name, session: null }, this.#retry));
      return `; next attempt in ${(waitMs / 1000).toFixed(1)} s`;
    }
    this.#retry.note(problem);
    return this.#wanted ? "; waiting for the peer" : "";
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
    this.#since = new Date();
    this.#sessions.unbind();
    await connection?.close({ text });
  }
}

/** A peer's name and address, as the log gives them. */
function whereabouts(
  { peer, path }: Pick<ControlConnection, "peer" | "path">,
): { hostName: string; address: string } {
  return { hostName: peer?.hostName ?? "a peer", address: path.remote.address };
}

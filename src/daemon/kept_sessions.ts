/**
 * The sessions of one configured control connection, kept up over whichever connection there is; and
 * what becomes of a session that the peer asks for and that is none of them.
 *
 * Read kept_session.ts first, and onward_calls.ts for calls that go on to another peer.
 */

import type { ConnectionConfiguration } from "../config/configuration.ts";
import { pairByName } from "../config/difference.ts";
import type { ControlConnection } from "../endpoint/control_connection.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { SessionStatus } from "../endpoint/status.ts";
import { type Binding, KeptSession, type SessionTold } from "./kept_session.ts";
import { logger } from "./log.ts";
import { type FindConnection, OnwardCalls } from "./onward_calls.ts";
import { type KeptSessionStatus, shownState } from "./status.ts";

/** CDN: no appropriate facilities, and none later (RFC 3931 §5.4.2). */
const NO_FACILITIES_AT_ALL = 5;

/** What is around a connection: whom it tells, whom it asks, and its neighbours. */
export interface ConnectionSurroundings extends Pick<SessionTold, "announce" | "access"> {
  readonly find: FindConnection;
}

/** The sessions of one control connection of the configuration. */
export class KeptSessions {
  readonly #endpoint: Endpoint;
  readonly #surroundings: ConnectionSurroundings;
  readonly #sessions = new Map<string, KeptSession>();
  readonly #onward: OnwardCalls;
  #configuration: ConnectionConfiguration;
  #binding: Binding | undefined;

  constructor(
    endpoint: Endpoint,
    configuration: ConnectionConfiguration,
    surroundings: ConnectionSurroundings,
  ) {
    this.#endpoint = endpoint;
    this.#surroundings = surroundings;
    this.#configuration = configuration;
    this.#onward = new OnwardCalls(configuration.name, surroundings.find);
    for (const session of configuration.sessions) this.#add(session);
  }

  /** They live over this connection from now on; whoever began it asks for them. */
  bind(connection: ControlConnection, initiator: boolean): void {
    this.#binding = { connection, initiator };
    for (const session of this.#sessions.values()) session.bind(connection, initiator);
    void this.#answer(connection);
  }

  /** The connection is gone, and they with it; `problem` is why, where that is a failure. */
  unbind(problem?: string): void {
    this.#binding = undefined;
    for (const session of this.#sessions.values()) session.unbind(problem);
  }

  /** Changes to another configuration of the same connection, touching only what differs. */
  async reconfigure(configuration: ConnectionConfiguration): Promise<void> {
    const before = this.#configuration.sessions;
    const after = configuration.sessions;
    this.#configuration = configuration;
    for (const [name, from, to] of pairByName(before, after)) {
      const session = this.#sessions.get(name);
      if (to === undefined) {
        this.#sessions.delete(name);
        await session?.close();
      } else if (from !== undefined) await session?.reconfigure(to);
    }
    for (const added of after.filter(({ name }) => !this.#sessions.has(name))) {
      const session = this.#add(added);
      if (this.#binding !== undefined) {
        session.bind(this.#binding.connection, this.#binding.initiator);
      }
    }
  }

  /** Ends them, and removes their interfaces. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  status(): KeptSessionStatus[] {
    return [...this.#sessions.values()].map((session) => session.status());
  }

  async #answer(connection: ControlConnection): Promise<void> {
    for await (const request of connection.sessionRequests()) {
      const meant = [...this.#sessions.values()].filter((kept) => kept.isMeantBy(request));
      // Of calls without a name each is another's, as long as there are sessions for them.
      const session = meant.find((kept) => !kept.isBeingSetUp) ?? meant[0];
      const { name, join } = this.#configuration;
      if (session !== undefined) void session.accept(request);
      else if (join !== undefined) void this.#onward.take(request, join);
      else {
        const text = "no session is configured for this Remote End ID";
        const { remoteEndIdText: id } = request;
        logger.warn("{name}: refused the peer's session {id}: {text}", { name, id, text });
        request.refuse({ resultCode: NO_FACILITIES_AT_ALL, text });
      }
    }
  }

  #add(configuration: ConnectionConfiguration["sessions"][number]): KeptSession {
    const { name: connection, remote, local } = this.#configuration;
    const label = `${connection}/${configuration.name}`;
    const owner = { label, remote, ...(local === undefined ? {} : { local }) };
    const session = new KeptSession(this.#endpoint, owner, configuration, {
      connection,
      announce: this.#surroundings.announce,
      access: this.#surroundings.access,
    });
    this.#sessions.set(configuration.name, session);
    return session;
  }
}

/** Those that are joined to one of another connection; they are in no configuration. */
export function joinedSessions(sessions: readonly SessionStatus[]): KeptSessionStatus[] {
  return sessions.filter(({ joined }) => joined !== undefined)
    .map((session) => ({ ...session, state: shownState(session.state) }));
}

/**
 * Everything that a configuration has kept up on an endpoint: its connections, its sessions without
 * one, its access for PPP users. Follows the configuration from one reload to the next.
 *
 * Read kept_connection.ts, kept_static_session.ts and kept_lns.ts for what keeping up means.
 */

import {
  type Configuration,
  type ConnectionConfiguration,
  type LnsConfiguration,
  sameConfiguration,
} from "../config/configuration.ts";
import { pairByName } from "../config/difference.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { Announce } from "./event.ts";
import { KeptConnection } from "./kept_connection.ts";
import { KeptLns } from "./kept_lns.ts";
import { KeptStaticSession } from "./kept_static_session.ts";
import { logger } from "./log.ts";
import type { FindConnection } from "./onward_calls.ts";
import { lnsOfPeer } from "./options.ts";
import { Pools, reservedAddresses } from "./pools.ts";
import { type DaemonStatus, type KeptConnectionStatus, shownState } from "./status.ts";
import { Subscribers } from "./subscribers.ts";

/** What one configuration after the other has kept up. */
export class Upkeep {
  readonly #endpoint: Endpoint;
  readonly #announce: Announce;
  readonly #connections = new Map<string, KeptConnection>();
  readonly #statics = new Map<string, KeptStaticSession>();
  readonly #lns = new Map<string, KeptLns>();
  readonly #pools = new Pools();
  readonly #subscribers = new Subscribers(this.#pools);
  readonly #find: FindConnection = (name) => this.#connections.get(name)?.established;

  /** Begins every connection and session of the configuration. */
  constructor(endpoint: Endpoint, configuration: Configuration, announce: Announce) {
    this.#endpoint = endpoint;
    this.#announce = announce;
    endpoint.watch({
      handleStray: (path) => {
        for (const connection of this.#connections.values()) connection.handleStray(path);
      },
    });
    this.#pools.replace(configuration.pools, reservedAddresses(configuration));
    this.#subscribers.replace(configuration.users);
    for (const lns of configuration.lns) this.#addLns(lns);
    for (const connection of configuration.connections) this.#addConnection(connection);
    for (const session of configuration.static) this.#addStatic(session);
  }

  /** A configured connection by its name; `undefined` where there is none of that name. */
  connection(name: string): KeptConnection | undefined {
    return this.#connections.get(name);
  }

  status(): Pick<DaemonStatus, "connections" | "static" | "lns"> {
    const configured = [...this.#connections.values()].map((kept) => kept.status());
    return {
      connections: [...configured, ...this.#strangers()],
      static: [...this.#statics.values()].map((kept) => kept.status()),
      lns: [...this.#lns.values()].map((kept) => kept.status()),
    };
  }

  /** Stops trying, without a word to the peers: the endpoint itself is about to be closed. */
  abandon(): void {
    for (const connection of this.#connections.values()) connection.abandon();
    for (const session of this.#statics.values()) session.abandon();
  }

  /** Gives every peer that connects to whoever is configured for it; ends with the endpoint. */
  async answerPeers(): Promise<void> {
    for await (const request of this.#endpoint.connectionRequests()) {
      const connection = this.#connections.get(request.peerName);
      const lns = this.#lns.get(lnsOfPeer(request.peerName) ?? "");
      if (connection !== undefined) void connection.accept(request);
      else if (lns !== undefined) void lns.accept(request);
      else {
        // Admitted by `acceptUnknownPeers`; there is no session configured that it could ask for.
        request.accept().catch((error) =>
          logger.warn("an unknown peer did not finish: {problem}", { problem: String(error) })
        );
      }
    }
  }

  /** What goes is closed before anything is opened: a name or an id may have moved. */
  async change(before: Configuration, after: Configuration): Promise<void> {
    const statics = pairByName(before.static, after.static)
      .filter(([, from, to]) => !sameConfiguration(from, to));
    await Promise.all(statics.map(async ([name, , to]) => {
      const session = this.#statics.get(name);
      if (to !== undefined) return await session?.reconfigure(to);
      this.#statics.delete(name);
      await session?.close();
    }));
    const connections = pairByName(before.connections, after.connections);
    await Promise.all(connections.map(async ([name, , to]) => {
      if (to !== undefined) return;
      const connection = this.#connections.get(name);
      this.#connections.delete(name);
      await connection?.close();
    }));
    await this.#changeAccess(before, after);
    for (const [name, , to] of connections) {
      if (to !== undefined) await this.#connections.get(name)?.reconfigure(to);
      if (to !== undefined && !this.#connections.has(name)) this.#addConnection(to);
    }
    for (const [name, , to] of statics) {
      const session = this.#statics.get(name);
      if (session !== undefined) void session.open();
      else if (to !== undefined) this.#addStatic(to);
    }
  }

  /** Users and pools count for whoever comes from now on; an LNS that changes is made anew. */
  async #changeAccess(before: Configuration, after: Configuration): Promise<void> {
    const changed = pairByName(before.lns, after.lns)
      .filter(([, from, to]) => !sameConfiguration(from, to));
    await Promise.all(changed.map(async ([name]) => {
      const lns = this.#lns.get(name);
      this.#lns.delete(name);
      await lns?.close();
    }));
    this.#subscribers.replace(after.users);
    const reserved = reservedAddresses(after);
    if (
      !sameConfiguration(
        [before.pools, reservedAddresses(before)],
        [after.pools, reserved],
      )
    ) this.#pools.replace(after.pools, reserved);
    for (const [, , to] of changed) if (to !== undefined) this.#addLns(to);
  }

  #addLns(configuration: LnsConfiguration): void {
    const { name, pool, sessionsPerUser } = configuration;
    const localAddress = configuration.attach.address ?? this.#pools.ownAddress(pool);
    const access = this.#subscribers.access({
      ...(pool === undefined ? {} : { pool }),
      ...(sessionsPerUser === undefined ? {} : { sessionsPerUser }),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const endpoint = this.#endpoint;
    const find = this.#find;
    const parts = { endpoint, configuration, localAddress, access, find };
    this.#lns.set(name, new KeptLns(parts));
  }

  #addConnection(configuration: ConnectionConfiguration): void {
    const connection = new KeptConnection(this.#endpoint, configuration, {
      announce: this.#announce,
      access: this.#subscribers.access({}),
      find: this.#find,
    });
    this.#connections.set(configuration.name, connection);
    connection.up();
  }

  #addStatic(configuration: Configuration["static"][number]): void {
    const session = new KeptStaticSession(this.#endpoint, configuration, {
      announce: this.#announce,
      access: this.#subscribers.access({}),
    });
    this.#statics.set(configuration.name, session);
    void session.open();
  }

  /** Connections of peers that are not configured. */
  #strangers(): KeptConnectionStatus[] {
    return this.#endpoint.connections
      .filter(({ name, state }) => !this.#connections.has(name) && state !== "closed")
      .map((connection) => {
        const status = connection.status();
        const sessions = status.sessions.map((session) => ({
          ...session,
          state: shownState(session.state),
        }));
        return { ...status, state: shownState(status.state), sessions, failures: 0 };
      });
  }
}

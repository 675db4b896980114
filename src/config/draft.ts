/**
 * A configuration that was read and may have mistakes in it: its blocks, each with where it stands,
 * as far as what a rule would look at is well formed. So one mistake is told once.
 */

import type { ConfigurationDraft } from "./schema.ts";
import type { SecretSource } from "./secret.ts";
import type { KeyPath } from "./yaml_source.ts";

type Drafts<K extends "connections" | "lns" | "static"> = NonNullable<ConfigurationDraft[K]>;
/** A connection, as the schema reads it. */
export type ConnectionDraft = Drafts<"connections">[string];
/** A session, as the schema reads it. */
export type SessionDraft = NonNullable<ConnectionDraft["sessions"]>[string];
/** A session without a control connection, as the schema reads it. */
export type StaticDraft = Drafts<"static">[string];
/** Access for PPP users, as the schema reads it. */
export type LnsDraft = Drafts<"lns">[string];

/** A configuration that may have mistakes in it already, and where. */
export class Draft {
  readonly #value: ConfigurationDraft;
  readonly #faulty: readonly KeyPath[];

  constructor(value: unknown, faulty: readonly KeyPath[]) {
    this.#value = value as ConfigurationDraft;
    this.#faulty = faulty;
  }

  /** Whether nothing is wrong at or below a path; what is below its key `except` does not count. */
  isClean(path: KeyPath, except?: string): boolean {
    return !this.#faulty.some((faulty) =>
      path.every((part, index) => faulty[index] === undefined || faulty[index] === part) &&
      (except === undefined || faulty[path.length] !== except)
    );
  }

  connections(): [KeyPath, ConnectionDraft][] {
    return this.#entries(["connections"], this.#value.connections, "sessions");
  }

  sessions(path: KeyPath, connection: ConnectionDraft): [KeyPath, SessionDraft][] {
    return this.#entries([...path, "sessions"], connection.sessions);
  }

  statics(): [KeyPath, StaticDraft][] {
    return this.#entries(["static"], this.#value.static);
  }

  lns(): [KeyPath, LnsDraft][] {
    return this.#entries(["lns"], this.#value.lns);
  }

  /** The names of the pools, also of those with mistakes in them. */
  poolNames(): readonly string[] {
    return entriesBelow([], this.#value.pools).map(([[name]]) => String(name));
  }

  /** The names of the connections, also of those with mistakes in them. */
  connectionNames(): readonly string[] {
    return entriesBelow([], this.#value.connections).map(([[name]]) => String(name));
  }

  /** Where the users are, as it is written; `undefined` where there are none, or that is faulty. */
  usersFile(): string | undefined {
    return this.isClean(["users"]) ? this.#value.users?.file : undefined;
  }

  /** The secrets of each block that has some, where their places are well formed. */
  secrets(): [KeyPath, readonly SecretSource[]][] {
    const connections = entriesBelow(["connections"], this.#value.connections);
    const sessions = connections.flatMap(([path, connection]) =>
      entriesBelow([...path, "sessions"], connection?.sessions)
    );
    const statics = entriesBelow(["static"], this.#value.static);
    const links = [...sessions, ...statics].map(([session, block]): [
      KeyPath,
      { secret?: SecretSource } | undefined,
    ] => [[...session, "ppp"], block?.ppp]);
    return [...connections, ...entriesBelow(["lns"], this.#value.lns), ...links]
      .filter(([path]) => this.isClean([...path, "secret"]))
      .flatMap(([path, block]): [KeyPath, readonly SecretSource[]][] => {
        const secret = block?.secret;
        if (secret === undefined) return [];
        return [[path, Array.isArray(secret) ? secret : [secret]]];
      });
  }

  /** The addresses listened on, or `undefined` where that is left to the defaults or faulty. */
  listen(): readonly string[] | undefined {
    return this.isClean(["listen"]) ? this.#value.listen : undefined;
  }

  #entries<T>(
    path: KeyPath,
    map: Record<string, T> | undefined,
    except?: string,
  ): [KeyPath, T][] {
    return entriesBelow(path, map).filter(([entry]) => this.isClean(entry, except));
  }
}

function entriesBelow<T>(path: KeyPath, map: Record<string, T> | undefined): [KeyPath, T][] {
  if (typeof map !== "object" || map === null) return [];
  return Object.entries(map).map(([name, value]) => [[...path, name], value]);
}

/**
 * What several keys of the configuration must agree on: within a session, within a connection,
 * and across the whole file.
 *
 * A rule is asked only where the keys it reads were well formed, so that one mistake is told once.
 * The numbers of protocol rules are those of RFC 3931 unless said otherwise.
 */

import { isIP } from "node:net";
import { KEYED_SESSION_ID } from "../model/identifiers.ts";
import { isIpv6, L2TP_PORT } from "../model/path.ts";
import { error, type Fault } from "./fault.ts";
import { splitHostAndPort } from "./forms.ts";
import { payloadFaults } from "./payload_rules.ts";
import { lnsFaults, pppFaults } from "./ppp_rules.ts";
import type { ConfigurationDraft } from "./schema.ts";
import type { SecretSource } from "./secret.ts";
import type { KeyPath } from "./yaml_source.ts";

type Drafts<K extends "connections" | "lns" | "static"> = NonNullable<ConfigurationDraft[K]>;
type ConnectionDraft = Drafts<"connections">[string];
/** A session, as the schema reads it. */
export type SessionDraft = NonNullable<ConnectionDraft["sessions"]>[string];
/** A session without a control connection, as the schema reads it. */
export type StaticDraft = Drafts<"static">[string];
/** Access for PPP users, as the schema reads it. */
export type LnsDraft = Drafts<"lns">[string];
type Encapsulation = ConnectionDraft["encapsulation"];

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

/** Every broken rule of a configuration. */
export function findFaults(draft: Draft): Fault[] {
  const connections = draft.connections();
  const sessions = connections.flatMap(([path, value]) => draft.sessions(path, value));
  const statics = draft.statics();
  return [
    ...connections.flatMap(([path, value]) => [
      ...authenticationFaults(path, value),
      ...transportFaults(path, value),
      ...listenFaults(path, value, draft.listen()),
      ...sameEndIds(draft.sessions(path, value)),
      ...versionFaults(value, draft.sessions(path, value)),
      ...joinFaults(path, value, draft.connectionNames()),
    ]),
    ...sessions.flatMap(([path, value]) => [
      ...circuitFaults(path, value),
      ...retryFaults(path, value),
      ...pppFaults(path, value),
    ]),
    ...lnsFaults(draft),
    ...statics.flatMap(([path, value]) => [
      ...staticFaults(path, value),
      ...circuitFaults(path, value),
      ...pppFaults(path, value),
    ]),
    ...samePeers(connections),
    ...sameInterfaces([...sessions, ...statics]),
    ...sameRecordings([...sessions, ...statics]),
    ...sameSessionIds(statics),
    ...sameKeyedTunnels(statics),
  ];
}

function authenticationFaults(path: KeyPath, connection: ConnectionDraft): Fault[] {
  const { authentication, secret, version, hideAvps } = connection;
  const faults: Fault[] = [];
  const at = [...path, "authentication"];
  if (authentication !== undefined && authentication !== "none" && secret === undefined) {
    faults.push(error(at, `${authentication} needs a secret; add secret: { file: PATH }`));
  }
  if (authentication === "challenge" && version === "3") {
    faults.push(error(at, "challenge belongs to L2TPv2; write digest, or version: 2"));
  }
  if (authentication === "digest" && version === "2") {
    faults.push(error(at, "digest belongs to L2TPv3; write challenge, or version: 3"));
  }
  if (authentication === "none" && secret !== undefined) {
    faults.push({
      severity: "warning",
      path: at,
      message: "none leaves the secret unused: everybody who reaches us may connect",
    });
  }
  // V3-HID-01: hiding takes the secret of the authentication.
  if (hideAvps && (secret === undefined || authentication === "none")) {
    faults.push(error([...path, "hideAvps"], "hiding needs a secret and authentication"));
  }
  return faults;
}

function transportFaults(path: KeyPath, connection: ConnectionDraft): Fault[] {
  const { remote, local, encapsulation, version, retransmission, initiate, secret } = connection;
  const { host, port } = splitHostAndPort(remote) ?? { host: remote, port: undefined };
  const faults: Fault[] = [];
  if (encapsulation === "ip" && port !== undefined) {
    faults.push(error([...path, "remote"], "over ip there are no ports; leave the port out"));
  }
  if (encapsulation === "ip" && version !== "3") {
    faults.push(
      error(
        [...path, "version"],
        `version ${version} is not possible over ip; write version: 3 or encapsulation: udp`,
      ),
    );
  }
  faults.push(...familyFaults(path, host, local));
  if (retransmission.initial > retransmission.cap) {
    faults.push(
      error([...path, "retransmission", "initial"], "is longer than cap; make it shorter"),
    );
  }
  // Without a fixed address and without a secret, nothing would tell this peer from a stranger.
  if (!initiate && isIP(host) === 0 && secret === undefined) {
    faults.push(error(
      [...path, "remote"],
      "a peer that is waited for under a name needs a secret; add one, or write its address",
    ));
  }
  return faults;
}

function familyFaults(path: KeyPath, host: string, local: string | undefined): Fault[] {
  if (local === undefined || isIP(host) === 0 || isIP(host) === isIP(local)) return [];
  const family = isIpv6(host) ? "IPv6" : "IPv4";
  return [error([...path, "local"], `${local} cannot reach ${host}; write an ${family} address`)];
}

function listenFaults(
  path: KeyPath,
  connection: ConnectionDraft,
  listen: readonly string[] | undefined,
): Fault[] {
  if (listen === undefined) return [];
  const { encapsulation, remote } = connection;
  const family = isIP(splitHostAndPort(remote)?.host ?? remote);
  const fits = listen.some((entry) =>
    entry.startsWith(`${encapsulation}://`) &&
    (family === 0 || isIpv6(listenHost(entry)) === (family === 6))
  );
  if (fits) return [];
  const missing = listenText(encapsulation, family === 6);
  const key = listen.some((entry) => entry.startsWith(`${encapsulation}://`))
    ? "remote"
    : "encapsulation";
  return [error([...path, key], `nothing in listen fits this peer; add ${missing} to listen`)];
}

function listenHost(entry: string): string {
  return splitHostAndPort(entry.replace(/^\w+:\/\//, ""))?.host ?? "";
}

function listenText(encapsulation: Encapsulation, v6: boolean): string {
  const host = v6 ? "[::]" : "0.0.0.0";
  return encapsulation === "udp" ? `udp://${host}:${L2TP_PORT}` : `ip://${host}`;
}

function versionFaults(
  { version }: ConnectionDraft,
  sessions: readonly [KeyPath, SessionDraft][],
): Fault[] {
  if (version !== "2") return [];
  return sessions.filter(([, { pseudowire }]) => pseudowire !== "ppp").map(([session]) =>
    error([...session, "pseudowire"], "L2TPv2 carries ppp and nothing else; write ppp")
  );
}

/** Calls of L2TPv2 have no names: beside those that go on, none could be told to be for us. */
function joinFaults(
  path: KeyPath,
  { join, version, sessions = {} }: ConnectionDraft,
  names: readonly string[],
): Fault[] {
  if (join === undefined) return [];
  const at = [...path, "join"];
  if (join === path.at(-1)) {
    return [error(at, "leads back to the same peer; name another connection")];
  }
  if (!names.includes(join)) {
    return [error(at, `there is no connection ${join}; add it below connections`)];
  }
  const own = Object.entries(sessions).find(([, { pseudowire }]) => pseudowire === "ppp");
  if (version === "3" || own === undefined) return [];
  return [
    error(at, `a call of L2TPv2 does not say whether it is for ${own[0]}; remove one of them`),
  ];
}

function circuitFaults(path: KeyPath, session: SessionDraft | StaticDraft): Fault[] {
  const { sequencing, sublayer } = session;
  const faults = payloadFaults(path, session);
  // V3-DP-30: the sequence number is in the Default L2-Specific Sublayer.
  if (sequencing !== "none" && sublayer === "none") {
    faults.push(error(
      [...path, "sequencing"],
      `${sequencing} needs sublayer: default, where the numbers are`,
    ));
  }
  return faults;
}

function retryFaults(path: KeyPath, { retry }: SessionDraft): Fault[] {
  if (retry === undefined || retry.first <= retry.longest) return [];
  return [error([...path, "retry", "first"], "is longer than longest; make it shorter")];
}

function staticFaults(path: KeyPath, session: StaticDraft): Fault[] {
  const { remote, local, encapsulation } = session;
  const { host, port } = splitHostAndPort(remote) ?? { host: remote, port: undefined };
  const faults = familyFaults(path, host, local);
  if (port !== undefined) {
    faults.push(error([...path, "remote"], "the port of a static session goes into remotePort"));
  }
  const { receiveCookie, otherReceiveCookie = receiveCookie } = session;
  if (otherReceiveCookie.length !== receiveCookie.length) {
    faults.push(error([...path, "otherReceiveCookie"], "write one as long as receiveCookie"));
  }
  for (const key of ["localPort", "remotePort"] as const) {
    if (encapsulation === "ip" && session[key] !== undefined) {
      faults.push(error([...path, key], "over ip there are no ports; leave it out"));
    }
  }
  return faults;
}

/** Reports each entry whose key, where it has one, an earlier entry has too. */
function duplicates<T>(
  entries: readonly [KeyPath, T][],
  keyOf: (entry: T) => string | undefined,
  report: (path: KeyPath, first: string) => Fault,
): Fault[] {
  const seen = new Map<string, string>();
  return entries.flatMap(([path, entry]) => {
    const key = keyOf(entry);
    if (key === undefined) return [];
    const first = seen.get(key);
    if (first !== undefined) return [report(path, first)];
    seen.set(key, path.join("."));
    return [];
  });
}

function samePeers(connections: readonly [KeyPath, ConnectionDraft][]): Fault[] {
  return duplicates(
    connections,
    ({ encapsulation, local, remote }) => {
      const { host, port } = splitHostAndPort(remote) ?? { host: remote, port: undefined };
      return JSON.stringify([encapsulation, local, host, port ?? L2TP_PORT]);
    },
    (path, first) =>
      error(
        [...path, "remote"],
        `is the peer of ${first} already; put all sessions into one connection`,
      ),
  );
}

function sameEndIds(sessions: readonly [KeyPath, SessionDraft][]): Fault[] {
  const named = sessions.map(([path, session]): [KeyPath, string] => [
    path,
    String(session.remoteEndId ?? path.at(-1)),
  ]);
  return duplicates(
    named,
    (endId) => endId,
    (path, first) =>
      error(
        [...path, "remoteEndId"],
        `names the same circuit as ${first}; each session of a connection needs its own`,
      ),
  );
}

function sameInterfaces(sessions: readonly [KeyPath, SessionDraft | StaticDraft][]): Fault[] {
  return duplicates(
    sessions,
    ({ attach: { tap, namespace } }) =>
      tap === undefined ? undefined : JSON.stringify([tap, namespace]),
    (path, first) =>
      error(
        [...path, "attach", "tap"],
        `is the interface of ${first} already; each session needs its own`,
      ),
  );
}

function sameRecordings(sessions: readonly [KeyPath, SessionDraft | StaticDraft][]): Fault[] {
  return duplicates(
    sessions,
    ({ attach }) => attach.pcap?.record,
    (path, first) =>
      error(
        [...path, "attach", "pcap", "record"],
        `is the file of ${first} already; each session needs its own`,
      ),
  );
}

/** Keyed tunnels have one id, all of them, and addresses of their own (RFC 8159 §2, K6-02). */
function isKeyed({ localSessionId, encapsulation }: StaticDraft): boolean {
  return localSessionId === KEYED_SESSION_ID && encapsulation === "ip";
}

function sameKeyedTunnels(statics: readonly [KeyPath, StaticDraft][]): Fault[] {
  return duplicates(
    statics,
    (session) => isKeyed(session) ? JSON.stringify([session.local, session.remote]) : undefined,
    (path, first) =>
      error(
        [...path, "remote"],
        `is the peer of ${first} already; of session id 0xffffffff two addresses have one`,
      ),
  );
}

function sameSessionIds(statics: readonly [KeyPath, StaticDraft][]): Fault[] {
  return duplicates(
    statics,
    (session) => isKeyed(session) ? undefined : String(session.localSessionId),
    (path, first) =>
      error(
        [...path, "localSessionId"],
        `is the id of ${first} already; an id may be used once on this machine`,
      ),
  );
}

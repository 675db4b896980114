/**
 * What no two blocks of a configuration may have in common: a peer, an interface, a file, an id.
 *
 * Read RFC 3931 §4.1 for what tells sessions and connections apart, RFC 8159 §2 for keyed tunnels.
 */

import { KEYED_SESSION_ID } from "../model/identifiers.ts";
import { L2TP_PORT } from "../model/path.ts";
import type { ConnectionDraft, SessionDraft, StaticDraft } from "./draft.ts";
import { error, type Fault } from "./fault.ts";
import { splitHostAndPort } from "./address_forms.ts";
import type { KeyPath } from "./yaml_source.ts";

/** Each block that has what belongs to an earlier one. */
export function samenessFaults(
  connections: readonly [KeyPath, ConnectionDraft][],
  sessions: readonly [KeyPath, SessionDraft][],
  statics: readonly [KeyPath, StaticDraft][],
): Fault[] {
  return [
    ...samePeers(connections),
    ...sameInterfaces([...sessions, ...statics]),
    ...sameRecordings([...sessions, ...statics]),
    ...sameSessionIds(statics),
    ...sameKeyedTunnels(statics),
  ];
}

/** Each session of one connection that names the circuit of an earlier one. */
export function sameEndIds(sessions: readonly [KeyPath, SessionDraft][]): Fault[] {
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

/**
 * The control connections of one endpoint, found by whatever a datagram or the application names
 * them with: no search takes longer because there are many.
 *
 * Read RFC 3931 §5.4.3 (Assigned Control Connection ID, Tie Breaker), A-32 and V3-CC-23 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import { formatTransportAddress, type Path } from "../model/path.ts";
import type { ControlConnection } from "./control_connection.ts";
import type { ConnectionPhase } from "./connection_phase.ts";
import type { ConnectionHandle } from "./effect.ts";
import { KeyedIndex } from "./keyed_index.ts";

/** All control connections of one `Lcce`. */
export class ConnectionRegister {
  readonly #byHandle = new Map<ConnectionHandle, ControlConnection>();
  readonly #byLocalId: Readonly<Record<ProtocolVersion, Map<number, ControlConnection>>> = {
    2: new Map(),
    3: new Map(),
  };
  /** Those that peers began, by who began them (A-32, V3-CC-14). */
  readonly #byBeginner = new Map<string, ControlConnection>();
  /** The phase in which each was last seen: only a change of it changes the indexes. */
  readonly #phases = new Map<ControlConnection, ConnectionPhase>();
  /** Those whose SCCRQ waits for an answer, by the peer's name and address. */
  readonly #asking = new KeyedIndex<ControlConnection>();
  /** Those whose peer's Router ID is known, by that and the peer's address. */
  readonly #known = new KeyedIndex<ControlConnection>();
  /** Those that peers began, by the peer's name. */
  readonly #begun = new KeyedIndex<ControlConnection>();
  readonly #halfOpen = new Set<ControlConnection>();

  /** Connections that strangers hold without having finished the handshake. */
  get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  get size(): number {
    return this.#byHandle.size;
  }

  get(handle: ConnectionHandle): ControlConnection | undefined {
    return this.#byHandle.get(handle);
  }

  values(): IterableIterator<ControlConnection> {
    return this.#byHandle.values();
  }

  /** The connection that our identifier names. */
  byLocalId(version: ProtocolVersion, id: number): ControlConnection | undefined {
    return this.#byLocalId[version].get(id);
  }

  /** The connection that a peer began under its identifier; none for one that is not known. */
  byBeginner(
    version: ProtocolVersion,
    path: Path,
    id: number | undefined,
  ): ControlConnection | undefined {
    return id === undefined ? undefined : this.#byBeginner.get(beginnerKey(version, path, id));
  }

  /** How many connections the peers of this name have begun. */
  countBegunBy(peerName: string): number {
    return this.#begun.find(peerName).size;
  }

  /** The connections that we are just asking that address for. */
  askingAt(path: Path): ReadonlySet<ControlConnection> {
    return this.#asking.find(remoteKey(path));
  }

  /** Our own outstanding SCCRQ to this peer, under its name, address or Router ID (V3-CC-23). */
  rivalOf(
    peerName: string,
    path: Path,
    routerId: number | undefined,
  ): ControlConnection | undefined {
    const [named] = this.#asking.find(nameKey(peerName));
    if (named !== undefined && peerName !== "") return named;
    const [there] = this.askingAt(path);
    if (there !== undefined || routerId === undefined) return there;
    for (const connection of this.#asking.members()) {
      if (this.#known.find(routerKey(routerId, connection.path)).size > 0) return connection;
    }
    return undefined;
  }

  /** Takes a connection in; `remoteId` where the peer began it. */
  add(connection: ControlConnection, remoteId?: number): void {
    this.#byHandle.set(connection.handle, connection);
    if (remoteId === undefined) return;
    const { version, path } = connection;
    this.#byBeginner.set(beginnerKey(version, path, remoteId), connection);
    this.#begun.set(connection, [connection.peerName]);
  }

  assignId(version: ProtocolVersion, id: number, connection: ControlConnection): void {
    this.#byLocalId[version].set(id, connection);
  }

  releaseId(version: ProtocolVersion, id: number): void {
    this.#byLocalId[version].delete(id);
  }

  /** After anything that happened to a connection; one that is released is forgotten. */
  update(connection: ControlConnection): void {
    const { phase } = connection;
    if (this.#phases.get(connection) === phase) return;
    if (phase === "released") return this.#forget(connection);
    this.#phases.set(connection, phase);
    const { path, peer, peerName } = connection;
    const isAsking = phase === "wait-ctl-reply";
    this.#asking.set(connection, isAsking ? [nameKey(peerName), remoteKey(path)] : []);
    this.#known.set(connection, peer === undefined ? [] : [routerKey(peer.routerId, path)]);
    if (connection.isHalfOpen) this.#halfOpen.add(connection);
    else this.#halfOpen.delete(connection);
  }

  #forget(connection: ControlConnection): void {
    this.#phases.delete(connection);
    this.#byHandle.delete(connection.handle);
    for (const index of [this.#asking, this.#known, this.#begun]) index.set(connection, []);
    this.#halfOpen.delete(connection);
    const key = beginnerKey(connection.version, connection.path, connection.remoteId);
    if (this.#byBeginner.get(key) === connection) this.#byBeginner.delete(key);
  }
}

function remoteKey({ encapsulation, remote }: Path): string {
  return `${encapsulation} ${formatTransportAddress(remote)}`;
}

function nameKey(peerName: string): string {
  return `name ${peerName}`;
}

function routerKey(routerId: number, path: Path): string {
  return `${routerId} ${remoteKey(path)}`;
}

function beginnerKey(version: ProtocolVersion, path: Path, id: number): string {
  return `${version} ${id} ${remoteKey(path)}`;
}

/**
 * The sessions of one control connection, found by whatever a message names them with.
 *
 * Read RFC 3931 §5.4.4 (Local and Remote Session ID, Remote End ID, Session Tie Breaker) first.
 */

import type { SessionIds } from "./dialect.ts";
import type { Session } from "./session.ts";

/** All sessions of one `SessionTable`. */
export class SessionRegister {
  readonly #sessions = new Set<Session>();
  readonly #byLocalId = new Map<number, Session>();
  readonly #byRemoteId = new Map<number, Session>();
  /** Our own outstanding requests by Remote End ID: a peer's for the same circuit is a tie. */
  readonly #outstanding = new Map<string, Session>();

  get size(): number {
    return this.#sessions.size;
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values();
  }

  has(session: Session): boolean {
    return this.#sessions.has(session);
  }

  /** Our identifier, or, before the peer knew that, the peer's (V3-SES-14). */
  find({ local, remote }: SessionIds): Session | undefined {
    return local === 0 ? this.#byRemoteId.get(remote) : this.#byLocalId.get(local);
  }

  /** Our own outstanding request for this circuit. */
  rivalOf(remoteEndId: Uint8Array): Session | undefined {
    return this.#outstanding.size === 0 ? undefined : this.#outstanding.get(keyOf(remoteEndId));
  }

  add(session: Session): void {
    this.#sessions.add(session);
  }

  assignLocalId(id: number, session: Session): void {
    this.#byLocalId.set(id, session);
  }

  releaseLocalId(id: number): void {
    this.#byLocalId.delete(id);
  }

  /** After anything that may have changed a session's state. */
  update(session: Session): void {
    const { state, remoteId, remoteEndId } = session;
    if (remoteId !== 0) this.#byRemoteId.set(remoteId, session);
    if (state === "wait-reply") this.#outstanding.set(keyOf(remoteEndId), session);
    else this.#forgetRequest(session);
  }

  /** The session is over, or goes to another connection. */
  remove(session: Session): void {
    const { remoteId } = session;
    if (this.#byRemoteId.get(remoteId) === session) this.#byRemoteId.delete(remoteId);
    this.#forgetRequest(session);
    this.#sessions.delete(session);
  }

  #forgetRequest(session: Session): void {
    if (this.rivalOf(session.remoteEndId) !== session) return;
    this.#outstanding.delete(keyOf(session.remoteEndId));
  }
}

/** A Remote End ID as a map's key. */
function keyOf(remoteEndId: Uint8Array): string {
  return String.fromCharCode(...remoteEndId);
}

/**
 * Two sessions made one: what comes in the one goes out of the other as it is, and the end of either
 * is the end of both.
 *
 * The data plane passes frames on by itself; streams carry those that had come before, and all of
 * them between two endpoints in one program.
 *
 * Read RFC 2661 §4.4.2 and RFC 3931 §5.4.2 (Result Code) for what the other peer is told. Both are
 * sessions with streams; the two may be of different versions of L2TP, as a PPP frame is the same
 * payload in either.
 */

import { farewellAfter } from "../core/passed_on.ts";
import { SessionError } from "./errors.ts";
import type { CloseOptions } from "./session_parts.ts";
import type { Session } from "./session.ts";

/** CDN: no appropriate facilities, for the moment (RFC 3931 §5.4.2). */
const NO_FACILITIES = 4;

const partners = new WeakMap<Session, Session>();

/** The session that this one is joined to, if it is. */
export function partnerOf(session: Session): Session | undefined {
  return partners.get(session);
}

/**
 * Joins two sessions with streams. The peer of the one that is left is told what the other peer gave
 * as its reason.
 *
 * @throws {TypeError} when one of them is attached to an interface, or its streams are in use.
 */
export function joinSessions(one: Session, other: Session): void {
  for (const { name, readable, writable } of [one, other]) {
    if (readable.locked || writable.locked) {
      throw new TypeError(`session ${name}: its streams are in use, it cannot be joined`);
    }
  }
  const ways = [one.readable.pipeTo(other.writable), other.readable.pipeTo(one.writable)];
  partners.set(one, other);
  partners.set(other, one);
  for (const [ending, left] of [[one, other], [other, one]] as const) {
    // A session that has just ended, or a data plane that has died, says so itself.
    ending.passOn(left).catch(() => {});
    void ending.closed.then((reason) => left.close(farewellAfter(reason)));
  }
  // Streams break off with their session: what there is to tell of it, `closed` tells.
  void Promise.allSettled(ways);
}

/** What the peer of a session is told when the one that it was to be joined to has not come to be. */
export function farewellFor(error: unknown): CloseOptions {
  if (error instanceof SessionError) return farewellAfter(error.reason);
  const text = error instanceof Error ? error.message : String(error);
  return { resultCode: NO_FACILITIES, text };
}

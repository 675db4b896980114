/**
 * Two sessions as one wire: what comes by one goes by the other, whichever versions their control
 * connections have; when one ends the other does, for the same reason (multihop).
 *
 * Both are PPP sessions attached to streams, so that their frames are as they came. Read RFC 2661 §1
 * first: to each of its two peers the program in between is what the other end is.
 */

import { farewellAfter } from "../core/passed_on.ts";
import type { Session } from "./session.ts";

/**
 * Joins two sessions, for as long as both are there.
 *
 * @throws {TypeError} where one of them is not attached to streams.
 */
export function joinSessions(one: Session, other: Session): void {
  const ways = [
    [one.readable, other.writable],
    [other.readable, one.writable],
  ] as const;
  for (const [from, to] of ways) {
    // Streams end with their sessions, of which each is told by itself.
    from.pipeTo(to).catch(() => {});
  }
  void one.closed.then((reason) => other.close(farewellAfter(reason)));
  void other.closed.then((reason) => one.close(farewellAfter(reason)));
}

/**
 * The SCCRQs of connections that were begun by peers and have ended: a copy that the network brings
 * late opens none again.
 *
 * Read RFC 3931 §3.3.2 and A-24: where the peer stops, the connection lingers and knows its SCCRQ;
 * where this side did, the acknowledgement of its StopCCN frees all but this.
 */

import { sha1 } from "../crypto/digest.ts";
import { formatTransportAddress, type Path } from "../model/path.ts";

/** How long a copy may be under way. */
const MEMORY_MS = 31_000;

/** Beyond these the oldest are forgotten. */
const MOST_REQUESTS = 4096;

/** What is remembered of connections that are no more; `now` never goes backwards. */
export class PastRequests {
  /** By address and octets, the oldest first: when each may be forgotten. */
  readonly #until = new Map<string, number>();

  /** A connection has ended that this SCCRQ began. */
  add(path: Path, octets: Uint8Array, now: number): void {
    this.#sweep(now);
    if (this.#until.size >= MOST_REQUESTS) this.#forgetOldest();
    const key = keyOf(path, octets);
    this.#until.delete(key);
    this.#until.set(key, now + MEMORY_MS);
  }

  /** Whether this is a copy. A peer that dials again has another identifier or other random octets. */
  has(path: Path, octets: Uint8Array, now: number): boolean {
    if (this.#until.size === 0) return false;
    this.#sweep(now);
    return this.#until.has(keyOf(path, octets));
  }

  #sweep(now: number): void {
    for (const [key, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(key);
    }
  }

  #forgetOldest(): void {
    for (const key of this.#until.keys()) return void this.#until.delete(key);
  }
}

/** Of the same length for every request: its sender chooses how long that is, up to a whole datagram. */
function keyOf({ encapsulation, remote }: Path, octets: Uint8Array): string {
  return `${encapsulation} ${formatTransportAddress(remote)} ${sha1(octets).toHex()}`;
}

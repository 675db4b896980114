/**
 * One direction of a network path under a seed: it loses, doubles, delays, reorders and corrupts
 * datagrams as often as it is told to. It has no clock of its own: instants are passed in.
 */

import type { Path } from "../../src/model/path.ts";
import type { Prng } from "./prng.ts";

/** What happens to datagrams; probabilities are from 0 to 1, durations in milliseconds. */
export interface Impairment {
  readonly loss: number;
  readonly duplication: number;
  /** A corrupted datagram has one to four bits in a row flipped. */
  readonly corruption: number;
  /** A held-back datagram is overtaken by those sent up to `holdMs` after it. */
  readonly reordering: number;
  readonly holdMs: number;
  readonly delayMs: number;
  /** Each datagram is up to this much later than `delayMs`, by chance. Default 0. */
  readonly jitterMs?: number;
}

/** A path that does nothing but take its time. */
export const CLEAN: Impairment = {
  loss: 0,
  duplication: 0,
  corruption: 0,
  reordering: 0,
  holdMs: 0,
  delayMs: 5,
};

/** A datagram under way, as its receiver will see its path. */
export interface Datagram {
  readonly path: Path;
  readonly octets: Uint8Array;
  /** Whether these are the octets that were sent. */
  readonly isIntact: boolean;
}

interface Flight {
  readonly at: number;
  readonly datagram: Datagram;
}

/** A path seen from its other end. */
export function reversed(path: Path): Path {
  return { encapsulation: path.encapsulation, local: path.remote, remote: path.local };
}

/** Takes what an endpoint sends. */
export type Carrier = Pick<Link, "send">;

/** One direction; what is sent first arrives first unless the impairment says otherwise. */
export class Link {
  readonly #prng: Prng;
  /** In order of arrival. */
  readonly #flights: Flight[] = [];
  impairment: Impairment;

  constructor(prng: Prng, impairment: Impairment = CLEAN) {
    this.#prng = prng;
    this.impairment = impairment;
  }

  /** Takes a datagram from its sender, whose path it is given on. */
  send(path: Path, octets: Uint8Array, now: number): void {
    const { loss, duplication } = this.impairment;
    const copies = this.#prng.chance(loss) ? 0 : this.#prng.chance(duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#insert({
        at: now + this.#travelTime(),
        datagram: this.#carried(reversed(path), octets),
      });
    }
  }

  /** When the next datagram arrives, or `undefined` while nothing is under way. */
  nextArrival(): number | undefined {
    return this.#flights[0]?.at;
  }

  /** The next datagram that has arrived by `now`. */
  receive(now: number): Datagram | undefined {
    const first = this.#flights[0];
    return first !== undefined && first.at <= now ? this.#flights.shift()!.datagram : undefined;
  }

  /** Loses everything that is under way. */
  cut(): void {
    this.#flights.length = 0;
  }

  #travelTime(): number {
    const { delayMs, jitterMs = 0, reordering, holdMs } = this.impairment;
    const held = this.#prng.chance(reordering) ? this.#prng.below(holdMs + 1) : 0;
    return delayMs + held + (jitterMs > 0 ? this.#prng.below(jitterMs + 1) : 0);
  }

  #carried(path: Path, sent: Uint8Array): Datagram {
    const octets = sent.slice();
    const isIntact = octets.length === 0 || !this.#prng.chance(this.impairment.corruption);
    if (!isIntact) {
      // Flips of distinct bits, so that no two undo each other.
      const first = this.#prng.below(octets.length * 8);
      const flips = Math.min(1 + this.#prng.below(4), octets.length * 8);
      for (let bit = first; bit < first + flips; bit++) {
        octets[(bit >> 3) % octets.length]! ^= 1 << (bit & 7);
      }
    }
    return { path, octets, isIntact };
  }

  #insert(flight: Flight): void {
    let at = this.#flights.length;
    while (at > 0 && this.#flights[at - 1]!.at > flight.at) at--;
    this.#flights.splice(at, 0, flight);
  }
}

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
  /** A corrupted datagram has one to four of its bits flipped. */
  readonly corruption: number;
  /** A held-back datagram is overtaken by those sent up to `holdMs` after it. */
  readonly reordering: number;
  readonly holdMs: number;
  readonly delayMs: number;
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
}

interface Flight {
  readonly at: number;
  readonly datagram: Datagram;
}

/** A path seen from its other end. */
export function reversed(path: Path): Path {
  return { encapsulation: path.encapsulation, local: path.remote, remote: path.local };
}

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
        datagram: { path: reversed(path), octets: this.#carried(octets) },
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
    const { delayMs, reordering, holdMs } = this.impairment;
    const held = this.#prng.chance(reordering) ? this.#prng.below(holdMs + 1) : 0;
    return delayMs + held;
  }

  #carried(octets: Uint8Array): Uint8Array {
    const carried = octets.slice();
    if (carried.length > 0 && this.#prng.chance(this.impairment.corruption)) {
      const flips = 1 + this.#prng.below(4);
      for (let i = 0; i < flips; i++) {
        carried[this.#prng.below(carried.length)]! ^= 1 << this.#prng.below(8);
      }
    }
    return carried;
  }

  #insert(flight: Flight): void {
    let at = this.#flights.length;
    while (at > 0 && this.#flights[at - 1]!.at > flight.at) at--;
    this.#flights.splice(at, 0, flight);
  }
}

/**
 * Any number of endpoints on one network, under one seed and one virtual clock: `Pair` grown to
 * where an endpoint has many peers. Each has one line, and what comes down it is impaired.
 */

import type { ConnectionSettings } from "../../src/core/lcce_config.ts";
import type { Path } from "../../src/model/path.ts";
import type { Cell } from "../harness/cells.ts";
import { VirtualClock } from "../harness/clock.ts";
import { checkAgreement } from "../harness/invariants.ts";
import { type Carrier, type Impairment, Link } from "../harness/link.ts";
import { End, type Manners } from "../harness/pair.ts";
import { Prng } from "../harness/prng.ts";
import { settingsFor } from "../harness/settings.ts";

/** What the endpoints have in common. */
export interface NetworkOptions {
  readonly endpoints: number;
  readonly cell: Cell;
  readonly seed: number;
  readonly impairment: Impairment;
  /** Beside what the cell says. */
  readonly settings?: (endpoint: number) => Partial<ConnectionSettings>;
  readonly manners: Manners;
}

interface Station {
  readonly address: string;
  readonly end: End;
  readonly line: Link;
}

interface Plan {
  readonly at: number;
  readonly action: () => void;
}

export class Network implements Carrier {
  readonly clock = new VirtualClock();
  readonly prng: Prng;
  readonly ends: readonly End[];
  readonly #port: number;
  readonly #cell: Cell;
  readonly #stations: readonly Station[];
  readonly #byAddress: ReadonlyMap<string, Station>;
  readonly #plans: Plan[] = [];

  constructor(options: NetworkOptions) {
    this.prng = new Prng(options.seed);
    this.#cell = options.cell;
    this.#port = options.cell.encapsulation === "udp" ? 1701 : 0;
    this.#stations = Array.from({ length: options.endpoints }, (_, index) => {
      const prng = new Prng(this.prng.uint32());
      const settings = settingsFor(options.cell, options.settings?.(index));
      const path = this.pathBetween(index, index === 0 ? 1 : 0);
      return {
        address: addressOf(index),
        end: new End(`end${index}`, path, settings, options.manners, prng),
        line: new Link(new Prng(this.prng.uint32()), options.impairment),
      };
    });
    this.ends = this.#stations.map(({ end }) => end);
    this.#byAddress = new Map(this.#stations.map((station) => [station.address, station]));
  }

  get now(): number {
    return this.clock.now;
  }

  /** Changes what happens to datagrams sent from now on. */
  set impairment(impairment: Impairment) {
    for (const { line } of this.#stations) line.impairment = impairment;
  }

  /** The way from one endpoint, by its index, to another. */
  pathBetween(from: number, to: number): Path {
    return {
      encapsulation: this.#cell.encapsulation,
      local: { address: addressOf(from), port: this.#port },
      remote: { address: addressOf(to), port: this.#port },
    };
  }

  /** Takes a datagram from an endpoint to whom it is for. */
  send(path: Path, octets: Uint8Array, now: number): void {
    this.#byAddress.get(path.remote.address)!.line.send(path, octets, now);
  }

  /** Has an application do something `afterMs` from now. */
  plan(afterMs: number, action: () => void): void {
    const at = this.now + afterMs;
    const before = this.#plans.findIndex((plan) => plan.at > at);
    this.#plans.splice(before < 0 ? this.#plans.length : before, 0, { at, action });
  }

  /** Lets everything happen that is due within `ms`, or until `isOver` says so. */
  run(ms: number, isOver: () => boolean = () => false): void {
    const until = this.now + ms;
    while (!isOver()) {
      const instant = this.#nextInstant();
      if (instant > until) return this.clock.moveTo(until);
      this.clock.moveTo(Math.max(instant, this.now));
      this.#step();
    }
  }

  /** That every two endpoints agree on what is between them. */
  checkAgreement(): void {
    this.#stations.forEach((a, index) => {
      for (const b of this.#stations.slice(index + 1)) {
        checkAgreement(a.end.invariants, b.end.invariants, [a.address, b.address]);
      }
    });
  }

  /** Infinity when nothing will ever happen again. */
  #nextInstant(): number {
    let first = this.#plans[0]?.at ?? Infinity;
    for (const { end, line } of this.#stations) {
      first = Math.min(first, line.nextArrival() ?? Infinity, end.lcce.nextTimeout() ?? Infinity);
    }
    return first;
  }

  /** Everything that is due now; after each thing, the invariants of whom it concerns. */
  #step(): void {
    while (this.#plans[0] !== undefined && this.#plans[0].at <= this.now) {
      this.#plans.shift()!.action();
      for (const { end } of this.#stations) this.#settle(end);
    }
    for (const station of this.#stations) this.#turn(station);
  }

  #turn({ end, line }: Station): void {
    for (;;) {
      const datagram = line.receive(this.now);
      if (datagram === undefined) break;
      if (datagram.isIntact) end.invariants.receives(datagram.octets, datagram.path);
      end.lcce.handleDatagram(datagram.path, datagram.octets, this.now);
      this.#settle(end);
    }
    const timeout = end.lcce.nextTimeout();
    if (timeout === undefined || timeout > this.now) return;
    end.lcce.handleTimeout(this.now);
    this.#settle(end);
    end.invariants.advances(end.lcce.nextTimeout(), this.now);
  }

  #settle(end: End): void {
    end.drain(this, this.now);
    end.invariants.rests(end.lcce.nextTimeout(), this.now);
  }
}

/** The address of an endpoint, by its index. */
export function addressOf(index: number): string {
  return `192.0.2.${index + 1}`;
}

/**
 * Any number of endpoints on one network, under one seed and one virtual clock: `Pair` grown to
 * where an endpoint has many peers. Each has one line, and what comes down it is impaired.
 */

import { assertEquals } from "@std/assert";
import type { ConnectionSettings } from "../../src/core/lcce_config.ts";
import type { Path } from "../../src/model/path.ts";
import type { Cell } from "../harness/cells.ts";
import { firstLook } from "../../src/wire/first_look.ts";
import { VirtualClock } from "../harness/clock.ts";
import { checkAgreement } from "../harness/invariants.ts";
import { type Carrier, CLEAN, type Datagram, type Impairment, Link } from "../harness/link.ts";
import { End, type Manners } from "../harness/pair.ts";
import { Prng } from "../harness/prng.ts";
import { settingsFor } from "../harness/settings.ts";

/** Long enough to give up a StopCCN, and to forget it. */
const END_MS = 200_000;

/** What an endpoint carries in its sessions. */
export interface Traffic {
  /** Takes what the control plane has told its end since the last time. */
  settle(now: number): void;
  /** A datagram that is no control message. */
  handleData(path: Path, octets: Uint8Array, now: number): void;
  /** Infinity when it waits for nothing. */
  nextTimeout(): number;
  handleTimeout(now: number): void;
}

/** What the endpoints have in common. */
export interface NetworkOptions {
  readonly endpoints: number;
  readonly cell: Cell;
  readonly seed: number;
  readonly impairment: Impairment;
  /** Beside what the cell says. */
  readonly settings?: (endpoint: number) => Partial<ConnectionSettings>;
  readonly manners: Manners;
  /** What an endpoint carries; without it, none takes more than control messages. */
  readonly traffic?: (end: End, endpoint: number) => Traffic;
}

interface Station {
  readonly address: string;
  readonly end: End;
  readonly line: Link;
  readonly traffic: Traffic | undefined;
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
      const end = new End(`end${index}`, path, settings, options.manners, prng);
      return {
        address: addressOf(index),
        end,
        line: new Link(new Prng(this.prng.uint32()), options.impairment),
        traffic: options.traffic?.(end, index),
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

  /** The network is well again: after so long nothing waits any more, and every two ends agree. */
  calmDown(ms: number): void {
    this.impairment = CLEAN;
    this.run(ms);
    this.#checkAgreement();
    const unsettled = this.ends.map(({ invariants }) => invariants.unsettled);
    assertEquals(unsettled, unsettled.map(() => 0), "a state is stuck");
  }

  /** Everybody closes what he has: after a while nothing of it is left, nor any timer. */
  closeAll(): void {
    this.plan(0, () => {
      for (const { lcce, invariants } of this.ends) {
        for (const [connection] of invariants.connections) {
          lcce.closeConnection(connection, { resultCode: 6, text: "" }, this.now);
        }
      }
    });
    this.run(END_MS);
    for (const { lcce, invariants } of this.ends) {
      assertEquals([invariants.connections, invariants.sessions], [[], []]);
      assertEquals(lcce.nextTimeout(), undefined, "a timer is left behind");
    }
  }

  /** That every two endpoints agree on what is between them. */
  #checkAgreement(): void {
    this.#stations.forEach((a, index) => {
      for (const b of this.#stations.slice(index + 1)) {
        checkAgreement(a.end.invariants, b.end.invariants, [a.address, b.address]);
      }
    });
  }

  /** Infinity when nothing will ever happen again. */
  #nextInstant(): number {
    let first = this.#plans[0]?.at ?? Infinity;
    for (const { end, line, traffic } of this.#stations) {
      first = Math.min(first, line.nextArrival() ?? Infinity, end.lcce.nextTimeout() ?? Infinity);
      if (traffic !== undefined) first = Math.min(first, traffic.nextTimeout());
    }
    return first;
  }

  /** Everything that is due now; after each thing, the invariants of whom it concerns. */
  #step(): void {
    while (this.#plans[0] !== undefined && this.#plans[0].at <= this.now) {
      this.#plans.shift()!.action();
      for (const station of this.#stations) this.#settle(station);
    }
    for (const station of this.#stations) this.#turn(station);
  }

  #turn(station: Station): void {
    const { end, line, traffic } = station;
    for (;;) {
      const datagram = line.receive(this.now);
      if (datagram === undefined) break;
      this.#deliver(station, datagram);
      this.#settle(station);
    }
    if (traffic !== undefined && traffic.nextTimeout() <= this.now) {
      traffic.handleTimeout(this.now);
      this.#settle(station);
    }
    const timeout = end.lcce.nextTimeout();
    if (timeout === undefined || timeout > this.now) return;
    end.lcce.handleTimeout(this.now);
    this.#settle(station);
    end.invariants.advances(end.lcce.nextTimeout(), this.now);
  }

  /** The kernel's part: data goes to whom it is for, and everything else to the control plane. */
  #deliver({ end, traffic }: Station, { path, octets, isIntact }: Datagram): void {
    if (traffic !== undefined && firstLook(octets, path.encapsulation).kind === "data") {
      return traffic.handleData(path, octets, this.now);
    }
    if (isIntact) end.invariants.receives(octets, path);
    end.lcce.handleDatagram(path, octets, this.now);
  }

  #settle({ end, traffic }: Station): void {
    end.drain(this, this.now);
    while (traffic !== undefined && end.effects.length > 0) {
      traffic.settle(this.now);
      end.drain(this, this.now);
    }
    end.invariants.rests(end.lcce.nextTimeout(), this.now);
  }
}

/** The address of an endpoint, by its index. */
export function addressOf(index: number): string {
  return `192.0.2.${index + 1}`;
}

/**
 * Two endpoints joined by two links, under one seed and one virtual clock. `step` lets the next
 * thing happen, whatever it is, and checks every invariant after it.
 */

import type {
  ConnectionHandle,
  Effect,
  SessionHandle,
  SessionRequest,
} from "../../src/core/effect.ts";
import type {
  ConnectionSettings,
  OutgoingSessionSettings,
  SessionSettings,
} from "../../src/core/lcce_config.ts";
import { Lcce } from "../../src/core/lcce.ts";
import { BEARER_ANALOG, BEARER_DIGITAL } from "../../src/model/call_information.ts";
import type { Path } from "../../src/model/path.ts";
import type { Cell } from "./cells.ts";
import { VirtualClock } from "./clock.ts";
import { Invariants } from "./invariants.ts";
import { type Carrier, CLEAN, type Impairment, Link, reversed } from "./link.ts";
import { Prng } from "./prng.ts";
import { settingsFor } from "./settings.ts";

/** How an end answers what the other end asks for. */
export interface Manners {
  /** `undefined` refuses. */
  readonly sessionSettings: (request: SessionRequest) => SessionSettings | undefined;
  readonly acceptsConnection: () => boolean;
}

/** One of the two endpoints. */
export class End {
  readonly lcce: Lcce;
  readonly invariants: Invariants;
  readonly settings: ConnectionSettings;
  /** As this end sees it. */
  readonly path: Path;
  readonly effects: Effect[] = [];
  readonly #manners: Manners;

  constructor(
    name: string,
    path: Path,
    settings: ConnectionSettings,
    manners: Manners,
    prng: Prng,
  ) {
    this.path = path;
    this.settings = settings;
    this.#manners = manners;
    this.invariants = new Invariants(settings.receiveWindow);
    this.lcce = new Lcce({
      hostName: `${name}.example`,
      routerId: prng.uint32(),
      pseudowireCapabilities: ["ethernet", "ethernet-vlan", "ppp"],
      bearerCapabilities: BEARER_ANALOG | BEARER_DIGITAL,
      findPeers: () => [{ name: "peer", settings }],
    }, prng);
  }

  connect(now: number, path: Path = this.path): ConnectionHandle {
    const connection = this.lcce.connect(path, this.settings, now);
    this.invariants.asksConnection(connection);
    return connection;
  }

  openSession(
    connection: ConnectionHandle,
    settings: OutgoingSessionSettings,
    now: number,
  ): SessionHandle {
    const session = this.lcce.openSession(connection, settings, now);
    this.invariants.asksSession(session);
    return session;
  }

  /** Applies what this end wants done; `outgoing` takes what it sends. */
  drain(outgoing: Carrier, now: number): void {
    for (let effect = this.lcce.poll(); effect !== undefined; effect = this.lcce.poll()) {
      this.invariants.applies(effect);
      if (effect.kind === "transmit") outgoing.send(effect.path, effect.octets, now);
      else {
        this.effects.push(effect);
        this.#answer(effect, now);
      }
    }
  }

  #answer(effect: Effect, now: number): void {
    if (effect.kind === "connectionRequested") {
      if (this.#manners.acceptsConnection()) this.lcce.acceptConnection(effect.connection, now);
      else this.lcce.refuseConnection(effect.connection, { resultCode: 4 }, now);
    } else if (effect.kind === "sessionRequested") {
      const settings = this.#manners.sessionSettings(effect.request);
      if (settings) this.lcce.acceptSession(effect.session, settings, now);
      else this.lcce.refuseSession(effect.session, { resultCode: 4 }, now);
    } else if (effect.kind === "placeCall") {
      this.lcce.handleCallPlaced(effect.session, now);
    }
  }
}

/** What the two ends of a pair have in common. */
export interface PairOptions {
  readonly cell: Cell;
  readonly seed: number;
  readonly impairment?: Impairment;
  readonly settings?: Partial<ConnectionSettings>;
  readonly manners?: Partial<Manners>;
}

/** An action of the ends' applications, due at an instant. */
interface Plan {
  readonly at: number;
  readonly action: () => void;
}

export class Pair {
  readonly clock = new VirtualClock();
  readonly prng: Prng;
  readonly a: End;
  readonly b: End;
  readonly #fromA: Link;
  readonly #fromB: Link;
  readonly #plans: Plan[] = [];

  constructor({ cell, seed, impairment = CLEAN, settings, manners }: PairOptions) {
    this.prng = new Prng(seed);
    const port = cell.encapsulation === "udp" ? 1701 : 0;
    const path: Path = {
      encapsulation: cell.encapsulation,
      local: { address: "192.0.2.1", port },
      remote: { address: "192.0.2.2", port },
    };
    const both = settingsFor(cell, settings);
    const polite: Manners = {
      acceptsConnection: () => true,
      sessionSettings: () => undefined,
      ...manners,
    };
    this.a = new End("a", path, both, polite, new Prng(this.prng.uint32()));
    this.b = new End("b", reversed(path), both, polite, new Prng(this.prng.uint32()));
    this.#fromA = new Link(new Prng(this.prng.uint32()), impairment);
    this.#fromB = new Link(new Prng(this.prng.uint32()), impairment);
  }

  get now(): number {
    return this.clock.now;
  }

  /** Changes what the network does to datagrams sent from now on, both ways. */
  set impairment(impairment: Impairment) {
    this.#fromA.impairment = impairment;
    this.#fromB.impairment = impairment;
  }

  /** Has an application do something now. */
  act(action: () => void): void {
    action();
    this.#settle();
  }

  /** Has an application do something `afterMs` from now. */
  plan(afterMs: number, action: () => void): void {
    const at = this.now + afterMs;
    const before = this.#plans.findIndex((plan) => plan.at > at);
    this.#plans.splice(before < 0 ? this.#plans.length : before, 0, { at, action });
  }

  /** Lets the next thing happen if it is due by `until`; answers whether anything was. */
  step(until: number): boolean {
    const instant = this.#nextInstant();
    if (instant === undefined || instant > until) return false;
    this.clock.moveTo(Math.max(instant, this.now));
    while (this.#plans[0] !== undefined && this.#plans[0].at <= this.now) {
      this.act(this.#plans.shift()!.action);
    }
    this.#turn(this.a, this.#fromB);
    this.#turn(this.b, this.#fromA);
    return true;
  }

  /** Lets everything happen that is due within `ms`. */
  run(ms: number): void {
    const end = this.now + ms;
    while (this.step(end));
    this.clock.moveTo(end);
  }

  #nextInstant(): number | undefined {
    let first = this.#plans[0]?.at;
    const instants = [
      this.#fromA.nextArrival(),
      this.#fromB.nextArrival(),
      this.a.lcce.nextTimeout(),
      this.b.lcce.nextTimeout(),
    ];
    for (const instant of instants) {
      if (instant !== undefined && (first === undefined || instant < first)) first = instant;
    }
    return first;
  }

  #turn(end: End, incoming: Link): void {
    for (;;) {
      const datagram = incoming.receive(this.now);
      if (datagram === undefined) break;
      if (datagram.isIntact) end.invariants.receives(datagram.octets, datagram.path);
      end.lcce.handleDatagram(datagram.path, datagram.octets, this.now);
      this.#settle();
    }
    const timeout = end.lcce.nextTimeout();
    if (timeout !== undefined && timeout <= this.now) {
      end.lcce.handleTimeout(this.now);
      this.#settle();
      end.invariants.advances(end.lcce.nextTimeout(), this.now);
    }
  }

  #settle(): void {
    this.a.drain(this.#fromA, this.now);
    this.b.drain(this.#fromB, this.now);
    this.a.invariants.rests(this.a.lcce.nextTimeout(), this.now);
    this.b.invariants.rests(this.b.lcce.nextTimeout(), this.now);
  }
}

/**
 * How long it takes until a wire is there: endpoints that ask a hub for a connection and a session
 * over links that lose datagrams each way, until both ends have both, or are told that it failed.
 *
 * RFC 3931 §4.2 sets the pace: retransmissions after 1, 2, 4, 8, 8 … seconds.
 */

import { anyCall, anySession } from "../harness/application.ts";
import { ALL_CELLS } from "../harness/cells.ts";
import type { Invariants } from "../harness/invariants.ts";
import { CLEAN } from "../harness/link.ts";
import { ascii } from "../harness/peer_message.ts";
import { addressOf, Network } from "./network.ts";

/** What became of one endpoint's wish. A wish that ends in neither of the first two is stuck. */
export interface SetUp {
  readonly outcome: "established" | "timed out" | "stuck";
  /** Until the connection, and then the session, were up at both ends; Infinity where never. */
  readonly connectionMs: number;
  readonly sessionMs: number;
}

/** What a run gave, and how much time passed in it. */
export interface SetUpRun {
  readonly setUps: readonly SetUp[];
  readonly virtualMs: number;
}

/** One way through a network. */
const DELAY_MS = 20;

/** Three cycles of retransmissions: for the connection, the session, and to tell of their end. */
const LONGEST_MS = 3 * 71_000;

/** Watches one caller and the hub from outside. */
class Watch {
  readonly #caller: Invariants;
  readonly #hub: Invariants;
  readonly #address: string;
  readonly #begin: number;
  #connectionMs = Infinity;
  #sessionMs = Infinity;

  constructor(caller: Invariants, hub: Invariants, address: string, begin: number) {
    this.#caller = caller;
    this.#hub = hub;
    this.#address = address;
    this.#begin = begin;
  }

  look(now: number): void {
    if (this.#connectionMs === Infinity && this.#both("connectionsWith")) {
      this.#connectionMs = now - this.#begin;
    }
    if (this.#sessionMs === Infinity && this.#both("sessionsWith")) {
      this.#sessionMs = now - this.#begin;
    }
  }

  get setUp(): SetUp {
    const isUp = this.#sessionMs < Infinity;
    const outcome = isUp ? "established" : this.#caller.unsettled > 0 ? "stuck" : "timed out";
    return { outcome, connectionMs: this.#connectionMs, sessionMs: this.#sessionMs };
  }

  /** Up at one end alone is not over: the other end may have given up. */
  get isOver(): boolean {
    const hasNothing = this.#caller.unsettled === 0 && this.#caller.connections.length === 0;
    return this.#sessionMs < Infinity || hasNothing;
  }

  #both(ups: "connectionsWith" | "sessionsWith"): boolean {
    return this.#caller[ups]().length > 0 && this.#hub[ups](this.#address).length > 0;
  }
}

/** Has all endpoints but the first ask the first for a session at once. */
export function runSetUp(seed: number, loss: number, endpoints = 2): SetUpRun {
  const cell = ALL_CELLS[seed % ALL_CELLS.length]!;
  const network: Network = new Network({
    cell,
    endpoints,
    seed,
    impairment: { ...CLEAN, delayMs: DELAY_MS, loss },
    manners: {
      acceptsConnection: () => true,
      sessionSettings: (request) => anySession(network.prng, request),
    },
  });
  const begin = network.now;
  const [hub, ...callers] = network.ends;
  const watches = callers.map((caller, index) =>
    new Watch(caller.invariants, hub!.invariants, addressOf(index + 1), begin)
  );
  network.plan(0, () => {
    callers.forEach((caller, index) => {
      const connection = caller.connect(network.now);
      const remoteEndId = ascii(`site ${index}`);
      const session = {
        ...anyCall(network.prng, cell.version),
        call: "incoming",
        remoteEndId,
      } as const;
      caller.openSession(connection, session, network.now);
    });
  });
  network.run(LONGEST_MS, () => {
    for (const watch of watches) watch.look(network.now);
    return network.now > begin && watches.every(({ isOver }) => isOver);
  });
  return { setUps: watches.map(({ setUp }) => setUp), virtualMs: network.now - begin };
}

/**
 * Everything that a network can do to datagrams at once, to 2 to 50 endpoints that open and close
 * connections and sessions, cross each other's requests and change their minds: whatever comes,
 * every invariant holds after every step; once the network is well again every two ends agree; and
 * when all is closed nothing is left behind. Each seed has all of them speak alike, or each its own
 * version, or both (RFC 3931 §4.7).
 */

import { act, anySession, liveConnections } from "../harness/application.ts";
import type { ConnectionSettings } from "../../src/core/lcce_config.ts";
import { ALL_CELLS, type Cell, V3_DIGEST, V3_UDP } from "../harness/cells.ts";
import type { Impairment } from "../harness/link.ts";
import { Prng } from "../harness/prng.ts";
import { Network } from "./network.ts";

/** What may be set; the rest is the seed's. */
export interface StormOptions {
  /** Default: 2 to 50, mostly few. */
  readonly endpoints?: number | undefined;
  /** Beside what else happens. Default 0. */
  readonly loss?: number | undefined;
}

/** How the endpoints of a storm speak. */
interface Speech {
  readonly cell: Cell;
  /** Whether each has a version of its own. */
  readonly isMixed: boolean;
}

const SPEECHES: readonly Speech[] = [
  ...ALL_CELLS.map((cell) => ({ cell, isMixed: false })),
  { cell: V3_UDP, isMixed: true },
  { cell: V3_DIGEST, isMixed: true },
];

const STORM_MS = 25_000;

/** Long enough for a half-open connection to be found out by its HELLO: 60 s and a cycle of 71 s. */
const CALM_MS = 140_000;

/** Where nothing in a message would show it, UDP's checksum makes a loss of corruption. */
function stormOver({ cell, isMixed }: Speech, loss: number): Impairment {
  const hasDigests = cell.authentication === "digest" && !isMixed;
  const isProtected = hasDigests || cell.encapsulation === "ip";
  const corruption = 0.01;
  return {
    loss: isProtected ? loss : 1 - (1 - loss) * (1 - corruption),
    duplication: 0.2,
    corruption: isProtected ? corruption : 0,
    reordering: 0.3,
    holdMs: 500,
    delayMs: 0,
    jitterMs: 500,
  };
}

/** Who asks whom: a star or a tree by chance, and some who ask back, so that requests cross. */
function planConnections(network: Network): void {
  const { prng, ends } = network;
  const isStar = prng.chance(0.5);
  for (let index = 1; index < ends.length; index++) {
    const other = isStar ? 0 : prng.below(index);
    const at = prng.below(2_000);
    network.plan(at, () => connect(network, index, other));
    if (prng.chance(0.3)) network.plan(at + prng.below(600), () => connect(network, other, index));
  }
}

function connect(network: Network, from: number, to: number): void {
  network.ends[from]!.connect(network.now, network.pathBetween(from, to));
}

function planActions(network: Network): void {
  const { prng, ends } = network;
  for (let count = 2 * ends.length + prng.below(8); count > 0; count--) {
    const index = prng.below(ends.length);
    network.plan(500 + prng.below(STORM_MS - 5_000), () => {
      const end = ends[index]!;
      // Who has lost all of its connections may dial again.
      const isAlone = liveConnections(end).length === 0 && end.invariants.unsettled === 0;
      if (isAlone && index > 0) connect(network, index, prng.below(index));
      else act(end, prng, network.now);
    });
  }
}

function endpointsOf(prng: Prng): number {
  return 2 + Math.floor(49 * (prng.below(1_000) / 1_000) ** 16);
}

/** What is an endpoint's own, and what all of them share. */
function anySettings(prng: Prng, { isMixed }: Speech): () => Partial<ConnectionSettings> {
  const shared = {
    receiveWindow: 1 + prng.below(6),
    helloMs: prng.chance(0.1) ? 5_000 : 60_000,
  };
  return () => ({
    ...shared,
    hideAvps: prng.chance(0.5),
    ...(isMixed ? { version: prng.pick([2, 3, "auto", "auto"] as const) } : {}),
  });
}

/** Runs one seed; throws where an invariant is broken. Answers how much time passed in it. */
export function runStorm(seed: number, options: StormOptions = {}): number {
  const prng = new Prng(~seed);
  const speech = SPEECHES[seed % SPEECHES.length]!;
  const network: Network = new Network({
    cell: speech.cell,
    endpoints: options.endpoints ?? endpointsOf(prng),
    seed,
    impairment: stormOver(speech, options.loss ?? 0),
    settings: anySettings(prng, speech),
    manners: {
      acceptsConnection: () => network.prng.below(20) > 0,
      sessionSettings: (request) =>
        network.prng.below(10) > 0 ? anySession(network.prng, request) : undefined,
    },
  });
  const begin = network.now;
  planConnections(network);
  planActions(network);
  network.run(STORM_MS);
  network.calmDown(CALM_MS);
  network.closeAll();
  return network.now - begin;
}

/**
 * The core at scale: set-up of sessions and connections between two control planes in memory, the
 * time that one message takes, and the memory of a session.
 *
 * `deno task bench`; figures of memory come from `--v8-flags=--expose-gc`, without which they are
 * left out.
 */

import type { ConnectionHandle } from "../../src/core/effect.ts";
import { call, TwoLcces } from "../core/two_lcces.ts";

const SESSIONS = 10_000;
const CONNECTIONS = 4_000;
/** Two control planes that know no bounds but memory, with windows that let them work. */
function twoLcces(): TwoLcces {
  const limits = { strangersPerSecond: 1_000_000, halfOpen: CONNECTIONS };
  const pair = new TwoLcces({ receiveWindow: 64 }, { a: { limits }, b: { limits } });
  // What is kept for tests would be most of the memory.
  pair.a.keeps = pair.b.keeps = false;
  return pair;
}

/** Opens so many sessions over one connection. */
function openSessions(pair: TwoLcces, connection: ConnectionHandle, count: number): void {
  for (let number = 0; number < count; number++) {
    pair.a.lcce.openSession(connection, call(`circuit-${number}`), pair.now);
  }
  pair.settle();
}

function connected(): { pair: TwoLcces; connection: ConnectionHandle } {
  const pair = twoLcces();
  const connection = pair.connect({ receiveWindow: 64 }).a;
  return { pair, connection };
}

Deno.bench(`${SESSIONS} sessions over one connection, both ends`, { n: 3, warmup: 1 }, (bench) => {
  const { pair, connection } = connected();
  bench.start();
  openSessions(pair, connection, SESSIONS);
  bench.end();
});

Deno.bench(`${CONNECTIONS} connections, both ends`, { n: 3, warmup: 1 }, (bench) => {
  const pair = twoLcces();
  bench.start();
  for (let number = 0; number < CONNECTIONS; number++) pair.connect();
  bench.end();
});

const steady = connected();
openSessions(steady.pair, steady.connection, SESSIONS);

Deno.bench(`a HELLO and its acknowledgement, beside ${SESSIONS} sessions`, (bench) => {
  const { pair } = steady;
  bench.start();
  pair.advance(60_000);
  bench.end();
});

/** Octets of heap for each of so many things, made by `make` and held. */
function memoryOf(count: number, make: () => unknown): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return NaN;
  gc();
  const before = Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
  const held = make();
  gc();
  const after = Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
  return held === undefined ? NaN : Math.round((after - before) / count);
}

if ("gc" in globalThis) {
  const { pair, connection } = connected();
  const session = memoryOf(2 * SESSIONS, () => {
    openSessions(pair, connection, SESSIONS);
    return pair;
  });
  const connectionOctets = memoryOf(2 * CONNECTIONS, () => {
    const many = twoLcces();
    for (let number = 0; number < CONNECTIONS; number++) many.connect();
    return many;
  });
  console.log(`memory: ${session} octets a session, ${connectionOctets} a connection, at one end`);
}

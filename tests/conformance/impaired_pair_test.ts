/**
 * Two endpoints on a bad network, thousands of times: whatever is lost, doubled, delayed, reordered
 * or corrupted, every invariant holds after every step, and once the network is well again both
 * ends agree on everything, and afterwards nothing is left behind.
 *
 * A failure names its seed: `LONGWIRE_SEED=1234 deno test -E=LONGWIRE_SEED …` runs that one alone;
 * LONGWIRE_SEEDS sets how many are run.
 */

import { assert, assertEquals } from "@std/assert";
import { act, anyCall, anySession, liveConnections, liveSessions } from "../harness/application.ts";
import { ALL_CELLS, type Cell } from "../harness/cells.ts";
import { checkAgreement } from "../harness/invariants.ts";
import { CLEAN, type Impairment } from "../harness/link.ts";
import { Pair } from "../harness/pair.ts";
import { ascii } from "../harness/peer_message.ts";
import type { Prng } from "../harness/prng.ts";

const SEEDS = 10_000;

/** A network as bad as the seed will have it; corruption only where a digest or checksum catches it. */
function badNetwork(prng: Prng, cell: Cell): Impairment {
  const isProtected = cell.authentication === "digest" || cell.encapsulation === "ip";
  return {
    loss: prng.below(30) / 100,
    duplication: prng.below(20) / 100,
    corruption: isProtected ? prng.below(15) / 100 : 0,
    reordering: prng.below(40) / 100,
    holdMs: prng.below(1_500),
    delayMs: 1 + prng.below(200),
  };
}

/** A pair with a plan of what its applications do in the first twenty seconds. */
function troubledPair(seed: number, cell: Cell): Pair {
  const pair: Pair = new Pair({
    cell,
    seed,
    settings: {
      receiveWindow: 1 + (seed >> 3) % 5,
      helloMs: seed % 8 === 0 ? 5_000 : 60_000,
      hideAvps: seed % 7 < 3,
    },
    manners: {
      acceptsConnection: () => pair.prng.below(20) > 0,
      sessionSettings: (request) =>
        pair.prng.below(10) > 0 ? anySession(pair.prng, request) : undefined,
    },
  });
  const { prng, a, b } = pair;
  pair.impairment = badNetwork(prng, cell);
  pair.act(() => void a.connect(pair.now));
  if (prng.chance(0.5)) pair.plan(prng.below(300), () => void b.connect(pair.now));
  for (let i = prng.below(8); i >= 0; i--) {
    const end = prng.pick([a, b]);
    pair.plan(500 + prng.below(20_000), () => act(end, prng, pair.now));
  }
  return pair;
}

function runSeed(seed: number): void {
  const cell = ALL_CELLS[seed % ALL_CELLS.length]!;
  const pair = troubledPair(seed, cell);
  pair.run(25_000);
  pair.impairment = CLEAN;
  // Long enough for a half-open connection to be found out by its HELLO: 60 s and a cycle of 71 s.
  pair.run(140_000);
  checkAgreement(pair.a.invariants, pair.b.invariants);
  for (const end of [pair.a, pair.b]) {
    for (const connection of liveConnections(end)) {
      pair.act(() => end.lcce.closeConnection(connection, { resultCode: 6, text: "" }, pair.now));
    }
  }
  pair.run(200_000);
  for (const end of [pair.a, pair.b]) {
    assertEquals(liveConnections(end), []);
    assertEquals(liveSessions(end), []);
    assertEquals(end.lcce.nextTimeout(), undefined, "a timer is left behind");
  }
}

function setting(name: string): number | undefined {
  const state = Deno.permissions.querySync({ name: "env", variable: name }).state;
  const text = state === "granted" ? Deno.env.get(name) : undefined;
  return text === undefined ? undefined : Number(text);
}

Deno.test("ten thousand troubled pairs keep every invariant and agree in the end [V3-REL-05, V3-REL-09, V3-REL-21, V3-REL-33, V3-CC-08, V3-SES-08, V3-SES-09, V3-DP-02, V3-DP-09, V2-REL-06, V2-SES-02, V2-SES-03]", () => {
  const only = setting("LONGWIRE_SEED");
  const first = only ?? 1;
  const last = only ?? setting("LONGWIRE_SEEDS") ?? SEEDS;
  const failures: string[] = [];
  for (let seed = first; seed <= last; seed++) {
    try {
      runSeed(seed);
    } catch (error) {
      if (only !== undefined) throw error;
      failures.push(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
    }
  }
  assert(failures.length === 0, `${failures.length} failures\n${failures.slice(0, 20).join("\n")}`);
});

Deno.test("on a clean network every pair comes up, with a session each way", () => {
  for (const cell of ALL_CELLS) {
    const pair: Pair = new Pair({
      cell,
      seed: 1,
      manners: { sessionSettings: (request) => anySession(pair.prng, request) },
    });
    pair.act(() => void pair.a.connect(pair.now));
    pair.run(1_000);
    const [connection] = liveConnections(pair.a);
    assert(connection !== undefined, cell.name);
    assertEquals(liveConnections(pair.b).length, 1);
    const other = { ...anyCall(pair.prng, cell.version), remoteEndId: ascii("other") };
    pair.act(() => {
      pair.a.openSession(connection, anyCall(pair.prng, cell.version), pair.now);
      pair.b.openSession(liveConnections(pair.b)[0]!, other, pair.now);
    });
    pair.run(1_000);
    assertEquals(liveSessions(pair.a).length, 2, cell.name);
    checkAgreement(pair.a.invariants, pair.b.invariants);
  }
});

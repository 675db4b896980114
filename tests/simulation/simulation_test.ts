/**
 * A small helping of `deno task simulate`: what the seeds below do, they do always, so a failure here
 * is a change of behaviour, and `--seed` replays it.
 */

import { assert, assertEquals } from "@std/assert";
import { runCalls } from "./calls.ts";
import { runSetUp } from "./set_up.ts";
import { runStorm } from "./storm.ts";

function seeds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Which of so many seeds break something, and what. */
function failuresOf(count: number, run: (seed: number) => unknown): string[] {
  return seeds(count).flatMap((seed) => {
    try {
      run(seed);
      return [];
    } catch (error) {
      return [`seed ${seed}: ${error instanceof Error ? error.message : error}`];
    }
  });
}

Deno.test("two to fifty endpoints in a storm keep every invariant, agree after it, and leave nothing behind [V3-REL-05, V3-REL-09, V3-REL-33, V3-CC-08, V3-SES-08]", () => {
  const failures = failuresOf(64, runStorm);
  assertEquals(failures, [], "replay: deno task simulate --part storm --seed …");
});

Deno.test("fifty endpoints are in it, too", () => {
  runStorm(1, { endpoints: 50 });
});

Deno.test("PPP calls over lines that lose, double and reorder open at both ends and carry packets, or end with a reason, in either version and both directions [V2-SES-02, V2-SES-03]", () => {
  const failures = failuresOf(60, runCalls);
  assertEquals(failures, [], "replay: deno task simulate --part calls --seed …");
});

Deno.test("what the simulator found once, it does not find again", () => {
  // The peer's answer to PPP's end was lost, but not its CDN: nobody was told why PPP had ended.
  runCalls(195);
});

Deno.test("at 5, 20 and 30 % loss each way every set-up ends, established or with a reported timeout [V3-REL-11, V3-REL-16]", () => {
  for (const loss of [0.05, 0.2, 0.3]) {
    for (const seed of seeds(40)) {
      const { setUps: [setUp] } = runSetUp(seed, loss);
      assert(
        setUp!.outcome !== "stuck",
        `deno task simulate --part set-up --loss … --seed ${seed}`,
      );
    }
  }
});

Deno.test("a network that loses everything is a timeout that both applications hear of [V3-REL-16]", () => {
  const { setUps, virtualMs } = runSetUp(1, 1, 4);
  assertEquals(setUps.map(({ outcome }) => outcome), Array(3).fill("timed out"));
  // 1 + 2 + 4 and then eight times 8 s.
  assertEquals(virtualMs, 71_000);
});

Deno.test("99 of 100 set-ups over links that lose 5 % are done in four seconds", () => {
  const times = seeds(100).map((seed) => runSetUp(seed, 0.05).setUps[0]!.sessionMs);
  const slow = times.filter((ms) => ms > 4_000).length;
  assert(slow <= 1, `${slow} of 100 took longer`);
});

Deno.test("a seed fixes what happens", () => {
  assertEquals(runSetUp(7, 0.3, 5), runSetUp(7, 0.3, 5));
  assert(runSetUp(8, 0.3, 5).virtualMs !== runSetUp(7, 0.3, 5).virtualMs);
});

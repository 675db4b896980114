/** Turns of a worker, by how long they take. */

import { assertEquals } from "@std/assert";
import {
  allocateTurnTimes,
  readTurnTimes,
  TURN_BOUNDS_MS,
  TurnClock,
} from "../../src/dataplane/turn_times.ts";

Deno.test("a turn counts in the first class whose bound it does not exceed, or above them all", () => {
  const memory = allocateTurnTimes();
  const clock = new TurnClock(memory);
  for (const bound of TURN_BOUNDS_MS) clock.note(bound);
  clock.note(0);
  clock.note(1e6);
  const { classes, sumMs } = readTurnTimes([memory]);
  assertEquals(classes, [2, ...TURN_BOUNDS_MS.slice(1).map(() => 1), 1]);
  const expected = TURN_BOUNDS_MS.reduce((sum, bound) => sum + bound) + 1e6;
  assertEquals(Math.abs(sumMs - expected) < 1e-6, true, `${sumMs}`);
});

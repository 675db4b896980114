/** Appendix C of RFC 3931: what is new, what is old, and how a receiver finds its way back. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import type { SequenceLimits } from "../../src/model/sequence_limits.ts";
import {
  AHEAD,
  judgeSequence,
  nextSequence,
  OLD,
  passSequence,
  SEQUENCE_SPACE,
  SequenceState,
} from "../../src/dataplane/sequencing.ts";

/** Whether a packet passes where none is held back. */
function acceptSequence(state: SequenceState, sequence: number): boolean {
  const verdict = judgeSequence(state, sequence);
  if (verdict === AHEAD) passSequence(state, sequence);
  return verdict !== OLD;
}

const LAST = SEQUENCE_SPACE - 1;

function stateAt(expected: number, limits?: SequenceLimits): SequenceState {
  const state = new SequenceState(limits);
  state.expected = expected;
  return state;
}

function accepts(expected: number, sequence: number): boolean {
  return acceptSequence(stateAt(expected), sequence);
}

Deno.test("numbers begin at 0 and wrap from 0xFFFFFF to 0, which is not skipped [V3-DP-14]", () => {
  assertEquals(new SequenceState().expected, 0);
  assertEquals(nextSequence(LAST), 0);
  const state = stateAt(LAST);
  assertEquals([LAST, 0, 1].map((sequence) => acceptSequence(state, sequence)), [true, true, true]);
});

Deno.test("old is the last received and the 2^23 - 1 before it, new is the rest [V3-DP-17]", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: LAST }), (last) => {
    const expected = nextSequence(last);
    const at = (distance: number) => (last + distance + SEQUENCE_SPACE) % SEQUENCE_SPACE;
    assert(!accepts(expected, last), "the last received");
    assert(!accepts(expected, at(-1)), "the one before");
    assert(!accepts(expected, at(-(2 ** 23 - 1))), "the oldest old");
    assert(accepts(expected, at(-(2 ** 23))), "beyond the oldest old");
    assert(accepts(expected, at(1)), "the expected one");
    assert(accepts(expected, at(2 ** 23)), "the newest new");
  }));
});

Deno.test("the same distances are judged the same on both sides of the wrap [V3-DP-20]", () => {
  for (const distance of [0, 1, 2, 1000, 2 ** 23 - 1, 2 ** 23, LAST]) {
    const atStart = accepts(0, distance);
    assertEquals(accepts(LAST - 2, (LAST - 2 + distance) % SEQUENCE_SPACE), atStart, `${distance}`);
  }
});

Deno.test("what is ahead passes at once, and what it overtook is dropped [V3-DP-21]", () => {
  const state = new SequenceState();
  const arrived = [0, 1, 3, 2, 4];
  assertEquals(arrived.map((n) => acceptSequence(state, n)), [true, true, true, false, true]);
});

Deno.test("duplicates and old packets are dropped [V3-DP-18]", () => {
  const state = stateAt(100);
  for (const sequence of [99, 99, 50, 0]) assert(!acceptSequence(state, sequence));
  assertEquals(state.expected, 100);
});

Deno.test("the window of what is new is configurable [V3-DP-19]", () => {
  const limits = { window: 10, resetAfter: 1000 };
  assert(acceptSequence(stateAt(50, limits), 59));
  assert(!acceptSequence(stateAt(50, limits), 60));
});

Deno.test("a peer that begins again at 0 gets through after a run of old ones [V3-DP-22, V3-DP-23]", () => {
  const state = stateAt(5000);
  const fates = Array.from({ length: 20 }, (_, sequence) => acceptSequence(state, sequence));
  assertEquals(fates.indexOf(true), 16);
  assertEquals(fates.lastIndexOf(false), 15);
});

Deno.test("gaps do not break a run of old packets that are in order [V3-DP-23]", () => {
  const state = stateAt(5000, { window: 2 ** 23, resetAfter: 3 });
  assertEquals([10, 14, 15, 29].map((n) => acceptSequence(state, n)), [false, false, false, true]);
  assertEquals(state.expected, 30);
});

Deno.test("old packets that are not in order among themselves never reset [V3-DP-23]", () => {
  const state = stateAt(5000, { window: 2 ** 23, resetAfter: 2 });
  for (let round = 0; round < 50; round++) assert(!acceptSequence(state, 4000 - round));
});

Deno.test("a new packet ends a run of old ones: late duplicates do not add up [V3-DP-23]", () => {
  const state = stateAt(1000, { window: 2 ** 23, resetAfter: 2 });
  for (let n = 0; n < 100; n++) {
    assert(acceptSequence(state, 1000 + n));
    assert(!acceptSequence(state, 500 + n));
  }
});

Deno.test("the reset threshold is configurable [V3-DP-24]", () => {
  for (const resetAfter of [1, 2, 40]) {
    const state = stateAt(9000, { window: 2 ** 23, resetAfter });
    let dropped = 0;
    while (!acceptSequence(state, dropped)) dropped++;
    assertEquals(dropped, resetAfter);
  }
});

Deno.test("a receiver is back in step after any outage, whatever was lost in it [V3-DP-22]", () => {
  const sequence = fc.integer({ min: 0, max: LAST });
  fc.assert(fc.property(sequence, sequence, (expected, resumed) => {
    const state = stateAt(expected);
    let at = resumed;
    for (let n = 0; n < 17; n++, at = nextSequence(at)) acceptSequence(state, at);
    assert(acceptSequence(state, at));
  }));
});

Deno.test("limits that could never accept or never reset are refused", () => {
  for (const window of [0, -1, 1.5, SEQUENCE_SPACE]) {
    assertThrows(() => new SequenceState({ window, resetAfter: 1 }), RangeError, `${window}`);
  }
  for (const resetAfter of [0, -1, 0.5, NaN]) {
    assertThrows(() => new SequenceState({ window: 1, resetAfter }), RangeError, `${resetAfter}`);
  }
});

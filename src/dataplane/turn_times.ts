/**
 * How long a worker's turns take: from when it is woken to when it waits again. Long ones are what
 * makes frames wait.
 *
 * In memory that the worker writes and the main thread reads without asking, as counters.ts has it.
 */

/** Upper bounds of the classes, in milliseconds; the last class has none. */
export const TURN_BOUNDS_MS: readonly number[] = [
  ...[0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 25, 50, 100],
];

const SUM = TURN_BOUNDS_MS.length + 1;
const CELLS = SUM + 1;

/** What a worker's turns have taken so far. */
export interface TurnTimes {
  /** How many fell into each class of `TURN_BOUNDS_MS`, and into the one above them. */
  readonly classes: readonly number[];
  readonly sumMs: number;
}

/** Memory for one worker's turns, all zero. */
export function allocateTurnTimes(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT);
}

/** The writing end; only one worker may have it. */
export class TurnClock {
  readonly #cells: Float64Array;
  readonly #bounds = Float64Array.from(TURN_BOUNDS_MS);

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory);
  }

  /** Counts one turn. */
  note(ms: number): void {
    let index = 0;
    while (index < this.#bounds.length && ms > this.#bounds[index]!) index++;
    this.#cells[index]! += 1;
    this.#cells[SUM]! += ms;
  }
}

/** The times as they are now, of workers together. */
export function readTurnTimes(memories: readonly SharedArrayBuffer[]): TurnTimes {
  const sum = new Float64Array(CELLS);
  for (const memory of memories) {
    for (const [cell, count] of new Float64Array(memory).entries()) sum[cell]! += count;
  }
  return { classes: [...sum.subarray(0, SUM)], sumMs: sum[SUM]! };
}

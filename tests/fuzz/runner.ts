/**
 * Runs a target: one seed at a time, each a row of executions that the seed decides, with an eye on
 * what each throws, how long it takes, and how much they allocate.
 */

import { getHeapStatistics } from "node:v8";
import { Prng } from "../harness/prng.ts";
import type { Execution, Target } from "./target.ts";

/** An input of a stranger should cost no more. */
export const SLOW_MS = 1;

/** How often a suspect is timed; the median counts, for the machine does other things, too. */
const TRIES = 5;

/** How often a sample is run for its memory: V8 counts the heap in blocks of many kilobytes. */
const REPEATS = 256;

/** A stranger's octets should bring forth no more than so many times as many. */
export const MOST_GROWTH = 4;

/** What a digest and its check take, however short the message. */
export const FIXED_OCTETS = 512;

/** What one execution allocates. */
interface Memory {
  readonly octets: number;
  /** Objects, on average of many runs; all of it is garbage at once. */
  readonly heap: number;
  /** Octets in buffers. */
  readonly buffers: number;
}

/** What one seed gave. */
export interface Row {
  readonly executions: number;
  /** Of one execution, where it can be repeated. */
  readonly memory: Memory | undefined;
  readonly failure: string | undefined;
  /** Executions whose median is above `SLOW_MS`. */
  readonly slow: readonly string[];
}

/** Octets that were ever allocated on the heap. */
function everAllocated(): number {
  const statistics: object = getHeapStatistics();
  return Number(Reflect.get(statistics, "total_allocated_bytes"));
}

function memoryOf({ octets, run }: Execution): Memory {
  const buffers = Array.from({ length: TRIES }, () => {
    const before = Deno.memoryUsage().external;
    run();
    return Deno.memoryUsage().external - before;
  });
  const before = everAllocated();
  for (let repeat = 0; repeat < REPEATS; repeat++) run();
  const heap = (everAllocated() - before) / REPEATS;
  // The median: a pool of buffers that is renewed, or swept, is not this input's doing.
  return { octets: octets.length, heap, buffers: buffers.sort((a, b) => a - b)[TRIES >> 1]! };
}

/** Gives each execution of a row to `each`, in order. */
function replay(target: Target, seed: number, each: (one: Execution, index: number) => void): void {
  const next = target.begin(new Prng(seed));
  for (let index = 0; index < target.executions; index++) {
    const execution = next();
    each(execution, index);
    execution.check?.();
  }
}

function timed(run: () => void): number {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

/** How long the suspects take when it is done all over again. */
function timeAgain(target: Target, seed: number, suspects: ReadonlySet<number>) {
  const times = new Map<number, number>();
  replay(target, seed, (execution, index) => {
    if (suspects.has(index)) times.set(index, timed(execution.run));
    else execution.run();
  });
  return times;
}

/** Which suspects are slow again, and slow in the median of several more tries. */
function confirmed(target: Target, seed: number, suspects: ReadonlySet<number>): string[] {
  const again = timeAgain(target, seed, suspects);
  const left = new Set([...again].filter(([, ms]) => ms > SLOW_MS).map(([index]) => index));
  if (left.size === 0) return [];
  const tries = Array.from({ length: TRIES }, () => timeAgain(target, seed, left));
  return [...left].flatMap((index) => {
    const median = tries.map((times) => times.get(index)!).sort((a, b) => a - b)[TRIES >> 1]!;
    return median > SLOW_MS ? [`execution ${index} of seed ${seed}: ${median.toFixed(2)} ms`] : [];
  });
}

/** Runs the executions of one seed. */
export function runRow(target: Target, seed: number): Row {
  const suspects = new Set<number>();
  let executions = 0;
  let memory: Memory | undefined;
  let current: Execution | undefined;
  try {
    replay(target, seed, (execution, index) => {
      current = execution;
      if (timed(execution.run) > SLOW_MS) suspects.add(index);
      executions++;
      const isSample = target.isRepeatable && index === seed % target.executions;
      if (isSample) memory = memoryOf(execution);
    });
  } catch (error) {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    const where = `seed ${seed}, execution ${executions}: ${current?.octets.toHex()}`;
    return { executions, memory, failure: `${where}\n${text}`, slow: [] };
  }
  const isTimed = target.isExposed && suspects.size > 0;
  return {
    executions,
    memory,
    failure: undefined,
    slow: isTimed ? confirmed(target, seed, suspects) : [],
  };
}

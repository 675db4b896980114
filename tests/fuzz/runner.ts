/**
 * Runs a target: one seed at a time, each a row of executions that the seed decides, with an eye on
 * what each throws, how long it takes, and how much it allocates. Every execution is measured; one
 * that seems too slow or too large is measured again, several times, before it is a finding.
 */

import { getHeapStatistics } from "node:v8";
import { Prng } from "../harness/prng.ts";
import type { Execution, Target } from "./target.ts";

/** An input of a stranger should cost no more. */
export const SLOW_MS = 1;

/** How often a suspect is measured again, at most: sweeps on a busy machine come in rows. */
const TRIES = 20;

/** A stranger's octets should bring forth no more than so many times as many. */
export const MOST_GROWTH = 4;

/** How often a sample is run for its objects: V8 counts the heap in blocks of many kilobytes. */
const REPEATS = 256;

/** What one seed gave. */
export interface Row {
  readonly executions: number;
  /** One execution's octets, and those of all objects it made; where it can be repeated. */
  readonly sample: { readonly octets: number; readonly heap: number } | undefined;
  readonly failure: string | undefined;
  /** Executions that took more than `SLOW_MS` every time. */
  readonly slow: readonly string[];
  /** Executions that made buffers of more than `MOST_GROWTH` times their octets and the fixed part. */
  readonly large: readonly string[];
}

/** What one execution took; buffers that were freed meanwhile hide as many that it made. */
interface Cost {
  readonly ms: number;
  readonly buffers: number;
}

function measured(run: () => void): Cost {
  const before = getHeapStatistics().external_memory;
  const begin = performance.now();
  run();
  const ms = performance.now() - begin;
  return { ms, buffers: getHeapStatistics().external_memory - before };
}

/** Octets that were ever allocated on the heap. */
function everAllocated(): number {
  const statistics: object = getHeapStatistics();
  return Number(Reflect.get(statistics, "total_allocated_bytes"));
}

function sampleOf({ octets, run }: Execution): Row["sample"] {
  const before = everAllocated();
  for (let repeat = 0; repeat < REPEATS; repeat++) run();
  return { octets: octets.length, heap: (everAllocated() - before) / REPEATS };
}

/** Gives each execution of a row to `each`, in order, up to the one called `last`. */
function replay(
  target: Target,
  seed: number,
  last: number,
  each: (one: Execution, index: number) => void,
): void {
  const next = target.begin(new Prng(seed));
  for (let index = 0; index <= last; index++) {
    const execution = next();
    each(execution, index);
    execution.check?.();
  }
}

/** A suspect's costs once more, by running it, or where that will not do, all before it as well. */
function measuredAgain(target: Target, seed: number, index: number, suspect: Execution): Cost {
  if (target.isRepeatable) return measured(suspect.run);
  let cost: Cost = { ms: 0, buffers: 0 };
  replay(target, seed, index, (execution, at) => {
    if (at === index) cost = measured(execution.run);
    else execution.run();
  });
  return cost;
}

/** Whether the executions of a row cost too much, again and again. */
class Inquiry {
  readonly slow: string[] = [];
  readonly large: string[] = [];
  readonly #target: Target;
  readonly #seed: number;

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#seed = seed;
  }

  /** One good measurement acquits: the machine does other things, too, and sweeps, and compiles. */
  look(execution: Execution, index: number, { ms, buffers }: Cost): void {
    const { length } = execution.octets;
    const most = MOST_GROWTH * length + this.#target.fixedOctets;
    let [time, size] = [ms, buffers];
    for (let left = TRIES; left > 0 && (time > SLOW_MS || size > most); left--) {
      const again = measuredAgain(this.#target, this.#seed, index, execution);
      time = Math.min(time, again.ms);
      size = Math.min(size, again.buffers);
    }
    const where = `execution ${index} of seed ${this.#seed}`;
    if (time > SLOW_MS) this.slow.push(`${where}: ${time.toFixed(2)} ms`);
    if (size > most) this.large.push(`${where}: ${size} octets of buffers for ${length}`);
  }
}

/** Runs the executions of one seed. */
export function runRow(target: Target, seed: number): Row {
  const inquiry = new Inquiry(target, seed);
  let executions = 0;
  let sample: Row["sample"];
  let current: Execution | undefined;
  let failure: string | undefined;
  try {
    replay(target, seed, target.executions - 1, (execution, index) => {
      current = execution;
      const cost = measured(execution.run);
      executions++;
      if (target.isExposed) inquiry.look(execution, index, cost);
      const isSample = target.isRepeatable && index === seed % target.executions;
      if (isSample) sample = sampleOf(execution);
    });
  } catch (error) {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    failure = `seed ${seed}, execution ${executions}: ${current?.octets.toHex()}\n${text}`;
  }
  return { executions, sample, failure, slow: inquiry.slow, large: inquiry.large };
}

/**
 * The fuzzer as a program.
 *
 *     deno task fuzz --iterations N [--seed S] [--target NAME]
 *
 * Iterations are shared among the targets; each seed is a row of executions, and a failing one is
 * had again by its `--seed` and `--target` with `--iterations 1`. Ends with 1 where anything was
 * found: an exception, a stranger's input that takes over 1 ms, or
 * that makes buffers of more than four times its size and a fixed part.
 */

import { parseArgs } from "@std/cli";
import { FIXED_OCTETS, MOST_GROWTH, type Row, runRow, SLOW_MS } from "./runner.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const USAGE = "usage: deno task fuzz [--iterations N] [--seed S] [--target NAME]";

const MOST_FINDINGS = 10;

interface Order {
  readonly iterations: number;
  readonly seed: number;
  readonly targets: readonly Target[];
}

/** What the rows of one target gave. */
interface Result {
  executions: number;
  readonly memory: NonNullable<Row["memory"]>[];
  readonly failures: string[];
  readonly slow: string[];
  readonly large: string[];
}

function runTarget(target: Target, seed: number, iterations: number): Result {
  const result: Result = { executions: 0, memory: [], failures: [], slow: [], large: [] };
  for (let next = seed; result.executions < iterations; next++) {
    const { executions, memory, failure, slow } = runRow(target, next);
    result.executions += executions;
    result.slow.push(...slow);
    if (memory !== undefined) {
      result.memory.push(memory);
      const { buffers, octets } = memory;
      if (buffers > MOST_GROWTH * octets + FIXED_OCTETS) {
        result.large.push(`seed ${next}: ${buffers} octets of buffers for ${octets}`);
      }
    }
    if (failure !== undefined) result.failures.push(failure);
    if (result.failures.length >= MOST_FINDINGS) break;
  }
  return result;
}

function memoryText({ memory, large }: Result): string {
  if (memory.length === 0) return "memory not sampled";
  const sum = (what: "octets" | "heap" | "buffers") =>
    memory.reduce((total, sample) => total + sample[what], 0);
  const growth = (what: "heap" | "buffers") => (sum(what) / sum("octets")).toFixed(1);
  return `${large.length} of ${memory.length} samples made buffers above ${MOST_GROWTH} times the ` +
    `input and ${FIXED_OCTETS} octets (mean ${growth("buffers")} times; with all objects, ${
      growth("heap")
    } times)`;
}

function tell({ name, isExposed }: Target, result: Result, seconds: number): void {
  const { executions, failures, slow, large } = result;
  const slowness = isExposed ? `${slow.length} inputs over ${SLOW_MS} ms` : "time not limited";
  console.log(
    `${name}: ${executions} executions in ${seconds.toFixed(1)} s ` +
      `(${(executions / seconds).toFixed(0)}/s)\n` +
      `  ${failures.length} exceptions, ${slowness}, ${memoryText(result)}`,
  );
  const findings = [...failures, ...slow.slice(0, MOST_FINDINGS), ...large.slice(0, MOST_FINDINGS)];
  for (const finding of findings) console.log(`  ${finding}`);
}

function wholeNumber(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number < 2 ** 32) return number;
  throw new RangeError(`--${name} takes a whole number\n${USAGE}`);
}

function readOrder(args: string[]): Order {
  const options = parseArgs(args, {
    string: ["iterations", "seed", "target"],
    unknown: (argument) => {
      throw new RangeError(`unknown argument ${argument}\n${USAGE}`);
    },
  });
  const { target: wanted } = options;
  const targets = TARGETS.filter(({ name }) => wanted === undefined || name === wanted);
  if (targets.length === 0) {
    throw new RangeError(`targets: ${TARGETS.map(({ name }) => name).join(", ")}\n${USAGE}`);
  }
  return {
    iterations: wholeNumber("iterations", options.iterations, 100_000),
    seed: wholeNumber("seed", options.seed, 1),
    targets,
  };
}

function main(args: string[]): void {
  const { iterations, seed, targets } = readOrder(args);
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  let found = 0;
  for (const target of targets) {
    const begin = performance.now();
    const result = runTarget(target, seed, Math.ceil(iterations * target.share / shares));
    tell(target, result, (performance.now() - begin) / 1_000);
    found += result.failures.length + result.slow.length + result.large.length;
  }
  if (found > 0) Deno.exit(1);
}

main(Deno.args);

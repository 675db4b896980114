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
import { MOST_GROWTH, type Row, runRow, SLOW_MS } from "./runner.ts";
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
  readonly samples: NonNullable<Row["sample"]>[];
  readonly failures: string[];
  readonly slow: string[];
  readonly large: string[];
}

function runTarget(target: Target, seed: number, iterations: number): Result {
  const result: Result = { executions: 0, samples: [], failures: [], slow: [], large: [] };
  for (let next = seed; result.executions < iterations; next++) {
    const { executions, sample, failure, slow, large } = runRow(target, next);
    result.executions += executions;
    if (sample !== undefined) result.samples.push(sample);
    result.slow.push(...slow);
    result.large.push(...large);
    if (failure !== undefined) result.failures.push(failure);
    if (result.failures.length >= MOST_FINDINGS) break;
  }
  return result;
}

/** What the samples made of objects, all of it garbage at once. */
function heapText(samples: Result["samples"]): string {
  if (samples.length === 0) return "";
  const sum = (what: "octets" | "heap") =>
    samples.reduce((total, sample) => total + sample[what], 0);
  return `, objects of ${(sum("heap") / sum("octets")).toFixed(1)} times the input`;
}

function tell({ name, isExposed, fixedOctets }: Target, result: Result, seconds: number): void {
  const { executions, samples, failures, slow, large } = result;
  const limits = isExposed
    ? `${slow.length} inputs over ${SLOW_MS} ms, ${large.length} that made buffers above ` +
      `${MOST_GROWTH} times their octets and ${fixedOctets}`
    : "time and memory not limited";
  console.log(
    `${name}: ${executions} executions in ${seconds.toFixed(1)} s ` +
      `(${(executions / seconds).toFixed(0)}/s)\n` +
      `  ${failures.length} exceptions, ${limits}${heapText(samples)}`,
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

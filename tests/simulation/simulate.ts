/**
 * The simulator as a program: set-up times over lossy links, then the storm, and how fast it went.
 *
 *     deno task simulate --seeds N [--first S] [--endpoints M] [--loss PERCENT] [--part set-up|storm]
 *     deno task simulate --seed S …
 *
 * The second form replays one seed, with its stack where it fails. Needs no permission.
 */

import { parseArgs } from "@std/cli";
import { runSetUp, type SetUp } from "./set_up.ts";
import { runStorm } from "./storm.ts";

const USAGE = "usage: deno task simulate [--seeds N [--first S] | --seed S] [--endpoints M] " +
  "[--loss PERCENT] [--part set-up|storm]";

/** Percent lost each way, and within how many seconds 99 of 100 set-ups are to be done. */
const SET_UP_GOALS: readonly (readonly [loss: number, goal: number])[] = [[5, 4], [20, 14], [
  30,
  26,
]];

const MOST_FAILURES = 20;

/** Seeds between two lines of progress. */
const PROGRESS = 5_000;

interface Order {
  readonly seeds: Iterable<number>;
  readonly isReplay: boolean;
  readonly endpoints: number | undefined;
  /** In percent. */
  readonly loss: number | undefined;
  readonly part: unknown;
}

/** How much happened in how much time. */
function rateOf(seeds: number, virtualMs: number, realMs: number): string {
  return `${seeds} seeds in ${(realMs / 1_000).toFixed(1)} s: ` +
    `${(seeds * 1_000 / realMs).toFixed(0)} seeds/s, ${
      (virtualMs / realMs).toFixed(0)
    } times real time`;
}

/** What the seeds of one part gave. */
class Tally {
  readonly failures: string[] = [];
  readonly #began = performance.now();
  #seeds = 0;
  #virtualMs = 0;

  /** Counts a seed whose run answers how much time passed in it; `isReplay` lets errors through. */
  count(seed: number, isReplay: boolean, run: () => number): void {
    this.#seeds++;
    try {
      this.#virtualMs += run();
    } catch (error) {
      if (isReplay) throw error;
      const failure = `seed ${seed}: ${error instanceof Error ? error.message : error}`;
      console.error(`… ${failure}`);
      this.failures.push(failure);
    }
    // A long run tells how far it is, apart from what it finds.
    if (this.#seeds % PROGRESS === 0) {
      console.error(`… ${this.failures.length} failed, ${this.rate}`);
    }
  }

  /** Adds what another has counted. */
  add(other: Tally): void {
    this.#seeds += other.#seeds;
    this.#virtualMs += other.#virtualMs;
    this.failures.push(...other.failures);
  }

  get rate(): string {
    return rateOf(this.#seeds, this.#virtualMs, performance.now() - this.#began);
  }
}

/** The value that `share` of the samples, which are in order, do not exceed; in seconds. */
function percentile(sorted: readonly number[], share: number): string {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
  return value === Infinity ? "never" : `${(value / 1_000).toFixed(2)} s`;
}

function distribution(setUps: readonly SetUp[], what: "connectionMs" | "sessionMs"): string {
  const sorted = setUps.map((setUp) => setUp[what]).sort((a, b) => a - b);
  return [[0.5, "50 %"], [0.99, "99 %"], [0.999, "99.9 %"]].map(([share, name]) =>
    `${name} ${percentile(sorted, Number(share))}`
  ).join(", ");
}

function measureSetUp({ seeds, isReplay, endpoints }: Order, loss: number, goal?: number): Tally {
  const tally = new Tally();
  const setUps: SetUp[] = [];
  for (const seed of seeds) {
    tally.count(seed, isReplay, () => {
      const run = runSetUp(seed, loss / 100, endpoints);
      setUps.push(...run.setUps);
      if (run.setUps.some(({ outcome }) => outcome === "stuck")) throw new Error("stuck");
      return run.virtualMs;
    });
  }
  const of = (outcome: SetUp["outcome"]) =>
    setUps.filter((each) => each.outcome === outcome).length;
  console.log(
    `set-up at ${loss} % loss each way${goal === undefined ? "" : ` (goal: 99 % in ${goal} s)`}\n` +
      `  connection  ${distribution(setUps, "connectionMs")}\n` +
      `  and session ${distribution(setUps, "sessionMs")}\n` +
      `  ${of("established")} established, ${of("timed out")} timed out, ${of("stuck")} stuck\n` +
      `  ${tally.rate}`,
  );
  report(tally, `--part set-up --loss ${loss}`, endpoints);
  return tally;
}

function weather({ seeds, isReplay, endpoints, loss }: Order): Tally {
  const tally = new Tally();
  for (const seed of seeds) {
    tally.count(seed, isReplay, () => runStorm(seed, { endpoints, loss: (loss ?? 0) / 100 }));
  }
  console.log(
    "storm of 20 % duplication, 30 % reordering, 0-500 ms of delay, 1 % corruption, " +
      `${loss ?? 0} % loss\n  ${tally.failures.length} seeds broke an invariant\n  ${tally.rate}`,
  );
  report(tally, `--part storm --loss ${loss ?? 0}`, endpoints);
  return tally;
}

function report({ failures }: Tally, flags: string, endpoints: number | undefined): void {
  for (const failure of failures.slice(0, MOST_FAILURES)) console.log(`  ${failure}`);
  const size = endpoints === undefined ? "" : ` --endpoints ${endpoints}`;
  if (failures.length > 0) console.log(`  replay: deno task simulate ${flags}${size} --seed …`);
}

function* range(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}

/** A whole number, or `undefined` where the option is not given; anything else ends the program. */
function wholeNumber(name: string, text: unknown, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`--${name} takes a whole number from ${least} to ${most}\n${USAGE}`);
}

function readOrder(args: string[]): Order {
  const options = parseArgs(args, {
    string: ["seeds", "first", "seed", "endpoints", "loss", "part"],
    unknown: (argument) => {
      throw new RangeError(`unknown argument ${argument}\n${USAGE}`);
    },
  });
  const seed = wholeNumber("seed", options.seed, 0, 2 ** 31);
  const first = wholeNumber("first", options.first, 0, 2 ** 31) ?? 1;
  const count = wholeNumber("seeds", options.seeds, 1, 2 ** 31) ?? 1_000;
  return {
    seeds: seed === undefined ? { [Symbol.iterator]: () => range(first, count) } : [seed],
    isReplay: seed !== undefined,
    endpoints: wholeNumber("endpoints", options.endpoints, 2, 50),
    loss: wholeNumber("loss", options.loss, 0, 90),
    part: options.part,
  };
}

function main(args: string[]): void {
  const order = readOrder(args);
  const { loss, part } = order;
  const whole = new Tally();
  if (part !== "storm") {
    const goals = loss === undefined ? SET_UP_GOALS : [[loss] as const];
    for (const [each, goal] of goals) whole.add(measureSetUp(order, each, goal));
  }
  if (part !== "set-up") whole.add(weather(order));
  console.log(`in all ${whole.rate}`);
  if (whole.failures.length > 0) Deno.exit(1);
}

main(Deno.args);

/**
 * The simulator as a program: set-up times over lossy links, then the storm, then calls with PPP in
 * them, and how fast it went.
 *
 *     deno task simulate --seeds N [--first S] [--endpoints M] [--loss PERCENT]
 *                        [--part set-up|storm|calls]
 *     deno task simulate --seed S …
 *
 * The second form replays one seed, with its stack where it fails. Needs no permission.
 */

import { parseArgs } from "@std/cli";
import { type CallOutcome, runCalls } from "./calls.ts";
import { runSetUp, type SetUp } from "./set_up.ts";
import { runStorm } from "./storm.ts";

const USAGE = "usage: deno task simulate [--seeds N [--first S] | --seed S] [--endpoints M] " +
  "[--loss PERCENT] [--part set-up|storm|calls]";

/** Percent lost each way, and within how many seconds 99 of 100 set-ups are to be done. */
const SET_UP_GOALS: readonly (readonly [loss: number, goal: number])[] = [[5, 4], [20, 14], [
  30,
  26,
]];

const PARTS = ["set-up", "storm", "calls"] as const;
type Part = typeof PARTS[number];

const MOST_FAILURES = 20;

/** Seeds between two lines of progress. */
const PROGRESS = 5_000;

interface Order {
  readonly seeds: Iterable<number>;
  readonly isReplay: boolean;
  readonly endpoints: number | undefined;
  /** In percent. */
  readonly loss: number | undefined;
  /** The only one that is run, where one is named. */
  readonly part: Part | undefined;
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

/** Size and losses of a network with calls in it are the seed's. */
function measureCalls({ seeds, isReplay }: Order): Tally {
  const tally = new Tally();
  const outcomes: CallOutcome[] = [];
  for (const seed of seeds) {
    tally.count(seed, isReplay, () => {
      const run = runCalls(seed);
      outcomes.push(...run.outcomes);
      return run.virtualMs;
    });
  }
  const [opened, refused, timedOut] = (["opened", "refused", "timed out"] as const).map((each) =>
    outcomes.filter((outcome) => outcome === each).length
  );
  console.log(
    "PPP calls over lines that lose up to 30 %, double and reorder\n" +
      `  ${opened} opened, ${refused} refused, ${timedOut} timed out\n  ${tally.rate}`,
  );
  report(tally, "--part calls", undefined);
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

function partNamed(name: unknown): Part | undefined {
  const part = PARTS.find((each) => each === name);
  if (name === undefined || part !== undefined) return part;
  throw new RangeError(`--part takes one of ${PARTS.join(", ")}\n${USAGE}`);
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
    part: partNamed(options.part),
  };
}

function main(args: string[]): void {
  const order = readOrder(args);
  const { loss, part } = order;
  const whole = new Tally();
  if (part === undefined || part === "set-up") {
    const goals = loss === undefined ? SET_UP_GOALS : [[loss] as const];
    for (const [each, goal] of goals) whole.add(measureSetUp(order, each, goal));
  }
  if (part === undefined || part === "storm") whole.add(weather(order));
  if (part === undefined || part === "calls") whole.add(measureCalls(order));
  console.log(`in all ${whole.rate}`);
  if (whole.failures.length > 0) Deno.exit(1);
}

main(Deno.args);

/**
 * What has been measured as tables: the figures of every tunnel, and the goals, each with the ratio
 * that it is about.
 */

import type { Contender } from "./contender.ts";
import { LONGWIRE_IP, LONGWIRE_UDP, LONGWIRE_VARIANTS } from "./longwire.ts";
import { QEMU_IP, QEMU_UDP, VETH } from "./peers.ts";
import type { Result } from "./run.ts";

/** Every run of every contender. */
export type Results = ReadonlyMap<Contender, readonly Result[]>;

/** What is not a tunnel's but the daemon's, each once per run; empty where it was left out. */
export interface DaemonResults {
  readonly readyMs: readonly number[];
  /** Gbit/s of many streams: over one session, and over as many sessions. */
  readonly oneSession: readonly number[];
  readonly manySessions: readonly number[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Column {
  readonly title: string;
  readonly digits: number;
  readonly of: (result: Result) => number | undefined;
}

const TCP: Column = { title: "TCP Gbit/s", digits: 2, of: ({ tcp }) => tcp.gbitPerSecond };
const CPU: Column = { title: "CPU s/GB", digits: 2, of: ({ tcp }) => tcp.cpuPerGigabyte };
const FLOOD_TRIP: Column = {
  title: "flood ping ms",
  digits: 3,
  of: ({ roundTrips }) => roundTrips.flood,
};
const LONE_TRIP: Column = {
  title: "lone ping ms",
  digits: 3,
  of: ({ roundTrips }) => roundTrips.lone,
};
const SMALL: Column = {
  title: "64 B without loss, k/s",
  digits: 0,
  of: ({ small }) => small && small.lossless / 1e3,
};
const FULL: Column = {
  title: "1,400 B without loss, k/s",
  digits: 0,
  of: ({ full }) => full && full.lossless / 1e3,
};
const SMALL_COST: Column = {
  title: "CPU µs, 64 B at 50 k/s",
  digits: 1,
  of: ({ costs }) => costs?.[0],
};
const FULL_COST: Column = {
  title: "CPU µs, 1,400 B at 20 k/s",
  digits: 1,
  of: ({ costs }) => costs?.[1],
};
const COLUMNS: readonly Column[] = [
  TCP,
  CPU,
  FLOOD_TRIP,
  LONE_TRIP,
  SMALL,
  { title: "64 B flood, k/s", digits: 0, of: ({ small }) => small && small.flood / 1e3 },
  FULL,
  { title: "1,400 B flood, k/s", digits: 0, of: ({ full }) => full && full.flood / 1e3 },
  SMALL_COST,
  FULL_COST,
  { title: "memory MB", digits: 0, of: ({ memory }) => memory === 0 ? undefined : memory },
];

function figure(results: readonly Result[] | undefined, { of }: Column): number | undefined {
  const values = (results ?? []).map(of).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/** A row of medians for each tunnel. */
export function figuresTable(results: Results): string {
  const lines = [
    `| tunnel | ${COLUMNS.map(({ title }) => title).join(" | ")} |`,
    `|---|${COLUMNS.map(() => "---:").join("|")}|`,
  ];
  for (const [contender, list] of results) lines.push(figuresRow(contender, list));
  return lines.join("\n");
}

/** The medians of one tunnel's runs. */
export function figuresRow({ name }: Contender, list: readonly Result[]): string {
  const cells = COLUMNS.map((column) => figure(list, column)?.toFixed(column.digits) ?? "–");
  return `| ${name} | ${cells.join(" | ")} |`;
}

/** One goal: a ratio, or a figure, and what it is to be. */
interface Goal {
  readonly what: string;
  readonly value: number | undefined;
  readonly bound: number;
  readonly atMost?: boolean;
  readonly unit?: string;
}

class Goals {
  readonly #results: Results;
  readonly #daemon: DaemonResults;

  constructor(results: Results, daemon: DaemonResults) {
    this.#results = results;
    this.#daemon = daemon;
  }

  get all(): readonly Goal[] {
    const { readyMs, oneSession, manySessions } = this.#daemon;
    return [
      this.#ratio("TCP over UDP, of QEMU's", TCP, LONGWIRE_UDP, QEMU_UDP, 4),
      this.#ofBest("TCP over UDP, of the best other", TCP, LONGWIRE_UDP, 4),
      this.#ratio("TCP over UDP, of plain veth", TCP, LONGWIRE_UDP, VETH, 0.5),
      ...LONGWIRE_VARIANTS.map((variant) =>
        this.#ratio(`TCP of ${variant.name}, of plain`, TCP, variant, LONGWIRE_UDP, 0.9)
      ),
      this.#ratio("TCP over IP 115, of QEMU's", TCP, LONGWIRE_IP, QEMU_IP, 2),
      this.#ratio("CPU s/GB over UDP, of QEMU's", CPU, LONGWIRE_UDP, QEMU_UDP, 1 / 3, true),
      this.#ratio("CPU s/GB over IP 115, of QEMU's", CPU, LONGWIRE_IP, QEMU_IP, 1 / 2, true),
      this.#ofBest("CPU per 64 B at 50 k/s, of the best other", SMALL_COST, LONGWIRE_UDP, 1, true),
      this.#ofBest("CPU per 1,400 B at 20 k/s, of the best", FULL_COST, LONGWIRE_UDP, 1, true),
      this.#ofBest("64 B without loss, of the best other", SMALL, LONGWIRE_UDP, 1.5),
      this.#ofBest("1,400 B without loss, of the best other", FULL, LONGWIRE_UDP, 1.5),
      this.#ofBest("flood ping, of the best other", FLOOD_TRIP, LONGWIRE_UDP, 1, true),
      this.#ofBest("ping every 2 ms, of the best other", LONE_TRIP, LONGWIRE_UDP, 1, true),
      {
        what: "1,000 streams over 1,000 sessions, of one session",
        value: ratioOf(medianOf(manySessions), medianOf(oneSession)),
        bound: 0.8,
      },
      { what: "start to ready", value: medianOf(readyMs), bound: 300, atMost: true, unit: " ms" },
      {
        what: "memory, after TCP",
        value: figure(this.#results.get(LONGWIRE_UDP), { ...TCP, of: ({ memory }) => memory }),
        bound: 120,
        atMost: true,
        unit: " MB",
      },
    ];
  }

  #ratio(
    what: string,
    column: Column,
    ours: Contender,
    theirs: Contender,
    bound: number,
    atMost = false,
  ): Goal {
    const value = ratioOf(this.#figure(ours, column), this.#figure(theirs, column));
    return { what, value, bound, atMost };
  }

  #ofBest(what: string, column: Column, ours: Contender, bound: number, atMost = false): Goal {
    const others = [...this.#results].filter(([{ kind }]) => kind === undefined)
      .map(([, list]) => figure(list, column)).filter((value) => value !== undefined);
    const best = others.length === 0 ? undefined : (atMost ? Math.min : Math.max)(...others);
    return { what, value: ratioOf(this.#figure(ours, column), best), bound, atMost };
  }

  #figure(contender: Contender, column: Column): number | undefined {
    return figure(this.#results.get(contender), column);
  }
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}

function ratioOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b;
}

/** A row for each goal whose figures are there. */
export function goalsTable(results: Results, daemon: DaemonResults): string {
  const lines = ["| goal | is to be | is | |", "|---|---:|---:|---|"];
  for (const { what, value, bound, atMost = false, unit = "" } of new Goals(results, daemon).all) {
    if (value === undefined) continue;
    const isMet = atMost ? value <= bound : value >= bound;
    const digits = unit === "" ? 2 : 0;
    const wanted = `${atMost ? "≤" : "≥"} ${Number(bound.toFixed(2))}${unit}`;
    lines.push(
      `| ${what} | ${wanted} | ${value.toFixed(digits)}${unit} | ${
        isMet ? "met" : "**not met**"
      } |`,
    );
  }
  return lines.join("\n");
}

/** What each carries by TCP, and what that costs, of one of them. */
export function sharesTable(results: Results, whole: Contender): string {
  const lines = ["| tunnel | TCP Gbit/s | of Ethernet | CPU s/GB |", "|---|---:|---:|---:|"];
  for (const [{ name }, list] of results) {
    const tcp = figure(list, TCP);
    const share = ratioOf(tcp, figure(results.get(whole), TCP));
    const cells = [tcp, share, figure(list, CPU)].map((value) => value?.toFixed(2) ?? "–");
    lines.push(`| ${name} | ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

/**
 * Rates of sessions, from one status to the next, and small plots of the last minute: what
 * `status --watch` shows below the screen.
 */

import type { DaemonStatus, KeptSessionStatus } from "../daemon/status.ts";

/** Samples that are kept and plotted. */
const KEPT = 60;
const BARS = "▁▂▃▄▅▆▇█";
const SESSION_SEPARATOR = "/";

/** A session's rates, in bits and frames a second. */
export interface SessionRate {
  readonly name: string;
  readonly receivedBits: number;
  readonly transmittedBits: number;
  readonly receivedFrames: number;
  readonly transmittedFrames: number;
  readonly drops: number;
  /** Bits a second of both directions, oldest first. */
  readonly history: readonly number[];
}

interface Sample {
  readonly at: number;
  readonly counters: KeptSessionStatus["counters"];
}

/** What has been seen of each session. */
export class RateHistory {
  readonly #last = new Map<string, Sample>();
  readonly #history = new Map<string, number[]>();

  /** Takes a status of instant `at`, in milliseconds; answers the rates since the one before. */
  add(status: DaemonStatus, at: number): readonly SessionRate[] {
    const sessions = [
      ...status.connections.flatMap(({ name, sessions }) =>
        sessions.map((session) => [`${name}${SESSION_SEPARATOR}${session.name}`, session] as const)
      ),
      ...status.static.map((session) => [session.name, session] as const),
    ];
    return sessions.map(([name, { counters }]) => {
      const before = this.#last.get(name);
      this.#last.set(name, { at, counters });
      return this.#rate(name, before, { at, counters });
    });
  }

  #rate(name: string, before: Sample | undefined, now: Sample): SessionRate {
    const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
    // A session that was set up anew counts from zero again.
    const per = (read: (counters: Sample["counters"]) => number) =>
      before === undefined || seconds <= 0
        ? 0
        : Math.max(0, read(now.counters) - read(before.counters)) / seconds;
    const rate = {
      receivedBits: per((counters) => counters.receivedOctets * 8),
      transmittedBits: per((counters) => counters.transmittedOctets * 8),
      receivedFrames: per((counters) => counters.receivedFrames),
      transmittedFrames: per((counters) => counters.transmittedFrames),
      drops: per(({ drops }) => Object.values(drops).reduce((sum, count) => sum + count, 0)),
    };
    const history = this.#history.get(name) ?? [];
    if (before !== undefined) history.push(rate.receivedBits + rate.transmittedBits);
    if (history.length > KEPT) history.shift();
    this.#history.set(name, history);
    return { name, ...rate, history: [...history] };
  }
}

/** A table of rates; the plots are as high as the highest value of their own. */
export function formatRates(rates: readonly SessionRate[]): string {
  if (rates.length === 0) return "";
  const width = Math.max(...rates.map(({ name }) => name.length));
  const lines = rates.map((rate) =>
    [
      rate.name.padEnd(width),
      `rx ${formatBits(rate.receivedBits).padStart(10)}`,
      `${formatCount(rate.receivedFrames).trim().padStart(6)} frames/s`,
      `tx ${formatBits(rate.transmittedBits).padStart(10)}`,
      `${formatCount(rate.transmittedFrames).trim().padStart(6)} frames/s`,
      `drops ${formatCount(rate.drops).trim()}/s`,
      plot(rate.history),
    ].join("   ").trimEnd()
  );
  return `${lines.join("\n")}\n`;
}

/** One character for each value, from nothing to the highest. */
export function plot(values: readonly number[]): string {
  const highest = Math.max(...values, 0);
  return values.map((value) =>
    BARS[highest === 0 ? 0 : Math.round(value / highest * (BARS.length - 1))]
  ).join("");
}

function formatBits(bits: number): string {
  return `${formatCount(bits)}bit/s`;
}

/** `999 `, `1.2 k`, `34 M`: powers of 1,000, ready for a unit's name. */
function formatCount(count: number): string {
  const units = ["", "k", "M", "G", "T"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

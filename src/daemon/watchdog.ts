/**
 * systemd's watchdog: while the data plane answers, the service manager is told so in time; when it
 * has not answered for long enough, the service manager ends this process and starts another.
 *
 * See sd_watchdog_enabled(3) for the two variables. That this code runs at all shows the main
 * thread alive.
 */

import { logger } from "./log.ts";

/** What is asked, and who is told. */
export interface WatchdogParties {
  /** Resolves when the data plane has answered. */
  probe(): Promise<void>;
  /** Tells the service manager a state. */
  notify(state: string): Promise<void>;
}

/** Milliseconds between two notifications, half of what is allowed; `undefined`: none are wanted. */
export function watchdogInterval(
  environment: { get(name: string): string | undefined } = Deno.env,
  pid: number = Deno.pid,
): number | undefined {
  const forPid = environment.get("WATCHDOG_PID");
  if (forPid !== undefined && Number(forPid) !== pid) return undefined;
  const microseconds = Number(environment.get("WATCHDOG_USEC"));
  return microseconds > 0 ? microseconds / 2_000 : undefined;
}

/** Keeps the service manager told, until disposed. */
export class Watchdog implements Disposable {
  readonly #parties: WatchdogParties;
  readonly #interval: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  /** @param interval in milliseconds. */
  constructor(parties: WatchdogParties, interval: number) {
    this.#parties = parties;
    this.#interval = interval;
    this.#timer = setTimeout(() => this.#turn(), interval);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    try {
      await this.#parties.probe();
    } catch (error) {
      logger.error("the data plane does not work: {problem}", { problem: String(error) });
      return;
    }
    if (this.#disposed) return;
    await this.#parties.notify("WATCHDOG=1");
    if (!this.#disposed) this.#timer = setTimeout(() => this.#turn(), this.#interval);
  }
}

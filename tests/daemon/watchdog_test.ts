/** When the service manager's watchdog is fed, and when it is left to bite. */

import { assertEquals } from "@std/assert";
import { Watchdog, watchdogInterval } from "../../src/daemon/watchdog.ts";

const OWN_PID = 4_711;

function intervalWith(variables: Record<string, string>): number | undefined {
  return watchdogInterval(new Map(Object.entries(variables)), OWN_PID);
}

Deno.test("half of what the service manager allows is waited between two notifications", () => {
  assertEquals(intervalWith({ WATCHDOG_USEC: "10000000" }), 5_000);
  assertEquals(intervalWith({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: "4711" }), 5_000);
});

Deno.test("without a watchdog, with another process's, or with nonsense nothing is sent", () => {
  assertEquals(intervalWith({}), undefined);
  assertEquals(intervalWith({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" }), undefined);
  assertEquals(intervalWith({ WATCHDOG_USEC: "0" }), undefined);
  assertEquals(intervalWith({ WATCHDOG_USEC: "soon" }), undefined);
});

/** A watchdog's two parties, whose turns the test takes. */
class Parties {
  readonly told: string[] = [];
  #next = Promise.withResolvers<PromiseWithResolvers<void>>();

  /** The probe that is asked next. */
  get probed(): Promise<PromiseWithResolvers<void>> {
    return this.#next.promise;
  }

  probe(): Promise<void> {
    const answer = Promise.withResolvers<void>();
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve(answer);
    return answer.promise;
  }

  notify(state: string): Promise<void> {
    this.told.push(state);
    return Promise.resolve();
  }
}

Deno.test("the watchdog is fed once for every answer of the data plane, and for nothing else", async () => {
  const parties = new Parties();
  using _watchdog = new Watchdog(parties, 0);
  const first = await parties.probed;
  assertEquals(parties.told, []);
  first.resolve();
  const second = await parties.probed;
  assertEquals(parties.told, ["WATCHDOG=1"]);
  second.resolve();
  await parties.probed;
  assertEquals(parties.told, ["WATCHDOG=1", "WATCHDOG=1"]);
});

Deno.test("a data plane that has died feeds nothing more", async () => {
  const parties = new Parties();
  using _watchdog = new Watchdog(parties, 0);
  const { promise, reject } = await parties.probed;
  reject(new Error("worker died"));
  await promise.catch(() => {});
  assertEquals(parties.told, []);
});

Deno.test("an answer after the end is told nobody", async () => {
  const parties = new Parties();
  const watchdog = new Watchdog(parties, 0);
  const { promise, resolve } = await parties.probed;
  watchdog[Symbol.dispose]();
  resolve();
  await promise;
  assertEquals(parties.told, []);
});

/** In which order effects are applied, and which side by side. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Effect } from "../../src/core/effect.ts";
import { EffectsInFlight } from "../../src/endpoint/effects_in_flight.ts";
import type { Path } from "../../src/model/path.ts";

const PATH: Path = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "192.0.2.2", port: 1701 },
};

function transmit(...octets: number[]): Effect {
  return { kind: "transmit", path: PATH, octets: Uint8Array.from(octets) };
}

function circuitStatus(session: number, remote: number): Effect {
  return { kind: "circuitStatus", session, remote };
}

/** Applies nothing until it is told to, and writes down what begins and ends. */
class Surroundings {
  readonly log: string[] = [];
  readonly flight = new EffectsInFlight((effect) => this.#apply(effect));
  readonly #waiting: { readonly name: string; readonly resolve: () => void }[] = [];

  async #apply(effect: Effect): Promise<void> {
    const name = "session" in effect && "remote" in effect
      ? `${effect.session}:${effect.remote}`
      : effect.kind;
    this.log.push(name);
    await new Promise<void>((resolve) => this.#waiting.push({ name, resolve }));
    this.log.push(`${name} done`);
  }

  /** Ends what was begun last, and lets follow what follows. */
  async finishLast(): Promise<void> {
    this.#waiting.pop()!.resolve();
    await new Promise<void>((resolve) => setTimeout(resolve));
  }
}

Deno.test("sessions go side by side, each in its order, and transmissions after them all, one by one", async () => {
  const all = new Surroundings();
  for (const effect of [circuitStatus(1, 1), transmit(1), circuitStatus(2, 1)]) {
    assertEquals(all.flight.take(effect), undefined);
  }
  all.flight.take(circuitStatus(1, 2));
  all.flight.take(transmit(2));
  const settled = all.flight.settle();
  assertEquals(all.log, ["1:1", "2:1"]);
  await all.finishLast();
  await all.finishLast();
  assertEquals(all.log.slice(2), ["2:1 done", "1:1 done", "1:2"]);
  await all.finishLast();
  assertEquals(all.log.slice(5), ["1:2 done", "transmit"]);
  await all.finishLast();
  await all.finishLast();
  await settled;
  assertEquals(all.log.slice(7), ["transmit done", "transmit", "transmit done"]);
  assert(all.flight.isEmpty);
});

Deno.test("what ends a session waits for all that was taken before it, and is waited for", async () => {
  const all = new Surroundings();
  all.flight.take(circuitStatus(1, 1));
  all.flight.take(transmit(1));
  const removed = all.flight.take({ kind: "removeSession", session: 1 });
  assert(removed instanceof Promise);
  assertEquals(all.log, ["1:1"]);
  await all.finishLast();
  await all.finishLast();
  assertEquals(all.log.slice(1), ["1:1 done", "transmit", "transmit done", "removeSession"]);
  await all.finishLast();
  await removed;
});

Deno.test("what goes wrong in one session is told, and nothing is transmitted after it", async () => {
  const sent: Effect[] = [];
  const flight = new EffectsInFlight((effect) => {
    if (effect.kind !== "transmit") return Promise.reject(new Error("a worker died"));
    sent.push(effect);
  });
  flight.take(circuitStatus(1, 1));
  flight.take(circuitStatus(2, 1));
  flight.take(transmit(1));
  await assertRejects(() => flight.settle(), Error, "a worker died");
  assertEquals(sent, []);
});

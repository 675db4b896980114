/** Requests on their way to whoever iterates, with an alarm clock that only the test moves. */

import { assertEquals } from "@std/assert";
import { RequestQueue, type Schedule } from "../../src/endpoint/request_queue.ts";

class Wish {
  readonly #name: string;
  readonly #refused: string[];

  constructor(name: string, refused: string[]) {
    this.#name = name;
    this.#refused = refused;
  }

  get name(): string {
    return this.#name;
  }

  refuse(): void {
    this.#refused.push(this.#name);
  }
}

function setUp() {
  const alarms = new Set<() => void>();
  const schedule: Schedule = (_delayMs, action) => {
    alarms.add(action);
    return () => void alarms.delete(action);
  };
  const ring = () => {
    for (const alarm of alarms) {
      alarms.delete(alarm);
      alarm();
    }
  };
  const refused: string[] = [];
  const queue = new RequestQueue<Wish>(schedule);
  const offer = (name: string) => queue.offer(new Wish(name, refused));
  return { queue, offer, ring, refused, alarms };
}

Deno.test("a request goes to the iterator that waits, and each to one", async () => {
  const { queue, offer } = setUp();
  const first = queue.iterate();
  const second = queue.iterate();
  const answers = Promise.all([first.next(), second.next()]);
  offer("a");
  offer("b");
  assertEquals((await answers).map(({ value }) => value?.name), ["a", "b"]);
});

Deno.test("what came before anybody iterated is there", async () => {
  const { queue, offer, refused, ring } = setUp();
  offer("early");
  const iterator = queue.iterate();
  ring();
  assertEquals((await iterator.next()).value?.name, "early");
  assertEquals(refused, []);
});

Deno.test("what nobody takes in time is refused", () => {
  const { offer, refused, ring } = setUp();
  offer("a");
  offer("b");
  assertEquals(refused, []);
  ring();
  assertEquals(refused, ["a", "b"]);
});

Deno.test("what a busy iterator leaves behind waits for the next one, but not for ever", async () => {
  const { queue, offer, refused, ring } = setUp();
  const iterator = queue.iterate();
  offer("a");
  ring();
  assertEquals(refused, []);
  await iterator.return?.();
  ring();
  assertEquals(refused, ["a"]);
});

Deno.test("an iterator that was left takes nothing with it", async () => {
  const { queue, offer } = setUp();
  const left = queue.iterate();
  const asked = left.next();
  await left.return?.();
  assertEquals((await asked).done, true);
  offer("a");
  assertEquals((await queue.iterate().next()).value?.name, "a");
});

Deno.test("closing refuses what waits, ends iterations, and leaves no alarm", async () => {
  const { queue, offer, refused, alarms } = setUp();
  offer("a");
  assertEquals(alarms.size, 1);
  queue.close();
  assertEquals([refused, alarms.size], [["a"], 0]);
  assertEquals((await queue.iterate().next()).done, true);
  offer("late");
  assertEquals(refused, ["a", "late"]);
});

Deno.test("a flood is refused at once", () => {
  const { offer, refused } = setUp();
  for (let count = 0; count < 1025; count++) offer(String(count));
  assertEquals(refused, ["1024"]);
});

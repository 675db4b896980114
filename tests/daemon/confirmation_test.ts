/** Changes that are taken back unless somebody confirms them. */

import { assert, assertEquals } from "@std/assert";
import { Confirmation } from "../../src/daemon/confirmation.ts";

/** What is taken back to, in order; the test waits for each. */
class TakenBack {
  readonly states: string[] = [];
  #next = Promise.withResolvers<void>();

  readonly handle = (former: string): void => {
    this.states.push(former);
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };

  get next(): Promise<void> {
    return this.#next.promise;
  }
}

Deno.test("without confirmation it is taken back once, and then nothing waits", async () => {
  const takenBack = new TakenBack();
  const confirmation = new Confirmation(takenBack.handle);
  const { next } = takenBack;
  confirmation.await("before", 1);
  assert(confirmation.until !== undefined);
  await next;
  assertEquals(takenBack.states, ["before"]);
  assertEquals(confirmation.until, undefined);
  assertEquals(confirmation.confirm(), false);
});

Deno.test("what is confirmed is not taken back", async () => {
  const takenBack = new TakenBack();
  const confirmation = new Confirmation(takenBack.handle);
  confirmation.await("first", 1);
  assertEquals(confirmation.confirm(), true);
  assertEquals(confirmation.confirm(), false);
  // A later one is, which shows that the time for the first has passed.
  const { next } = takenBack;
  confirmation.await("second", 2);
  await next;
  assertEquals(takenBack.states, ["second"]);
});

Deno.test("of two changes that nobody has confirmed, both are taken back", async () => {
  const takenBack = new TakenBack();
  const confirmation = new Confirmation(takenBack.handle);
  const { next } = takenBack;
  confirmation.await("confirmed", 60_000);
  confirmation.await("never confirmed", 1);
  await next;
  assertEquals(takenBack.states, ["confirmed"]);
});

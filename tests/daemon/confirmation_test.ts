/** Changes that are taken back unless somebody confirms them. */

import { assert, assertEquals } from "@std/assert";
import { Confirmation } from "../../src/daemon/confirmation.ts";

/** A change that waits, and what it is taken back to, in order; the test waits for each. */
class TakenBack {
  readonly states: (string | undefined)[] = [];
  readonly confirmation = new Confirmation<string>(() => this.#handle());
  #next = Promise.withResolvers<void>();

  get next(): Promise<void> {
    return this.#next.promise;
  }

  #handle(): void {
    this.states.push(this.confirmation.takeDue());
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }
}

/** A change whose time has run out while whoever takes it back is busy. */
async function dueChange(): Promise<Confirmation<string>> {
  const due = Promise.withResolvers<void>();
  const confirmation = new Confirmation<string>(due.resolve);
  confirmation.await("before", 1);
  await due.promise;
  return confirmation;
}

Deno.test("without confirmation it is taken back once, and then nothing waits", async () => {
  const takenBack = new TakenBack();
  const { confirmation, next } = takenBack;
  confirmation.await("before", 1);
  assert(confirmation.until !== undefined);
  await next;
  assertEquals(takenBack.states, ["before"]);
  assertEquals(confirmation.until, undefined);
  assertEquals(confirmation.confirm(), false);
});

Deno.test("what is confirmed is not taken back", async () => {
  const takenBack = new TakenBack();
  const { confirmation } = takenBack;
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
  const { confirmation, next } = takenBack;
  confirmation.await("confirmed", 60_000);
  confirmation.await("never confirmed", 1);
  await next;
  assertEquals(takenBack.states, ["confirmed"]);
});

Deno.test("what is confirmed before its turn to be taken back comes stays", async () => {
  const confirmation = await dueChange();
  assertEquals(confirmation.confirm(), true);
  assertEquals(confirmation.takeDue(), undefined);
});

Deno.test("a change made before the last one's turn comes waits in its place, for what was confirmed", async () => {
  const confirmation = await dueChange();
  confirmation.await("never confirmed", 60_000);
  assertEquals(confirmation.takeDue(), undefined);
  assert(confirmation.confirm());
});

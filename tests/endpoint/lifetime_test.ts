/** The life of connections and sessions, and waiting for it with a signal. */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Lifetime, openedOrAborted } from "../../src/endpoint/lifetime.ts";

const reason = { cause: "timeout", text: "the peer is silent" } as const;
const lifetime = () => new Lifetime(({ text }) => new RangeError(text));

Deno.test("a life moves forward only", async () => {
  const life = lifetime();
  assertEquals(life.state, "connecting");
  life.establish();
  await life.opened;
  assertEquals(life.state, "established");
  assertEquals([life.beginClosing(), life.beginClosing(), life.state], [true, false, "closing"]);
  life.establish();
  assertEquals(life.state, "closing");
  life.end(reason);
  assertEquals([life.state, await life.closed], ["closed", reason]);
});

Deno.test("an end before the beginning is an error to whoever waits, and to nobody else", async () => {
  const life = lifetime();
  life.end(reason);
  await assertRejects(() => life.opened, RangeError, "silent");
  assertEquals(await life.closed, reason);
});

Deno.test("an end after the beginning makes no error that nobody would see", () => {
  const life = new Lifetime(() => {
    throw new Error("made for nobody");
  });
  life.establish();
  life.end(reason);
  assertEquals(life.state, "closed");
});

Deno.test("the first reason stays", async () => {
  const life = lifetime();
  life.fail(reason);
  life.end({ cause: "local", text: "afterwards" });
  assertEquals(await life.closed, reason);
});

Deno.test("a signal gives up the wait, once, with its own reason", async () => {
  const life = lifetime();
  const controller = new AbortController();
  let given = 0;
  const waiting = openedOrAborted(life.opened, controller.signal, () => given++);
  const why = new DOMException("enough", "AbortError");
  controller.abort(why);
  assertStrictEquals(await waiting.catch((error) => error), why);
  assertEquals(given, 1);
});

Deno.test("a signal that comes too late changes nothing", async () => {
  const life = lifetime();
  const controller = new AbortController();
  let given = 0;
  life.establish();
  await openedOrAborted(life.opened, controller.signal, () => given++);
  controller.abort();
  assertEquals(given, 0);
});

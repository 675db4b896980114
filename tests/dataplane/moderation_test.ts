/** Sockets that are busy: looked at every now and then, and waited for again when they are not. */

import { assert, assertEquals } from "@std/assert";
import type { PausableWatch } from "../../src/dataplane/direction_work.ts";
import { Moderation } from "../../src/dataplane/moderation.ts";

const FIRST = { fd: 3 };
const SECOND = { fd: 4 };
/** Packets at once, after which there may be more. */
const MOST = 64;

/** A moderation of sockets with so many packets each. */
class Sockets {
  /** What waits, by descriptor; a look takes it, up to `MOST`. */
  readonly waiting = new Map<number, number>();
  readonly looks: number[] = [];
  /** Descriptors that are left out now. */
  readonly paused = new Set<number>();
  readonly moderation: Moderation<{ fd: number }>;

  constructor() {
    const watch: PausableWatch = {
      add: () => {},
      remove: () => {},
      pause: (fd) => this.paused.add(fd),
      resume: (fd) => this.paused.delete(fd),
    };
    this.moderation = new Moderation(watch, ({ fd }) => this.#take(fd), MOST);
  }

  #take(fd: number): number {
    this.looks.push(fd);
    const packets = Math.min(this.waiting.get(fd) ?? 0, MOST);
    this.waiting.set(fd, (this.waiting.get(fd) ?? 0) - packets);
    return packets;
  }
}

Deno.test("a socket that brings few packets at once is waited for as ever", () => {
  const { moderation, paused } = new Sockets();
  for (const packets of [0, 1, 2, 3]) moderation.note(FIRST, packets);
  assertEquals([...paused], []);
  assertEquals(moderation.tend(0), Infinity);
});

Deno.test("a busy socket is left alone, and looked at when it is time", () => {
  const sockets = new Sockets();
  const { moderation, paused, waiting, looks } = sockets;
  moderation.note(FIRST, 4);
  assertEquals([...paused], [FIRST.fd]);
  const wait = moderation.tend(1000);
  assert(wait > 0 && wait < 1, `${wait} ms`);
  waiting.set(FIRST.fd, 10);
  // Woken for something else: not yet.
  const rest = moderation.tend(1000 + wait / 2);
  assert(rest > 0 && rest < wait, `${rest} of ${wait} ms`);
  assertEquals(looks, []);
  assertEquals(moderation.tend(1000 + wait), wait);
  assertEquals(looks, [FIRST.fd]);
  assertEquals(waiting.get(FIRST.fd), 0);
});

Deno.test("a socket that is busy no longer is waited for again", () => {
  const { moderation, paused, waiting } = new Sockets();
  moderation.note(FIRST, MOST);
  const wait = moderation.tend(0);
  waiting.set(FIRST.fd, 3);
  assertEquals(moderation.tend(wait), Infinity);
  assertEquals([...paused], []);
  assertEquals(waiting.get(FIRST.fd), 0);
});

Deno.test("a look that finds as much as it can take is followed by another at once", () => {
  const { moderation, waiting, looks } = new Sockets();
  moderation.note(FIRST, MOST);
  const wait = moderation.tend(0);
  waiting.set(FIRST.fd, MOST + 5);
  assertEquals(moderation.tend(wait), 0);
  assert(moderation.tend(wait) > 0);
  assertEquals(looks, [FIRST.fd, FIRST.fd]);
});

Deno.test("each busy socket has its own time", () => {
  const { moderation, waiting, looks, paused } = new Sockets();
  moderation.note(FIRST, 8);
  const wait = moderation.tend(0);
  moderation.note(SECOND, 8);
  moderation.note(SECOND, 8);
  const rest = moderation.tend(wait / 2);
  assert(Math.abs(rest - wait / 2) < 1e-9, `${rest} of ${wait} ms`);
  waiting.set(SECOND.fd, 8);
  // Only the first one's time has come, and it has nothing.
  assert(moderation.tend(wait) > 0);
  assertEquals([...paused], [SECOND.fd]);
  const again = moderation.tend(wait * 1.5);
  assert(Math.abs(again - wait) < 1e-9, `${again} of ${wait} ms`);
  assertEquals(looks, [FIRST.fd, SECOND.fd]);
});

Deno.test("a socket that is gone is looked at no more", () => {
  const { moderation, paused, looks } = new Sockets();
  moderation.note(FIRST, 8);
  moderation.forget(SECOND);
  moderation.forget(FIRST);
  assertEquals(moderation.tend(1000), Infinity);
  assertEquals([...paused], []);
  assertEquals(looks, []);
});

/** Control frames on their way to the main thread: in their order, told together, with a bound. */

import { assertEquals } from "@std/assert";
import type { Report } from "../../src/dataplane/commands.ts";
import { DROP_PUNTED, NOT_DROPPED } from "../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { Punts } from "../../src/dataplane/punts.ts";

/** Punts over one batch, and what has been told. */
function bench() {
  const reports: Report[] = [];
  const batch = new FrameBatch(2);
  batch.place(0, Uint8Array.of(1, 2, 3));
  batch.place(1, Uint8Array.of(4, 5));
  return { batch, reports, punts: new Punts((report) => reports.push(report)) };
}

Deno.test("what is gathered is told once, by session, in its order", () => {
  const { batch, reports, punts } = bench();
  for (const [key, index] of [[1, 0], [2, 0], [1, 1]] as const) {
    assertEquals(punts.take(key, batch, index, 0), NOT_DROPPED);
  }
  assertEquals(reports, []);
  punts.flush();
  punts.flush();
  assertEquals(reports, [
    { kind: "punted", key: 1, frames: [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)] },
    { kind: "punted", key: 2, frames: [Uint8Array.of(1, 2, 3)] },
  ]);
});

Deno.test("a session's share is 256 at once and 256 each second; others have their own", () => {
  const { batch, punts } = bench();
  const taken = (key: number, now: number) => {
    let count = 0;
    while (punts.take(key, batch, 0, now) === NOT_DROPPED) count += 1;
    return count;
  };
  assertEquals([taken(1, 0), taken(2, 0)], [256, 256]);
  assertEquals(punts.take(1, batch, 0, 0), DROP_PUNTED);
  assertEquals([taken(1, 500), taken(1, 500), taken(1, 1_000)], [128, 0, 128]);
  assertEquals(taken(1, 1_000_000), 256);
});

Deno.test("a session that was removed is told of no more, and comes back with its whole share", () => {
  const { batch, reports, punts } = bench();
  for (let n = 0; n < 256; n++) punts.take(1, batch, 0, 0);
  punts.remove(1);
  punts.flush();
  assertEquals(reports, []);
  assertEquals(punts.take(1, batch, 0, 0), NOT_DROPPED);
});

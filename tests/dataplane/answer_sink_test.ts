/** Answers are limited in rate (RFC 4443 §2.4 (f)). */

import { assertEquals } from "@std/assert";
import { AnswerSink } from "../../src/dataplane/answer_sink.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { FrameQueue } from "../../src/dataplane/frame_queue.ts";

Deno.test("fifty answers at once and fifty a second: what is beyond is dropped", () => {
  let now = 1_000;
  const port = new FrameQueue();
  const sink = new AnswerSink(port, () => now);
  const batch = new FrameBatch(1);
  const passed = (count: number) => {
    for (let index = 0; index < count; index++) {
      batch.place(0, Uint8Array.of(1, 2, 3));
      sink.send(batch, 0, 1);
    }
    return port.take().length;
  };
  assertEquals(passed(60), 50);
  now += 100;
  assertEquals(passed(60), 5);
  now += 60_000;
  assertEquals(passed(60), 50);
});

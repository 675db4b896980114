/** A queue is an array that costs the same however long it is. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Queue } from "../../src/core/queue.ts";

const anyStep = fc.record({
  kind: fc.constantFrom("push" as const, "shift" as const, "truncate" as const),
  count: fc.nat(3_000),
});

Deno.test("whatever is put in, taken out and cut off, it is as with an array", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      let next = 0;
      for (const { kind, count } of steps) {
        if (kind === "truncate") {
          queue.truncate(count);
          model.length = Math.min(model.length, count);
        }
        for (let turn = 0; kind === "push" && turn < count; turn++) {
          queue.push(next);
          model.push(next++);
        }
        for (let turn = 0; kind === "shift" && turn < count; turn++) {
          assertEquals(queue.shift(), model.shift());
        }
        assertEquals([queue.length, queue.isEmpty], [model.length, model.length === 0]);
        for (const index of [0, 1, model.length - 1, model.length]) {
          if (index >= 0) assertEquals(queue.at(index), model[index]);
        }
      }
    }),
    { numRuns: 50 },
  );
});

/** Named instants: which comes first, and that each comes once. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Deadlines } from "../../src/core/deadlines.ts";

Deno.test("deadlines come due in the order of their instants, each once", () => {
  const deadlines = new Deadlines<string>();
  deadlines.set("hello", 60);
  deadlines.set("retransmit", 10);
  deadlines.set("linger", 31);
  assertEquals(deadlines.next(), 10);
  assertEquals(deadlines.takeDue(9), undefined);
  const due = [deadlines.takeDue(40), deadlines.takeDue(40), deadlines.takeDue(40)];
  assertEquals(due, ["retransmit", "linger", undefined]);
  assertEquals(deadlines.next(), 60);
});

Deno.test("a name has one deadline: the one set last, or none", () => {
  const deadlines = new Deadlines<string>();
  deadlines.set("hello", 10);
  deadlines.set("hello", 50);
  assertEquals(deadlines.takeDue(20), undefined);
  deadlines.set("hello", 5);
  assertEquals(deadlines.at("hello"), 5);
  deadlines.clear("hello");
  assertEquals([deadlines.next(), deadlines.takeDue(100)], [undefined, undefined]);
});

/** What a set of deadlines may be told, in any order. */
const anyStep = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name: fc.nat(7), at: fc.nat(100) }),
  fc.record({ kind: fc.constant("clear" as const), name: fc.nat(7), at: fc.constant(0) }),
  fc.record({ kind: fc.constant("take" as const), name: fc.constant(0), at: fc.nat(100) }),
);

Deno.test("deadlines behave like a plain table that is searched every time", () => {
  fc.assert(fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
    const deadlines = new Deadlines<number>();
    const model = new Map<number, number>();
    const earliest = () => model.size === 0 ? undefined : Math.min(...model.values());
    for (const { kind, name, at } of steps) {
      if (kind === "set") {
        deadlines.set(name, at);
        model.set(name, at);
      } else if (kind === "clear") {
        deadlines.clear(name);
        model.delete(name);
      } else {
        const taken = deadlines.takeDue(at);
        const isDue = (earliest() ?? Infinity) <= at;
        assertEquals(taken !== undefined, isDue);
        if (taken !== undefined) {
          assertEquals(model.get(taken), earliest());
          model.delete(taken);
        }
      }
      assertEquals(deadlines.next(), earliest());
    }
  }));
});

/** Failures, the attempts that follow them, and what is remembered. */

import { assert, assertEquals } from "@std/assert";
import { ControlConnectionError } from "../../src/endpoint/errors.ts";
import { Retry } from "../../src/daemon/retry.ts";

Deno.test("a failure plans an attempt, and says when and why", () => {
  const retry = new Retry(() => {});
  const before = Date.now();
  const wait = retry.fail(new Error("no route"));
  const after = Date.now();
  assert(wait >= 500 && wait <= 1_000);
  const at = retry.retryAt!.getTime();
  assert(at >= Math.floor(before + wait) && at <= after + wait, `${before} <= ${at} - ${wait}`);
  assertEquals([retry.lastError, retry.failures], ["no route", 1]);
  retry.cancel();
  assertEquals([retry.retryAt, retry.failures], [undefined, 1]);
});

Deno.test("the next failure of a success that did not last is not the first", () => {
  const retry = new Retry(() => {});
  retry.fail("refused");
  retry.succeed();
  retry.fail("gone again");
  assertEquals([retry.failures, retry.lastError], [2, "gone again"]);
  retry.reset();
  assertEquals([retry.failures, retry.retryAt, retry.lastError], [0, undefined, "gone again"]);
});

Deno.test("after the last attempt that is allowed nothing is planned [FR-08, HDLC-04]", () => {
  const retry = new Retry(() => {});
  retry.setBounds({ firstMs: 100, longestMs: 100, attempts: 1 });
  assert(retry.fail("no such circuit") <= 100);
  assertEquals(retry.fail("no such circuit"), Infinity);
  assertEquals([retry.retryAt, retry.lastError], [undefined, "no such circuit"]);
});

Deno.test("an error that repeats whose it is is told by its reason", () => {
  const retry = new Retry(() => {});
  retry.note(new ControlConnectionError("site-b", { cause: "timeout", text: "no answer" }));
  assertEquals(retry.lastError, "no answer");
});

/** Identifiers that are random, never zero, and unique while in use (RFC 3931 §5.4.3, §5.4.4). */

import { assertEquals } from "@std/assert";
import { IdentifierPool } from "../../src/core/identifier_pool.ts";
import { Prng } from "../harness/prng.ts";

/** Hands out these 32-bit numbers, one after the other. */
function sequence(...numbers: number[]) {
  return {
    fill(octets: Uint8Array): void {
      new DataView(octets.buffer, octets.byteOffset).setUint32(0, numbers.shift()!);
    },
  };
}

Deno.test("identifiers are never zero and never twice in use [V3-CC-08, V3-CC-09, V3-SES-08]", () => {
  const pool = new IdentifierPool(sequence(0, 7, 7, 0xffffffff, 7), 32);
  assertEquals([pool.take(), pool.take()], [7, 0xffffffff]);
  pool.release(7);
  assertEquals(pool.take(), 7);
});

Deno.test("those of L2TPv2 have 16 bits [V2-CC-04, V2-CC-05]", () => {
  const pool = new IdentifierPool(sequence(0x0000ffff, 0xffff0000, 0x00010000), 16);
  assertEquals([pool.take(), pool.take()], [0xffff, 1]);
});

Deno.test("three quarters of L2TPv2's are handed out, so that one is always found soon [V2-SES-02, V2-AUTH-06]", () => {
  const pool = new IdentifierPool(new Prng(1), 16);
  while (!pool.isFull) pool.take();
  const last = pool.take();
  pool.release(last);
  pool.release(pool.take());
  assertEquals(pool.isFull, true);
  assertEquals(new IdentifierPool(new Prng(1), 32).isFull, false);
});

/** What is remembered of requests whose connections have ended. */

import { assert, assertEquals } from "@std/assert";
import { PastRequests } from "../../src/core/past_requests.ts";
import type { Path } from "../../src/model/path.ts";
import { u32 } from "../harness/peer_message.ts";

function pathFrom(address: string, port = 1701): Path {
  return {
    encapsulation: "udp",
    local: { address: "192.0.2.1", port: 1701 },
    remote: { address, port },
  };
}

Deno.test("a copy from the same place is known for 31 s [A-24]", () => {
  const past = new PastRequests();
  past.add(pathFrom("192.0.2.2"), u32(1), 1_000);
  assert(past.has(pathFrom("192.0.2.2"), u32(1), 31_999));
  assert(!past.has(pathFrom("192.0.2.2"), u32(2), 31_999));
  assert(!past.has(pathFrom("192.0.2.3"), u32(1), 31_999));
  assert(!past.has(pathFrom("192.0.2.2", 1702), u32(1), 31_999));
  assert(!past.has(pathFrom("192.0.2.2"), u32(1), 32_000));
});

Deno.test("the same request again is remembered from its last end on", () => {
  const past = new PastRequests();
  past.add(pathFrom("192.0.2.2"), u32(1), 0);
  past.add(pathFrom("192.0.2.2"), u32(2), 10_000);
  past.add(pathFrom("192.0.2.2"), u32(1), 20_000);
  const known = [1, 2].map((octets) => past.has(pathFrom("192.0.2.2"), u32(octets), 45_000));
  assertEquals(known, [true, false]);
});

Deno.test("there is an end to what is remembered: the oldest go", () => {
  const past = new PastRequests();
  for (let octets = 0; octets < 5_000; octets++) past.add(pathFrom("192.0.2.2"), u32(octets), 0);
  const known = [0, 5_000 - 4_097, 5_000 - 4_096, 4_999]
    .map((octets) => past.has(pathFrom("192.0.2.2"), u32(octets), 0));
  assertEquals(known, [false, false, true, true]);
});

Deno.test("long requests that differ in their last octet are two", () => {
  const past = new PastRequests();
  const [long, other] = [new Uint8Array(60_000), new Uint8Array(60_000)];
  other[59_999] = 1;
  past.add(pathFrom("192.0.2.2"), long, 0);
  assert(past.has(pathFrom("192.0.2.2"), long.slice(), 0));
  assert(!past.has(pathFrom("192.0.2.2"), other, 0));
});

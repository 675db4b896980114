/** When a peer that speaks of a forgotten connection is called back, and when not. */

import { assertEquals } from "@std/assert";
import { CALL_INTERVAL_MS, CallBack } from "../../src/daemon/call_back.ts";
import type { Path } from "../../src/model/path.ts";

/** Somebody at this address and port, over UDP unless said otherwise. */
function from(address: string, port = 1701, encapsulation: Path["encapsulation"] = "udp"): Path {
  const local = { address: "192.0.2.1", port };
  return { encapsulation, local, remote: { address, port } };
}

/** A peer's calls back, with a clock that the test moves and names that it knows. */
function callBackTo(remote: string, encapsulation: Path["encapsulation"] = "udp") {
  const world = { now: 0, asked: 0, known: { "peer.example": ["198.51.100.7"] } };
  const callBack = new CallBack({ remote, encapsulation }, {
    now: () => world.now,
    resolve: (host) => {
      world.asked++;
      const found = host in world.known ? world.known["peer.example"] : [host];
      return found.length > 0 ? Promise.resolve(found) : Promise.reject(new Error("no such name"));
    },
  });
  return { callBack, world };
}

/** Lets lookups come to their end. */
const settled = () =>
  new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(0))));

Deno.test("the peer is called at its address, whatever the port: a NAT may have chosen it", async () => {
  for (const remote of ["198.51.100.7", "198.51.100.7:1702"]) {
    const { callBack } = callBackTo(remote);
    await settled();
    assertEquals(callBack.isDue(from("198.51.100.8")), false);
    assertEquals(callBack.isDue(from("198.51.100.7", 0, "ip")), false);
    assertEquals(callBack.isDue(from("198.51.100.7", 40_000)), true);
  }
  const { callBack } = callBackTo("2001:db8::7", "ip");
  await settled();
  assertEquals(callBack.isDue(from("2001:db8::7", 0, "ip")), true);
});

Deno.test("once it was called it is not called again for a while, however much it speaks", async () => {
  const { callBack, world } = callBackTo("198.51.100.7");
  await settled();
  const calls: number[] = [];
  for (world.now = 0; world.now <= 2 * CALL_INTERVAL_MS; world.now += 10) {
    if (callBack.isDue(from("198.51.100.7"))) calls.push(world.now);
  }
  assertEquals(calls, [0, CALL_INTERVAL_MS, 2 * CALL_INTERVAL_MS]);
});

Deno.test("what comes on the heels of a connection's end is no reason to call", async () => {
  const { callBack, world } = callBackTo("198.51.100.7");
  await settled();
  callBack.postpone();
  world.now = CALL_INTERVAL_MS - 1;
  assertEquals(callBack.isDue(from("198.51.100.7")), false);
  world.now = CALL_INTERVAL_MS;
  assertEquals(callBack.isDue(from("198.51.100.7")), true);
});

Deno.test("a peer known by name is looked up when somebody speaks, and recognised the next time", async () => {
  const { callBack, world } = callBackTo("peer.example");
  await settled();
  assertEquals(world.asked, 0, "nobody has spoken yet");
  for (let packet = 0; packet < 100; packet++) {
    assertEquals(callBack.isDue(from("198.51.100.7")), false);
  }
  assertEquals(world.asked, 1);
  await settled();
  assertEquals(callBack.isDue(from("198.51.100.8")), false);
  assertEquals(callBack.isDue(from("198.51.100.7")), true);
});

Deno.test("a name that has no address for the moment keeps the last one", async () => {
  const { callBack, world } = callBackTo("peer.example");
  callBack.isDue(from("198.51.100.7"));
  await settled();
  world.now = 60_000;
  world.known["peer.example"] = [];
  assertEquals(callBack.isDue(from("198.51.100.7")), true);
  await settled();
  assertEquals(world.asked, 2);
  world.now = 120_000;
  assertEquals(callBack.isDue(from("198.51.100.7")), true);
});

/** Paths that become narrower and wider, and who is told of it. */

import { assertEquals, assertThrows } from "@std/assert";
import { PathWatch } from "../../src/endpoint/path_watch.ts";
import { SystemError } from "../../src/io/system_error.ts";
import type { Path } from "../../src/model/path.ts";

const ENETUNREACH = 101;

function pathTo(address: string, port = 1701): Path {
  return {
    encapsulation: "udp",
    local: { address: "192.0.2.1", port: 1701 },
    remote: { address, port },
  };
}

/** A kernel whose routes and whose clock the test moves. */
class Surroundings {
  mtu = 1500;
  failure: Error | undefined;
  asked = 0;
  readonly alarms = new Set<() => void>();

  pathMtu(): number {
    this.asked += 1;
    if (this.failure !== undefined) throw this.failure;
    return this.mtu;
  }

  readonly after = (_delayMs: number, action: () => void) => {
    this.alarms.add(action);
    return () => void this.alarms.delete(action);
  };

  expire(): void {
    for (const action of [...this.alarms]) {
      this.alarms.delete(action);
      action();
    }
  }
}

Deno.test("who follows a path is told when it holds less, and when it holds more again", () => {
  const surroundings = new Surroundings();
  const watch = new PathWatch(surroundings);
  const told: number[] = [];
  const followed = watch.follow(pathTo("192.0.2.2"), (mtu) => told.push(mtu));
  assertEquals(followed.mtu, 1500);
  surroundings.expire();
  assertEquals(told, []);
  surroundings.mtu = 1400;
  followed.check();
  followed.check();
  surroundings.mtu = 1500;
  surroundings.expire();
  assertEquals([told, followed.mtu], [[1400, 1500], 1500]);
});

Deno.test("sessions with one peer share the question, and all hear the answer", () => {
  const surroundings = new Surroundings();
  const watch = new PathWatch(surroundings);
  const told: string[] = [];
  const first = watch.follow(pathTo("192.0.2.2", 1701), () => told.push("first"));
  watch.follow(pathTo("192.0.2.2", 5001), () => told.push("second"));
  watch.follow(pathTo("192.0.2.3"), () => told.push("other"));
  assertEquals(surroundings.asked, 2);
  surroundings.mtu = 1280;
  first.check();
  assertEquals(told, ["first", "second"]);
  surroundings.expire();
  assertEquals(told, ["first", "second", "other"]);
});

Deno.test("while there is no route everything stays as it is", () => {
  const surroundings = new Surroundings();
  const watch = new PathWatch(surroundings);
  const told: number[] = [];
  surroundings.failure = new SystemError("connect", ENETUNREACH, "find the route");
  const followed = watch.follow(pathTo("192.0.2.2"), (mtu) => told.push(mtu));
  assertEquals([followed.mtu, told], [undefined, []]);
  surroundings.failure = undefined;
  surroundings.expire();
  assertEquals([followed.mtu, told], [1500, [1500]]);
  surroundings.failure = new TypeError("a bug");
  assertThrows(() => followed.check(), TypeError);
});

Deno.test("nobody is told after leaving, and nothing is asked when nobody is left", () => {
  const surroundings = new Surroundings();
  const watch = new PathWatch(surroundings);
  const told: number[] = [];
  const followed = watch.follow(pathTo("192.0.2.2"), (mtu) => told.push(mtu));
  followed.leave();
  followed.leave();
  assertEquals(surroundings.alarms.size, 0);
  surroundings.mtu = 1400;
  const again = watch.follow(pathTo("192.0.2.2"), (mtu) => told.push(mtu));
  followed.leave();
  surroundings.mtu = 1300;
  surroundings.expire();
  again.leave();
  assertEquals([told, surroundings.alarms.size], [[1300], 0]);
});

/** Waiting, and being woken. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { monotonicMs } from "../../src/io/clock.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { openDoorbell } from "../../src/io/doorbell.ts";
import { openPoller, READABLE, WRITABLE } from "../../src/io/poller.ts";
import { SystemError } from "../../src/io/system_error.ts";
import { leavingNoDescriptors } from "./descriptors.ts";

Deno.test("a wait names what is ready by its token, unsigned and of 32 bits", () => {
  leavingNoDescriptors(() => {
    using poller = openPoller();
    using first = openDoorbell();
    using second = openDoorbell();
    poller.add(first.descriptor.number, 0xffff_fffe);
    poller.add(second.descriptor.number, 7);
    assertEquals(poller.wait(0), 0);
    first.ring();
    assertEquals([poller.wait(-1), poller.token(0), poller.readiness(0)], [
      1,
      0xffff_fffe,
      READABLE,
    ]);
    second.ring();
    assertEquals(poller.wait(0), 2);
    assertEquals([poller.token(0), poller.token(1)].toSorted(), [0xffff_fffe, 7].toSorted());
    first.answer();
    second.answer();
    assertEquals(poller.wait(0), 0);
  });
});

Deno.test("a poller of one reports one, and the others the next time", () => {
  using poller = openPoller(1);
  using first = openDoorbell();
  using second = openDoorbell();
  poller.add(first.descriptor.number, 1);
  poller.add(second.descriptor.number, 2);
  first.ring();
  second.ring();
  const seen = new Set<number>();
  for (let n = 0; n < 2; n++) {
    assertEquals(poller.wait(0), 1);
    seen.add(poller.token(0));
  }
  assertEquals(seen, new Set([1, 2]));
});

Deno.test("a removed descriptor is not watched, and removing it again is no matter", () => {
  using poller = openPoller();
  using bell = openDoorbell();
  poller.add(bell.descriptor.number, 1);
  bell.ring();
  poller.remove(bell.descriptor.number);
  poller.remove(bell.descriptor.number);
  assertEquals(poller.wait(0), 0);
  assertThrows(() => poller.add(-1, 1), SystemError, "EBADF");
  assertThrows(() => poller.remove(-1), SystemError, "EBADF");
});

Deno.test("what a descriptor is watched for can be chosen", () => {
  using poller = openPoller();
  using socket = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  poller.add(socket.descriptor.number, 1, READABLE | WRITABLE);
  assertEquals([poller.wait(0), poller.readiness(0)], [1, WRITABLE]);
  socket.send(Uint8Array.of(1), socket.local, socket.local);
  assertEquals([poller.wait(0), poller.readiness(0)], [1, READABLE | WRITABLE]);
});

Deno.test("a doorbell counts its rings until it is answered", () => {
  using bell = openDoorbell();
  assertEquals(bell.answer(), 0);
  for (let n = 0; n < 300; n++) bell.ring();
  assertEquals(bell.answer(), 300);
  assertEquals(bell.answer(), 0);
});

Deno.test("an asynchronous wait leaves the event loop free, and is ended by a doorbell", async () => {
  using poller = openPoller();
  using bell = openDoorbell();
  poller.add(bell.descriptor.number, 3);
  const waiting = poller.waitAsync(-1);
  // While it waits, neither a second wait nor the end of the poller is possible.
  await assertRejects(() => poller.waitAsync(0), Error, "waiting already");
  assertThrows(() => poller.close(), Error, "after its wait has ended");
  bell.ring();
  assertEquals(await waiting, 1);
  assertEquals(poller.token(0), 3);
});

Deno.test("a wait ends at its time when nothing happens", async () => {
  using poller = openPoller();
  const start = monotonicMs();
  assertEquals(await poller.waitAsync(20), 0);
  assertEquals(poller.wait(20), 0);
  const passed = monotonicMs() - start;
  assert(passed >= 40 && passed < 5000, `${passed} ms`);
});

Deno.test("a wait of less than a millisecond ends when something is ready, or at its time", () => {
  using poller = openPoller();
  using bell = openDoorbell();
  poller.add(bell.descriptor.number, 5);
  const start = monotonicMs();
  assertEquals(poller.wait(0.3), 0);
  const passed = monotonicMs() - start;
  assert(passed >= 0.3, `${passed} ms`);
  bell.ring();
  assertEquals([poller.wait(0.999), poller.token(0)], [1, 5]);
  bell.answer();
  assertEquals(poller.wait(0.001), 0);
});

Deno.test("a wait of more than a millisecond does not end before its time", () => {
  using poller = openPoller();
  const start = monotonicMs();
  assertEquals(poller.wait(1.2), 0);
  const passed = monotonicMs() - start;
  assert(passed >= 1.2, `${passed} ms`);
});

/** How often this thread has slept so far. */
function sleeps(): number {
  const status = Deno.readTextFileSync("/proc/thread-self/status");
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)![1]);
}

Deno.test("looking for something goes on until it is ready or the time is over, without sleep", () => {
  using poller = openPoller();
  using bell = openDoorbell();
  poller.add(bell.descriptor.number, 5);
  const [start, sleepsBefore] = [monotonicMs(), sleeps()];
  assertEquals(poller.poll(20), 0);
  const [passed, slept] = [monotonicMs() - start, sleeps() - sleepsBefore];
  assert(passed >= 20, `${passed} ms`);
  // There are ten thousand looks in that time.
  assert(slept < 100, `slept ${slept} times`);
  bell.ring();
  assertEquals([poller.poll(1_000), poller.token(0)], [1, 5]);
});

Deno.test("a worker blocked in the kernel is woken through its doorbell, and told by message", async () => {
  using bell = openDoorbell();
  const worker = new Worker(import.meta.resolve("./waiting_worker.ts"), { type: "module" });
  const answers: unknown[] = [];
  const finished = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  worker.onmessage = ({ data }) => {
    if (data === "waiting") ready.resolve();
    else if (data === "stopped") finished.resolve();
    else answers.push(data);
  };
  worker.postMessage({ doorbell: bell.descriptor.number });
  await ready.promise;
  for (const text of ["one", "two", "stop"]) {
    worker.postMessage(text);
    bell.ring();
  }
  await finished.promise;
  assertEquals(answers, ["ONE", "TWO"]);
  worker.terminate();
});

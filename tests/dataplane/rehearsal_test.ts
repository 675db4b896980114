/** A worker's practice: it ends, and leaves nothing behind. */

import { assert, assertEquals } from "@std/assert";
import { allocateCounters, readCounters } from "../../src/dataplane/counters.ts";
import { openDataplane } from "../../src/dataplane/dataplane.ts";
import { Rehearsal } from "../../src/dataplane/rehearsal.ts";
import { allocateTurnTimes } from "../../src/dataplane/turn_times.ts";
import { leavingNoDescriptors, openDescriptors } from "../io/descriptors.ts";
import { eventually } from "../harness/eventually.ts";

Deno.test("a rehearsal carries its frame round and round, counts for nobody, and ends", () => {
  leavingNoDescriptors(() => {
    const [workers, own] = [allocateCounters(), allocateCounters()];
    const start = { worker: 2, workers: 3, doorbell: -1, counters: workers };
    using rehearsal = new Rehearsal({ ...start, turnTimes: allocateTurnTimes() }, own);
    let moments = 1;
    while (rehearsal.goOn()) moments += 1;
    assert(moments > 10, `${moments} moments`);
    const { receivedFrames, transmittedFrames, drops } = readCounters(own);
    assert(receivedFrames > 1000 && transmittedFrames > 1000, "the frame was lost");
    assertEquals(Object.values(drops).filter((count) => count > 0), []);
    assertEquals(readCounters(workers), readCounters(allocateCounters()));
  });
});

Deno.test("a worker that rehearses answers meanwhile, and closes what it practised with", async () => {
  await using dataplane = openDataplane({ rehearses: true });
  await dataplane.probe();
  const before = openDescriptors().length;
  await eventually(() => openDescriptors().length > before, "it rehearses");
  await dataplane.probe();
  await eventually(() => openDescriptors().length === before, "it has ended");
});

Deno.test("a worker can be stopped in the middle of its rehearsal", async () => {
  const before = openDescriptors().length;
  {
    await using dataplane = openDataplane({ rehearses: true });
    await dataplane.probe();
    const started = openDescriptors().length;
    await eventually(() => openDescriptors().length > started, "it rehearses");
  }
  await eventually(() => openDescriptors().length <= before, "every descriptor closed");
});

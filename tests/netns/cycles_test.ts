/**
 * Two hundred times up and down: descriptors and memory of both daemons return to where they were.
 */

import { assertLess, assertLessOrEqual } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon } from "./daemon.ts";
import { makeTwoSites, oneSession } from "./two_sites.ts";

const CYCLES = 200;
/** Cycles before the first look: by then code is compiled and pools have their size. */
const WARM_UP = 40;
/** What V8's heap may wander between two looks. */
const MEMORY_SLACK = 24 * 1024 * 1024;

testRequiring(
  [root, tunDevice, iproute2],
  `${CYCLES} times up and down leave no descriptor and no memory behind`,
  async () => {
    await using namespaces = new Namespaces("lw-cycle");
    const sites = await makeTwoSites(namespaces);
    await using a = await Daemon.start(namespaces, sites.siteA, oneSession(sites, "a"));
    await using b = await Daemon.start(namespaces, sites.siteB, oneSession(sites, "b"));
    await Promise.all([a.established(), b.established()]);

    let before = footprint(a, b);
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      await a.ask("POST", "/connections/other/down");
      await eventually(async () => !await isUp(b), () => `${a.log}\n${b.log}`);
      await a.ask("POST", "/connections/other/up");
      await Promise.all([a.established(), b.established()]);
      if (cycle === WARM_UP) before = footprint(a, b);
    }
    const after = footprint(a, b);
    // One more at either moment is a question on the control socket that is just being answered.
    after.forEach(({ descriptors, memory }, end) => {
      assertLessOrEqual(
        descriptors,
        before[end]!.descriptors + 1,
        JSON.stringify({ before, after }),
      );
      assertLess(memory - before[end]!.memory, MEMORY_SLACK, JSON.stringify({ before, after }));
    });
  },
);

async function isUp(daemon: Daemon): Promise<boolean> {
  const { connections } = await daemon.status();
  return connections.some(({ sessions }) => sessions.some(({ state }) => state === "established"));
}

interface Footprint {
  readonly descriptors: number;
  /** Resident octets. */
  readonly memory: number;
}

function footprint(...daemons: Daemon[]): Footprint[] {
  return daemons.map(({ pid }) => {
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    return {
      descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
      memory: Number(resident?.[1]) * 1024,
    };
  });
}

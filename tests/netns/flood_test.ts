/** A few seconds of `flood.ts`, whose long form has the figures. */

import { assert, assertEquals } from "@std/assert";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { runFlood } from "./flood.ts";

const MOST_GROWTH_OCTETS = 16 * 2 ** 20;

testRequiring(
  LINKED_LANS,
  "a flood of SCCRQs leaves the session next door alone, and no memory taken [V3-AUTH-28]",
  async () => {
    const plan = { strangers: 1, perSecond: 10_000, seconds: 3, restSeconds: 0 };
    const report = await runFlood(plan);
    assert(report.sent > plan.perSecond, `${report.sent} sent`);
    assertEquals(report.answers, 0);
    assert(report.isConnectionUntouched);
    assertEquals(report.pingsAnswered, report.pingsSent);
    const grown = report.residentMost - report.residentWarm;
    assert(grown < MOST_GROWTH_OCTETS, `grown by ${grown} octets`);
  },
);

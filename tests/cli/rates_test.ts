/** Rates between two statuses, and their plots. */

import { assertEquals } from "@std/assert";
import { formatRates, plot, RateHistory } from "../../src/cli/rates.ts";
import type { DaemonStatus } from "../../src/daemon/status.ts";
import { SESSION, STATUS } from "../daemon/statuses.ts";

function statusWith(octets: number): DaemonStatus {
  const counters = {
    ...SESSION.counters,
    receivedOctets: octets,
    receivedFrames: octets / 100,
    drops: { cookie: octets / 1000 },
  };
  const [paris] = STATUS.connections;
  return {
    ...STATUS,
    connections: [{ ...paris!, sessions: [{ ...SESSION, counters }] }],
    static: [],
  };
}

Deno.test("a rate is what came since the last look, by the time between", () => {
  const history = new RateHistory();
  assertEquals(history.add(statusWith(0), 1_000)[0]?.history, []);
  const [rate] = history.add(statusWith(500_000), 3_000);
  assertEquals(rate?.name, "paris/lan");
  assertEquals([rate?.receivedBits, rate?.receivedFrames, rate?.drops], [2_000_000, 2_500, 250]);
  assertEquals([rate?.transmittedBits, rate?.history], [0, [2_000_000]]);
});

Deno.test("counters that begin again are no negative rate, and the past is kept for a minute", () => {
  const history = new RateHistory();
  history.add(statusWith(1_000), 0);
  assertEquals(history.add(statusWith(0), 1_000)[0]?.receivedBits, 0);
  for (let second = 2; second < 100; second++) history.add(statusWith(second), second * 1000);
  assertEquals(history.add(statusWith(0), 100_000)[0]?.history.length, 60);
});

Deno.test("the table has units, and its plot is as high as its highest", () => {
  const history = new RateHistory();
  history.add(statusWith(0), 0);
  history.add(statusWith(125_000), 1_000);
  const rates = history.add(statusWith(125_000 + 250_000), 2_000);
  assertEquals(
    formatRates(rates),
    "paris/lan   rx 2.0 Mbit/s    2.5 k frames/s   tx    0 bit/s        0 frames/s   " +
      "drops 250/s   ▅█\n",
  );
  assertEquals(formatRates([]), "");
  assertEquals(plot([]), "");
  assertEquals(plot([0, 0]), "▁▁");
  assertEquals(plot([0, 50, 100]), "▁▅█");
});

/**
 * An end that dies without a word, and comes back: traffic must be there again at once, whichever
 * end it was, and not only when the other's HELLO finds out (a minute and more by default). What
 * it took is printed; no time is asserted but the patience of the test.
 */

import { Namespaces } from "../../src/cli/namespaces.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon } from "./daemon.ts";
import { type End, LAN_A, LAN_B, makeTwoSites, oneSession, type TwoSites } from "./two_sites.ts";

interface Case {
  readonly victim: End;
  /** Whether end B waits for end A, which always initiates. */
  readonly passive: boolean;
  readonly encapsulation: "udp" | "ip";
}

function configuration(sites: TwoSites, end: End, { passive, encapsulation }: Case) {
  return oneSession(sites, end, { encapsulation, initiate: end === "a" || !passive });
}

const CASES: readonly Case[] = [
  { victim: "a", passive: false, encapsulation: "udp" },
  { victim: "b", passive: false, encapsulation: "udp" },
  { victim: "a", passive: true, encapsulation: "udp" },
  { victim: "b", passive: true, encapsulation: "udp" },
  { victim: "b", passive: true, encapsulation: "ip" },
];

function describe({ victim, passive, encapsulation }: Case): string {
  const roles = passive ? (victim === "b" ? "which is passive" : "whose peer is passive") : "";
  return `end ${victim}${roles === "" ? "" : `, ${roles}`}, over ${encapsulation}`;
}

for (const each of CASES) {
  testRequiring(
    LINKED_LANS,
    `traffic is back long before the next HELLO after SIGKILL of ${describe(each)}`,
    async () => {
      await using namespaces = new Namespaces("lw-kill");
      const sites = await makeTwoSites(namespaces);
      await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a", each));
      await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b", each));
      // From the end that stays: the other's neighbours have to be asked for again, by a kernel that
      // takes a second for each question.
      const [lan, address] = each.victim === "a" ? [sites.lanB, LAN_A] : [sites.lanA, LAN_B];
      const passes = async () => {
        const ping = ["ping", "-c", "1", "-W", "0.2", address];
        return (await namespaces.run(lan, ping)).code === 0;
      };
      await eventually(passes, () => `${a.log}\n${b.log}`, 15_000);

      const killed = each.victim === "a" ? a : b;
      await killed.kill();
      const restartedAt = performance.now();
      killed.restart();
      await eventually(passes, () => `${a.log}\n${b.log}`, 15_000);
      const took = performance.now() - restartedAt;
      console.log(`traffic was back ${took.toFixed(0)} ms after the restart`);
    },
  );
}

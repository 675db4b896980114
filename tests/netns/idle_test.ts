/** Whoever has nothing to carry sleeps: no polling goes on behind the last packet (issue 4). */

import { assert } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, succeed } from "./daemon.ts";
import { type End, makeTwoSites, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

const WINDOW_MS = 400;
const WINDOWS = 5;
/** Of a hundred each second, in all threads: a timer may have its turn, a loop has forty a window. */
const MOST_TICKS = 1;
/** Fields of /proc/PID/stat behind the program's name: user's and kernel's time. */
const USER_TICKS = 11;
const KERNEL_TICKS = 12;

function configuration(sites: TwoSites, end: End): ConfigurationText {
  const [own, other, host] = end === "a" ? [SITE_A, SITE_B, 1] : [SITE_B, SITE_A, 2];
  return {
    listen: [`udp://${own.ipv4}`],
    workers: 2,
    connections: {
      other: {
        remote: other.ipv4,
        initiate: end === "a",
        secret: { file: "secret" },
        sessions: {
          lan: {
            sequencing: "all",
            reorder: { frames: 16, time: "20ms" },
            attach: {
              tap: "lw0",
              address: `10.91.0.${host}/24`,
              namespace: end === "a" ? sites.lanA : sites.lanB,
            },
          },
        },
      },
    },
  };
}

async function ticksOf({ pid }: Daemon): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[USER_TICKS]) + Number(fields[KERNEL_TICKS]);
}

testRequiring(LINKED_LANS, "an endpoint with nothing to carry uses no processor", async () => {
  await using namespaces = new Namespaces("lw-idle");
  const sites = await makeTwoSites(namespaces);
  await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b"));
  await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a"));
  await Promise.all([a.established(), b.established()]);
  await succeed(namespaces, sites.lanA, "ping", "-q", "-f", "-c", "2000", "10.91.0.2");
  const windows: number[] = [];
  do {
    const before = await ticksOf(b);
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    windows.push(await ticksOf(b) - before);
  } while (windows.at(-1)! > MOST_TICKS && windows.length < WINDOWS);
  assert(windows.at(-1)! <= MOST_TICKS, `ticks in ${WINDOW_MS} ms each: ${windows.join(", ")}`);
});

/**
 * Compares longwire with other layer-2 tunnels between the same two namespaces, in one run, so that
 * ratios mean something on any machine. Needs root, iperf3, and whichever peers are to take part;
 * those that are not installed are left out.
 *
 *     deno task bench:tunnel [--runs 3] [--seconds 5] [--quick] [--tcp] [--pseudowires]
 *       [--only TEXT,TEXT …]
 *
 * Each run of each contender has a fresh pair of namespaces joined by a veth pair of MTU 1600, with
 * inner MTU 1430; the runs go round the contenders, so that drift of the machine falls on all
 * alike, and each begins when the machine is idle. What is measured while a hypervisor takes more
 * than 2 % of the processors' time is measured again, up to twice. Figures are medians.
 * `--quick` is one short run, `--tcp` leaves out datagrams, `--pseudowires` takes longwire's own
 * types in place of the others, `--only` takes contenders whose names contain one of the texts
 * (without a comma in it), and `daemon` for what is not about a tunnel: time to start, and 1,000
 * sessions. `LONGWIRE=dist/longwire` measures that program instead of the checkout's.
 */

import { parseArgs } from "@std/cli";
import type { Contender } from "./tunnel/contender.ts";
import { LONGWIRE_IP, LONGWIRE_PLAIN, LONGWIRE_UDP, LONGWIRE_VARIANTS } from "./tunnel/longwire.ts";
import { LONGWIRE_PSEUDOWIRES } from "./tunnel/pseudowires.ts";
import { OTHER_PEERS, QEMU_IP, QEMU_UDP, VETH } from "./tunnel/peers.ts";
import { measurements } from "./tunnel/measure.ts";
import { figuresRow, figuresTable, goalsTable, sharesTable } from "./tunnel/report.ts";
import { type Effort, type Result, run } from "./tunnel/run.ts";
import { manyStreams } from "./tunnel/sessions.ts";
import { timeToReady } from "./tunnel/start_up.ts";

/** Everyone; what is compared directly stands together, and so is run one after the other. */
const TUNNELS: readonly Contender[] = [
  LONGWIRE_UDP,
  QEMU_UDP,
  LONGWIRE_IP,
  QEMU_IP,
  ...LONGWIRE_VARIANTS,
  LONGWIRE_PLAIN,
  ...OTHER_PEERS,
  VETH,
];

const DAEMON = "daemon";
const SESSIONS = 1000;

async function succeeds(program: string, ...args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, { args: [...args] }).output();
  return success;
}

/** Why a contender cannot take part, if it cannot. */
async function absence({ program, inner }: Contender): Promise<string | undefined> {
  if (program !== undefined && !await succeeds("which", program)) {
    return `${program} is not installed`;
  }
  const tag = "--net ip link add link lo name tagged type vlan id 42".split(" ");
  if (inner === "vlan" && !await succeeds("unshare", ...tag)) return "the kernel has no VLANs";
  return undefined;
}

const flags = parseArgs(Deno.args, {
  string: ["runs", "seconds", "only"],
  boolean: ["tcp", "quick", "pseudowires"],
  unknown: (argument) => {
    console.error(
      `bench:tunnel does not know ${argument}: the head of ${import.meta.filename} says`,
    );
    Deno.exit(2);
  },
});
const ownTypes = flags["pseudowires"] === true;
const contenders = ownTypes ? [LONGWIRE_UDP, ...LONGWIRE_PSEUDOWIRES] : TUNNELS;
const isQuick = flags["quick"] === true;
const runs = Number(flags["runs"] ?? (isQuick ? 1 : 3));
const effort: Effort = {
  seconds: Number(flags["seconds"] ?? (isQuick ? 3 : 5)),
  steps: isQuick ? 3 : 5,
  tcpOnly: flags["tcp"] === true,
};
const wanted = String(flags["only"] ?? "").split(",");
const isWanted = (name: string) => wanted.some((text) => name.includes(text));

const results = new Map<Contender, Result[]>();
for (const contender of contenders) {
  if (!isWanted(contender.name)) continue;
  const missing = await absence(contender);
  if (missing === undefined) results.set(contender, []);
  else console.error(`${contender.name} is left out: ${missing}`);
}
const daemon = { readyMs: [], oneSession: [], manySessions: [] } as Record<
  "readyMs" | "oneSession" | "manySessions",
  number[]
>;
for (let round = 1; round <= runs; round++) {
  for (const [contender, list] of results) {
    const result = await run(contender, effort);
    list.push(result);
    // Whoever stops the comparison halfway has these.
    console.error(`run ${round}: ${figuresRow(contender, [result])}`);
  }
  if (ownTypes || !isWanted(DAEMON)) continue;
  console.error(`run ${round}: ${DAEMON}`);
  daemon.readyMs.push(await timeToReady());
  daemon.oneSession.push(await manyStreams(SESSIONS, 1, effort.seconds));
  daemon.manySessions.push(await manyStreams(SESSIONS, SESSIONS, effort.seconds));
}
console.log(`${figuresTable(results)}\n\n${goalsTable(results, daemon)}`);
const { all, disturbed } = measurements;
console.log(
  `\nThe hypervisor took more than 2 % of the time in ${disturbed} of ${all} measurements.`,
);
if (ownTypes) console.log(sharesTable(results, LONGWIRE_UDP));

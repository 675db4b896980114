/**
 * Compares longwire with other layer-2 tunnels between the same two namespaces, in one run, so that
 * ratios mean something on any machine. Needs root, iperf3, and whichever peers are to take part;
 * those that are not installed are left out.
 *
 *     deno task bench:tunnel [--runs 3] [--seconds 5] [--tcp] [--only TEXT,TEXT …]
 *
 * Each run of each contender has a fresh pair of namespaces joined by a veth pair of MTU 1500, with
 * inner MTU 1430; the runs go round the contenders, so that drift of the machine falls on all
 * alike. Figures are medians. `--tcp` measures round trips and TCP only.
 */

import { parseArgs } from "@std/cli";
import { Ground, ip } from "../dataplane/two_sites.ts";
import { type Contender, CONTENDERS, type End, TUNNEL_INTERFACE } from "./tunnel/contenders.ts";
import {
  cost,
  type DatagramResult,
  datagrams,
  inside,
  roundTrip,
  stream,
  type StreamResult,
  type Stretch,
} from "./tunnel/measure.ts";

const PREFIX = "lwTun";
const MTU = 1430;
const OUTER = ["10.115.0.1", "10.115.0.2"] as const;
const INNER = ["10.200.0.1", "10.200.0.2"] as const;
const LOSSLESS_STEPS = 5;

/** One run of one contender. */
interface Result {
  readonly ping: number;
  readonly tcp: StreamResult;
  readonly small?: DatagramResult;
  readonly full?: DatagramResult;
  /** Microseconds per datagram: 64 octets at 50,000/s, 1,400 at 20,000/s. */
  readonly costs?: readonly [number, number];
}

interface Options {
  readonly seconds: number;
  readonly tcpOnly: boolean;
}

async function isInstalled({ program }: Contender): Promise<boolean> {
  if (program === undefined) return true;
  const { success } = await new Deno.Command("which", { args: [program], stdout: "null" }).output();
  return success;
}

/** Waits for something that another process is about to do. */
async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not within 10 s: ${what}`);
}

/** The program itself takes the place of `ip`, so that its pid is ours to end. */
function spawn(namespace: string, words: readonly string[]): Deno.ChildProcess {
  const args = ["netns", "exec", namespace, ...words];
  return new Deno.Command("ip", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
}

async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGTERM");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
  await process.status;
}

async function address(namespace: string, inner: string): Promise<void> {
  const isThere = async () =>
    (await inside(namespace, "ip", "link", "show", TUNNEL_INTERFACE)) !== "";
  await until(isThere, `${TUNNEL_INTERFACE} in ${namespace}`);
  ip(`-n ${namespace} link set ${TUNNEL_INTERFACE} mtu ${MTU} up`);
  ip(`-n ${namespace} addr replace ${inner}/24 dev ${TUNNEL_INTERFACE}`);
}

async function measure(stretch: Stretch, { seconds, tcpOnly }: Options): Promise<Result> {
  const ping = await roundTrip(stretch, 1000);
  const tcp = await stream(stretch, seconds);
  if (tcpOnly) return { ping, tcp };
  return {
    ping,
    tcp,
    small: await datagrams(stretch, 64, LOSSLESS_STEPS),
    full: await datagrams(stretch, 1400, LOSSLESS_STEPS),
    costs: [await cost(stretch, 64, 50_000), await cost(stretch, 1400, 20_000)],
  };
}

async function run(contender: Contender, options: Options): Promise<Result> {
  const directory = Deno.makeTempDirSync({ prefix: "lw-tunnel-" });
  using ground = new Ground(PREFIX);
  const processes: Deno.ChildProcess[] = [];
  try {
    for (const [index, side] of (["a", "b"] as const).entries()) {
      const namespace = `${ground.prefix}-${side}`;
      const end: End = {
        side,
        namespace,
        local: OUTER[index]!,
        remote: OUTER[1 - index]!,
        directory,
      };
      ip(`-n ${namespace} link set lo up`);
      const words = contender.start(end);
      if (words.length > 0) processes.push(spawn(namespace, words));
    }
    const [from, to] = [`${ground.prefix}-a`, `${ground.prefix}-b`];
    await address(from, INNER[0]);
    await address(to, INNER[1]);
    const answers = async () =>
      (await inside(from, "ping", "-c", "1", "-W", "1", INNER[1])).includes(" 0% packet loss");
    await until(answers, "an answer through the tunnel");
    const pids = processes.map(({ pid }) => pid);
    return await measure({ from, to, address: INNER[1], pids }, options);
  } finally {
    for (const process of processes) await end(process);
    Deno.removeSync(directory, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Column {
  readonly title: string;
  readonly digits: number;
  readonly of: (result: Result) => number | undefined;
}

const COLUMNS: readonly Column[] = [
  { title: "TCP Gbit/s", digits: 2, of: ({ tcp }) => tcp.gbitPerSecond },
  { title: "CPU s/GB", digits: 2, of: ({ tcp }) => tcp.cpuPerGigabyte },
  { title: "round trip ms", digits: 3, of: ({ ping }) => ping },
  { title: "64 B lossless k/s", digits: 0, of: ({ small }) => small && small.lossless / 1e3 },
  { title: "64 B flood k/s", digits: 0, of: ({ small }) => small && small.flood / 1e3 },
  { title: "1400 B lossless k/s", digits: 0, of: ({ full }) => full && full.lossless / 1e3 },
  { title: "1400 B flood k/s", digits: 0, of: ({ full }) => full && full.flood / 1e3 },
  { title: "µs, 64 B at 50 k/s", digits: 1, of: ({ costs }) => costs?.[0] },
  { title: "µs, 1400 B at 20 k/s", digits: 1, of: ({ costs }) => costs?.[1] },
];

function row(name: string, results: readonly Result[]): string {
  const cells = COLUMNS.map(({ digits, of }) => {
    const values = results.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? "–" : median(values).toFixed(digits);
  });
  return `| ${name} | ${cells.join(" | ")} |`;
}

const flags = parseArgs(Deno.args, {
  string: ["runs", "seconds", "only"],
  boolean: ["tcp"],
  default: { runs: "3", seconds: "5" },
});
const options: Options = { seconds: Number(flags["seconds"]), tcpOnly: flags["tcp"] === true };
const wanted = String(flags["only"] ?? "").split(",");
const results = new Map<Contender, Result[]>();
for (const contender of CONTENDERS) {
  if (!wanted.some((text) => contender.name.includes(text))) continue;
  if (await isInstalled(contender)) results.set(contender, []);
  else console.error(`${contender.name} is left out: ${contender.program} is not installed`);
}
for (let round = 1; round <= Number(flags["runs"]); round++) {
  for (const [contender, list] of results) {
    console.error(`run ${round}: ${contender.name}`);
    list.push(await run(contender, options));
  }
}
console.log(`| tunnel | ${COLUMNS.map(({ title }) => title).join(" | ")} |`);
console.log(`|---|${COLUMNS.map(() => "---:").join("|")}|`);
for (const [{ name }, list] of results) console.log(row(name, list));

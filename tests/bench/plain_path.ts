/**
 * How much TCP the data plane carries from LAN to LAN, and what it costs: two data planes over a
 * veth pair in namespaces of their own, iperf3 through TAPs. Needs root and iperf3.
 *
 *     deno run -A tests/bench/plain_path.ts [udp|ip] [ipv4|ipv6] [seconds] [inner MTU] [offloads|plain]
 */

import {
  ALL_OFFLOADS,
  closeSite,
  Ground,
  ip,
  NO_OFFLOADS,
  openSite,
  SESSION_KEY,
  type Shape,
  type Site,
} from "../dataplane/two_sites.ts";

const PREFIX = "lwBench";
/** USER_HZ: what /proc counts in. */
const TICKS_PER_SECOND = 100;

interface Measurement {
  readonly bitsPerSecond: number;
  readonly octets: number;
  readonly retransmits: number;
}

/** User and system time of this process, workers included, in seconds. */
function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function inNamespace(namespace: string, ...command: string[]): Deno.Command {
  const args = ["netns", "exec", namespace, ...command];
  return new Deno.Command("ip", { args, stdout: "piped", stderr: "inherit" });
}

async function iperf(from: Site, to: Site, seconds: number): Promise<Measurement> {
  const server = inNamespace(to.lan, "iperf3", "-s", "-1", "--forceflush").spawn();
  const reader = server.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  const client = inNamespace(from.lan, "iperf3", "-J", "-t", `${seconds}`, "-c", "10.91.0.2");
  const { stdout } = await client.output();
  await server.output();
  const { sum_sent, sum_received } = JSON.parse(new TextDecoder().decode(stdout)).end;
  return {
    bitsPerSecond: sum_received.bits_per_second,
    octets: sum_received.bytes,
    retransmits: sum_sent.retransmits,
  };
}

function dropsOf(site: Site): string {
  const { drops } = site.dataplane.counters(SESSION_KEY);
  const seen = Object.entries(drops).filter(([, count]) => count > 0);
  return seen.map(([reason, count]) => `${reason} ${count}`).join(", ") || "none";
}

const [encapsulation = "udp", family = "ipv4", seconds = "5", mtu = "1400", path = "offloads"] =
  Deno.args;
const offloads = path === "plain" ? NO_OFFLOADS : ALL_OFFLOADS;
const shape = {
  encapsulation,
  family,
  cookie: new Uint8Array(8).fill(7),
  sublayer: "default",
  sequencing: "none",
} as Shape;

using ground = new Ground(PREFIX);
const from = await openSite(ground, 0, shape, offloads);
const to = await openSite(ground, 1, shape, offloads);
for (const site of [from, to]) ip(`-n ${site.lan} link set lw0 mtu ${mtu}`);

const before = cpuSeconds();
const { bitsPerSecond, octets, retransmits } = await iperf(from, to, Number(seconds));
const cpu = cpuSeconds() - before;
console.log(
  `${encapsulation} over ${family}, inner MTU ${mtu}, ${path}: ` +
    `${(bitsPerSecond / 1e6).toFixed(0)} Mbit/s TCP, ${retransmits} retransmissions, ` +
    `${(cpu / octets * 1e9).toFixed(1)} CPU s per GB (both ends), ` +
    `drops: ${dropsOf(from)} / ${dropsOf(to)}`,
);
await closeSite(from);
await closeSite(to);

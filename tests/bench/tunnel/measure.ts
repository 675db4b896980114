/**
 * What is measured of a tunnel, in the same way for all: round trips, one TCP stream, datagrams at
 * full speed and without loss, and what each costs of the processor.
 */

/** Where the measuring programs run. */
export interface Stretch {
  readonly from: string;
  readonly to: string;
  /** The address at the far end, through the tunnel. */
  readonly address: string;
  /** The tunnel's processes at both ends: their time counts. */
  readonly pids: readonly number[];
}

/** One TCP stream. */
export interface StreamResult {
  readonly gbitPerSecond: number;
  /** Seconds of processor time of the tunnel's processes, both ends, per 10^9 octets carried. */
  readonly cpuPerGigabyte: number;
  readonly retransmissions: number;
}

/** Datagrams of one size. */
export interface DatagramResult {
  /** Datagrams per second: received of a flood, and the highest rate with at most 1 of 10,000 lost. */
  readonly flood: number;
  readonly lossless: number;
}

/** USER_HZ: what /proc counts in. */
const TICKS_PER_SECOND = 100;
const LOSS_ALLOWED = 1e-4;
/** Of half a second each. */
const SETTLE_ATTEMPTS = 20;
/** What a hypervisor may take of the machine's time during a measurement, and what it is given. */
const STOLEN_ALLOWED = 0.02;
const UNDISTURBED_ATTEMPTS = 3;

const decoder = new TextDecoder();

/** Runs a program in a namespace; what it printed. */
export async function inside(namespace: string, ...words: readonly string[]): Promise<string> {
  const args = ["netns", "exec", namespace, ...words];
  const { stdout } = await new Deno.Command("ip", { args, stderr: "null" }).output();
  return decoder.decode(stdout);
}

/** User and system time of processes with all their threads, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Megabytes of memory that the largest of these processes has held at most. */
export function peakMemory(pids: readonly number[]): number {
  const peaks = pids.map((pid) => {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return Number(peak) * 1024 / 1e6;
  });
  return Math.max(0, ...peaks);
}

function idleShare([before, after]: readonly [readonly number[], readonly number[]]): number {
  const spent = after.map((ticks, index) => ticks - before[index]!);
  const all = spent.reduce((sum, ticks) => sum + ticks, 0);
  return all === 0 ? 1 : (spent[3]! + spent[4]!) / all;
}

function machineTicks(): number[] {
  return Deno.readTextFileSync("/proc/stat").split("\n")[0]!.split(/\s+/).slice(1, 9).map(Number);
}

/** Waits until other programs leave the machine alone; not for ever. */
export async function settle(): Promise<void> {
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
    const before = machineTicks();
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (idleShare([before, machineTicks()]) >= 0.9) return;
  }
}

/** Measurements so far, and those of them that were disturbed however often they were tried. */
export const measurements = { all: 0, disturbed: 0 };

function stolenShare([before, after]: readonly [readonly number[], readonly number[]]): number {
  const spent = after.map((ticks, index) => ticks - before[index]!);
  const all = spent.reduce((sum, ticks) => sum + ticks, 0);
  return all === 0 ? 0 : spent[7]! / all;
}

/**
 * Measures, and again where the hypervisor has given the processors to others in the meantime; what
 * was measured while it took least.
 */
export async function undisturbed<Figure>(measure: () => Promise<Figure>): Promise<Figure> {
  let best: { readonly figure: Figure; readonly stolen: number } | undefined;
  for (let attempt = 0; attempt < UNDISTURBED_ATTEMPTS; attempt++) {
    const before = machineTicks();
    const figure = await measure();
    const stolen = stolenShare([before, machineTicks()]);
    if (best === undefined || stolen < best.stolen) best = { figure, stolen };
    if (stolen <= STOLEN_ALLOWED) break;
  }
  measurements.all += 1;
  if (best!.stolen > STOLEN_ALLOWED) measurements.disturbed += 1;
  return best!.figure;
}

interface IperfEnd {
  readonly sum_sent?: { readonly retransmits: number };
  readonly sum_received: { readonly bytes: number; readonly bits_per_second: number };
  readonly sum: { readonly seconds: number };
  readonly streams: readonly { readonly udp?: { packets: number; lost_packets: number } }[];
}

async function iperf(stretch: Stretch, ...words: readonly string[]): Promise<IperfEnd> {
  const args = ["netns", "exec", stretch.to, "iperf3", "-s", "-1", "--forceflush"];
  const server = new Deno.Command("ip", { args, stdout: "piped", stderr: "null" }).spawn();
  const reader = server.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  const said = await inside(stretch.from, "iperf3", "-J", "-c", stretch.address, ...words);
  await server.output();
  const { end, error } = JSON.parse(said);
  if (error !== undefined) throw new Error(`iperf3: ${error}`);
  return end;
}

/** Milliseconds of a round trip, on the average. */
export interface RoundTrips {
  /** Of a packet every 2 ms: whoever forwards it is asleep when it comes. */
  readonly lone: number;
  /** Of flood ping, each as soon as the one before is back. */
  readonly flood: number;
}

export async function roundTrips(stretch: Stretch): Promise<RoundTrips> {
  const lone = await undisturbed(() => ping(stretch, "-i", "0.002", "-c", "1000"));
  return { lone, flood: await undisturbed(() => ping(stretch, "-f", "-c", "10000")) };
}

async function ping({ from, address }: Stretch, ...words: readonly string[]): Promise<number> {
  const said = await inside(from, "ping", "-q", "-s", "56", ...words, address);
  const average = / = [\d.]+\/([\d.]+)\//.exec(said)?.[1];
  if (average === undefined) throw new Error(`ping: ${said}`);
  return Number(average);
}

/** One TCP stream for some seconds. */
export function stream(stretch: Stretch, seconds: number): Promise<StreamResult> {
  return undisturbed(() => streamOnce(stretch, seconds));
}

async function streamOnce(stretch: Stretch, seconds: number): Promise<StreamResult> {
  const before = cpuSeconds(stretch.pids);
  const { sum_received, sum_sent } = await iperf(stretch, "-t", `${seconds}`);
  const cpu = cpuSeconds(stretch.pids) - before;
  return {
    gbitPerSecond: sum_received.bits_per_second / 1e9,
    cpuPerGigabyte: cpu / sum_received.bytes * 1e9,
    retransmissions: sum_sent?.retransmits ?? 0,
  };
}

interface Burst {
  readonly offered: number;
  readonly received: number;
  readonly isLossless: boolean;
  readonly cpuMicroseconds: number;
}

/** Datagrams of `size` octets at a rate per second, 0 for all that the sender can. */
function burst(stretch: Stretch, size: number, rate: number, seconds: number): Promise<Burst> {
  return undisturbed(() => burstOnce(stretch, size, rate, seconds));
}

async function burstOnce(
  stretch: Stretch,
  size: number,
  rate: number,
  seconds: number,
): Promise<Burst> {
  const bits = Math.round(rate * size * 8);
  const before = cpuSeconds(stretch.pids);
  const words = `-u -l ${size} -w 4M -t ${seconds} -b ${bits} --pacing-timer 100`;
  const { sum, streams } = await iperf(stretch, ...words.split(" "));
  const cpu = cpuSeconds(stretch.pids) - before;
  const { packets, lost_packets } = streams[0]!.udp!;
  return {
    offered: packets / sum.seconds,
    received: (packets - lost_packets) / sum.seconds,
    isLossless: lost_packets <= packets * LOSS_ALLOWED,
    cpuMicroseconds: cpu / Math.max(packets - lost_packets, 1) * 1e6,
  };
}

/** A flood, and then the highest rate without loss by halving. */
export async function datagrams(
  stretch: Stretch,
  size: number,
  steps: number,
): Promise<DatagramResult> {
  const flood = await burst(stretch, size, 0, 2);
  if (flood.isLossless) return { flood: flood.received, lossless: flood.received };
  let low = 0;
  let high = Math.min(flood.offered, flood.received * 1.5);
  let best = 0;
  for (let step = 0; step < steps; step++) {
    const rate = step === 0 ? flood.received * 0.5 : (low + high) / 2;
    const tried = await burst(stretch, size, rate, 2);
    if (tried.isLossless) {
      low = rate;
      best = Math.max(best, tried.received);
    } else {
      high = rate;
    }
  }
  return { flood: flood.received, lossless: best };
}

/** Processor microseconds per datagram, both ends, at a fixed rate. */
export async function cost(stretch: Stretch, size: number, rate: number): Promise<number> {
  const { cpuMicroseconds } = await burst(stretch, size, rate, 4);
  return cpuMicroseconds;
}

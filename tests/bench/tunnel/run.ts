/**
 * One run of one contender: a fresh pair of namespaces, its two ends, what is measured, and the
 * removal of all of it.
 */

import { Ground, ip } from "../../dataplane/two_sites.ts";
import { eventually } from "../../harness/eventually.ts";
import {
  type Contender,
  type End,
  INNER,
  INNER_MTU,
  TUNNEL_INTERFACE,
  UNDERLAY_INTERFACE,
} from "./contender.ts";
import {
  cost,
  type DatagramResult,
  datagrams,
  inside,
  peakMemory,
  type RoundTrips,
  roundTrips,
  settle,
  stream,
  type StreamResult,
  type Stretch,
} from "./measure.ts";

const PREFIX = "lwTun";
/** How long programs may take to do what they are told. */
export const PATIENCE_MS = 60_000;
/** Room for every tunnel's headers around a full inner frame, so that nothing is fragmented. */
const OUTER_MTU = 1600;
const OUTER = {
  ipv4: ["10.115.0.1", "10.115.0.2"],
  ipv6: ["fd00:115::1", "fd00:115::2"],
} as const;
const VLAN = 42;

/** One run of one contender. */
export interface Result {
  readonly roundTrips: RoundTrips;
  readonly tcp: StreamResult;
  /** Megabytes of the larger of its two processes, at its largest. */
  readonly memory: number;
  readonly small?: DatagramResult;
  readonly full?: DatagramResult;
  /** Microseconds per datagram: 64 octets at 50,000/s, 1,400 at 20,000/s. */
  readonly costs?: readonly [number, number];
}

/** How thoroughly. */
export interface Effort {
  /** Of the TCP stream. */
  readonly seconds: number;
  /** Steps of the search for the highest rate without loss. */
  readonly steps: number;
  readonly tcpOnly: boolean;
}

/** Two namespaces, and whatever runs in them ended with it. */
export class Arena implements AsyncDisposable {
  readonly namespaces: readonly [string, string];
  readonly directory: string;
  readonly #ground: Ground;

  constructor() {
    this.#ground = new Ground(PREFIX);
    this.directory = Deno.makeTempDirSync({ prefix: "lw-tunnel-" });
    this.namespaces = [`${PREFIX}-a`, `${PREFIX}-b`];
    for (const namespace of this.namespaces) {
      ip(`-n ${namespace} link set lo up`);
      ip(`-n ${namespace} link set ${UNDERLAY_INTERFACE} mtu ${OUTER_MTU}`);
    }
  }

  /** What one end is told; 0 is the first. */
  end(index: 0 | 1, family: "ipv4" | "ipv6" = "ipv4"): End {
    return {
      side: index === 0 ? "a" : "b",
      namespace: this.namespaces[index],
      local: OUTER[family][index],
      remote: OUTER[family][1 - index]!,
      directory: this.directory,
    };
  }

  /** The program itself takes the place of `ip`. What it says is in a file of the directory. */
  spawn({ side, namespace }: End, words: readonly string[]): void {
    const log = `${this.directory}/${side}.log`;
    const args = [
      "netns",
      "exec",
      namespace,
      "sh",
      "-c",
      `exec "$@" > ${log} 2>&1`,
      "sh",
      ...words,
    ];
    new Deno.Command("ip", { args, stdin: "null" }).spawn().unref();
  }

  /** Every process in the namespaces: of a tunnel also what it has forked. */
  async pids(): Promise<number[]> {
    const said = await Promise.all(
      this.namespaces.map((name) => inside(name, "ip", "netns", "pids", name)),
    );
    return said.join("\n").split("\n").map(Number).filter((pid) => isAlive(pid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await this.pids()) signal(pid, "SIGTERM");
    const areGone = async () => (await this.pids()).length === 0;
    await eventually(areGone, "the end of the tunnel's programs", PATIENCE_MS).catch(async () => {
      for (const pid of await this.pids()) signal(pid, "SIGKILL");
    });
    this.#ground[Symbol.dispose]();
    Deno.removeSync(this.directory, { recursive: true });
  }
}

/** A pid that has just ended, such as that of the program that was asked, is not counted. */
function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** Waits for an interface, and gives it an address. */
export async function address(namespace: string, device: string, inner: string): Promise<void> {
  const isThere = async () => (await inside(namespace, "ip", "link", "show", device)) !== "";
  await eventually(isThere, `${device} in ${namespace}`, PATIENCE_MS);
  ip(`-n ${namespace} link set ${device} mtu ${INNER_MTU} up`);
  ip(`-n ${namespace} addr add ${inner} dev ${device}`);
}

/** Gives the tunnel's interface, or a VLAN of it, the address that is measured. */
async function equip(namespace: string, contender: Contender, index: 0 | 1): Promise<void> {
  const device = contender.interface ?? TUNNEL_INTERFACE;
  if (contender.inner === "ipv6") {
    return await address(namespace, device, `${INNER.ipv6[index]}/64 nodad`);
  }
  if (contender.inner !== "vlan") {
    return await address(namespace, device, `${INNER.ipv4[index]}/24`);
  }
  await address(namespace, device, `192.0.2.${index + 1}/24`);
  const tagged = `${device}.${VLAN}`;
  ip(`-n ${namespace} link add link ${device} name ${tagged} type vlan id ${VLAN}`);
  await address(namespace, tagged, `${INNER.ipv4[index]}/24`);
}

/** Runs a contender once. */
export async function run(contender: Contender, effort: Effort): Promise<Result> {
  await using arena = new Arena();
  const family = contender.outerIpv6 ? "ipv6" : "ipv4";
  for (const index of [0, 1] as const) {
    const end = arena.end(index, family);
    const words = await contender.start(end);
    if (words.length > 0) arena.spawn(end, words);
  }
  const [from, to] = arena.namespaces;
  await equip(from, contender, 0);
  await equip(to, contender, 1);
  const target = INNER[contender.inner === "ipv6" ? "ipv6" : "ipv4"][1];
  const answers = async () =>
    (await inside(from, "ping", "-c", "1", "-W", "1", target)).includes(" 0% packet loss");
  await eventually(answers, `an answer through ${contender.name}`, PATIENCE_MS);
  return await measure({ from, to, address: target, pids: await arena.pids() }, {
    ...effort,
    tcpOnly: effort.tcpOnly || contender.tcpOnly === true,
  });
}

async function measure(stretch: Stretch, { seconds, steps, tcpOnly }: Effort): Promise<Result> {
  await settle();
  const pings = await roundTrips(stretch);
  const tcp = await stream(stretch, seconds);
  const memory = peakMemory(stretch.pids);
  if (tcpOnly) return { roundTrips: pings, tcp, memory };
  await settle();
  return {
    roundTrips: pings,
    tcp,
    memory,
    small: await datagrams(stretch, 64, steps),
    full: await datagrams(stretch, 1400, steps),
    costs: [await cost(stretch, 64, 50_000), await cost(stretch, 1400, 20_000)],
  };
}

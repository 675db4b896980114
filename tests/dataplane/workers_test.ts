/**
 * Several workers at one data plane: every frame arrives once, those of a flow in their order, what
 * is numbered in its own, and the counters of all workers add up. Needs root.
 */

import { assertEquals } from "@std/assert";
import { openDataplane } from "../../src/dataplane/dataplane.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { openDescriptors } from "../io/descriptors.ts";
import { eventually } from "../harness/eventually.ts";
import {
  ALL_OFFLOADS,
  closeSite,
  Ground,
  ip,
  NO_OFFLOADS,
  openSite,
  OUTER,
  SESSION_KEY,
  type Shape,
  type Site,
  type SiteOffloads,
} from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];
const FIRST_PORT = 9000;
const FLOWS = 24;
const ROUNDS = 40;
const LENGTHS = [40, 1000];

/** Ethernet, IPv4, UDP. */
const HEADERS = 14 + 20 + 8;

const PLAIN: Shape = {
  encapsulation: "udp",
  family: "ipv4",
  cookie: new Uint8Array(8).fill(0x88),
  sublayer: "default",
  sequencing: "none",
};

/**
 * The kernel itself lets frames overtake each other: those that wait for a neighbour's address,
 * inside or between the sites, and those of a thread that goes on at another processor, for each has
 * a queue of what a veth pair has received.
 */
function keepKernelInOrder({ prefix }: Ground): void {
  for (const [side, other] of [["a", 2], ["b", 1]] as const) {
    const neighbour = `10.91.0.${other} lladdr 02:00:00:00:00:0${other}`;
    ip(`-n ${prefix}-l${side} neigh replace ${neighbour} dev lw0`);
    for (const address of [OUTER.ipv4[other - 1], OUTER.ipv6[other - 1]]) {
      ip(
        `-n ${prefix}-${side} neigh replace ${address} lladdr ${OUTER.ethernet[other - 1]} dev ul0`,
      );
    }
    shell(`${prefix}-${side}`, "echo 1 >/sys/class/net/ul0/queues/rx-0/rps_cpus");
  }
}

/** Nobody but the test is to send: the frames are counted. */
function silence({ prefix }: Ground): void {
  for (const side of ["la", "lb"]) {
    shell(`${prefix}-${side}`, "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
  }
}

function shell(namespace: string, line: string): void {
  const args = ["netns", "exec", namespace, "sh", "-c", line];
  assertEquals(new Deno.Command("ip", { args }).outputSync().code, 0, line);
}

/** One socket for each flow at both ends. */
function openFlows(stack: AsyncDisposableStack, site: Site, end: 0 | 1): DatagramSocket[] {
  return Array.from({ length: FLOWS }, (_, flow) =>
    stack.use(openDatagramSocket({
      kind: "udp",
      address: `10.91.0.${end + 1}`,
      port: FIRST_PORT + flow,
      receiveBuffer: 1 << 20,
      namespace: site.lan,
    })));
}

/** Sends every flow's datagrams, flows side by side: number and flow are in each. */
async function sendAll(from: DatagramSocket[], to: DatagramSocket[], octets: number) {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [flow, socket] of from.entries()) {
      const datagram = new Uint8Array(octets).fill(round);
      datagram.set([round, flow]);
      assertEquals(socket.send(datagram, socket.local, to[flow]!.local), 0);
    }
    // The workers' turn: what is lost for want of room would be no fault of theirs.
    if (round % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The numbers that have come of each flow, in their order, once all have. */
async function receiveAll(sockets: DatagramSocket[]): Promise<number[][]> {
  const numbers: number[][] = sockets.map(() => []);
  await eventually(() => {
    for (const [flow, socket] of sockets.entries()) {
      for (let got = socket.receive(); got !== undefined; got = socket.receive()) {
        assertEquals(got.octets[1], flow);
        numbers[flow]!.push(got.octets[0]!);
      }
    }
    return numbers.every(({ length }) => length >= ROUNDS);
  }, "every datagram of every flow");
  return numbers;
}

interface Case {
  readonly name: string;
  readonly shape: Shape;
  readonly offloads: SiteOffloads;
  readonly workers: readonly [number, number];
}

const CASES: readonly Case[] = [
  { name: "two over UDP", shape: PLAIN, offloads: ALL_OFFLOADS, workers: [2, 2] },
  { name: "three over UDP, no offloads", shape: PLAIN, offloads: NO_OFFLOADS, workers: [3, 2] },
  {
    name: "three over UDP in IPv6",
    shape: { ...PLAIN, family: "ipv6" },
    offloads: ALL_OFFLOADS,
    workers: [3, 3],
  },
  {
    name: "two over IP 115",
    shape: { ...PLAIN, encapsulation: "ip" },
    offloads: ALL_OFFLOADS,
    workers: [2, 3],
  },
  {
    name: "three over IP 115 in IPv6",
    shape: { ...PLAIN, encapsulation: "ip", family: "ipv6" },
    offloads: NO_OFFLOADS,
    workers: [3, 2],
  },
  {
    name: "three with numbers",
    shape: { ...PLAIN, sequencing: "all" },
    offloads: ALL_OFFLOADS,
    workers: [3, 3],
  },
];

for (const { name, shape, offloads, workers } of CASES) {
  testRequiring(NEEDS, `several workers, ${name}: each flow whole and in order`, async () => {
    await using stack = new AsyncDisposableStack();
    const ground = stack.use(new Ground("lwwork"));
    silence(ground);
    const open = async (end: 0 | 1) =>
      stack.adopt(await openSite(ground, end, shape, offloads, workers[end]), closeSite);
    const sites = [await open(0), await open(1)] as const;
    keepKernelInOrder(ground);
    const ends = [openFlows(stack, sites[0], 0), openFlows(stack, sites[1], 1)] as const;
    const inOrder = Array.from({ length: ROUNDS }, (_, round) => round);
    for (const [from, to] of [[0, 1], [1, 0]] as const) {
      for (const octets of LENGTHS) {
        await sendAll(ends[from], ends[to], octets);
        const arrived = await receiveAll(ends[to]);
        assertEquals(arrived.map(String).filter((each) => each !== String(inOrder)), []);
      }
    }
    await assertAllCounted(sites);
  });
}

/** Each end has sent and received all of it, and nothing was dropped or missed. */
async function assertAllCounted(sites: readonly [Site, Site]): Promise<void> {
  const frames = LENGTHS.length * ROUNDS * FLOWS;
  const octets = ROUNDS * FLOWS * LENGTHS.reduce((sum, length) => sum + HEADERS + length, 0);
  for (const { dataplane } of sites) {
    const counters = () => dataplane.counters(SESSION_KEY);
    await eventually(() => counters().receivedFrames === frames, "every frame counted");
    const { drops, ...carried } = counters();
    assertEquals(Object.entries(drops).filter(([, count]) => count > 0), []);
    assertEquals(carried, {
      receivedFrames: frames,
      receivedOctets: octets,
      transmittedFrames: frames,
      transmittedOctets: octets,
      earlyPackets: 0,
      lostPackets: 0,
    });
  }
}

Deno.test("three workers leave nothing open", async () => {
  const comeAndGo = async () => {
    await using dataplane = openDataplane({ workers: 3 });
    await dataplane.probe();
  };
  await comeAndGo();
  const before = openDescriptors().length;
  await comeAndGo();
  await eventually(() => openDescriptors().length <= before, "every descriptor closed");
});

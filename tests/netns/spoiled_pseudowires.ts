/**
 * Every pseudowire type behind a relay that spoils the order and doubles: what must come out once
 * and in order does so, and TCP passes.
 */

import { assert, assertEquals } from "@std/assert";
import { Namespaces, runProgram } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { Daemon, succeed } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { LoggedProcess } from "./logged_process.ts";
import {
  addressOf,
  ALL_WAYS,
  interfaceOf,
  isRouted,
  kindsOf,
  type Meet,
  pseudowiresConfiguration,
  type Way,
} from "./pseudowire_kinds.ts";
import { type End, makeTwoSites, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

/** The relay stands where end B is; over IP it has addresses of its own. */
const RELAY = { near: "10.115.0.3", far: "10.115.0.4" };

/** Where the relay takes and gives what the ends send each other, as its arguments. */
const LEGS = [
  // Static sessions over UDP.
  ...[`udp://${SITE_B.ipv4}:6001`, `udp://${SITE_B.ipv4}:6002`],
  ...[`udp://${SITE_A.ipv4}:5001`, `udp://${SITE_B.ipv4}:5100`],
  // A control connection over UDP, and its sessions.
  ...[`udp://${SITE_B.ipv4}:6003`, `udp://${SITE_B.ipv4}:6004`],
  ...[`udp://${SITE_A.ipv4}:1701`, `udp://${SITE_B.ipv4}:1701`],
  // A control connection of L2TPv2, over IPv6.
  ...[`udp://[${SITE_B.ipv6}]:6005`, `udp://[${SITE_B.ipv6}]:6006`],
  ...[`udp://[${SITE_A.ipv6}]:1701`, `udp://[${SITE_B.ipv6}]:1701`],
  // Both kinds over IP.
  ...[`ip://${RELAY.near}`, `ip://${RELAY.far}`, `ip://${SITE_A.ipv4}`, `ip://${SITE_B.ipv4}`],
];

const RELAYED: Meet = ({ kind, encapsulation, version }, end) => {
  if (version === 2) return { remote: `[${SITE_B.ipv6}]:${end === "a" ? 6005 : 6006}` };
  if (encapsulation === "ip") return { remote: end === "a" ? RELAY.near : RELAY.far };
  if (kind === "dynamic") return { remote: `${SITE_B.ipv4}:${end === "a" ? 6003 : 6004}` };
  const [localPort, remotePort] = end === "a" ? [5001, 6001] : [5100, 6002];
  return { remote: SITE_B.ipv4, localPort, remotePort };
};

const NUMBERED_FRAMES = 300;
const NUMBER_OFFSET = 40;
/** An IP protocol for experiments (RFC 3692). */
const EXPERIMENT = 253;

/** TCP goes by two ways for each kind, so that it has met UDP and IP, static and dynamic. */
function movesTcp(way: Way, kind: string): boolean {
  const isEven = kindsOf(way).indexOf(kind) % 2 === 0;
  return isEven === (ALL_WAYS.indexOf(way) % 3 === 0);
}

/** Runs both ends and the relay; each way is a step. */
export async function carryThroughRelay(t: Deno.TestContext, tcpOctets: number): Promise<void> {
  await using namespaces = new Namespaces("lw-spoil");
  const sites = await makeTwoSites(namespaces);
  for (const address of Object.values(RELAY)) {
    await namespaces.ip(sites.siteB, "address", "add", `${address}/24`, "dev", "wan");
  }
  const relay = new URL("spoiling_relay.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "-A", relay, "7", ...LEGS];
  await using spoiler = new LoggedProcess(namespaces, sites.siteB, command);
  await spoiler.logged(/ready/, 20_000);
  // Several workers at the end that has all the work with it; what has numbers is one's alone.
  const start = (end: End, site: string, workers: number) =>
    Daemon.start(namespaces, site, {
      ...pseudowiresConfiguration(sites, end, ALL_WAYS, RELAYED),
      workers,
    });
  await using b = await start("b", sites.siteB, 2);
  await using a = await start("a", sites.siteA, 1);
  await Promise.all([a.established(), b.established()]);
  await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
  for (const way of ALL_WAYS) {
    await t.step(way.name, async () => {
      for (const kind of kindsOf(way)) {
        const to = addressOf(way, kind, "b");
        await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "5", to);
      }
      await passNumbers(sites, way);
      for (const kind of kindsOf(way)) {
        if (movesTcp(way, kind)) await traffic.move(addressOf(way, kind, "b"), tcpOctets);
      }
    });
  }
  const { connections, static: statics } = await b.status();
  for (const { name, counters } of [...statics, ...connections.flatMap((c) => c.sessions)]) {
    assert((counters.drops.sequence ?? 0) > 0, `${name}: duplicates came, and went no further`);
  }
}

/** Numbered frames, as fast as they go, through every session of a way at once. */
async function passNumbers(sites: TwoSites, way: Way): Promise<void> {
  using open = new DisposableStack();
  const lines = kindsOf(way).map((kind) => {
    const near = open.use(new FrameSocket(sites.lanA, interfaceOf(way, kind)));
    const far = open.use(new FrameSocket(sites.lanB, interfaceOf(way, kind)));
    return { kind, near, far };
  });
  for (let number = 0; number < NUMBERED_FRAMES; number++) {
    for (const { kind, near } of lines) near.send(numbered(way, kind, number));
    if (number % 50 === 49) await runProgram(["sleep", "0.01"]);
  }
  const all = Array.from({ length: NUMBERED_FRAMES }, (_, number) => number).join(" ");
  for (const { kind, far } of lines) {
    assertEquals(numbersAt(far, kind).join(" "), all, `${way.name} ${kind}`);
  }
}

function numbered(way: Way, kind: string, number: number): Uint8Array<ArrayBuffer> {
  const frame = isRouted(kind) ? testPacket(way, kind) : testFrame(200);
  new DataView(frame.buffer).setUint32(NUMBER_OFFSET, number);
  return frame;
}

/** An IPv4 packet; nobody looks at its checksum before the test has it. */
function testPacket(way: Way, kind: string): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(new ArrayBuffer(200));
  packet.set([0x45, 0, 0, packet.length, 0, 0, 0x40, 0, 64, EXPERIMENT, 0, 0]);
  for (const [end, at] of [["a", 12], ["b", 16]] as const) {
    packet.set(addressOf(way, kind, end).split(".").map(Number), at);
  }
  return packet;
}

/** The numbers of what comes out, until nothing does. */
function numbersAt(far: FrameSocket, kind: string): number[] {
  const isTestPacket = (packet: Uint8Array) => packet[9] === EXPERIMENT && packet.length === 200;
  const numbers: number[] = [];
  for (;;) {
    const patience = numbers.length < NUMBERED_FRAMES ? 3000 : 20;
    const frame = isRouted(kind) ? far.receive(patience, isTestPacket) : far.receive(patience);
    if (frame === undefined) return numbers;
    numbers.push(new DataView(frame.buffer, frame.byteOffset).getUint32(NUMBER_OFFSET));
  }
}

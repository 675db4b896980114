/**
 * Every combination of the matrix between two pairs of namespaces: ARP, ping, frames of 1,500
 * octets and with VLAN tags, 100 MB of TCP, and not a frame lost by us. Wrong cookies pass nothing,
 * and what RFC 3931 forbids is refused as a mistake of the configuration.
 */

import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { Namespaces, runProgram } from "../../src/cli/namespaces.ts";
import { ownCommand, TrafficPair } from "../../src/cli/traffic_pair.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import {
  type Cell,
  CELL_LINK_MTU,
  CELL_MTU,
  cellAddress,
  cellName,
  CELLS,
  cellTap,
  matrixConfiguration,
} from "./cells.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon, type SessionReport, succeed } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, type TwoSites } from "./two_sites.ts";

const TCP_OCTETS = 100_000_000;
const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;

/** Frames that must come through octet for octet. */
const FRAMES = [
  testFrame(60),
  testFrame(ETHERNET_HEADER + CELL_MTU),
  testFrame(ETHERNET_HEADER + VLAN_TAG + CELL_MTU, [[0x8100, 100]]),
  testFrame(1000, [[0x88a8, 0x2005], [0x8100, 0xe064]]),
];

interface MatrixRun {
  readonly sites: TwoSites;
  readonly a: Daemon;
  readonly b: Daemon;
  readonly traffic: TrafficPair;
}

testRequiring(LINKED_LANS, "every combination carries every frame and loses none", async (t) => {
  await using namespaces = new Namespaces("lw-matrix");
  const sites = await makeTwoSites(namespaces, CELL_LINK_MTU);
  await using b = await Daemon.start(
    namespaces,
    sites.siteB,
    matrixConfiguration(sites, "b", CELLS),
  );
  await using a = await Daemon.start(
    namespaces,
    sites.siteA,
    matrixConfiguration(sites, "a", CELLS),
  );
  await Promise.all([a.established(), b.established()]);
  await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
  for (const cell of CELLS) {
    await t.step(cellName(cell), () => cellCarries(cell, { sites, a, b, traffic }));
  }
});

async function cellCarries(cell: Cell, run: MatrixRun): Promise<void> {
  const { namespaces, lanA, lanB } = run.sites;
  const before = await atRest(cell, run);
  const address = cellAddress(cell, "b");

  await succeed(namespaces, lanA, "ping", "-c", "1", "-W", "2", address);
  const neighbour = await namespaces.ip(lanA, "neighbour", "show", address, "dev", cellTap(cell));
  assertStringIncludes(neighbour, "lladdr", "the address was resolved through the wire");

  using socketA = new FrameSocket(lanA, cellTap(cell));
  using socketB = new FrameSocket(lanB, cellTap(cell));
  for (const [from, to] of [[socketA, socketB], [socketB, socketA]] as const) {
    for (const frame of FRAMES) {
      from.send(frame);
      assertEquals(to.receive(2000), frame);
    }
  }

  await run.traffic.move(address, TCP_OCTETS);

  let state = "";
  await eventually(
    async () => {
      const after = await sessionAtBothEnds(cell, run);
      const carried = (end: End, what: "receivedFrames" | "transmittedFrames") =>
        after[end].counters[what] - before[end].counters[what];
      state = JSON.stringify({ before, after });
      return carried("a", "transmittedFrames") === carried("b", "receivedFrames") &&
        carried("b", "transmittedFrames") === carried("a", "receivedFrames") &&
        carried("b", "receivedFrames") > TCP_OCTETS / CELL_MTU;
    },
    () => state,
    2000,
  );
  const after = await sessionAtBothEnds(cell, run);
  assertEquals(dropsOf(after.a) + dropsOf(after.b), 0, JSON.stringify(after));
}

async function sessionAtBothEnds(
  cell: Cell,
  { a, b }: MatrixRun,
): Promise<{ a: SessionReport; b: SessionReport }> {
  return { a: await sessionOf(a, cellName(cell)), b: await sessionOf(b, cellName(cell)) };
}

/** A reading with no frame between its two ends: the kernel's own multicast may be under way. */
async function atRest(cell: Cell, run: MatrixRun): Promise<{ a: SessionReport; b: SessionReport }> {
  let reading = await sessionAtBothEnds(cell, run);
  await eventually(
    async () => {
      const earlier = reading;
      reading = await sessionAtBothEnds(cell, run);
      return JSON.stringify(reading) === JSON.stringify(earlier);
    },
    () => JSON.stringify(reading),
    2000,
  );
  return reading;
}

async function sessionOf(daemon: Daemon, name: string): Promise<SessionReport> {
  const status = await daemon.status();
  const sessions = [...status.static, ...status.connections.flatMap(({ sessions }) => sessions)];
  const found = sessions.find((session) => session.name === name);
  if (found === undefined) throw new Error(`the status has no session ${name}`);
  return found;
}

function dropsOf({ counters }: SessionReport): number {
  return Object.values(counters.drops).reduce((sum, drops) => sum + drops, 0);
}

const GUARDED = CELLS.filter(({ kind, cookie, sequencing }) =>
  kind === "static" && cookie !== 0 && sequencing === "none"
);

testRequiring(LINKED_LANS, "with a wrong cookie no frame passes [V3-DP-05]", async (t) => {
  await using namespaces = new Namespaces("lw-cookie");
  const sites = await makeTwoSites(namespaces, CELL_LINK_MTU);
  const configurationB = matrixConfiguration(sites, "b", GUARDED);
  const sessionsB = configurationB.static as Record<string, { receiveCookie: string }>;
  for (const session of Object.values(sessionsB)) {
    session.receiveCookie = session.receiveCookie.replace(
      /.$/,
      (digit) => digit === "0" ? "1" : "0",
    );
  }
  await using a = await Daemon.start(
    namespaces,
    sites.siteA,
    matrixConfiguration(sites, "a", GUARDED),
  );
  await using b = await Daemon.start(namespaces, sites.siteB, configurationB);
  await Promise.all([a.established(), b.established()]);
  for (const cell of GUARDED) {
    await t.step(cellName(cell), () => nothingPasses(cell, sites, a, b));
  }
});

async function nothingPasses(cell: Cell, sites: TwoSites, a: Daemon, b: Daemon): Promise<void> {
  using socketA = new FrameSocket(sites.lanA, cellTap(cell));
  using socketB = new FrameSocket(sites.lanB, cellTap(cell));
  const sent = 20;
  for (let i = 0; i < sent; i++) socketA.send(testFrame(60 + i));
  await eventually(
    async () => ((await sessionOf(b, cellName(cell))).counters.drops.cookie ?? 0) >= sent,
    () => `${a.log}\n${b.log}`,
  );
  assertEquals((await sessionOf(b, cellName(cell))).counters.receivedFrames, 0);
  assertEquals(socketB.receive(50), undefined);
}

Deno.test("sequencing without a sublayer is refused before anything runs [V3-DP-30]", async () => {
  const cells = CELLS.filter(({ sublayer }) => sublayer === "none")
    .map((cell) => ({ ...cell, sequencing: "all" as const }));
  assertGreater(cells.length, 0);
  const sites = { lanA: "lan-a", lanB: "lan-b" } as TwoSites;
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(matrixConfiguration(sites, "a", cells), null, 2));
    const { code, stdout, stderr } = await runProgram(ownCommand("check", file));
    assertEquals(code, 4, stdout + stderr);
    for (const cell of cells) assertStringIncludes(stdout + stderr, cellName(cell));
  } finally {
    await Deno.remove(file);
  }
});

/**
 * A path of 1,400 octets, and every pseudowire over it in every way: frames of 1,514 octets and
 * packets of 1,500 cross, with the kernel's offloads and without, or `status` says why not
 * (RFC 3931 §4.1.4). What is learnt of a path from ICMP is in path_mtu_test.ts.
 */

import { assert, assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon, type SessionReport } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, type TwoSites } from "./two_sites.ts";
import {
  addressOf,
  ALL_WAYS,
  ALL_WAYS_TURNED,
  interfaceOf,
  isRouted,
  kindsOf,
  pseudowiresConfiguration,
  speaksPpp,
  type Way,
} from "./pseudowire_kinds.ts";

const PATH_MTU = 1400;
const WITHIN_MS = 1000;
const IN_VAIN_MS = 50;

const FULL_FRAME = testFrame(1514);
const FULL_TAGGED_FRAME = testFrame(1518, [[0x8100, 100]]);

const NO_OFFLOADS = { tap: false, coalescing: false, segmentation: false, aggregation: false };

interface Case {
  readonly fragmentation: "allow" | "auto" | "forbid";
  readonly offload: ConfigurationText;
  readonly ways: readonly Way[];
}

/** Each way over both IPs, with offloads over one and without over the other. */
const CASES: readonly Case[] = [
  { fragmentation: "auto", offload: {}, ways: ALL_WAYS },
  { fragmentation: "allow", offload: NO_OFFLOADS, ways: ALL_WAYS_TURNED },
  { fragmentation: "forbid", offload: {}, ways: ALL_WAYS_TURNED.slice(-2) },
];

type Sessions = Record<string, { readonly attach: ConfigurationText }>;

/**
 * Interfaces are as wide as a LAN, whatever the path holds; where outer fragments are forbidden,
 * packets inside may be cut.
 */
function widened(sessions: Sessions, fragmentation: Case["fragmentation"]): Sessions {
  return Object.fromEntries(
    Object.entries(sessions).map(([name, session]) => [name, {
      ...session,
      fragmentation,
      oversize: fragmentation === "forbid" ? "fragment" : "carry",
      attach: { ...session.attach, ...(name.endsWith("tun") ? {} : { mtu: 1500 }) },
    }]),
  );
}

function configuration(sites: TwoSites, end: End, of: Case): ConfigurationText {
  const { connections, static: statics, ...rest } = pseudowiresConfiguration(sites, end, of.ways);
  const ofConnections = Object.entries(connections as Record<string, { sessions: Sessions }>);
  return {
    ...rest,
    offload: of.offload,
    static: widened(statics as Sessions, of.fragmentation),
    connections: Object.fromEntries(
      ofConnections.map(([name, each]) => [
        name,
        { ...each, sessions: widened(each.sessions, of.fragmentation) },
      ]),
    ),
  };
}

async function sessionOf(daemon: Daemon, wanted: string): Promise<SessionReport> {
  const { connections, static: statics } = await daemon.status();
  const all = [...statics, ...connections.flatMap(({ sessions }) => sessions)];
  const found = all.find(({ name }) => name === wanted);
  assert(found !== undefined, wanted);
  return found;
}

for (const of of CASES) {
  const { fragmentation, offload, ways } = of;
  const offloads = offload === NO_OFFLOADS ? "no offloads" : "all offloads";
  testRequiring(
    LINKED_LANS,
    `every pseudowire crosses a path of 1,400 octets or says why not, fragmentation ${fragmentation}, ${offloads} [V3-MTU-01, V3-MTU-02]`,
    async (t) => {
      await using namespaces = new Namespaces("lw-narrow");
      const sites = await makeTwoSites(namespaces, PATH_MTU);
      await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b", of));
      await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a", of));
      await Promise.all([a.established(), b.established()]);
      for (const way of ways) {
        for (const kind of kindsOf(way)) {
          const name = interfaceOf(way, kind);
          await t.step(`${name} over ${way.family}`, async () => {
            if (speaksPpp(kind)) await answers(sites, addressOf(way, kind, "b"));
            if (isRouted(kind)) {
              await pingFull(sites, addressOf(way, kind, "b"));
            } else if (fragmentation === "forbid") {
              await refuses(sites, a, name);
              await pingFull(sites, addressOf(way, kind, "b"));
            } else {
              crosses(sites, name);
            }
          });
        }
      }
    },
  );
}

/** PPP's first request may have found nobody; the next comes 3 s later (RFC 1661 §4.6). */
async function answers({ namespaces, lanA }: TwoSites, to: string): Promise<void> {
  const ping = ["ping", "-c", "1", "-W", "1", to];
  await eventually(async () => (await namespaces.run(lanA, ping)).code === 0, () => to, 10_000);
}

/** A packet of 1,500 octets, which the host itself cuts for an interface that is narrower. */
async function pingFull({ namespaces, lanA }: TwoSites, to: string): Promise<void> {
  const options = ["-c", "1", "-W", "5", "-M", "dont", "-s", "1472"];
  const { code, stdout } = await namespaces.run(lanA, ["ping", ...options, to]);
  assertEquals(code, 0, stdout);
}

function crosses({ lanA, lanB }: TwoSites, tap: string): void {
  using near = new FrameSocket(lanA, tap);
  using far = new FrameSocket(lanB, tap);
  for (const frame of [FULL_FRAME, FULL_TAGGED_FRAME]) {
    near.send(frame);
    assertEquals(far.receive(WITHIN_MS), frame);
    far.send(frame);
    assertEquals(near.receive(WITHIN_MS), frame);
  }
}

async function refuses({ lanA, lanB }: TwoSites, daemon: Daemon, tap: string): Promise<void> {
  using near = new FrameSocket(lanA, tap);
  using far = new FrameSocket(lanB, tap);
  near.send(FULL_FRAME);
  assertEquals(far.receive(IN_VAIN_MS), undefined);
  const { path, counters } = await sessionOf(daemon, tap);
  assertEquals([path.mtu, path.fragmentation], [PATH_MTU, "forbid"]);
  assert((counters.drops["oversize"] ?? 0) > 0, JSON.stringify(counters.drops));
}

/**
 * Every pseudowire type with an interface at both ends, all of them in one connection at once, over
 * UDP and IP, static and dynamic, with cookies and sequencing: ping, VLAN tags, TCP.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { Daemon, type SessionReport, succeed } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import {
  addressOf,
  ALL_WAYS,
  interfaceOf,
  isRouted,
  kindsOf,
  pseudowiresConfiguration,
  speaksPpp,
} from "./pseudowire_kinds.ts";
import { type End, makeTwoSites, type TwoSites } from "./two_sites.ts";

const TCP_OCTETS = 20_000_000;

testRequiring(
  LINKED_LANS,
  "every pseudowire passes ping, tags and TCP, side by side in one connection [FR-16, FR-20, HDLC-07, ETH-18, MPFR-03]",
  async (t) => {
    await using namespaces = new Namespaces("lw-kinds");
    const sites = await makeTwoSites(namespaces);
    const start = (end: End, site: string) =>
      Daemon.start(namespaces, site, pseudowiresConfiguration(sites, end, ALL_WAYS));
    await using b = await start("b", sites.siteB);
    await using a = await start("a", sites.siteA);
    await Promise.all([a.established(), b.established()]);
    await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
    for (const way of ALL_WAYS) {
      for (const kind of kindsOf(way)) {
        await t.step(interfaceOf(way, kind), async () => {
          const to = addressOf(way, kind, "b");
          await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "5", to);
          if (!isRouted(kind)) passTaggedFrames(sites, interfaceOf(way, kind));
          await traffic.move(to, TCP_OCTETS);
        });
      }
    }
    for (const daemon of [a, b]) {
      const { connections, static: statics } = await daemon.status();
      for (const { name, counters } of [...statics, ...connections.flatMap((c) => c.sessions)]) {
        // What the kernel says of itself before PPP is open is nobody's loss.
        const reasons = reasonsOf(counters).filter((reason) => reason !== "protocolClosed");
        assertEquals(speaksPpp(name) ? reasons : reasonsOf(counters), [], name);
      }
    }
  },
);

function passTaggedFrames(sites: TwoSites, tap: string): void {
  using near = new FrameSocket(sites.lanA, tap);
  using far = new FrameSocket(sites.lanB, tap);
  for (
    const tags of [[[0x8100, 100]], [[0x88a8, 0x2005], [0x8100, 0xe064]]] as [number, number][][]
  ) {
    const frame = testFrame(1000, tags);
    near.send(frame);
    assertEquals(far.receive(5000), frame);
    far.send(frame);
    assertEquals(near.receive(5000), frame);
  }
}

function reasonsOf({ drops }: SessionReport["counters"]): string[] {
  return Object.entries(drops).filter(([, count]) => count > 0).map(([reason]) => reason);
}

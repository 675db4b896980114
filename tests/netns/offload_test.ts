/**
 * Offloads are used where nobody says otherwise, and each that is switched off is not: seen in the
 * length of what the kernel moves at once, on the wire and in the LAN.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { FrameSocket } from "./frame_socket.ts";
import { type End, makeTwoSites, sitesFrom, type TwoSites } from "./two_sites.ts";

const TCP_OCTETS = 4_000_000;
const FULL_FRAME = 1514;
const WITHIN_MS = 20;

interface Case {
  readonly name: string;
  /** Of the sender and of the receiver. */
  readonly offload: { readonly a: ConfigurationText; readonly b: ConfigurationText };
  /** Whether more than a frame is moved at once: between the sites, and into the LAN. */
  readonly together: { readonly wire: boolean; readonly lan: boolean };
  /** What `ip` says of the sender's TAP. */
  readonly tap: "vnet_hdr on" | "vnet_hdr off";
  /** Default 1. */
  readonly workers?: number;
}

/** At both ends: acknowledgements go together, too. */
const NOT_OUTWARD = { segmentation: false };

const CASES: readonly Case[] = [
  {
    name: "everything is used where nothing is said",
    offload: { a: {}, b: {} },
    together: { wire: true, lan: true },
    tap: "vnet_hdr on",
  },
  {
    name: "so it is by several workers, each with flows of its own",
    offload: { a: {}, b: {} },
    together: { wire: true, lan: true },
    tap: "vnet_hdr on",
    workers: 2,
  },
  {
    name: "segmentation is switched off, and coalescing",
    offload: { a: NOT_OUTWARD, b: { ...NOT_OUTWARD, coalescing: false } },
    together: { wire: false, lan: false },
    tap: "vnet_hdr on",
  },
  {
    name: "aggregation is switched off, packets are joined all the same",
    offload: { a: {}, b: { aggregation: false } },
    together: { wire: true, lan: true },
    tap: "vnet_hdr on",
  },
  {
    name: "TAPs are without offloads, packets of one length go together all the same",
    offload: { a: { tap: false }, b: { tap: false } },
    together: { wire: true, lan: false },
    tap: "vnet_hdr off",
  },
];

function configuration(
  sites: TwoSites,
  end: End,
  offload: ConfigurationText,
  workers: number,
): ConfigurationText {
  const [own, other] = sitesFrom(end);
  return {
    listen: [`udp://${own.ipv4}`],
    offload,
    workers,
    static: {
      lan: {
        remote: other.ipv4,
        local: own.ipv4,
        localPort: 5000,
        remotePort: 5000,
        localSessionId: 1,
        remoteSessionId: 1,
        attach: {
          tap: "lw0",
          address: `10.91.0.${end === "a" ? 1 : 2}/24`,
          namespace: end === "a" ? sites.lanA : sites.lanB,
        },
      },
    },
  };
}

/** Whether any frame that waits is longer than one may be. */
function isTogether(socket: FrameSocket): boolean {
  return socket.receive(WITHIN_MS, ({ length }) => length > FULL_FRAME) !== undefined;
}

for (const { name, offload, together, tap, workers = 1 } of CASES) {
  testRequiring(LINKED_LANS, `offloads: ${name}`, async () => {
    await using namespaces = new Namespaces("lw-offload");
    const sites = await makeTwoSites(namespaces);
    const { siteA, siteB, lanA, lanB } = sites;
    const start = (end: "a" | "b", site: string) =>
      Daemon.start(namespaces, site, configuration(sites, end, offload[end], workers));
    await using b = await start("b", siteB);
    await using a = await start("a", siteA);
    await Promise.all([a.established(), b.established()]);
    assertMatch(await namespaces.ip(lanA, "-d", "link", "show", "lw0"), new RegExp(tap));
    await using traffic = await TrafficPair.start(namespaces, lanA, lanB);
    using wire = new FrameSocket(siteA, "wan");
    using lan = new FrameSocket(lanB, "lw0");
    for (let flow = 1; flow < 2 * workers; flow++) await traffic.move("10.91.0.2", TCP_OCTETS);
    assertEquals({ wire: isTogether(wire), lan: isTogether(lan) }, together);
    for (const daemon of [a, b]) {
      const { static: [session] } = await daemon.status();
      assert(Object.values(session!.counters.drops).every((count) => count === 0));
    }
  });
}

/**
 * Frames of every size from 14 to 9,018 octets, also over a path whose MTU is smaller: then the
 * outer packets are fragments (RFC 3931 §4.1.4 leaves that to the network, ETH-16).
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, sitesFrom, type TwoSites } from "./two_sites.ts";

const TAP_MTU = 9004;
const VLAN = [0x8100, 100] as const;
const SERVICE_VLAN = [0x88a8, 200] as const;
const WITHIN_MS = 2000;

/** Tagged ones from 20 octets on: a shorter one is dropped by the kernel that shows it to the test. */
const FRAMES = [
  ...[14, 15, 59, 60, 61, 127, 1024, 1499, 1500, 1513, 1514, 1515, 4096, 9014, 9018]
    .map((length) => testFrame(length)),
  ...[20, 64, 1518, 9018].map((length) => testFrame(length, [VLAN])),
  ...[24, 68, 1522, 9018].map((length) => testFrame(length, [SERVICE_VLAN, VLAN])),
];

function configuration(sites: TwoSites, end: End): ConfigurationText {
  const [own, other] = sitesFrom(end);
  const connection = (family: "ipv4" | "ipv6", encapsulation: "udp" | "ip") => ({
    remote: other[family],
    encapsulation,
    initiate: end === "a",
    secret: { file: "secret" },
    sessions: {
      [`lan-${encapsulation}-${family}`]: {
        attach: {
          tap: `${encapsulation}-${family}`,
          mtu: TAP_MTU,
          namespace: end === "a" ? sites.lanA : sites.lanB,
        },
      },
    },
  });
  return {
    hostName: `site-${end}.example`,
    listen: [
      ...[`udp://${own.ipv4}`, `udp://[${own.ipv6}]`],
      ...[`ip://${own.ipv4}`, `ip://[${own.ipv6}]`],
    ],
    connections: {
      "udp-ipv4": connection("ipv4", "udp"),
      "udp-ipv6": connection("ipv6", "udp"),
      "ip-ipv4": connection("ipv4", "ip"),
      "ip-ipv6": connection("ipv6", "ip"),
    },
  };
}

for (const linkMtu of [9200, 1500]) {
  testRequiring(
    [root, tunDevice, iproute2],
    `frames of 14 to 9,018 octets pass unchanged over a path of ${linkMtu} [V3-MTU-01, V3-MTU-03, V3-MTU-04, ETH-16, ETH-17, ETH-22]`,
    async (t) => {
      await using namespaces = new Namespaces("lw-sizes");
      const sites = await makeTwoSites(namespaces, linkMtu);
      await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b"));
      await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a"));
      await Promise.all([a.established(), b.established()]);
      for (const tap of ["udp-ipv4", "udp-ipv6", "ip-ipv4", "ip-ipv6"]) {
        await t.step(tap, () => {
          using socketA = new FrameSocket(sites.lanA, tap);
          using socketB = new FrameSocket(sites.lanB, tap);
          for (const frame of FRAMES) {
            socketA.send(frame);
            assertEquals(socketB.receive(WITHIN_MS), frame);
          }
        });
      }
    },
  );
}

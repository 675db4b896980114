/**
 * QEMU's own L2TPv3 endpoint as our peer: static sessions over UDP and IP, IPv4 and IPv6, with
 * every cookie, and with its counter as the Default L2-Specific Sublayer.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { LINKED_LANS, program, testRequiring } from "../harness/requires.ts";
import {
  type Cell,
  CELL_LINK_MTU,
  CELL_MTU,
  cellAddress,
  cellName,
  CELLS,
  cellTap,
  matrixConfiguration,
  staticEnd,
} from "../netns/cells.ts";
import { Daemon, succeed } from "../netns/daemon.ts";
import { makeTwoSites } from "../netns/two_sites.ts";
import { type QemuSession, startQemuEndpoint } from "./lab/qemu_endpoint.ts";

const NEEDS = [
  ...LINKED_LANS,
  program("qemu-system-x86_64", "qemu-system-x86"),
];

/** QEMU numbers packets but sets no S bit, so sequencing stays off. */
const QEMU_CELLS = CELLS.filter(({ kind, sequencing }) =>
  kind === "static" && sequencing === "none"
);
const TCP_OCTETS = 20_000_000;

testRequiring(NEEDS, "QEMU's static sessions carry frames both ways", async (t) => {
  await using namespaces = new Namespaces("lw-qemu");
  const sites = await makeTwoSites(namespaces, CELL_LINK_MTU);
  await using _qemu = await startQemuEndpoint(namespaces, sites.siteB, QEMU_CELLS.map(qemuSession));
  await using daemon = await Daemon.start(
    namespaces,
    sites.siteA,
    matrixConfiguration(sites, "a", QEMU_CELLS),
  );
  await daemon.established();
  await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.siteB);
  for (const cell of QEMU_CELLS) {
    await t.step(cellName(cell), async () => {
      const address = cellAddress(cell, "b");
      const long = String(CELL_MTU - 28);
      await succeed(namespaces, sites.lanA, "ping", "-c", "2", "-i", "0.05", "-W", "2", address);
      await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "2", "-s", long, address);
      await traffic.move(address, TCP_OCTETS);
    });
  }
  await t.step("no packet of QEMU's was dropped by us", async () => {
    for (const { name, counters } of (await daemon.status()).static) {
      const dropped = Object.entries(counters.drops).filter(([, count]) => count > 0);
      assertEquals(dropped, [], name);
    }
  });
});

function qemuSession(cell: Cell): QemuSession {
  const { localPort, remotePort, ...end } = staticEnd("b", cell);
  return {
    tap: cellTap(cell),
    tapAddress: `${cellAddress(cell, "b")}/24`,
    tapMtu: CELL_MTU,
    local: end.local,
    remote: end.remote,
    ...(cell.encapsulation === "udp" ? { ports: { local: localPort, remote: remotePort } } : {}),
    receiveSessionId: end.localSessionId,
    transmitSessionId: end.remoteSessionId,
    receiveCookie: end.receiveCookie,
    transmitCookie: end.transmitCookie,
    sublayer: cell.sublayer,
  };
}

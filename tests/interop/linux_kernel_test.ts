/**
 * The Linux kernel's static L2TPv3 Ethernet sessions (`ip l2tp`) as our peer, over UDP and IP,
 * IPv4 and IPv6, with every cookie, sublayer and sequencing it has.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { startTrafficServer } from "../../src/cli/traffic_pair.ts";
import { testRequiring } from "../harness/requires.ts";
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
import { SITE_A, SITE_B } from "../netns/two_sites.ts";
import { GUEST_NEEDS, KernelGuest } from "./lab/kernel_guest.ts";

const STATIC_CELLS = CELLS.filter(({ kind }) => kind === "static");
/** Few enough for a guest in software emulation, which moves 1 to 5 MB/s. */
const TCP_OCTETS = 2_000_000;

testRequiring(GUEST_NEEDS, "the Linux kernel's static sessions carry frames", async (t) => {
  await using namespaces = new Namespaces("lw-linux");
  const siteA = await namespaces.add("site-a");
  const lanA = await namespaces.add("lan-a");
  await using guest = await KernelGuest.boot(namespaces, {
    namespace: siteA,
    tap: "wan",
    hostAddresses: [`${SITE_A.ipv4}/24`, `${SITE_A.ipv6}/64`],
    guestAddresses: [`${SITE_B.ipv4}/24`, `${SITE_B.ipv6}/64`],
    mtu: CELL_LINK_MTU,
  });
  await guest.run(`ip -batch - <<END\n${STATIC_CELLS.flatMap(kernelCommands).join("\n")}\nEND`);

  const sites = { namespaces, siteA, lanA, siteB: "", lanB: "" };
  await using daemon = await Daemon.start(
    namespaces,
    siteA,
    matrixConfiguration(sites, "a", STATIC_CELLS),
  );
  await daemon.established();
  for (const cell of STATIC_CELLS) {
    await t.step(cellName(cell), async () => {
      const long = String(CELL_MTU - 28);
      const address = cellAddress(cell, "b");
      await succeed(namespaces, lanA, "ping", "-c", "2", "-i", "0.05", "-W", "5", address);
      await succeed(
        namespaces,
        lanA,
        "ping",
        "-c",
        "2",
        "-i",
        "0.05",
        "-W",
        "5",
        "-s",
        long,
        address,
      );
    });
  }

  await using _server = await startTrafficServer(namespaces, lanA);
  for (const cell of STATIC_CELLS.filter((each) => each.cookie === 8)) {
    await t.step(`${cellName(cell)}: ${TCP_OCTETS} octets of TCP`, async () => {
      await guest.sendOctets(cellAddress(cell, "a"), TCP_OCTETS);
    });
  }

  await t.step("no packet of the kernel's was dropped by us", async () => {
    for (const { name, counters } of (await daemon.status()).static) {
      const dropped = Object.entries(counters.drops).filter(([, count]) => count > 0);
      assertEquals(dropped, [], name);
    }
  });
});

/** The `ip` commands that make the kernel's end of a cell. */
function kernelCommands(cell: Cell): string[] {
  const end = staticEnd("b", cell);
  const tunnel = 100 + cell.index;
  const name = cellTap(cell);
  const ports = cell.encapsulation === "udp"
    ? `udp_sport ${end.localPort} udp_dport ${end.remotePort}`
    : "";
  // In `ip l2tp`, "cookie" is what this side sends and "peer_cookie" what it expects.
  const cookies = cell.cookie === 0
    ? ""
    : `cookie ${end.transmitCookie} peer_cookie ${end.receiveCookie}`;
  return [
    `l2tp add tunnel local ${end.local} remote ${end.remote} tunnel_id ${tunnel} ` +
    `peer_tunnel_id ${tunnel} encap ${cell.encapsulation} ${ports}`,
    `l2tp add session name ${name} tunnel_id ${tunnel} session_id ${end.localSessionId} ` +
    `peer_session_id ${end.remoteSessionId} ${cookies} l2spec_type ${cell.sublayer} ` +
    `seq ${cell.sequencing === "all" ? "both" : "none"}`,
    `address add ${cellAddress(cell, "b")}/24 dev ${name}`,
    `link set ${name} mtu ${CELL_MTU} up`,
  ];
}

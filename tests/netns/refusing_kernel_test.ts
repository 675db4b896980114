/**
 * Kernels, and sandboxes, that refuse what makes it fast: everything passes all the same, slower
 * (issue 4: each offload falls back by itself).
 */

import { assertEquals, assertMatch } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { IFF_VNET_HDR } from "../../src/io/abi.ts";
import { ALL_REFUSALS, type Refusal, refusing } from "../harness/refusing_kernel.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, succeed } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, sitesFrom, type TwoSites } from "./two_sites.ts";

const TCP_OCTETS = 4_000_000;
const ENCAPSULATIONS = ["udp", "ip"] as const;

/** What each end's kernel refuses. */
const CASES: readonly [a: readonly Refusal[], b: readonly Refusal[]][] = [
  [["tap-offloads"], ["multi-queue"]],
  [["tap-offload-header"], []],
  [["udp-segment"], ["udp-gro"]],
  [["sendmmsg"], ["recvmmsg"]],
  [ALL_REFUSALS, ALL_REFUSALS],
];

function configuration(sites: TwoSites, end: End): ConfigurationText {
  const [own, other] = sitesFrom(end);
  const session = (encapsulation: (typeof ENCAPSULATIONS)[number], index: number) => ({
    remote: other.ipv4,
    local: own.ipv4,
    encapsulation,
    ...(encapsulation === "udp" ? { localPort: 5000, remotePort: 5000 } : {}),
    localSessionId: index + 1,
    remoteSessionId: index + 1,
    attach: {
      tap: encapsulation,
      address: `10.91.${index}.${end === "a" ? 1 : 2}/24`,
      namespace: end === "a" ? sites.lanA : sites.lanB,
    },
  });
  return {
    listen: [`udp://${own.ipv4}`],
    workers: 2,
    static: Object.fromEntries(ENCAPSULATIONS.map((each, index) => [each, session(each, index)])),
  };
}

for (const [atA, atB] of CASES) {
  const what = atA === ALL_REFUSALS
    ? "all of it"
    : `${atA} at one end, ${atB.join() || "nothing"} at the other`;
  testRequiring(LINKED_LANS, `a kernel refuses ${what}, and nothing is lost for it`, async () => {
    await using namespaces = new Namespaces("lw-refuse");
    const sites = await makeTwoSites(namespaces);
    const start = (end: End, site: string, refusals: readonly Refusal[]) =>
      Daemon.start(
        namespaces,
        site,
        configuration(sites, end),
        (command) => refusing(refusals, command),
      );
    await using b = await start("b", sites.siteB, atB);
    await using a = await start("a", sites.siteA, atA);
    for (const { pid } of [a, b]) {
      assertMatch(await Deno.readTextFile(`/proc/${pid}/status`), /^Seccomp:\t2$/m);
    }
    await Promise.all([a.established(), b.established()]);
    for (const [site, refusals] of [[sites.lanA, atA], [sites.lanB, atB]] as const) {
      const flags = await succeed(namespaces, site, "cat", "/sys/class/net/udp/tun_flags");
      const hasHeader = (Number(flags) & IFF_VNET_HDR) !== 0;
      assertEquals(hasHeader, !refusals.includes("tap-offload-header"), site);
    }
    await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
    for (const [index, tap] of ENCAPSULATIONS.entries()) {
      const to = `10.91.${index}.2`;
      await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "5", to);
      using near = new FrameSocket(sites.lanA, tap);
      using far = new FrameSocket(sites.lanB, tap);
      for (const frame of [testFrame(60), testFrame(1000, [[0x8100, 5]])]) {
        near.send(frame);
        assertEquals(far.receive(5000), frame);
        far.send(frame);
        assertEquals(near.receive(5000), frame);
      }
      await traffic.move(to, TCP_OCTETS);
    }
    for (const daemon of [a, b]) {
      for (const { counters, name } of (await daemon.status()).static) {
        assertEquals(Object.entries(counters.drops).filter(([, count]) => count > 0), [], name);
      }
    }
  });
}

/**
 * The other ways of PPP between two daemons: a call that the peer is asked to place, Ethernet bridged
 * over PPP, many users at once.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon, succeed } from "./daemon.ts";
import { FrameSocket } from "./frame_socket.ts";
import {
  clientConfiguration,
  clientSession,
  LNS_ADDRESS,
  lnsConfiguration,
  untilUsers,
  usersOf,
} from "./ppp_sites.ts";
import { type End, makeTwoSites, SITE_A, SITE_B } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];
const CROWD = 200;

/** What spanning tree's frames begin with, to the group of all bridges (IEEE 802.1D §7.12). */
const BRIDGE_HELLO = Uint8Array.fromHex(
  "0180c2000000020000000001" + "0026424203" + "00".repeat(43),
);

/** Both ends have one session of PPP between them; site A begins. */
function ends(
  version: 2 | 3,
  call: "incoming" | "outgoing",
  session: (end: End) => Record<string, unknown>,
): readonly [ConfigurationText, ConfigurationText] {
  const end = (own: typeof SITE_A, peer: typeof SITE_A, side: End): ConfigurationText => ({
    listen: [`udp://${own.ipv4}`],
    connections: {
      peer: {
        remote: peer.ipv4,
        version,
        initiate: side === "a",
        sessions: { wire: { pseudowire: "ppp", call, ...session(side) } },
      },
    },
  });
  return [end(SITE_A, SITE_B, "a"), end(SITE_B, SITE_A, "b")];
}

for (const version of [2, 3] as const) {
  testRequiring(
    NEEDS,
    `a call is placed for the LNS that asks for it, L2TPv${version}`,
    async () => {
      await using namespaces = new Namespaces("lw-dial");
      const { siteA, siteB } = await makeTwoSites(namespaces);
      const [asks, places] = ends(version, "outgoing", (end) => ({
        attach: { tun: "call0" },
        ppp: { address: end === "a" ? "10.88.0.1" : "10.88.0.2" },
      }));
      await using answering = await Daemon.start(namespaces, siteB, places);
      await using asking = await Daemon.start(namespaces, siteA, asks);
      await asking.established();
      await ping(namespaces, siteA, "10.88.0.2", () => asking.log + answering.log);
    },
  );

  testRequiring(NEEDS, `Ethernet is bridged over PPP (BCP), L2TPv${version}`, async () => {
    await using namespaces = new Namespaces("lw-bcp");
    const { siteA, siteB, lanA, lanB } = await makeTwoSites(namespaces);
    const [one, other] = ends(version, "incoming", (end) => ({
      attach: {
        tap: "bcp0",
        address: end === "a" ? "10.89.0.1/24" : "10.89.0.2/24",
        namespace: end === "a" ? lanA : lanB,
      },
    }));
    await using answering = await Daemon.start(namespaces, siteB, other);
    await using asking = await Daemon.start(namespaces, siteA, one);
    await asking.established();
    await ping(namespaces, lanA, "10.89.0.2", () => asking.log + answering.log);
    await succeed(namespaces, lanB, "ping", "-c", "1", "-W", "2", "-s", "1300", "10.89.0.1");
    using near = new FrameSocket(lanA, "bcp0");
    using far = new FrameSocket(lanB, "bcp0");
    near.send(BRIDGE_HELLO);
    assertEquals(far.receive(2_000, (frame) => frame[0] === BRIDGE_HELLO[0]), BRIDGE_HELLO);
  });
}

testRequiring(NEEDS, `${CROWD} users of one LNS at once`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "longwire-crowd-" });
  try {
    await using namespaces = new Namespaces("lw-crowd");
    const { siteA, siteB } = await makeTwoSites(namespaces);
    const numbers = Array.from({ length: CROWD }, (_, number) => number);
    const users = Object.fromEntries(numbers.map((n) => [`user${n}`, { password: "of tests" }]));
    await Deno.writeTextFile(`${folder}/users`, JSON.stringify(users), { mode: 0o600 });
    await Deno.writeTextFile(`${folder}/password`, "of tests", { mode: 0o600 });
    await using lns = await Daemon.start(namespaces, siteB, lnsConfiguration(`${folder}/users`));
    const sessions = Object.fromEntries(
      numbers.map((n) => [`s${n}`, clientSession(`user${n}`, `${folder}/password`, `c${n}`)]),
    );
    await using client = await Daemon.start(namespaces, siteA, clientConfiguration(sessions));
    const logs = () => client.log.slice(-2000) + lns.log.slice(-2000);
    await untilUsers(CROWD, { lns, client }, logs, 60_000);
    const addresses = new Set((await usersOf(lns)).map(({ address }) => address));
    assertEquals(addresses.size, CROWD);
    for (const number of [0, 99, 199]) {
      const ping = ["ping", "-c", "3", "-i", "0.1", "-W", "2", "-I", `c${number}`, LNS_ADDRESS];
      await succeed(namespaces, siteA, ...ping);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Pings until there is an answer. */
async function ping(
  namespaces: Namespaces,
  namespace: string,
  address: string,
  log: () => string,
): Promise<void> {
  await eventually(
    async () =>
      (await namespaces.run(namespace, ["ping", "-c", "1", "-W", "1", address])).code === 0,
    log,
    10_000,
  );
}

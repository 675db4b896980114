/**
 * Calls that go on: a client at site A, an LNS at LAN B, and between them site B, which takes the call
 * and passes it on: multihop with both versions, and a LAC that chooses by the user's realm.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon, succeed } from "./daemon.ts";
import { FrameSocket } from "./frame_socket.ts";
import {
  clientConfiguration,
  clientSession,
  LNS_ADDRESS,
  lnsConfiguration,
  untilUsers,
  usersOf,
} from "./ppp_sites.ts";
import { makeTwoSites, SITE_B } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];
const USER = "alice@isp.example";
const SWITCH = "10.116.0.1";
const LNS = "10.116.0.2";
const LNS_LAST_OCTET = 2;
const UDP = 17;

interface Hop {
  readonly title: string;
  readonly versions: readonly [2 | 3, 2 | 3];
  readonly dialin: {
    readonly forward: { readonly to: string } | { readonly realms: Record<string, string> };
    readonly ppp?: Record<string, unknown>;
  };
  readonly proof: string;
}

const VERSIONS = [2, 3] as const;

const HOPS: readonly Hop[] = [
  ...VERSIONS.flatMap((first) =>
    VERSIONS.map((second): Hop => ({
      title: `a call of L2TPv${first} goes on by L2TPv${second}`,
      versions: [first, second],
      dialin: { forward: { to: "onward" } },
      proof: "ms-chap-v2",
    }))
  ),
  {
    title: "a LAC asks the user, chooses the LNS by the realm, and spares it LCP by proxy AVPs",
    versions: [2, 2],
    dialin: { ppp: { authenticate: "chap" }, forward: { realms: { "isp.example": "onward" } } },
    proof: "chap",
  },
];

/** Enough to look through what has come already. */
const NO_TIME_MS = 200;

/** A Configure-Request of LCP in a data message from the LNS. */
function isLcpRequestOfLns(frame: Uint8Array): boolean {
  if (frame[23] !== UDP || frame[29] !== LNS_LAST_OCTET) return false;
  return frame.toHex().includes("ff03c02101");
}

for (const { title, versions: [first, second], dialin, proof } of HOPS) {
  testRequiring(NEEDS, title, async () => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-hop-" });
    await Deno.writeTextFile(`${folder}/password`, "of tests", { mode: 0o600 });
    const users = JSON.stringify({ [USER]: { password: "of tests" } });
    await Deno.writeTextFile(`${folder}/users`, users, { mode: 0o600 });
    try {
      await using namespaces = new Namespaces("lw-hop");
      const { siteA, siteB, lanB } = await makeTwoSites(namespaces);
      await namespaces.link(
        { namespace: siteB, name: "isp", addresses: [`${SWITCH}/24`] },
        { namespace: lanB, name: "isp", addresses: [`${LNS}/24`] },
      );
      await using lns = await Daemon.start(namespaces, lanB, {
        ...lnsConfiguration(`${folder}/users`, { ppp: { authenticate: proof } }),
        listen: [`udp://${LNS}`],
      });
      await using hop = await Daemon.start(namespaces, siteB, {
        listen: [`udp://${SITE_B.ipv4}`, `udp://${SWITCH}`],
        lns: { dialin },
        connections: { onward: { remote: LNS, version: second } },
      });
      await eventually(
        async () => (await hop.status()).connections.some(({ state }) => state === "established"),
        () => hop.log,
        10_000,
      );
      using wire = new FrameSocket(lanB, "isp");
      const vpn = clientSession(USER, `${folder}/password`, "vpn0");
      await using client = await Daemon.start(
        namespaces,
        siteA,
        clientConfiguration({ vpn }, { version: first }),
      );
      const logs = () => `client:\n${client.log}\nhop:\n${hop.log}\nlns:\n${lns.log}`;
      await untilUsers(1, { lns, client }, logs);
      const [user] = await usersOf(lns);
      assertEquals([user?.user, user?.authentication], [USER, proof]);
      const hasNegotiated = wire.receive(NO_TIME_MS, isLcpRequestOfLns) !== undefined;
      assertEquals(hasNegotiated, !("realms" in dialin.forward), "LCP begins anew at the LNS");
      await succeed(namespaces, siteA, "ping", "-c", "1", "-W", "2", "-s", "1300", LNS_ADDRESS);
      // The end of one session is the end of the other.
      assertEquals(await client.end(), 0);
      await eventually(async () => (await usersOf(lns)).length === 0, logs, 10_000);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/**
 * Multihop: a PPP client calls over L2TPv2, a daemon between passes the call on over L2TPv3, and an
 * LNS answers it; nobody but the client and the LNS speaks PPP.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { Daemon, succeed } from "./daemon.ts";
import {
  clientConfiguration,
  clientSession,
  LNS_ADDRESS,
  lnsConfiguration,
  untilUsers,
  USERS,
  usersOf,
} from "./ppp_sites.ts";

const CLIENT = "10.116.0.1";
const HOP = { west: "10.116.0.9", east: "10.117.0.9" };
const LNS = "10.117.0.2";
const LISTEN = ["udp://0.0.0.0:1701"];

const HOP_CONFIGURATION = {
  hostName: "hop.example",
  listen: LISTEN,
  workers: 2,
  connections: {
    access: { remote: CLIENT, version: 2, initiate: false, join: "core" },
    core: { remote: LNS, version: 3 },
  },
};

testRequiring(
  [root, tunDevice, iproute2],
  "a call goes through a hop to an LNS, and ends with either side's reason",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-multihop-" });
    try {
      const write = (name: string, text: string) =>
        Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
      await write("users.yaml", JSON.stringify(USERS));
      await write("alice", USERS.alice.password);
      await using namespaces = new Namespaces("lw-multihop");
      const [near, middle, far] = [
        await namespaces.add("client"),
        await namespaces.add("hop"),
        await namespaces.add("lns"),
      ];
      const end = (namespace: string, name: string, address: string) => ({
        namespace,
        name,
        addresses: [`${address}/24`],
      });
      await namespaces.link(end(near, "wan", CLIENT), end(middle, "west", HOP.west), 1500);
      await namespaces.link(end(middle, "east", HOP.east), end(far, "wan", LNS), 1500);
      await using lns = await Daemon.start(namespaces, far, {
        ...lnsConfiguration(`${folder}/users.yaml`),
        listen: LISTEN,
      });
      await using hop = await Daemon.start(namespaces, middle, HOP_CONFIGURATION);
      await hop.logged(/core: established/, 10_000);
      const vpn = clientSession("alice", `${folder}/alice`, "vpn0");
      await using client = await Daemon.start(namespaces, near, {
        ...clientConfiguration({ vpn }, { remote: HOP.west }),
        listen: LISTEN,
      });
      const logs = () => `${lns.log}\n${hop.log}\n${client.log}`;
      const until = (count: number) => untilUsers(count, { lns, client }, logs);
      await until(1);
      assertEquals((await usersOf(lns))[0]?.user, "alice");
      await succeed(namespaces, near, "ping", "-c", "5", "-i", "0.1", "-W", "2", LNS_ADDRESS);
      const shown = (await hop.status()).connections.flatMap(({ sessions }) =>
        sessions.map((session) => [session.name, (session as { joined?: string }).joined])
      );
      assertEquals(shown, [["call-1", "core/access-1"], ["access-1", "access/call-1"]]);

      await hop.ask("POST", "/connections/core/restart");
      await client.logged(/lns\/vpn: .*asked for again/, 10_000);
      await until(1);
      assertEquals(await client.end(), 0);
      await until(0);
      await hop.logged(/core\/access-\d+|access\/call-2: has ended/, 10_000);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

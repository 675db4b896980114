/**
 * PPP between two daemons: a client with a TUN dials an LNS, over L2TPv2 and L2TPv3, by each proof;
 * what goes wrong says so.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, succeed } from "./daemon.ts";
import {
  clientConfiguration,
  clientSession,
  LNS_ADDRESS,
  lnsConfiguration,
  untilUsers,
  USERS,
  usersOf,
} from "./ppp_sites.ts";
import { makeTwoSites, SITE_B } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];

/** A folder with the users' file and a password file for each of them. */
async function makeSecrets(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-ppp-" });
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
  await write("users.yaml", JSON.stringify(USERS));
  await write("wrong", "not the password");
  for (const [name, { password }] of Object.entries(USERS)) await write(name, password);
  return folder;
}

interface Dialled {
  readonly namespaces: Namespaces;
  readonly siteA: string;
  readonly siteB: string;
  readonly folder: string;
  readonly lns: Daemon;
  readonly client: Daemon;
  /** Waits until so many users are there. */
  until(count: number): Promise<void>;
}

/** Runs both daemons while `use` looks at them. */
async function dial(
  lns: Record<string, unknown>,
  client: (folder: string, lanA: string) => ConfigurationText,
  use: (dialled: Dialled) => Promise<void>,
): Promise<void> {
  const folder = await makeSecrets();
  try {
    await using namespaces = new Namespaces("lw-ppp");
    const { siteA, siteB, lanA } = await makeTwoSites(namespaces);
    const configuration = lnsConfiguration(`${folder}/users.yaml`, lns);
    await using server = await Daemon.start(namespaces, siteB, configuration);
    await using caller = await Daemon.start(namespaces, siteA, client(folder, lanA));
    await use({
      namespaces,
      siteA,
      siteB,
      folder,
      lns: server,
      client: caller,
      until: (count) => untilUsers(count, { lns: server, client: caller }),
    });
    assertNoPassword(server.log + caller.log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function assertNoPassword(said: string): void {
  for (const { password } of Object.values(USERS)) assertEquals(said.includes(password), false);
}

const alice = (folder: string, options = {}) =>
  clientSession("alice", `${folder}/alice`, "vpn0", options);

for (const [version, proof] of [[2, "ms-chap-v2"], [3, "chap"], [2, "pap"]] as const) {
  testRequiring(NEEDS, `a client dials an LNS over L2TPv${version}, by ${proof}`, async () => {
    await dial(
      { ppp: { authenticate: [proof], dns: ["10.201.0.1"] } },
      (folder) => clientConfiguration({ vpn: alice(folder) }, { version }),
      async ({ namespaces, siteA, siteB, client, lns, until }) => {
        await until(1);
        const [user] = await usersOf(lns);
        assertEquals([user?.user, user?.authentication, user?.address], [
          "alice",
          proof,
          "10.201.0.2",
        ]);
        await succeed(namespaces, siteA, "ping", "-c", "5", "-i", "0.1", "-W", "2", LNS_ADDRESS);
        const long = ["-s", "1300", "-M", "do"];
        await succeed(
          namespaces,
          siteB,
          "ping",
          "-c",
          "5",
          "-i",
          "0.1",
          "-W",
          "2",
          ...long,
          "10.201.0.2",
        );
        const far = await linkLocalAddress(namespaces, siteB, "lns0");
        await succeed(namespaces, siteA, "ping", "-c", "5", "-i", "0.1", "-W", "2", `${far}%vpn0`);
        assertMatch(JSON.stringify(await client.status()), /"dns":\["10.201.0.1"\]/);
        // The 1,400 octets of the link, less those of IP and TCP, though the path would hold more.
        for (const end of [client, lns]) {
          const status = JSON.stringify(await end.status());
          assertStringIncludes(status, `"tcpMss":{"ipv4":1360,"ipv6":1340}`);
          assertNoPassword(status);
        }
        assertEquals(await client.end(), 0);
        await until(0);
        const routes = await namespaces.ip(siteB, "route", "show", "dev", "lns0");
        assertEquals(routes.includes("10.201.0.2"), false, routes);
      },
    );
  });
}

testRequiring(NEEDS, "two users of a TUN reach each other, and a network behind one", async () => {
  const routes = ["10.201.0.0/22"];
  await dial(
    {},
    (folder, lanA) =>
      clientConfiguration({
        one: alice(folder, { attach: { routes } }),
        two: clientSession("bob", `${folder}/bob`, "vpn1", {
          attach: { address: "10.77.0.1/24", routes, namespace: lanA },
        }),
      }),
    async ({ namespaces, siteA, siteB, lns, until }) => {
      await until(2);
      const addresses = (await usersOf(lns)).map(({ address }) => address).sort();
      assertEquals(addresses, ["10.201.0.2", "10.201.0.3"]);
      await succeed(namespaces, siteB, "ping", "-c", "5", "-i", "0.1", "-W", "2", "10.77.0.1");
      await succeed(namespaces, siteB, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
      const bob = (await usersOf(lns)).find(({ user }) => user === "bob")?.address ?? "";
      await succeed(namespaces, siteA, "ping", "-c", "5", "-i", "0.1", "-W", "2", bob);
    },
  );
});

testRequiring(
  NEEDS,
  "all of IPv4 goes through the client's TUN, but the tunnel itself",
  async () => {
    await dial(
      {},
      (folder) => clientConfiguration({ vpn: alice(folder, { attach: { routes: "default" } }) }),
      async ({ namespaces, siteA, siteB, client, until }) => {
        await until(1);
        await namespaces.ip(siteB, "address", "add", "203.0.113.9/32", "dev", "lo");
        await succeed(namespaces, siteA, "ping", "-c", "5", "-i", "0.1", "-W", "2", "203.0.113.9");
        assertMatch(await namespaces.ip(siteA, "route", "get", SITE_B.ipv4), /dev wan/);
        await client.ask("POST", "/connections/lns/down");
        const routes = await namespaces.ip(siteA, "route", "show");
        assertEquals(routes.match(/vpn0|0\.0\.0\.0\/1/), null, routes);
      },
    );
  },
);

testRequiring(
  NEEDS,
  "a wrong password, and one session too many, end in a clear word",
  async () => {
    await dial(
      {},
      (folder) =>
        clientConfiguration({
          stranger: clientSession("alice", `${folder}/wrong`, "vpn0"),
          bob: clientSession("bob", `${folder}/bob`, "vpn1"),
          again: clientSession("bob", `${folder}/bob`, "vpn2"),
        }),
      async ({ lns, client, until }) => {
        await lns.logged(/alice is refused: wrong password \(ms-chap-v2\)/, 10_000);
        await lns.logged(/bob is refused: there are 1 sessions of this user already/, 10_000);
        await client.logged(/lns\/stranger: .*(credentials|believe|refused|password)/i, 10_000);
        await until(1);
        assert(!lns.log.includes("not the password") && !client.log.includes("not the password"));
      },
    );
  },
);

testRequiring(NEEDS, "what is idle, or has had its time, is ended", async () => {
  await dial(
    { ppp: { idle: "1s" } },
    (folder) => clientConfiguration({ vpn: alice(folder) }),
    async ({ lns }) => await lns.logged(/call-1 has ended: .*idle/, 10_000),
  );
  await dial(
    { ppp: { sessionTime: "1s" } },
    (folder) => clientConfiguration({ vpn: alice(folder) }),
    async ({ lns }) => await lns.logged(/call-1 has ended: .*the time/, 10_000),
  );
});

/** The link-local address that PPP has led to. */
async function linkLocalAddress(
  namespaces: Namespaces,
  namespace: string,
  name: string,
): Promise<string> {
  const text = await namespaces.ip(namespace, "-6", "-br", "address", "show", "dev", name);
  const [address = ""] = /fe80:[\da-f:]+/.exec(text) ?? [];
  return address;
}

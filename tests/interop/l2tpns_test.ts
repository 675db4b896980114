/**
 * l2tpns, which has a PPP of its own, as the LNS of our client: a ping to its TUN, by CHAP.
 */

import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon } from "../netns/daemon.ts";
import { LoggedProcess } from "../netns/logged_process.ts";
import { clientConfiguration, clientSession } from "../netns/ppp_sites.ts";
import { makeTwoSites, SITE_B } from "../netns/two_sites.ts";

const NEEDS = [root, tunDevice, iproute2, program("l2tpns", "l2tpns")];
const LNS_ADDRESS = "10.202.0.1";
const STUB = new URL("lab/radius_stub.ts", import.meta.url).pathname;

testRequiring(NEEDS, "our client dials l2tpns", async () => {
  const folder = await Deno.makeTempDir({ prefix: "longwire-l2tpns-" });
  await Deno.writeTextFile(`${folder}/password`, "of tests", { mode: 0o600 });
  await Deno.mkdir(`${folder}/etc`);
  await Deno.writeTextFile(`${folder}/etc/startup-config`, configuration(folder));
  await Deno.writeTextFile(`${folder}/etc/ip_pool`, "10.202.0.16/28\n");
  await Deno.writeTextFile(`${folder}/etc/users`, "");
  try {
    await using namespaces = new Namespaces("lw-l2tpns");
    const { siteA, siteB } = await makeTwoSites(namespaces);
    const stub = [Deno.execPath(), "run", "-A", "--unstable-net", "--no-config", STUB];
    await using radius = new LoggedProcess(namespaces, siteB, [
      ...stub,
      "radsec",
      "alice",
      "of tests",
    ]);
    await radius.logged(/ready/, 10_000);
    // It reads one folder, and at its end sends a signal to all of its process group.
    const start = `mount --bind ${folder}/etc /etc/l2tpns && ` +
      "exec setsid -w l2tpns";
    await using _lns = new LoggedProcess(namespaces, siteB, ["sh", "-c", start]);
    const vpn = clientSession("alice", `${folder}/password`, "vpn0");
    await using client = await Daemon.start(namespaces, siteA, clientConfiguration({ vpn }));
    // It answers some ten seconds after its start.
    await eventually(
      async () => {
        const ping = ["ping", "-c", "2", "-i", "0.2", "-W", "1", LNS_ADDRESS];
        return (await namespaces.run(siteA, ping)).code === 0;
      },
      () => client.log,
      40_000,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function configuration(folder: string): string {
  return [
    "debug 1",
    `log_file "${folder}/log"`,
    `pid_file "${folder}/pid"`,
    `l2tp_secret ""`,
    `primary_dns ${LNS_ADDRESS}`,
    "primary_radius 127.0.0.1",
    `radius_secret "radsec"`,
    `radius_authtypes "chap"`,
    `bind_address ${SITE_B.ipv4}`,
    `iftun_address ${LNS_ADDRESS}`,
    `peer_address ${LNS_ADDRESS}`,
    "cli_bind_address 127.0.0.1",
    "ppp_keepalive yes",
    `cluster_interface "wan"`,
  ].map((line) => `set ${line}\n`).join("");
}

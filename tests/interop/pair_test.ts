/**
 * `longwire pair --static`: the file for here is run by the daemon, the commands for `ip l2tp` by
 * the Linux kernel as a peer, just as they are printed; frames pass.
 */

import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { typed } from "../cli/recorded_terminal.ts";
import { testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, succeed } from "../netns/daemon.ts";
import { SITE_A, SITE_B } from "../netns/two_sites.ts";
import { GUEST_NEEDS, KernelGuest } from "./lab/kernel_guest.ts";

const VARIANTS: readonly (readonly string[])[] = [
  [],
  ["--encapsulation", "ip", "--cookie", "4", "--sublayer", "default"],
  ["--cookie", "0", "--port", "5000"],
];

/** Takes away every tunnel, and with it its session. */
const FORGET = "ip l2tp show tunnel | sed -n 's/^Tunnel \\([0-9]*\\),.*/\\1/p' | " +
  "while read id; do ip l2tp del tunnel tunnel_id $id; done";

const SHOW = "ip l2tp show tunnel; ip l2tp show session";

/** What the kernel shows of its end is, imported, what `pair` writes for a longwire in its place. */
async function importsAsPlanned(folder: string, shown: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/shown`, shown);
  const { out } = await typed("import", `${folder}/shown`);
  const here = parse(await Deno.readTextFile(`${folder}/here.yaml`)).static["100"];
  const there = parse(out).static["lw0"];
  assertEquals(
    [there.remote, there.local, there.encapsulation, there.localPort, there.remotePort],
    [here.local, here.remote, here.encapsulation, here.remotePort, here.localPort],
  );
  assertEquals(
    [there.localSessionId, there.remoteSessionId, there.receiveCookie, there.transmitCookie],
    [here.remoteSessionId, here.localSessionId, here.transmitCookie, here.receiveCookie],
  );
}

testRequiring(GUEST_NEEDS, "what pair prints for ip l2tp is run by the kernel", async (t) => {
  await using namespaces = new Namespaces("lw-pair");
  const siteA = await namespaces.add("site-a");
  await using guest = await KernelGuest.boot(namespaces, {
    namespace: siteA,
    tap: "wan",
    hostAddresses: [`${SITE_A.ipv4}/24`, `${SITE_A.ipv6}/64`],
    guestAddresses: [`${SITE_B.ipv4}/24`, `${SITE_B.ipv6}/64`],
    mtu: 1500,
  });
  for (const family of ["ipv4", "ipv6"] as const) {
    for (const variant of VARIANTS) {
      await t.step(`${family} ${variant.join(" ")}`, async () => {
        const folder = await Deno.makeTempDir({ prefix: "longwire-pair-" });
        try {
          const addresses = [SITE_B[family], "--local", SITE_A[family]];
          const words = ["pair", ...addresses, "--static", "--as", "ip-l2tp", "--out", folder];
          await typed(...words, ...variant);
          await guest.run(await Deno.readTextFile(`${folder}/there.sh`));
          await guest.run("ip address add 10.92.0.2/24 dev lw0");
          await importsAsPlanned(folder, await guest.run(SHOW));
          const here = parse(await Deno.readTextFile(`${folder}/here.yaml`));
          await using daemon = await Daemon.start(namespaces, siteA, here as ConfigurationText);
          await daemon.established();
          await namespaces.ipBatch(siteA, ["address add 10.92.0.1/24 dev lw0"]);
          await succeed(
            namespaces,
            siteA,
            "ping",
            "-c",
            "2",
            "-i",
            "0.1",
            "-W",
            "5",
            "10.92.0.2",
          );
        } finally {
          await guest.run(FORGET);
          await Deno.remove(folder, { recursive: true });
        }
      });
    }
  }
});

/**
 * Two sites with a router between them whose second link is narrower than the first, so that a path
 * has to be learnt, and a LAN behind each site.
 */

import type { Namespaces } from "../../src/cli/namespaces.ts";
import { succeed } from "./daemon.ts";

/** What the way from one site to the other holds. */
export const PATH_MTU = 1400;

/** Addresses of the sites. */
export const ENDS = {
  a: { ipv4: "10.115.1.1", ipv6: "fd00:115:1::1" },
  b: { ipv4: "10.115.2.1", ipv6: "fd00:115:2::1" },
};
const ROUTER = {
  a: { ipv4: "10.115.1.254", ipv6: "fd00:115:1::fe" },
  b: { ipv4: "10.115.2.254", ipv6: "fd00:115:2::fe" },
};

/** The namespaces. */
export interface Network {
  readonly siteA: string;
  readonly siteB: string;
  readonly lanA: string;
  readonly lanB: string;
}

/** Makes the namespaces and their links; a site's interface is `wan`. */
export async function makeNetwork(namespaces: Namespaces): Promise<Network> {
  const [siteA, siteB, router, lanA, lanB] = [
    await namespaces.add("site-a"),
    await namespaces.add("site-b"),
    await namespaces.add("router"),
    await namespaces.add("lan-a"),
    await namespaces.add("lan-b"),
  ];
  // A router may not tell of every packet; here each is waited for.
  const settings = "echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding; " +
    "echo 0 >ipv4/icmp_ratelimit; echo 0 >ipv6/icmp/ratelimit";
  await succeed(namespaces, router, "sh", "-ec", `cd /proc/sys/net; ${settings}`);
  for (const [end, site, mtu] of [["a", siteA, 1500], ["b", siteB, PATH_MTU]] as const) {
    const [own, hop] = [ENDS[end], ROUTER[end]];
    await namespaces.link(
      { namespace: site, name: "wan", addresses: [`${own.ipv4}/24`, `${own.ipv6}/64`] },
      { namespace: router, name: `to-${end}`, addresses: [`${hop.ipv4}/24`, `${hop.ipv6}/64`] },
      mtu,
    );
    await namespaces.ipBatch(site, [
      `route add default via ${hop.ipv4}`,
      `route add default via ${hop.ipv6}`,
    ]);
  }
  for (const address of Object.values(ENDS.b)) {
    await succeed(namespaces, siteA, "ping", "-c", "3", "-i", "0.2", "-W", "2", address);
  }
  return { siteA, siteB, lanA, lanB };
}

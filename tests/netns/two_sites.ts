/**
 * The network of most tests here: two sites with a link between them, and a LAN behind each.
 */

import { Namespaces } from "../../src/cli/namespaces.ts";

/** Addresses of the sites on the link between them. */
export const SITE_A = { ipv4: "10.115.0.1", ipv6: "fd00:115::1" };
export const SITE_B = { ipv4: "10.115.0.2", ipv6: "fd00:115::2" };

/** Four namespaces, of which the two sites are linked. */
export interface TwoSites {
  readonly namespaces: Namespaces;
  readonly siteA: string;
  readonly siteB: string;
  readonly lanA: string;
  readonly lanB: string;
}

/** Makes the namespaces and the link; its interface is `wan` at both ends. */
export async function makeTwoSites(namespaces: Namespaces, linkMtu = 1500): Promise<TwoSites> {
  const siteA = await namespaces.add("site-a");
  const siteB = await namespaces.add("site-b");
  const lanA = await namespaces.add("lan-a");
  const lanB = await namespaces.add("lan-b");
  await namespaces.link(
    {
      namespace: siteA,
      name: "wan",
      addresses: [`${SITE_A.ipv4}/24`, `${SITE_A.ipv6}/64`],
    },
    {
      namespace: siteB,
      name: "wan",
      addresses: [`${SITE_B.ipv4}/24`, `${SITE_B.ipv6}/64`],
    },
    linkMtu,
  );
  return { namespaces, siteA, siteB, lanA, lanB };
}

/**
 * The network of most tests here: two sites with a link between them, and a LAN behind each.
 */

import { Namespaces } from "../../src/cli/namespaces.ts";
import type { ConfigurationText } from "./daemon.ts";

/** Addresses of the sites on the link between them. */
export const SITE_A = { ipv4: "10.115.0.1", ipv6: "fd00:115::1" };
export const SITE_B = { ipv4: "10.115.0.2", ipv6: "fd00:115::2" };

/** One of the two ends. */
export type End = "a" | "b";

/** The site of an end, and the other one. */
export function sitesFrom(end: End): readonly [own: typeof SITE_A, other: typeof SITE_A] {
  return end === "a" ? [SITE_A, SITE_B] : [SITE_B, SITE_A];
}

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

/** Where the two ends' TAPs are in the session of `oneSession`. */
export const LAN_A = "10.91.0.1";
export const LAN_B = "10.91.0.2";

/**
 * One end's configuration of a single session between the LANs, over a connection `other` that site A
 * begins; its TAP is `lw0`. `connection` is what that connection has beside.
 */
export function oneSession(
  sites: TwoSites,
  end: End,
  connection: ConfigurationText = {},
): ConfigurationText {
  const [own, other] = sitesFrom(end);
  const address = `${end === "a" ? LAN_A : LAN_B}/24`;
  const namespace = end === "a" ? sites.lanA : sites.lanB;
  return {
    hostName: `site-${end}.example`,
    listen: [`udp://${own.ipv4}`, `ip://${own.ipv4}`],
    connections: {
      other: {
        remote: other.ipv4,
        initiate: end === "a",
        secret: { file: "secret" },
        sessions: { lan: { attach: { tap: "lw0", address, namespace } } },
        ...connection,
      },
    },
  };
}

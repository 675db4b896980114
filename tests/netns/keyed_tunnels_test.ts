/**
 * Keyed IPv6 tunnels (RFC 8159): all of them have session id 0xffffffff, and are told apart by the
 * addresses of their ends, where two of them meet at one address by that of the other end.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

/** The addresses of each tunnel's ends: the first two have one end in common. */
const TUNNELS = [
  { a: SITE_A.ipv6, b: SITE_B.ipv6 },
  { a: "fd00:115::a1", b: SITE_B.ipv6 },
  { a: "fd00:115::a2", b: "fd00:115::b2" },
] as const;

function configuration(sites: TwoSites, end: End): ConfigurationText {
  const other = end === "a" ? "b" : "a";
  const cookie = (of: End, index: number) => `0x${of}00000000000000${index}`;
  return {
    // A socket for every address gets copies of what is the tunnels' own.
    listen: ["ip://[::]"],
    static: Object.fromEntries(TUNNELS.map((tunnel, index) => [`key${index}`, {
      remote: tunnel[other],
      local: tunnel[end],
      encapsulation: "ip",
      localSessionId: 0xffffffff,
      remoteSessionId: 0xffffffff,
      receiveCookie: cookie(end, index),
      transmitCookie: cookie(other, index),
      attach: { tap: `key${index}`, namespace: end === "a" ? sites.lanA : sites.lanB },
    }])),
  };
}

testRequiring(
  LINKED_LANS,
  "keyed tunnels are told apart by their addresses, and carry frames each [K6-02]",
  async (t) => {
    await using namespaces = new Namespaces("lw-keyed");
    const sites = await makeTwoSites(namespaces);
    for (const [end, site] of [["a", sites.siteA], ["b", sites.siteB]] as const) {
      const own = new Set(TUNNELS.map((tunnel) => tunnel[end]));
      const lines = [...own].filter((address) => /[ab][12]$/.test(address))
        .map((address) => `address add ${address}/64 dev wan nodad`);
      await namespaces.ipBatch(site, lines);
    }
    await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b"));
    await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a"));
    await Promise.all([a.established(), b.established()]);
    for (const index of TUNNELS.keys()) {
      await t.step(`key${index}`, () => {
        using near = new FrameSocket(sites.lanA, `key${index}`);
        using far = new FrameSocket(sites.lanB, `key${index}`);
        const frame = testFrame(100 + index);
        near.send(frame);
        assertEquals(far.receive(2000), frame);
        far.send(frame);
        assertEquals(near.receive(2000), frame);
      });
    }
    for (const daemon of [a, b]) {
      const { static: sessions } = await daemon.status();
      for (const { name, counters } of sessions) {
        const dropped = Object.entries(counters.drops).filter(([, count]) => count > 0);
        assertEquals(dropped, [], name);
      }
    }
  },
);

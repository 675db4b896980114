/**
 * What a peer sends that does not fit a pseudowire is counted, or ends in a clear word, beside
 * sessions of the same connection that nothing happens to.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { captureFile } from "../endpoint/captures.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon, succeed } from "./daemon.ts";
import { type End, makeTwoSites, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

/** Frames into a Frame Relay circuit, and why each of them leaves it nowhere. */
const BAD_FRAMES: readonly [reason: string, frame: readonly number[]][] = [
  // The extension bits say that the address ends at once, and that it goes on.
  ["address", [0x19, 0x41, 0x03, 0xcc, 0x45]],
  ["address", [0x18, 0x40, 0x03, 0xcc, 0x45]],
  // No NLPID, an organization nobody knows, an Ethernet frame that is none.
  ["malformed", [0x18, 0x41, 0x03, 0x00, 0x00, 0x45]],
  ["protocol", [0x18, 0x41, 0x03, 0x00, 0x80, 0x01, 0x02, 0x03, 0x00, 0x07]],
  ["malformed", [0x18, 0x41, 0x03, 0x00, 0x80, 0x00, 0x80, 0xc2, 0x00, 0x07, 0xff]],
];
/** Frames of PPP whose protocol is nobody's, or missing. */
const BAD_PPP: readonly (readonly number[])[] = [[0xff, 0x03, 0x40, 0x22, 0x01], [0xff, 0x03]];

function configuration(sites: TwoSites, end: End, folder: string): ConfigurationText {
  const [own, other, lan] = end === "a"
    ? [SITE_A, SITE_B, sites.lanA]
    : [SITE_B, SITE_A, sites.lanB];
  const tap = (name: string) => ({ tap: name, namespace: lan });
  const plays = (file: string) => ({ pcap: { play: `${folder}/${file}`, pace: "fast" } });
  const here = end === "a";
  return {
    listen: [`udp://${own.ipv4}`],
    connections: {
      other: {
        remote: other.ipv4,
        initiate: here,
        secret: { file: "secret" },
        sessions: {
          good: { attach: { ...tap("good0"), address: `10.97.0.${here ? 1 : 2}/24` } },
          line: {
            pseudowire: "frame-relay",
            ...(here ? {} : { frameRelay: { dlci: 100 } }),
            attach: here ? plays("line.pcap") : tap("line0"),
          },
          noise: { pseudowire: "ppp", attach: here ? plays("noise.pcap") : tap("noise0") },
          // One routes, the other bridges.
          refused: {
            pseudowire: "ppp",
            attach: here ? { tun: "refused0", namespace: lan } : tap("refused0"),
          },
        },
      },
    },
  };
}

testRequiring(
  LINKED_LANS,
  "what does not fit is counted or refused, and nothing else is disturbed [FR-19]",
  async () => {
    await using namespaces = new Namespaces("lw-misfit");
    const sites = await makeTwoSites(namespaces);
    const folder = await Deno.makeTempDir({ prefix: "longwire-misfits-" });
    const write = (file: string, linkType: number, frames: readonly (readonly number[])[]) =>
      Deno.writeFile(
        `${folder}/${file}`,
        captureFile(
          "pcap",
          linkType,
          frames.map((each) => ({ octets: Uint8Array.from(each), atMs: 0 })),
        ),
      );
    try {
      await write("line.pcap", 107, BAD_FRAMES.map(([, frame]) => frame));
      await write("noise.pcap", 9, BAD_PPP);
      await using b = await Daemon.start(
        namespaces,
        sites.siteB,
        configuration(sites, "b", folder),
      );
      await using a = await Daemon.start(
        namespaces,
        sites.siteA,
        configuration(sites, "a", folder),
      );
      await Promise.all([a, b].map((each) => each.logged(/good: established/, 10_000)));
      const sessionsOf = async () => (await b.status()).connections[0]!.sessions;
      const dropsOf = async (name: string) =>
        (await sessionsOf()).find((session) => session.name === name)!.counters.drops;
      let last: Readonly<Record<string, number>> = {};
      const expected = Map.groupBy(BAD_FRAMES, ([reason]) => reason);
      await eventually(
        async () => {
          const drops = last = await dropsOf("line");
          return [...expected].every(([reason, frames]) => drops[reason] === frames.length);
        },
        () => JSON.stringify(last),
        3000,
      );
      await eventually(async () => (await dropsOf("noise")).malformed === 1, () => b.log, 3000);
      await b.logged(/refused: .*no network protocol could be agreed on/, 5000);
      await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "5", "10.97.0.2");
      assertEquals(Object.values(await dropsOf("good")).filter((count) => count > 0), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

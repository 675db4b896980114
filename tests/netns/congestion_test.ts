/**
 * A router between two ends marks their packets instead of dropping them, and the host inside
 * hears of it: over UDP and IP, IPv4 and IPv6, aggregated and not (RFC 6040 §4.2, RFC 9601).
 */

import { assert, assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { checksum } from "../dataplane/offload/frames.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { FrameSocket } from "./frame_socket.ts";
import { type End, makeTwoSites, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

const ECN_CAPABLE = 0b10;
const CONGESTION_EXPERIENCED = 0b11;
const UDP = 17;
const WITHIN_MS = 2_000;
/** A ping of a length that nothing else has, with its own headers and those of the tunnel. */
const PING_OCTETS = 333;
const INNER_OCTETS = 14 + 20 + 8 + PING_OCTETS;

const WAYS = (["udp", "ip"] as const).flatMap((encapsulation) =>
  (["ipv4", "ipv6"] as const).map((family) => ({
    tap: `${encapsulation}-${family}`,
    encapsulation,
    family,
  }))
);

function configuration(sites: TwoSites, end: End, ecn: boolean): ConfigurationText {
  const [own, other, host] = end === "a" ? [SITE_A, SITE_B, 1] : [SITE_B, SITE_A, 2];
  return {
    listen: [`udp://${own.ipv4}`],
    static: Object.fromEntries(WAYS.map(({ tap, encapsulation, family }, index) => [tap, {
      remote: other[family],
      local: own[family],
      encapsulation,
      ...(encapsulation === "udp" ? { localPort: 5000, remotePort: 5000 } : {}),
      localSessionId: index + 1,
      remoteSessionId: index + 1,
      ecn,
      attach: {
        tap,
        address: `10.91.${index}.${host}/24`,
        namespace: end === "a" ? sites.lanA : sites.lanB,
      },
    }])),
  };
}

/** As a router does that is short of room; a link that needs checksums has been made them. */
function markCongestion(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const marked = new Uint8Array(frame);
  const isIpv6 = marked[12] === 0x86;
  const transport = isIpv6 ? 54 : 34;
  marked[15]! |= CONGESTION_EXPERIENCED << (isIpv6 ? 4 : 0);
  if (!isIpv6) putChecksum(marked, 24, marked.subarray(14, transport));
  if (marked[isIpv6 ? 20 : 23] === UDP) {
    const addresses = isIpv6 ? marked.subarray(22, transport) : marked.subarray(26, transport);
    const length = marked.length - transport;
    const pseudo = [...addresses, 0, UDP, length >> 8, length & 0xff];
    putChecksum(marked, transport + 6, marked.subarray(transport), pseudo);
  }
  return marked;
}

/** Over octets of the frame, among them the field, and what is before them. */
function putChecksum(frame: Uint8Array, at: number, octets: Uint8Array, before: number[] = []) {
  frame.fill(0, at, at + 2);
  const sum = checksum([...before, ...octets]);
  frame.set([sum >> 8, sum & 0xff], at);
}

/** The ECN field of an outer packet. */
function outerEcn(frame: Uint8Array): number {
  return frame[15]! >> (frame[12] === 0x86 ? 4 : 0) & 0b11;
}

/**
 * Sends a ping through, again as a router would have marked it: what it had outside, and what the
 * marked one is inside.
 */
async function pingMarked(
  { namespaces, siteA, siteB, lanA, lanB }: TwoSites,
  tap: string,
  to: string,
): Promise<{ outside: number; inside: Uint8Array }> {
  using near = new FrameSocket(siteA, "wan");
  using far = new FrameSocket(siteB, "wan");
  const ping = ["ping", "-c", "1", "-W", "2", "-s", String(PING_OCTETS), "-Q", String(ECN_CAPABLE)];
  assertEquals((await namespaces.run(lanA, [...ping, to])).code, 0);
  const outer = far.receive(WITHIN_MS, ({ length }) => length > INNER_OCTETS);
  assert(outer !== undefined, "the ping's outer packet");
  using lan = new FrameSocket(lanB, tap);
  near.send(markCongestion(outer));
  const inside = lan.receive(WITHIN_MS, ({ length }) => length === INNER_OCTETS);
  assert(inside !== undefined, "the ping itself");
  return { outside: outerEcn(outer), inside };
}

for (const ecn of [true, false]) {
  const what = ecn ? "is told to" : "is kept from";
  testRequiring(
    LINKED_LANS,
    `congestion on the way ${what} the hosts inside, as ecn says [ECN-01, ECN-02]`,
    async (t) => {
      await using namespaces = new Namespaces("lw-ecn");
      const sites = await makeTwoSites(namespaces);
      const start = (end: End, site: string) =>
        Daemon.start(namespaces, site, configuration(sites, end, ecn));
      await using b = await start("b", sites.siteB);
      await using a = await start("a", sites.siteA);
      await Promise.all([a.established(), b.established()]);
      for (const [index, { tap }] of WAYS.entries()) {
        await t.step(tap, async () => {
          const { outside, inside } = await pingMarked(sites, tap, `10.91.${index}.2`);
          assertEquals(outside, ecn ? ECN_CAPABLE : 0);
          assertEquals(inside[15], ecn ? CONGESTION_EXPERIENCED : ECN_CAPABLE);
          assertEquals(checksum([...inside.subarray(14, 34)]), 0);
        });
      }
    },
  );
}

/**
 * Bad input from the network against a running daemon: random datagrams, truncated and oversized
 * AVPs, wrong digests, strangers. Nothing is answered, nothing is thrown, nothing leaks, and the
 * session next door goes on.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { ascii, avp, concat, digestOf, encodeMessage, u16, u32 } from "../harness/peer_message.ts";
import { Prng } from "../harness/prng.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon, succeed } from "./daemon.ts";
import {
  type End,
  LAN_B,
  makeTwoSites,
  oneSession,
  SITE_A,
  SITE_B,
  type TwoSites,
} from "./two_sites.ts";

const SEED = 20261122;
const RANDOM_DATAGRAMS = 20_000;
const STRANGER = "10.115.0.66";
/** What must have been counted in the end: a packet dropped is a packet told of. */
const COUNTED = [
  ...[
    ...["unknown-peer", "missing-digest", "bad-digest"],
    ...["malformed", "unknown-connection", "unknown-version"],
  ].map((reason) => `plane="control",reason="${reason}"`),
  ...["short", "version", "unknownSession"].map((reason) => `plane="data",reason="${reason}"`),
];

const NO_DIGEST = new Uint8Array(0);

function configuration(sites: TwoSites, end: End) {
  return { ...oneSession(sites, end), metrics: "http://127.0.0.1:9701" };
}

/** An SCCRQ that is whole and right, but for its digest where one is given. */
function sccrq(digest: "none" | "wrong" | "right"): Uint8Array {
  const digestAvp = (value: Uint8Array) => value.length === 0 ? [] : [avp(59, value)];
  const message = (value: Uint8Array) =>
    encodeMessage({ version: 3, connectionId: 0, sessionId: 0, ns: 0, nr: 0 }, [
      avp(0, u16(1)),
      ...digestAvp(value),
      avp(7, ascii("noise.example")),
      avp(60, u32(0x0a730042)),
      avp(61, u32(0x01020304)),
      avp(62, u16(5)),
    ]);
  if (digest === "none") return message(NO_DIGEST);
  const blank = concat(Uint8Array.of(1), new Uint8Array(20));
  const secret = ascii(digest === "right" ? "a secret of tests" : "another secret");
  const made = digestOf(message(blank), { digest: "sha1", secret, nonces: [] });
  return message(concat(Uint8Array.of(1), made));
}

/** Everything that is sent to the daemon, as the UDP payload; none of it deserves an answer. */
function* badDatagrams(): Generator<Uint8Array> {
  for (const whole of [sccrq("none"), sccrq("wrong")]) {
    yield whole;
    for (let length = 0; length < whole.length; length++) yield whole.subarray(0, length);
  }
  // Cut short, and with a Length that agrees: the AVPs themselves end in the middle.
  const right = sccrq("right");
  for (let length = 13; length < right.length; length++) {
    const cut = right.slice(0, length);
    cut.set(u16(length), 2);
    yield cut;
  }
  for (const avpLength of [0, 1, 5, 7, 1023]) {
    const lying = right.slice();
    lying.set(u16(0x8000 | avpLength), 12);
    yield lying;
  }
  const random = new Prng(SEED);
  for (let i = 0; i < RANDOM_DATAGRAMS; i++) {
    const octets = random.octets(random.below(1400));
    // Half of them at least begin like a control message of version 3.
    if (octets.length > 3 && random.chance(0.5)) octets.set([0xc8, 0x03, 0, 0]);
    if (octets.length > 11 && random.chance(0.25)) octets.set(u16(octets.length), 2);
    yield octets;
  }
}

testRequiring(
  LINKED_LANS,
  `bad input is met with silence and nothing breaks (seed ${SEED}) [V3-HDR-12]`,
  async () => {
    await using namespaces = new Namespaces("lw-noise");
    const sites = await makeTwoSites(namespaces);
    await namespaces.ip(sites.siteA, "address", "add", `${STRANGER}/24`, "dev", "wan");
    await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a"));
    await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b"));
    await Promise.all([a.established(), b.established()]);
    const before = await b.status();
    const descriptors = descriptorsOf(b);

    for (const address of [STRANGER, SITE_A.ipv4]) {
      using overUdp = openDatagramSocket({ kind: "udp", address, namespace: sites.siteA });
      using overIp = openDatagramSocket({
        kind: { protocol: 115 },
        address: STRANGER,
        namespace: sites.siteA,
      });
      await makeNoise(overUdp, 1701, (octets) => octets);
      await makeNoise(overIp, 0, (octets) => concat(new Uint8Array(4), octets));
      await makeNoise(overIp, 0, (octets) => octets);
      await succeed(namespaces, sites.lanA, "ping", "-c", "1", "-W", "2", LAN_B);
      assertEquals(overUdp.receive()?.octets, undefined, "an answer over UDP");
      assertEquals(overIp.receive()?.octets, undefined, "an answer over IP");
    }

    const after = await b.status();
    assertEquals(after.connections.map(({ state }) => state), ["established"]);
    assertEquals(after.connections[0]?.remote, before.connections[0]?.remote);
    // A question that was just being answered has one.
    await eventually(() => descriptorsOf(b) <= descriptors, () => `${descriptorsOf(b)}`, 2000);
    const metrics = String(await b.ask("GET", "/metrics"));
    for (const counter of COUNTED) {
      assertMatch(metrics, new RegExp(`^l2tp_drops_total\\{${counter}\\} [1-9]`, "m"), counter);
    }
    assertEquals(await b.end(), 0);
  },
);

/** Sends it all, no faster than a daemon on a small machine can look at it. */
async function makeNoise(
  socket: DatagramSocket,
  port: number,
  wrap: (octets: Uint8Array) => Uint8Array,
): Promise<void> {
  const to = { address: SITE_B.ipv4, port };
  let sent = 0;
  for (const octets of badDatagrams()) {
    await eventually(() => socket.send(wrap(octets), socket.local, to) === 0, () => "full", 2000);
    if (++sent % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function descriptorsOf({ pid }: Daemon): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/**
 * A path of 1,400 octets behind a first hop of 1,500: frames of full size cross it in every
 * configuration, or `status` says why not (RFC 3931 §4.1.4).
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { anyFlow, frameOf, SYN } from "../dataplane/offload/frames.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon, type SessionReport } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { ENDS, makeNetwork, type Network, PATH_MTU } from "./narrow_route.ts";

/** IPv4, UDP, flags and version, Session ID, and the frame's own header. */
const INSIDE = PATH_MTU - 20 - 8 - 4 - 4 - 14;
const BURST = 60;
const WITHIN_MS = 100;
const TRIES = 5;
const TRIES_IN_VAIN = 2;

/** What end A does about frames that are too long; end B has the defaults. */
interface Case {
  readonly tap: string;
  readonly encapsulation: "udp" | "ip";
  readonly family: "ipv4" | "ipv6";
  readonly fit: Record<string, unknown>;
  readonly mtu: number | "auto";
}

const OUTER: readonly Case[] = (["allow", "auto", "forbid"] as const).flatMap((fragmentation) =>
  (["udp", "ip"] as const).flatMap((encapsulation) =>
    (["ipv4", "ipv6"] as const).map((family) => ({
      tap: `${fragmentation}-${encapsulation}-${family.at(-1)}`,
      ...{ encapsulation, family, fit: { fragmentation }, mtu: 1500 },
    }))
  )
);
const udp = { encapsulation: "udp", family: "ipv4" } as const;
const FOLLOWER: Case = { ...udp, tap: "follows", fit: { fragmentation: "auto" }, mtu: "auto" };
const ANSWERER: Case = { ...udp, tap: "answers", fit: { oversize: "answer" }, mtu: 1500 };
const CUTTER: Case = {
  ...{ ...udp, tap: "cuts", mtu: 1500 },
  fit: { oversize: "fragment", fragmentation: "forbid" },
};
const MARKER: Case = { ...udp, tap: "marks", fit: { dscp: "copy", ecn: true }, mtu: 1350 };
const CASES = [...OUTER, FOLLOWER, ANSWERER, CUTTER, MARKER];

function configuration({ lanA, lanB }: Network, end: "a" | "b"): ConfigurationText {
  const [own, other, host] = end === "a" ? [ENDS.a, ENDS.b, 1] : [ENDS.b, ENDS.a, 2];
  const session = ({ tap, encapsulation, family, fit, mtu }: Case, index: number) => ({
    remote: other[family],
    local: own[family],
    encapsulation,
    ...(encapsulation === "udp" ? { localPort: 5001, remotePort: 5001 } : {}),
    localSessionId: index + 1,
    remoteSessionId: index + 1,
    ...(end === "a" ? fit : { tcpMss: "keep" }),
    attach: {
      ...{ tap, mtu: end === "a" ? mtu : 1500 },
      address: [`10.91.${index}.${host}/24`, `fd91:${index}::${host}/64`],
      namespace: end === "a" ? lanA : lanB,
    },
  });
  return {
    listen: [`udp://${own.ipv4}`],
    static: Object.fromEntries(CASES.map((each, index) => [each.tap, session(each, index)])),
  };
}

async function sessionOf(daemon: Daemon, { tap }: Case): Promise<SessionReport> {
  const found = (await daemon.status()).static.find(({ name }) => name === tap);
  assert(found !== undefined);
  return found;
}

const FULL_FRAME = testFrame(1514);
/** Its packet fits the first hop and not the second: with DF, from it the path is learnt. */
const LEARNING_FRAME = testFrame(1430);

/** Whether a frame comes through; the first ones may be lost to what is learnt of the path. */
function crosses(
  { lanA, lanB }: Network,
  { tap }: Case,
  given = FULL_FRAME,
  tries = TRIES,
): boolean {
  using from = new FrameSocket(lanA, tap);
  using to = new FrameSocket(lanB, tap);
  for (let attempt = 0; attempt < tries; attempt++) {
    from.send(given);
    const frame = to.receive(WITHIN_MS);
    if (frame === undefined) continue;
    assertEquals(frame, given);
    return true;
  }
  return false;
}

/** Frames that are sent as fast as they go arrive all, and in their order: messages are cut or not. */
function burstCrosses({ lanA, lanB }: Network, { tap }: Case): void {
  using from = new FrameSocket(lanA, tap);
  using to = new FrameSocket(lanB, tap);
  const frames = Array.from({ length: BURST }, (_, index) => {
    const frame = (index % 10 < 7 ? LEARNING_FRAME : FULL_FRAME).slice();
    return frame.fill(index, 20, 24);
  });
  for (const frame of frames) from.send(frame);
  for (const [index, frame] of frames.entries()) {
    assertEquals(to.receive(2_000), frame, `frame ${index}`);
  }
}

/** The segment size in a SYN after it has passed. */
function passedMss(from: string, to: string, tap: string, mss: number): number {
  using sender = new FrameSocket(from, tap);
  using receiver = new FrameSocket(to, tap);
  const [flow] = fc.sample(anyFlow, { numRuns: 1, seed: 3 });
  const kind = { tcp: true, ipv6: false, tags: [], flags: SYN };
  const options = Uint8Array.of(2, 4, mss >> 8, mss & 0xff);
  const syn = frameOf({ ...flow!, ...kind, options }, new Uint8Array(0)).slice();
  // To everybody, so that the kernel at the other end takes it.
  sender.send(syn.fill(0xff, 0, 6));
  for (;;) {
    const frame = receiver.receive(2_000, isIpv4);
    assert(frame !== undefined, "the SYN did not come");
    if (frame.length === syn.length && frame[23] === 6) return frame[56]! << 8 | frame[57]!;
  }
}

const isIpv4 = (frame: Uint8Array) => frame[12] === 0x08 && frame[13] === 0x00;

/** The IPv4 header of the next tunnel packet that leaves end A while it pings through. */
async function outerHeader(
  namespaces: Namespaces,
  { siteA, lanA }: Network,
  through: Case,
  service: number,
): Promise<{ service: number; dontFragment: boolean } | undefined> {
  using wan = new FrameSocket(siteA, "wan");
  const to = `10.91.${CASES.indexOf(through)}.2`;
  await ping(namespaces, lanA, "-c", "1", "-Q", String(service), "-s", "300", to);
  // From end A's address, as long as the ping with its headers.
  const isOurs = (frame: Uint8Array) =>
    isIpv4(frame) && (frame[23] === 17 || frame[23] === 115) && frame[28] === 1 &&
    frame.length > 340;
  const frame = wan.receive(WITHIN_MS, isOurs);
  return frame && { service: frame[15]!, dontFragment: (frame[20]! & 0x40) !== 0 };
}

const ping = (namespaces: Namespaces, lan: string, ...options: string[]) =>
  namespaces.run(lan, ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", ...options]);

testRequiring(
  LINKED_LANS,
  "a path of 1,400 octets is crossed by frames of 1,514, or status says why not [V3-MTU-01, V3-MTU-02, V3-MTU-03, V3-MTU-04, ETH-22, ECN-01]",
  async (t) => {
    await using namespaces = new Namespaces("lw-path");
    const network = await makeNetwork(namespaces);
    await using b = await Daemon.start(namespaces, network.siteB, configuration(network, "b"));
    await using a = await Daemon.start(namespaces, network.siteA, configuration(network, "a"));
    await Promise.all([a.established(), b.established()]);

    for (const each of OUTER.filter(({ fit }) => fit["fragmentation"] !== "forbid")) {
      await t.step(`${each.tap}: the frame crosses`, () => {
        assert(crosses(network, each, LEARNING_FRAME));
        assert(crosses(network, each));
        burstCrosses(network, each);
      });
    }
    await t.step("fragments were put together at the other end, by its kernel", async () => {
      assert((await b.status()).counters.fragments.reassembled >= 8);
    });
    for (const each of OUTER.filter(({ fit }) => fit["fragmentation"] === "forbid")) {
      await t.step(`${each.tap}: no frame crosses, and status says why`, async () => {
        assertEquals(crosses(network, each, LEARNING_FRAME, TRIES_IN_VAIN), false);
        assertEquals(crosses(network, each, FULL_FRAME, TRIES_IN_VAIN), false);
        const { path, counters } = await sessionOf(a, each);
        assert((counters.drops["oversize"] ?? 0) > 0, JSON.stringify(counters.drops));
        assertEquals([path.mtu, path.fragmentation], [PATH_MTU, "forbid"]);
      });
    }
    await t.step("mtu auto follows the path, and TCP is told of less", async () => {
      const follows = await sessionOf(a, FOLLOWER);
      assertEquals([follows.mtu, follows.path.payload], [INSIDE, INSIDE]);
      const shown = await namespaces.ip(network.lanA, "link", "show", "follows");
      assertMatch(shown, new RegExp(`mtu ${INSIDE} `));
      await a.announced(
        /session follows: the path holds 1400 octets instead of 1500; .*mtu 1350/,
      );
    });
    await t.step("SYNs are lowered both ways, small ones are not", () => {
      const { lanA, lanB } = network;
      const tap = "allow-udp-4";
      assertEquals(passedMss(lanA, lanB, tap, 1460), INSIDE - 40);
      assertEquals(passedMss(lanB, lanA, tap, 1460), INSIDE - 40);
      assertEquals(passedMss(lanA, lanB, tap, 1200), 1200);
    });
    await t.step("a host that must not be cut is told what fits, and believes it", async () => {
      const to = `10.91.${CASES.indexOf(ANSWERER)}.2`;
      const { stdout } = await ping(namespaces, network.lanA, "-M", "do", "-s", "1472", to);
      assertMatch(stdout, new RegExp(`mtu ?= ?${INSIDE}`));
      const toIpv6 = `fd91:${CASES.indexOf(ANSWERER)}::2`;
      const { stdout: ofIpv6 } = await ping(namespaces, network.lanA, "-s", "1452", toIpv6);
      assertMatch(ofIpv6, new RegExp(`Packet too big: mtu=${INSIDE}`));
      await eventually(
        async () => ((await sessionOf(a, ANSWERER)).counters.drops["tooBig"] ?? 0) > 0,
        () => stdout,
        2_000,
      );
    });
    await t.step(
      "outer packets are marked as those inside only where it is asked for",
      async () => {
        const service = 0xb8 | 2;
        const marked = await outerHeader(namespaces, network, MARKER, service);
        assertEquals(marked?.service, service);
        const unmarked = OUTER.find(({ tap }) => tap === "allow-udp-4")!;
        assertEquals((await outerHeader(namespaces, network, unmarked, service))?.service, 0);
      },
    );
    await t.step(
      "outer packets that fit have DF where fragments are not simply allowed",
      async () => {
        for (const each of OUTER.filter(({ family }) => family === "ipv4")) {
          const header = await outerHeader(namespaces, network, each, 0);
          assertEquals(header?.dontFragment, each.fit["fragmentation"] !== "allow", each.tap);
        }
      },
    );
    await t.step(
      "a packet that may be cut crosses in two frames, and no outer fragment",
      async () => {
        const before = (await sessionOf(a, CUTTER)).counters.transmittedFrames;
        const to = `10.91.${CASES.indexOf(CUTTER)}.2`;
        const { stdout, code } = await ping(
          namespaces,
          network.lanA,
          "-M",
          "dont",
          "-s",
          "1472",
          to,
        );
        assertEquals(code, 0, stdout);
        const { counters } = await sessionOf(a, CUTTER);
        assert(counters.transmittedFrames - before >= 6);
        assertEquals(counters.drops["oversize"], 0);
      },
    );
  },
);

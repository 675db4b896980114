/**
 * Two of our daemons, overheard: tshark's dissector must find every message well-formed and every
 * Message Digest right, over UDP and IP, with both digest algorithms, and with AVPs hidden.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { type ConfigurationText, Daemon, eventually } from "../netns/daemon.ts";
import { makeTwoSites, SITE_A, SITE_B } from "../netns/two_sites.ts";
import { Capture } from "./lab/capture.ts";

const NEEDS = [
  root,
  tunDevice,
  iproute2,
  program("tcpdump", "tcpdump"),
  program("tshark", "tshark"),
];

/** What one connection's life must show: SCCRQ, SCCRP, SCCCN, ICRQ, ICRP, ICCN, HELLO, StopCCN. */
const LIFE = [1, 2, 3, 10, 11, 12, 6, 4];
const MESSAGE_DIGEST = 59;

interface Variant {
  readonly encapsulation: "udp" | "ip";
  readonly digest: "sha1" | "md5";
  readonly hideAvps: boolean;
}

const VARIANTS: readonly Variant[] = (["udp", "ip"] as const).flatMap((encapsulation) =>
  (["sha1", "md5"] as const).flatMap((digest) =>
    [false, true].map((hideAvps) => ({ encapsulation, digest, hideAvps }))
  )
);

for (const variant of VARIANTS) {
  const { encapsulation, digest, hideAvps } = variant;
  const name = `tshark verifies ${digest} digests over ${encapsulation}` +
    (hideAvps ? ", AVPs hidden" : "");
  testRequiring(NEEDS, `${name} [V3-AUTH-07]`, async () => {
    await using namespaces = new Namespaces("lw-shark");
    const sites = await makeTwoSites(namespaces);
    await using capture = await Capture.start(namespaces, sites.siteA, "wan");
    await using b = await Daemon.start(namespaces, sites.siteB, configuration("b", variant));
    await using a = await Daemon.start(namespaces, sites.siteA, configuration("a", variant));
    await Promise.all([a.established(), b.established()]);
    const seen = async () => {
      const types = (await capture.soFar("")).map(({ messageType }) => messageType);
      return (type: number) => types.includes(type);
    };
    await eventually(async () => (await seen())(6), 10_000, () => a.log);
    await a.end();
    await eventually(async () => LIFE.every(await seen()), 5000, () => a.log);

    const judged = await capture.finish("a secret of tests");
    assertGreater(judged.length, LIFE.length);
    for (const message of judged) {
      assertEquals(message.complaints, "", JSON.stringify(message));
      assert(message.attributes.includes(MESSAGE_DIGEST), JSON.stringify(message));
      assertEquals(message.digest.slice(0, 2), digest === "md5" ? "00" : "01");
      assertEquals(message.overUdp, encapsulation === "udp");
    }
    // The judge is worth nothing if it calls everything right.
    const misled = await capture.soFar("quite another secret");
    assertEquals(misled.filter(({ wrongDigest }) => !wrongDigest), []);
  });
}

function configuration(end: "a" | "b", variant: Variant): ConfigurationText {
  const [own, other] = end === "a" ? [SITE_A, SITE_B] : [SITE_B, SITE_A];
  return {
    hostName: `site-${end}.example`,
    listen: [`udp://${own.ipv4}`, `ip://${own.ipv4}`],
    connections: {
      other: {
        remote: other.ipv4,
        initiate: end === "a",
        ...variant,
        secret: { file: "secret" },
        hello: "1s",
        sessions: { lan: { attach: { tap: "lw0" } } },
      },
    },
  };
}

/**
 * Two of our daemons, overheard: tshark's dissector must find every message well-formed and every
 * Message Digest right, over UDP and IP, with both digest algorithms, and with AVPs hidden.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon } from "../netns/daemon.ts";
import { makeTwoSites, oneSession } from "../netns/two_sites.ts";
import { LINK_TYPES } from "../../src/endpoint/link_types.ts";
import { pcapngHeader, pcapngPacket } from "../../src/endpoint/pcapng.ts";
import { V2_CELLS } from "../harness/cells.ts";
import { concat, u16, u32 } from "../harness/peer_message.ts";
import { wholeLife } from "../conformance/whole_life.ts";
import { Capture, judge } from "./lab/capture.ts";

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
    const keys = { ...variant, hello: "1s" };
    await using b = await Daemon.start(namespaces, sites.siteB, oneSession(sites, "b", keys));
    await using a = await Daemon.start(namespaces, sites.siteA, oneSession(sites, "a", keys));
    await Promise.all([a.established(), b.established()]);
    const seen = async () => {
      const types = (await capture.messages("")).map(({ messageType }) => messageType);
      return (type: number) => types.includes(type);
    };
    await eventually(async () => (await seen())(6), () => a.log, 10_000);
    await a.end();
    await eventually(async () => LIFE.every(await seen()), () => a.log);

    const judged = await capture.messages("a secret of tests");
    assertGreater(judged.length, LIFE.length);
    for (const message of judged) {
      assertEquals(message.complaints, "", JSON.stringify(message));
      assert(message.attributes.includes(MESSAGE_DIGEST), JSON.stringify(message));
      assertEquals(message.digest.slice(0, 2), digest === "md5" ? "00" : "01");
      assertEquals(message.overUdp, encapsulation === "udp");
    }
    // The judge is worth nothing if it calls everything right.
    const misled = await capture.messages("quite another secret");
    assertEquals(misled.filter(({ wrongDigest }) => !wrongDigest), []);
  });
}

testRequiring(
  [program("tshark", "tshark")],
  "tshark finds nothing wrong with any message of L2TPv2's calls [V2-AVP-16, V2-HDR-18]",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-shark-" });
    try {
      const messages = V2_CELLS.flatMap((cell) => wholeLife(cell).map(({ message }) => message));
      const file = `${folder}/calls.pcapng`;
      await Deno.writeFile(file, captureOf(messages.map(({ datagram }) => datagram)));
      const judged = await judge(file, "");
      assertEquals(judged.length, messages.length);
      const types = new Set(judged.map(({ messageType }) => messageType));
      assertEquals(CALL_MESSAGES.filter((type) => !types.has(type)), []);
      for (const { complaints, messageType } of judged) {
        const faults = complaints.split(";").filter((each) => !NOT_DISSECTED.includes(each));
        assertEquals(faults, [], `message type ${messageType}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** What tshark says of an AVP that it does not know, as those of RFC 3145 and later; or nothing. */
const NOT_DISSECTED = ["", "Vendor-Specific AVP data"];

/** OCRQ to ICCN, CDN, WEN and SLI. */
const CALL_MESSAGES = [7, 8, 9, 10, 11, 12, 14, 15, 16];

/** A capture file of these datagrams, from one port 1701 to another. */
function captureOf(datagrams: readonly Uint8Array[]): Uint8Array {
  const packets = datagrams.map((datagram, index) => {
    const udp = concat(u16(1701), u16(1701), u16(8 + datagram.length), u16(0), datagram);
    const ip = concat(
      Uint8Array.of(0x45, 0),
      u16(20 + udp.length),
      u32(0),
      Uint8Array.of(64, 17, 0, 0),
      Uint8Array.of(192, 0, 2, 1, 192, 0, 2, 2),
    );
    const octets = concat(ip, udp);
    const when = { seconds: index, nanoseconds: 0 };
    return pcapngPacket({ direction: "outbound", ...when, octets, comment: undefined });
  });
  return concat(pcapngHeader(LINK_TYPES.ip, "calls", "longwire"), ...packets);
}

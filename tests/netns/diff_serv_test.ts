/** What two daemons agree on by RFC 3308 is what routers between them read in the packets. */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { Daemon } from "./daemon.ts";
import { FrameSocket } from "./frame_socket.ts";
import { type End, makeTwoSites, sitesFrom, type TwoSites } from "./two_sites.ts";

/** Proposed by A in this order; B would only have the second of each. */
const CONTROL = { a: [48, 46], b: [46] };
const DATA = { a: [34, 26], b: [26] };

const UDP = 17;
const L2TP = 115;
const WITHIN_MS = 3_000;

type Encapsulation = "udp" | "ip";

function configuration(sites: TwoSites, end: End, encapsulation: Encapsulation) {
  const family = encapsulation === "udp" ? "ipv4" : "ipv6";
  const [own, other] = sitesFrom(end);
  const address = end === "a" ? "10.95.0.1/24" : "10.95.0.2/24";
  const namespace = end === "a" ? sites.lanA : sites.lanB;
  return {
    hostName: `site-${end}.example`,
    listen: [family === "ipv4" ? `udp://${own.ipv4}` : `ip://[${own.ipv6}]`],
    connections: {
      other: {
        remote: family === "ipv4" ? other.ipv4 : `[${other.ipv6}]`,
        encapsulation,
        initiate: end === "a",
        hello: "1s",
        secret: { file: "secret" },
        diffServ: CONTROL[end],
        sessions: { lan: { diffServ: DATA[end], attach: { tap: "lw0", address, namespace } } },
      },
    },
  };
}

/** An outer packet of the tunnel: its sender, whether it is control, and the DSCP of its IP header. */
interface Outer {
  readonly sender: End;
  readonly isControl: boolean;
  readonly dscp: number;
}

function outerOf(frame: Uint8Array): Outer | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const senderOf = (lastOctetAt: number) => frame[lastOctetAt] === 1 ? "a" as const : "b" as const;
  if (view.getUint16(12) === 0x0800 && frame[23] === UDP) {
    const isControl = (frame[42]! & 0x80) !== 0;
    return { sender: senderOf(29), isControl, dscp: frame[15]! >> 2 };
  }
  if (view.getUint16(12) === 0x86dd && frame[20] === L2TP) {
    const isControl = view.getUint32(54) === 0;
    return { sender: senderOf(37), isControl, dscp: view.getUint16(14) >> 6 & 0x3f };
  }
  return undefined;
}

/** The DSCP of the next packet of the kind. */
function nextDscp(link: FrameSocket, sender: End, isControl: boolean): number | undefined {
  const frame = link.receive(WITHIN_MS, (each) => {
    const outer = outerOf(each);
    return outer?.sender === sender && outer.isControl === isControl;
  });
  return frame && outerOf(frame)?.dscp;
}

for (const encapsulation of ["udp", "ip"] as const) {
  testRequiring(
    LINKED_LANS,
    `packets over ${encapsulation} have the DSCPs that were agreed on [DS-04]`,
    async () => {
      await using namespaces = new Namespaces("lw-diffserv");
      const sites = await makeTwoSites(namespaces);
      await using b = await Daemon.start(
        namespaces,
        sites.siteB,
        configuration(sites, "b", encapsulation),
      );
      await using a = await Daemon.start(
        namespaces,
        sites.siteA,
        configuration(sites, "a", encapsulation),
      );
      await Promise.all([a.established(), b.established()]);
      for (const [sender, daemon] of [["a", a], ["b", b]] as const) {
        const { connections: [connection] } = await daemon.status();
        assertEquals(connection!.sessions[0]!.path.dscp, 26);
        using link = new FrameSocket(sites.siteA, "wan");
        const ping = namespaces.run(sites.lanA, ["ping", "-c", "3", "-i", "0.1", "10.95.0.2"]);
        assertEquals((await ping).code, 0);
        assertEquals(nextDscp(link, sender, false), 26, "data");
        assertEquals(nextDscp(link, sender, true), 46, "a HELLO, or its acknowledgement");
      }
    },
  );
}

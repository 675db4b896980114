/** `mtu: auto`, header by header. */

import { assertEquals } from "@std/assert";
import { attachmentMtu, sessionOverhead } from "../../src/endpoint/mtu.ts";
import { linkMtu } from "../../src/endpoint/ppp_mtu.ts";
import { fitFor } from "../../src/endpoint/session_fit.ts";
import type { Encapsulation } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";

function descriptor(
  encapsulation: Encapsulation,
  remote: string,
  cookies: readonly [receive: number, transmit: number],
  sublayer: "none" | "default",
): SessionDescriptor {
  const port = encapsulation === "udp" ? 1701 : 0;
  return {
    version: 3,
    path: { encapsulation, local: { address: "::", port }, remote: { address: remote, port } },
    pseudowire: "ethernet",
    localSessionId: 1,
    remoteSessionId: 2,
    receiveCookie: new Uint8Array(cookies[0]),
    transmitCookie: new Uint8Array(cookies[1]),
    receiveSublayer: sublayer,
    transmitSublayer: sublayer,
    receiveSequencing: "none",
    transmitSequencing: "none",
  };
}

Deno.test("the overhead is the sum of the headers, IP included [ETH-23]", () => {
  // 4 to 16 octets over IP and 16 to 28 over UDP beside the IP header, as RFC 4719 §3.3 has it.
  const v4 = "192.0.2.1";
  assertEquals(sessionOverhead(descriptor("ip", v4, [0, 0], "none")), 20 + 4);
  assertEquals(sessionOverhead(descriptor("ip", v4, [8, 8], "default")), 20 + 16);
  assertEquals(sessionOverhead(descriptor("udp", v4, [0, 0], "none")), 20 + 16);
  assertEquals(sessionOverhead(descriptor("udp", v4, [8, 8], "default")), 20 + 28);
  assertEquals(sessionOverhead(descriptor("udp", "2001:db8::1", [4, 4], "none")), 40 + 20);
});

Deno.test("both ends of a path get the same MTU although their cookies differ", () => {
  const here = descriptor("udp", "192.0.2.1", [8, 4], "none");
  const there = descriptor("udp", "192.0.2.2", [4, 8], "none");
  assertEquals(attachmentMtu(here, 1500), 1500 - 20 - 8 - 8 - 8 - 14);
  assertEquals(attachmentMtu(there, 1500), attachmentMtu(here, 1500));
});

Deno.test("an MTU stays within what an interface and the data plane can have", () => {
  const session = descriptor("udp", "127.0.0.1", [8, 8], "default");
  assertEquals(attachmentMtu(session, 65_536), 9_004);
  assertEquals(attachmentMtu(session, 100), 68);
});

/** What a session of each kind puts between an Ethernet frame, or a packet, and its packet. */
const WRAPPINGS: readonly [
  kind: Pick<SessionDescriptor, "pseudowire" | "framing" | "frameRelay" | "hdlc" | "vlan">,
  octets: number,
][] = [
  [{ pseudowire: "ethernet" }, 14],
  [{ pseudowire: "ethernet-vlan", vlan: { peer: 7 } }, 14 + 4],
  [{ pseudowire: "ethernet-vlan", vlan: { peer: 7, port: 8 } }, 14],
  [{ pseudowire: "frame-relay", framing: "bridged", frameRelay: { length: 2, dlci: 16 } }, 14 + 10],
  [{ pseudowire: "frame-relay", framing: "bridged", frameRelay: { length: 4, dlci: 16 } }, 14 + 12],
  [{ pseudowire: "frame-relay", framing: "routed", frameRelay: { length: 2, dlci: 16 } }, 4],
  [{ pseudowire: "frame-relay", framing: "routed", frameRelay: { length: 4, dlci: 16 } }, 6],
  [{ pseudowire: "hdlc", framing: "bridged", hdlc: "cisco" }, 14 + 4],
  [{ pseudowire: "hdlc", framing: "routed", hdlc: "cisco" }, 4],
  [{ pseudowire: "hdlc", framing: "bridged", hdlc: "ppp" }, 14 + 6],
  [{ pseudowire: "hdlc", framing: "routed", hdlc: "ppp" }, 4],
  [{ pseudowire: "ppp", framing: "bridged" }, 14 + 6],
  [{ pseudowire: "ppp", framing: "routed" }, 4],
];

for (const [kind, octets] of WRAPPINGS) {
  const words = [
    kind.pseudowire,
    kind.framing ?? "",
    kind.hdlc ?? "",
    kind.frameRelay?.length ?? "",
  ];
  Deno.test(`what fits of ${words.join(" ").trim()} is what is left by every header`, () => {
    const session = { ...descriptor("udp", "192.0.2.1", [8, 8], "default"), ...kind };
    const left = 1500 - 20 - 8 - 4 - 4 - 8 - 4;
    assertEquals(attachmentMtu(session, 1500), left - octets);
    const fit = fitFor(FIT, session, 1500, 1500);
    const header = kind.framing === "routed" ? 0 : 14;
    assertEquals(fit.longestFrame, left - octets + header);
    if (kind.pseudowire === "ppp") assertEquals(linkMtu(session, 1500), left - 4);
  });
}

const FIT = {
  fragmentation: "auto",
  oversize: "answer",
  tcpMss: "auto",
  dscp: 0,
  ecn: false,
} as const;

Deno.test("in L2TPv2 the longest data header counts", () => {
  const session: SessionDescriptor = {
    ...descriptor("udp", "192.0.2.1", [0, 0], "none"),
    version: 2,
    localTunnelId: 1,
    remoteTunnelId: 2,
    pseudowire: "ppp",
    framing: "bridged",
  };
  // Flags and version, length, both ids, Ns and Nr.
  const left = 1500 - 20 - 8 - 12;
  assertEquals(sessionOverhead(session), 1500 - left);
  assertEquals(attachmentMtu(session, 1500), left - 6 - 14);
  assertEquals(linkMtu({ ...session, framing: "routed" }, 1500), left - 4);
});

/** `mtu: auto`, header by header. */

import { assertEquals } from "@std/assert";
import { attachmentMtu, encapsulationOverhead } from "../../src/endpoint/mtu.ts";
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
  assertEquals(encapsulationOverhead(descriptor("ip", v4, [0, 0], "none")), 20 + 4);
  assertEquals(encapsulationOverhead(descriptor("ip", v4, [8, 8], "default")), 20 + 16);
  assertEquals(encapsulationOverhead(descriptor("udp", v4, [0, 0], "none")), 20 + 16);
  assertEquals(encapsulationOverhead(descriptor("udp", v4, [8, 8], "default")), 20 + 28);
  assertEquals(encapsulationOverhead(descriptor("udp", "2001:db8::1", [4, 4], "none")), 40 + 20);
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

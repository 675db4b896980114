/** Which descriptors can be carried, and what is said of the others. */

import { assertThrows } from "@std/assert";
import { checkDescriptor } from "../../src/dataplane/descriptor_check.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { descriptorOf, pathOver, v2DescriptorOf } from "./sessions.ts";

function refuses(changes: Partial<SessionDescriptor>, words: string): void {
  assertThrows(() => checkDescriptor(descriptorOf(changes)), RangeError, words);
}

Deno.test("a session of version 3 with every field in range can be carried", () => {
  checkDescriptor(descriptorOf());
  checkDescriptor(descriptorOf({ pseudowire: "ethernet-vlan", remoteSessionId: 0 }));
});

Deno.test("Session ID 0 is no session's [V3-IP-05, V3-DP-32]", () => {
  refuses({ localSessionId: 0 }, "Session ID is 0");
});

Deno.test("a cookie has 0, 4 or 8 octets [V3-DP-03, V3-DP-04]", () => {
  for (const length of [1, 2, 3, 5, 6, 7, 9]) {
    refuses({ receiveCookie: new Uint8Array(length) }, `${length} octets`);
    refuses({ transmitCookie: new Uint8Array(length) }, `${length} octets`);
  }
});

Deno.test("sequencing needs a sublayer in the same direction [V3-DP-30]", () => {
  refuses({ transmitSequencing: "all", receiveSublayer: "default" }, "L2-Specific Sublayer");
  refuses({ receiveSequencing: "non-ip", transmitSublayer: "default" }, "L2-Specific Sublayer");
});

Deno.test("pseudowires that the data plane does not know are refused by name", () => {
  refuses({ pseudowire: "ethernet", framing: "routed" }, "Ethernet frames, not packets");
});

Deno.test("a session of version 2 has ids of 16 bits, UDP, and no parts of version 3 [V3-CO-02]", () => {
  checkDescriptor(v2DescriptorOf());
  checkDescriptor(v2DescriptorOf({ remoteSessionId: 0, transmitSequencing: "all" }));
  const refusesV2 = (changes: Partial<SessionDescriptor>, words: string) =>
    assertThrows(() => checkDescriptor(v2DescriptorOf(changes)), RangeError, words);
  for (const id of [undefined, 0, 0x10000, 1.5]) {
    refusesV2({ localTunnelId: id }, "local Tunnel ID");
    refusesV2({ remoteTunnelId: id }, "remote Tunnel ID");
  }
  refusesV2({ localSessionId: 0 }, "local Session ID");
  refusesV2({ remoteSessionId: 0x10000 }, "remote Session ID");
  refusesV2({ path: pathOver("ip") }, "over UDP only");
  refusesV2({ transmitCookie: new Uint8Array(4) }, "cookies");
  refusesV2({ receiveSublayer: "default" }, "L2-Specific Sublayer");
  refusesV2({ transmitSequencing: "non-ip" }, "all packets or none");
});

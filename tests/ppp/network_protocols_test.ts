/** IPCP, IPV6CP and BCP by a peer that is played packet by packet. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { ScriptedLink } from "./scripted_link.ts";
import { linked } from "./two_links.ts";

function opened(settings: PppSettings): ScriptedLink {
  const peer = new ScriptedLink(settings);
  peer.open("lcp", "0506deadbeef");
  return peer;
}

Deno.test("IPCP: who asks for an address gets the one that it is to have", () => {
  const peer = opened({ ipv4: { local: "10.0.0.1", remote: "10.0.0.2" } });
  assertEquals(peer.hearText(), ["ipcp 1 1 03060a000001"]);
  peer.say("ipcp 1 1 030600000000", "ipcp 1 2 0306c0a80001", "ipcp 1 3 03060a000002");
  assertEquals(peer.hearText(), [
    "ipcp 3 1 03060a000002",
    "ipcp 3 2 03060a000002",
    "ipcp 2 3 03060a000002",
  ]);
});

Deno.test("IPCP: without an address to give, the peer's own is taken, but not ours or none", () => {
  const peer = opened({ ipv4: { local: "10.0.0.1" } });
  peer.hear();
  peer.say("ipcp 1 1 030600000000", "ipcp 1 2 03060a000001", "ipcp 1 3 0306c0a80007");
  assertEquals(peer.hearText(), [
    "ipcp 4 1 030600000000",
    "ipcp 4 2 03060a000001",
    "ipcp 2 3 0306c0a80007",
  ]);
  peer.say("ipcp 2 1 03060a000001");
  assertEquals(peer.only("ipv4Up").remote, "192.168.0.7");
});

Deno.test("IPCP: a peer that does not say its address has the one that we know, or none", () => {
  for (const remote of [undefined, "10.0.0.2"]) {
    const peer = opened({ ipv4: { local: "10.0.0.1", ...(remote ? { remote } : {}) } });
    peer.open("ipcp");
    assertEquals(peer.only("ipv4Up").remote, remote);
  }
});

Deno.test("IPCP: name servers are told to who asks, others and header compression are rejected [V2-UDP-09]", () => {
  const peer = opened({
    ipv4: { local: "10.0.0.1", remote: "10.0.0.2", dns: ["10.0.0.53"] },
  });
  peer.hear();
  peer.say("ipcp 1 1 0206002d0f0103060a000002810600000000830600000000820600000000");
  assertEquals(peer.hearText(), ["ipcp 4 1 0206002d0f01830600000000820600000000"]);
  peer.say("ipcp 1 2 03060a000002810600000000");
  assertEquals(peer.hearText(), ["ipcp 3 2 81060a000035"]);
  peer.say("ipcp 1 3 03060a00000281060a000035");
  assertEquals(peer.hearText(), ["ipcp 2 3 03060a00000281060a000035"]);
});

Deno.test("IPCP: name servers that the peer does not have are not asked for again", () => {
  const peer = opened({ ipv4: { requestDns: true } });
  assertEquals(peer.hearText(), ["ipcp 1 1 030600000000810600000000830600000000"]);
  peer.say("ipcp 4 1 830600000000", "ipcp 3 2 03060a000009810601010101");
  assertEquals(peer.hearText(), [
    "ipcp 1 2 030600000000810600000000",
    "ipcp 1 3 03060a000009810601010101",
  ]);
  peer.say("ipcp 2 3 03060a000009810601010101", "ipcp 1 1 03060a000001");
  const { local, dns } = peer.only("ipv4Up");
  assertEquals([local, dns], ["10.0.0.9", ["1.1.1.1"]]);
});

Deno.test("IPCP: without any address of ours nothing opens", () => {
  const peer = opened({ ipv4: {} });
  const { identifier, data } = peer.hearOne("ipcp", 1);
  peer.say(`ipcp 4 ${identifier} ${data}`);
  peer.open("ipcp", "03060a000001");
  peer.advance(20_000);
  assertEquals(peer.told("ipv4Up"), []);
  assertEquals(peer.only("down").reason, "no-network-protocol");
});

Deno.test("IPV6CP: zero gets a suggestion, ours too, another one is acknowledged", () => {
  const peer = opened({
    ipv6: {
      localInterfaceId: Uint8Array.fromHex("0000000000000001"),
      remoteInterfaceId: Uint8Array.fromHex("0000000000000002"),
    },
  });
  assertEquals(peer.hearText(), ["ipv6cp 1 1 010a0000000000000001"]);
  peer.say("ipv6cp 1 1 010a0000000000000000", "ipv6cp 1 2 010a0000000000000001", "ipv6cp 1 3");
  assertEquals(peer.hearText(), [
    "ipv6cp 3 1 010a0000000000000002",
    "ipv6cp 3 2 010a0000000000000002",
    "ipv6cp 3 3 010a0000000000000002",
  ]);
  peer.say("ipv6cp 1 4 010a00000000000000070204004f", "ipv6cp 1 5 010a0000000000000007");
  assertEquals(peer.hearText(), ["ipv6cp 4 4 0204004f", "ipv6cp 2 5 010a0000000000000007"]);
  peer.say("ipv6cp 2 1 010a0000000000000001");
  assertEquals(peer.only("ipv6Up").remoteInterfaceId?.toHex(), "0000000000000007");
});

Deno.test("IPV6CP: a conflict is settled by the peer's suggestion, or a new one of ours", () => {
  const peer = opened({ ipv6: {} });
  const first = peer.hearOne("ipv6cp", 1);
  peer.say(`ipv6cp 3 ${first.identifier} 010a0000000000000005`);
  const second = peer.hearOne("ipv6cp", 1);
  assertEquals(second.data, "010a0000000000000005");
  peer.say(`ipv6cp 3 ${second.identifier} 010a0000000000000000`);
  const third = peer.hearOne("ipv6cp", 1);
  assertNotEquals(third.data, "010a0000000000000000");
  // Nobody else's: the universal bit is not set.
  assertEquals(Number.parseInt(third.data.slice(4, 6), 16) & 2, 0);
});

Deno.test("IPV6CP: an identifier that was set stays, and the peer is told to take another", () => {
  const fixed = { ipv6: { localInterfaceId: Uint8Array.fromHex("0000000000000001") } };
  const peer = opened(fixed);
  const { identifier, data } = peer.hearOne("ipv6cp", 1);
  peer.say(`ipv6cp 3 ${identifier} 010a0000000000000005`);
  assertEquals(peer.hearOne("ipv6cp", 1).data, data);
  const { left, right } = linked(fixed, { ipv6: {} });
  const [a, b] = [left.only("ipv6Up"), right.only("ipv6Up")];
  assertEquals(a.localInterfaceId.toHex(), "0000000000000001");
  assertEquals(a.localInterfaceId, b.remoteInterfaceId);
  assertEquals(b.localInterfaceId, a.remoteInterfaceId);
});

Deno.test("BCP: what is asked for, and an MRU that has room for a tagged frame [BCP-05, BCP-06]", () => {
  const peer = new ScriptedLink({ bridge: {} });
  assert(peer.hearOne("lcp", 1).data.startsWith("010405f0"));
  const other = opened({ bridge: { taggedFrames: false, managementInline: false } });
  assertEquals(other.hearText(), ["bcp 1 1 030301080302"]);
  other.say("bcp 2 1 030301080302", "bcp 1 1 03030103030b080301");
  assertEquals(other.hearText(), ["bcp 2 1 03030103030b080301"]);
  const { taggedFrames, managementInline } = other.only("bridgeUp");
  assertEquals([taggedFrames, managementInline], [true, false]);
});

Deno.test("BCP: tagged frames and bridges' own only if the peer says so [BCP-09, BCP-10]", () => {
  for (
    const [request, tagged, inline] of [
      ["", false, false],
      ["080302", false, false],
      ["080301", true, false],
      ["0902", false, true],
      ["0803010902", true, true],
    ] as const
  ) {
    const peer = opened({ bridge: {} });
    peer.open("bcp", request);
    const { taggedFrames, managementInline } = peer.only("bridgeUp");
    assertEquals([taggedFrames, managementInline], [tagged, inline], request);
  }
});

Deno.test("BCP: nothing gets a Nak; half bridges, tinygrams, the old spanning tree and the B flag are rejected [BCP-13, BCP-14, BCP-15, BCP-16, BCP-17]", () => {
  const peer = opened({ bridge: {} });
  peer.hear();
  peer.say("bcp 1 1 01040011020400220303010403010703010a020608000000000000");
  assertEquals(peer.hearText(), ["bcp 4 1 01040011020400220403010703010a020608000000000000"]);
  peer.say("bcp 1 2 0303010608020000000001");
  assertEquals(peer.hearText(), ["bcp 2 2 0303010608020000000001"]);
  for (const options of ["080303", "0302", "0802", "090301"]) {
    peer.say(`bcp 1 3 ${options}`);
    assert(peer.hear().every(({ code }) => code !== 3), options);
  }
});

Deno.test("BCP: what the peer rejects is not missed [BCP-11]", () => {
  const peer = opened({ bridge: {} });
  const { identifier } = peer.hearOne("bcp", 1);
  peer.say(`bcp 4 ${identifier} 0803010902`);
  const request = peer.hearOne("bcp", 1);
  assertEquals(request.data, "030301");
  peer.say(`bcp 2 ${request.identifier} 030301`, "bcp 1 1 0902");
  assertEquals(peer.only("bridgeUp").managementInline, false);
});

Deno.test("what a network protocol terminates can be opened again while another one is open", () => {
  const peer = opened({ ipv4: { local: "10.0.0.1" }, ipv6: {} });
  peer.open("ipv6cp", "010a0000000000000007");
  peer.open("ipcp", "03060a000002");
  peer.say("ipcp 5 9");
  peer.advance(3_000);
  assertEquals(peer.link.status.open, ["ipv6"]);
  peer.hear();
  peer.say("ipcp 1 10 03060a000002");
  const { identifier, data } = peer.hearOne("ipcp", 1);
  peer.say(`ipcp 2 ${identifier} ${data}`);
  assertEquals(peer.told("ipv4Up").length, 2);
  assertEquals(peer.told("down"), []);
});

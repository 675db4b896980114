/** Which peers may connect: the policies that the core is given for a claim. */

import { assertEquals, assertThrows } from "@std/assert";
import type { PeerClaim } from "../../src/core/lcce_config.ts";
import { Peers, UNKNOWN_PEER } from "../../src/endpoint/peers.ts";

function claim(address: string, hostName = "peer", encapsulation: "udp" | "ip" = "udp"): PeerClaim {
  const port = encapsulation === "udp" ? 1701 : 0;
  const path = {
    encapsulation,
    local: { address: "192.0.2.1", port },
    remote: { address, port },
  };
  return { path, version: 3, hostName, routerId: 1 };
}

function namesFor(peers: Peers, of: PeerClaim): string[] {
  return peers.find(of).map(({ name }) => name);
}

Deno.test("a peer is known by address, Host Name and encapsulation, the closest match first", () => {
  const peers = new Peers();
  peers.replace([
    { name: "anybody", secret: "s" },
    { name: "named", secret: "s", hostName: "peer" },
    { name: "at", remote: ["192.0.2.7", "2001:DB8::7"] },
    { name: "over-ip", remote: "192.0.2.7", encapsulation: "ip" },
  ], false);
  assertEquals(namesFor(peers, claim("192.0.2.7")), ["at", "named", "anybody"]);
  assertEquals(namesFor(peers, claim("2001:db8::7", "other")), ["at", "anybody"]);
  assertEquals(namesFor(peers, claim("192.0.2.8", "other")), ["anybody"]);
  assertEquals(namesFor(peers, claim("192.0.2.7", "peer", "ip")), ["over-ip"]);
});

Deno.test("strangers get nothing, or the strangers' policy where they are admitted", () => {
  const peers = new Peers();
  peers.replace([{ name: "at", remote: "192.0.2.7", secret: "s" }], false);
  assertEquals(namesFor(peers, claim("192.0.2.8")), []);
  peers.replace([{ name: "at", remote: "192.0.2.7", secret: "s" }], true);
  assertEquals(namesFor(peers, claim("192.0.2.8")), [UNKNOWN_PEER]);
});

Deno.test("a configured peer cannot come in as a stranger, without its secret", () => {
  const peers = new Peers();
  peers.replace([{ name: "at", remote: "192.0.2.7", secret: "s" }], true);
  assertEquals(namesFor(peers, claim("192.0.2.7")), ["at"]);
});

Deno.test("a mistake in a peer changes nothing", () => {
  const peers = new Peers();
  peers.replace([{ name: "at", remote: "192.0.2.7" }], false);
  const faults: [Parameters<Peers["replace"]>[0], string][] = [
    [[{ name: "x", remote: "peer.example" }], "no address literal"],
    [[{ name: "x" }], "needs a secret"],
    [[{ name: "x", secret: "s" }, { name: "x", secret: "t" }], "twice"],
  ];
  for (const [wrong, words] of faults) assertThrows(() => peers.replace(wrong, true), Error, words);
  assertEquals(namesFor(peers, claim("192.0.2.7")), ["at"]);
  assertEquals(namesFor(peers, claim("192.0.2.8")), []);
});

/**
 * The corpus, entry by entry, and a short run of every target of `deno task fuzz`: nothing throws, and
 * who sends a stray shape over an established connection has ended it at most by the book.
 */

import { assert, assertEquals } from "@std/assert";
import { ALL_CELLS, eachCell } from "../harness/cells.ts";
import { hidingKey } from "../harness/peer_message.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";
import { SECRET } from "../harness/settings.ts";
import { ScriptedLink } from "../ppp/scripted_link.ts";
import { user } from "../ppp/two_links.ts";
import { DATAGRAMS, octetsOfMessage, PPP_FRAMES, SEALED_MESSAGES } from "./corpus.ts";
import { decodeAll } from "./decoders.ts";
import { MESSAGES } from "./octet_targets.ts";
import { runRow } from "./runner.ts";
import { TARGETS } from "./targets.ts";

Deno.test("the decoders take every shape in the corpus [V3-AVP-15, V3-HDR-12, V3-HID-13]", () => {
  for (const { octets } of DATAGRAMS) decodeAll(octets);
  for (const message of SEALED_MESSAGES) {
    decodeAll(octetsOfMessage(message), hidingKey(message.version, SECRET));
  }
});

eachCell(ALL_CELLS, "a connection outlives every datagram in the corpus [V3-HDR-12]", (cell) => {
  for (const { name, octets } of DATAGRAMS) {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.inject(peer.framed(octets));
    assertEquals(peer.told("connectionDown"), [], name);
    peer.expectAlive();
  }
});

eachCell(
  ALL_CELLS,
  "after every message in the corpus a connection is alive or ended with a reason [V3-AVP-15, V3-HID-13]",
  (cell) => {
    const messages = SEALED_MESSAGES.filter(({ version }) => version === cell.version);
    assert(messages.length > 20);
    for (const { name, type, avps } of messages) {
      const peer = new ScriptedPeer(cell);
      peer.initiate();
      peer.inject(peer.compose(type, [], { tail: avps }));
      // What was dropped was not received, and its number is free.
      if (peer.told("dropped").length === 0) peer.ns++;
      const [down] = peer.told("connectionDown");
      if (down === undefined) peer.expectAlive();
      else assert(down.reason.text.length > 0, name);
    }
  },
);

Deno.test("a PPP link outlives every frame in the corpus, or ends with a reason, in every phase [PPP-12]", () => {
  const settings = { ipv4: { local: "10.0.0.1" }, ipv6: {}, bridge: {}, credentials: user("joe") };
  for (const phase of ["establish", "authenticate", "network"] as const) {
    for (const { name, octets } of PPP_FRAMES) {
      const authenticate = phase === "authenticate" ? ["chap" as const] : [];
      const peer = new ScriptedLink({ ...settings, authenticate });
      if (phase !== "establish") peer.open("lcp", "0506deadbeef");
      assertEquals(peer.link.status.phase, phase);
      peer.sayOctets(octets);
      peer.advance(3_000);
      if (peer.told("down").length === 0) {
        peer.say("lcp 5 77");
        assert(peer.hearText().includes("lcp 6 77"), `${name}: it does not answer any more`);
      } else assert(peer.only("down").cause.text.length > 0, name);
    }
  }
});

/** Those that need no permission; the configuration's is in `tests/config`. */
const EXPOSED = TARGETS.filter(({ isExposed }) => isExposed);

for (const target of EXPOSED) {
  Deno.test(`a short run of the fuzzer finds nothing: ${target.name}`, () => {
    assertEquals(runRow(target, 1).failure, undefined);
  });
}

Deno.test("what the fuzzer found once, it does not find again", () => {
  // 5,087 octets of buffers for a message of 1,129: each check of a digest copied the message.
  assertEquals(runRow(MESSAGES, 720001296).large, []);
});

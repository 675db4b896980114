/**
 * PPP as L2TP depends on it: the rows of REQUIREMENTS 11.14 by a peer that is played packet by
 * packet. Read RFC 1661, RFC 1334 and RFC 1994 first.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { verifyByPassword } from "../../src/ppp/verification.ts";
import { type Packet, ScriptedLink } from "../ppp/scripted_link.ts";
import { PASSWORD, user, utf8 } from "../ppp/two_links.ts";

const IPV4: PppSettings = { ipv4: { local: "10.0.0.1", remote: "10.0.0.2" } };
const MAGIC = "0506deadbeef";
const PAP_REQUEST = `036a6f65${utf8(PASSWORD).length.toString(16).padStart(2, "0")}${
  utf8(PASSWORD).toHex()
}`;

/** A link whose LCP is opened. */
function opened(settings: PppSettings = IPV4): ScriptedLink {
  const peer = new ScriptedLink(settings);
  peer.open("lcp", MAGIC);
  return peer;
}

/** A link over which IPv4 passes. */
function carrying(settings: PppSettings = IPV4): ScriptedLink {
  const peer = new ScriptedLink(settings);
  const { identifier, data } = peer.hearOne("lcp", 1);
  peer.say(`lcp 2 ${identifier} ${data}`, `lcp 1 1 ${MAGIC}`);
  peer.open("ipcp", "03060a000002");
  peer.only("ipv4Up");
  return peer;
}

function hexOf(text: string): string {
  return utf8(text).toHex();
}

Deno.test("what cannot be a protocol number, or is none of ours, gets a Protocol-Reject that is cut to the peer's MRU, with an identifier of its own [PPP-01, PPP-05]", () => {
  const peer = carrying({ ...IPV4 });
  peer.say("lcp 1 2 01040080");
  const { identifier, data } = peer.hear().filter(({ code }) => code === 1)[0]!;
  peer.say(`lcp 2 ${identifier} ${data}`);
  peer.hear();
  const identifiers = new Set<number>();
  for (const protocol of ["0020", "002b", "8282", "c025"]) {
    peer.sayOctets(Uint8Array.fromHex(`ff03${protocol}${"aa".repeat(500)}`));
    const reject = peer.hearOne("lcp", 8);
    assertEquals(reject.data.slice(0, 4), protocol);
    assertEquals(reject.data.length / 2 + 4, 128);
    identifiers.add(reject.identifier);
  }
  assertEquals(identifiers.size, 4);
  // Its first octet is a whole protocol's, 1, which is none of ours either.
  peer.sayOctets(Uint8Array.fromHex("ff0301004500"));
  assertEquals(peer.hearOne("lcp", 8).data, "0001004500");
  peer.say("ccp 1 1");
  assertEquals(peer.hearOne("lcp", 8).data, "80fd01010004");
  assertEquals(peer.told("down"), []);
});

Deno.test("before LCP is opened, and while it closes, there is nothing but LCP [PPP-02]", () => {
  const peer = new ScriptedLink(IPV4);
  peer.hear();
  peer.say("ipcp 1 1 03060a000002", "pap 1 1 016a0178", "ccp 1 1", "ipv4 69 0");
  assertEquals(peer.hear(), []);
  const late = carrying();
  late.close();
  late.hear();
  late.say("ipcp 1 9 03060a000002", "ccp 1 1");
  assertEquals(late.hear(), []);
  assertEquals(new Set([...peer.drops, ...late.drops]), new Set(["out-of-phase"]));
});

Deno.test("no network protocol before authentication is over [PPP-03, BCP-01, BCP-02]", () => {
  const settings: PppSettings = { ...IPV4, bridge: {}, authenticate: ["pap"] };
  const peer = new ScriptedLink(settings);
  peer.open("lcp", MAGIC);
  assertEquals(peer.hear(), []);
  peer.say("ipcp 1 1 03060a000002", "bcp 1 1", "ccp 1 1");
  assertEquals(peer.hear(), []);
  peer.say(`pap 1 1 ${PAP_REQUEST}`);
  peer.judge({ accepted: true });
  const protocols = peer.hear().map(({ protocol, code }) => `${protocol} ${code}`);
  assertEquals(protocols, ["pap 2", "ipcp 1", "bcp 1"]);
});

Deno.test("packets of a protocol that is not opened yet are dropped in silence [PPP-04]", () => {
  const peer = opened();
  peer.hear();
  peer.say("ipv4 69 0");
  assertEquals(peer.hear(), []);
  assertEquals(peer.drops, ["out-of-phase"]);
});

Deno.test("a rejected protocol is not spoken any more, the others go on [PPP-06]", () => {
  const peer = opened({ ...IPV4, ipv6: {} });
  const heard = peer.hear();
  assertEquals(heard.map(({ protocol }) => protocol), ["ipcp", "ipv6cp"]);
  peer.say("lcp 8 1 805701010004");
  const { identifier, data } = heard[0]!;
  peer.say(`ipcp 2 ${identifier} ${data}`, "ipcp 1 1 03060a000002");
  peer.only("ipv4Up");
  peer.hear();
  peer.advance(60_000);
  assertEquals(peer.hear(), []);
  assertEquals(peer.told("down"), []);
});

Deno.test("identifiers change with the options and after an answer, not by repetition [PPP-07, V2-UDP-08]", () => {
  const peer = new ScriptedLink({ ...IPV4, mru: 1400 });
  const first = peer.hearOne("lcp", 1);
  peer.advance(3_000);
  const again = peer.hearOne("lcp", 1);
  assertEquals(again, first);
  peer.say(`lcp 3 ${first.identifier} 01040500`);
  const changed = peer.hearOne("lcp", 1);
  assertNotEquals(changed.identifier, first.identifier);
  assert(changed.data.startsWith("01040500"));
  peer.say(`lcp 2 ${changed.identifier} ${changed.data}`);
  peer.advance(3_000);
  assertNotEquals(peer.hearOne("lcp", 1).identifier, changed.identifier);
});

Deno.test("an Ack has the options as they came; one that differs from our request is no Ack [PPP-08]", () => {
  const peer = new ScriptedLink(IPV4);
  const { identifier, data } = peer.hearOne("lcp", 1);
  const request = `0702${MAGIC}080201040514`;
  peer.say(`lcp 1 77 ${request}`);
  assertEquals(peer.hearText(), [`lcp 2 77 ${request}`]);
  peer.say(
    `lcp 2 ${identifier} `,
    `lcp 2 ${identifier} ${data.replace(/..$/, (octet) => octet === "00" ? "01" : "00")}`,
    `lcp 2 ${identifier} ${data}0702`,
    `lcp 2 ${(identifier + 1) & 0xff} ${data}`,
    `lcp 4 ${identifier} 0104ffff`,
  );
  assertEquals(peer.told("linkUp"), []);
  assertEquals(peer.drops, Array(5).fill("stray-answer"));
  peer.say(`lcp 2 ${identifier} ${data}`);
  peer.only("linkUp");
});

Deno.test("what is known but not acceptable gets a Nak with what is, in order [PPP-09]", () => {
  const peer = new ScriptedLink({ ...IPV4, credentials: user("joe") });
  peer.hear();
  peer.say(`lcp 1 1 07020304c22701040010${MAGIC}`);
  assertEquals(peer.hearText(), ["lcp 3 1 0305c22381010405dc"]);
});

Deno.test("what is unknown gets a Reject of just that; what is rejected is not asked for again [PPP-10]", () => {
  const peer = new ScriptedLink({ ...IPV4, mru: 1400 });
  const { identifier, data } = peer.hearOne("lcp", 1);
  peer.say(`lcp 1 5 6303aa${MAGIC}1104010013050102030b0201040010`);
  assertEquals(peer.hearText(), ["lcp 4 5 6303aa1104010013050102030b02"]);
  peer.say(`lcp 4 ${identifier} 01040578`);
  const next = peer.hearOne("lcp", 1);
  assertEquals(next.data, data.slice(8));
  peer.advance(3_000);
  assertEquals(peer.hearOne("lcp", 1).data, data.slice(8));
});

Deno.test("a Terminate-Request gets its Ack in every state [PPP-11]", () => {
  for (const peer of [new ScriptedLink(IPV4), opened(), carrying()]) {
    peer.hear();
    peer.say("lcp 5 42");
    assertEquals(peer.hearText().filter((text) => text.startsWith("lcp 6")), ["lcp 6 42"]);
  }
  const peer = carrying();
  peer.say("lcp 5 1");
  peer.advance(3_000);
  assertEquals(peer.only("down").reason, "terminated");
  peer.hear();
  peer.say("lcp 5 2", "lcp 1 3");
  assertEquals(peer.hearText(), ["lcp 6 2", "lcp 6 3"]);
});

Deno.test("an unknown code gets a Code-Reject, of BCP's, too [PPP-12, BCP-01]", () => {
  const peer = new ScriptedLink({ ...IPV4, bridge: {} });
  peer.open("lcp", `${MAGIC}`);
  peer.hear();
  peer.say("lcp 32 9 010203");
  assertEquals(peer.hearOne("lcp", 7).data, "20090007010203");
  peer.say("bcp 8 3 aa");
  assertEquals(peer.hearOne("bcp", 7).data, "08030005aa");
});

Deno.test("echoes are answered and sent while LCP is opened, with the magic number agreed on [PPP-13]", () => {
  const peer = new ScriptedLink({ ...IPV4, echoIntervalMs: 10_000 });
  const { identifier, data } = peer.hearOne("lcp", 1);
  const magic = data.slice(4);
  peer.say("lcp 9 1 00000000");
  peer.advance(2_000);
  assertEquals(peer.hear(), []);
  peer.say(`lcp 2 ${identifier} ${data}`, `lcp 1 1 ${MAGIC}`);
  peer.hear();
  peer.say("lcp 9 7 deadbeef0102");
  assertEquals(peer.hearText(), [`lcp 10 7 ${magic}0102`]);
  peer.advance(10_000);
  assertEquals(peer.hear().filter(({ code }) => code === 9).map(({ data }) => data), [magic]);
  const plain = new ScriptedLink({ ...IPV4, echoIntervalMs: 1_000 });
  const request = plain.hearOne("lcp", 1);
  plain.say(`lcp 4 ${request.identifier} ${request.data}`);
  plain.open("lcp");
  plain.hear();
  plain.say("lcp 9 7 00000000");
  assertEquals(plain.hearText(), ["lcp 10 7 00000000"]);
});

Deno.test("1500 octets are taken though a smaller MRU was agreed on [PPP-14]", () => {
  const peer = new ScriptedLink({ ...IPV4, mru: 576 });
  peer.open("lcp", MAGIC);
  peer.hear();
  peer.say(`lcp 9 1 deadbeef${"55".repeat(1500 - 8)}`);
  assertEquals(peer.hearOne("lcp", 10).data.length / 2, 1500 - 4);
});

Deno.test("one way of authentication is asked for at a time; of a peer's two, one is enough [PPP-15]", () => {
  const peer = new ScriptedLink({ ...IPV4, authenticate: ["ms-chap-v2", "chap", "pap"] });
  const asked: string[] = [];
  for (const wish of ["0304c027", "0304c023"]) {
    const { identifier, data } = peer.hearOne("lcp", 1);
    asked.push(data.split("0506")[0]!);
    peer.say(`lcp 3 ${identifier} ${wish}`);
  }
  asked.push(peer.hearOne("lcp", 1).data.split("0506")[0]!);
  assertEquals(asked, ["0305c22381", "0305c22305", "0304c023"]);
  const proving = new ScriptedLink({ ...IPV4, credentials: user("joe") });
  proving.hear();
  proving.say("lcp 1 1 0305c223050304c023");
  assertEquals(proving.hearText(), ["lcp 4 1 0304c023"]);
});

Deno.test("our own magic number, or none, gets a Nak with another; a loop is told as one [PPP-16]", () => {
  const peer = new ScriptedLink(IPV4);
  let { data } = peer.hearOne("lcp", 1);
  peer.say("lcp 1 1 050600000000");
  assertNotEquals(peer.hearOne("lcp", 3).data, "050600000000");
  const before = data;
  peer.say(`lcp 1 2 ${data}`);
  assertNotEquals(peer.hearOne("lcp", 3).data, data);
  for (let round = 0; round < 40 && peer.told("down").length === 0; round++) {
    peer.advance(peer.link.nextTimeout()! - peer.now);
    const spoken = peer.hear();
    for (const { protocol, code, identifier, data: echoed } of spoken) {
      peer.say(`${protocol} ${code} ${identifier} ${echoed}`);
      if (code === 1) data = echoed;
    }
  }
  assertNotEquals(data, before);
  assertEquals(peer.only("down").reason, "loop");
  assertEquals(peer.only("down").cause.code, 7);
});

Deno.test("nothing is compressed in control packets, whatever was agreed on; the peer's may be [PPP-17, PPP-18]", () => {
  const peer = new ScriptedLink(IPV4);
  const { identifier, data } = peer.hearOne("lcp", 1);
  peer.say(`lcp 1 1 07020802`, `lcp 2 ${identifier} ${data}`);
  const { remote } = peer.only("linkUp");
  assertEquals([remote.protocolFieldCompression, remote.addressAndControlCompression], [
    true,
    true,
  ]);
  // `ScriptedLink` reads frames with FF 03 and a whole protocol only.
  const request = peer.hearOne("ipcp", 1);
  peer.sayOctets(Uint8Array.fromHex(`80210101000a03060a000002`));
  peer.sayOctets(Uint8Array.fromHex(
    `802102${request.identifier.toString(16).padStart(2, "0")}` +
      `000a${request.data}`,
  ));
  peer.only("ipv4Up");
  peer.sayOctets(Uint8Array.fromHex("ff032145"));
  assertEquals(peer.drops, ["out-of-phase"]);
});

Deno.test("the timer and the counters have the RFC's defaults and can be set [PPP-19]", () => {
  const durations = [{}, { restartMs: 500, maxConfigure: 4 }].map((limits) => {
    const peer = new ScriptedLink({ ...IPV4, ...limits });
    const begin = peer.now;
    let requests = peer.hear().length;
    while (peer.told("down").length === 0) {
      peer.advance(100);
      requests += peer.hear().length;
    }
    assertEquals(peer.only("down").reason, "lcp-timeout");
    return [requests, peer.now - begin];
  });
  assertEquals(durations, [[10, 30_000], [4, 2_000]]);
  const terminating = [{}, { maxTerminate: 5 }].map((limits) => {
    const peer = carrying({ ...IPV4, ...limits });
    peer.hear();
    peer.close();
    peer.advance(60_000);
    return peer.hear().filter(({ code }) => code === 5).length;
  });
  assertEquals(terminating, [2, 5]);
  const naks = [{}, { maxFailure: 2 }].map((limits) => {
    const peer = new ScriptedLink({ ...IPV4, ...limits });
    peer.hear();
    let count = 0;
    for (; count < 20; count++) {
      peer.say(`lcp 1 ${count} 01040010`);
      if (peer.hear().some(({ code }) => code === 4)) break;
    }
    return count;
  });
  assertEquals(naks, [5, 2]);
});

Deno.test("any ACCM is acknowledged [PPP-20]", () => {
  const peer = new ScriptedLink(IPV4);
  peer.hear();
  for (const map of ["00000000", "ffffffff", "000a0000"]) {
    peer.say(`lcp 1 1 0206${map}`);
    assertEquals(peer.hearText(), [`lcp 2 1 0206${map}`]);
  }
});

Deno.test("PAP: asked until answered; the answer has the identifier; it stays the same [PPP-21]", () => {
  const client = new ScriptedLink({ ...IPV4, credentials: user("joe") });
  client.open("lcp", `0304c023${MAGIC}`);
  const requests: Packet[] = [];
  for (let round = 0; round < 3; round++) {
    client.advance(round === 0 ? 0 : 3_000);
    requests.push(...client.hear());
  }
  assertEquals(new Set(requests.map(({ data }) => data)), new Set([PAP_REQUEST]));
  assertEquals(requests.map(({ identifier }) => identifier), [1, 2, 3]);
  client.say("pap 2 3 00");
  client.only("linkUp");

  const server = new ScriptedLink({ ...IPV4, authenticate: ["pap"] });
  server.say(`pap 1 1 ${PAP_REQUEST}`);
  server.open("lcp", MAGIC);
  assertEquals(server.told("authenticate"), []);
  server.say(`pap 1 8 ${PAP_REQUEST}`, `pap 1 9 ${PAP_REQUEST}`);
  assertEquals(server.only("authenticate").evidence.name, utf8("joe"));
  server.judge({ accepted: true, message: "hello" });
  assertEquals(server.hearOne("pap", 2), {
    protocol: "pap",
    code: 2,
    identifier: 9,
    data: `05${hexOf("hello")}`,
  });
  server.say(`pap 1 10 ${PAP_REQUEST}`, "pap 1 11 016a0178");
  const answers = server.hear().filter(({ protocol }) => protocol === "pap");
  assertEquals(answers.map(({ code, identifier }) => [code, identifier]), [[2, 10], [2, 11]]);
});

Deno.test("CHAP: each challenge differs, the response is right, answers repeat themselves [PPP-22]", () => {
  const server = new ScriptedLink({ ...IPV4, authenticate: ["chap"], localName: "lns" });
  const { identifier, data } = server.hearOne("lcp", 1);
  server.say(`lcp 2 ${identifier} ${data}`, `lcp 1 1 ${MAGIC}`);
  const challenges: Packet[] = [];
  for (let round = 0; round < 4; round++) {
    server.advance(round === 0 ? 0 : 3_000);
    challenges.push(...server.hear().filter(({ protocol }) => protocol === "chap"));
  }
  assertEquals(new Set(challenges.map(({ identifier }) => identifier)).size, 4);
  assertEquals(new Set(challenges.map(({ data }) => data)).size, 4);
  assert(challenges.every(({ data }) => data.endsWith(hexOf("lns"))));

  const client = new ScriptedLink({ ...IPV4, credentials: user("joe") });
  client.open("lcp", `0305c22305${MAGIC}`);
  client.say(`chap 1 77 04a1b2c3d4${hexOf("lns")}`);
  const response = client.hearOne("chap", 2);
  assertEquals(response.identifier, 77);
  const evidence = {
    protocol: "chap",
    name: utf8("joe"),
    identifier: 77,
    challenge: Uint8Array.fromHex("a1b2c3d4"),
    response: Uint8Array.fromHex(response.data.slice(2, 34)),
  } as const;
  assertEquals(verifyByPassword(evidence, utf8(PASSWORD)), { accepted: true });

  const last = challenges.at(-1)!;
  const said = `10${"ab".repeat(16)}${hexOf("joe")}`;
  server.say(`chap 2 ${challenges[0]!.identifier} ${said}`);
  assertEquals(server.told("authenticate"), []);
  server.say(`chap 2 ${last.identifier} ${said}`, `chap 2 ${last.identifier} ${said}`);
  server.judge({ accepted: true });
  server.say(`chap 2 ${last.identifier} ${said}`);
  const answers = server.hear().filter(({ protocol }) => protocol === "chap");
  assertEquals(answers.map(({ code, identifier }) => [code, identifier]), [
    [3, last.identifier],
    [3, last.identifier],
  ]);
});

Deno.test("a secret without an octet proves nothing [PPP-23]", () => {
  const evidence = {
    protocol: "pap",
    name: utf8("joe"),
    identifier: 1,
    password: new Uint8Array(0),
  } as const;
  assertEquals(verifyByPassword(evidence, new Uint8Array(0)), { accepted: false });
});

/** Peers that never come to terms, say too much, or say it wrong: a link ends clearly, or goes on. */

import { assert, assertEquals } from "@std/assert";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { ScriptedLink } from "./scripted_link.ts";
import { linked, TwoLinks, user } from "./two_links.ts";

const IPV4: PppSettings = { ipv4: { local: "10.0.0.1" } };

Deno.test("a peer that answers every request by a Nak is given up after some rounds", () => {
  const peer = new ScriptedLink(IPV4);
  let rounds = 0;
  for (; peer.told("down").length === 0 && rounds < 1_000; rounds++) {
    const request = peer.hear().find(({ code }) => code === 1);
    if (request === undefined) peer.advance(3_000);
    else peer.say(`lcp 3 ${request.identifier} 0506${rounds.toString(16).padStart(8, "0")}`);
  }
  assertEquals(peer.only("down").reason, "not-converging");
  assert(rounds < 50, `${rounds} rounds`);
});

Deno.test("a peer that asks for ever for what it cannot have is given up, too", () => {
  const peer = new ScriptedLink(IPV4);
  const { identifier, data } = peer.hearOne("lcp", 1);
  peer.say(`lcp 2 ${identifier} ${data}`);
  for (let round = 0; round < 100; round++) peer.say(`lcp 1 ${round} 6303aa`);
  peer.advance(60_000);
  assertEquals(peer.only("down").reason, "not-converging");
});

Deno.test("a network protocol that never agrees ends alone", () => {
  const peer = new ScriptedLink({ ...IPV4, ipv6: {} });
  peer.open("lcp", "0506deadbeef");
  peer.open("ipv6cp", "010a0000000000000001");
  for (let round = 0; round < 1_000; round++) {
    const request = peer.hear().find(({ protocol, code }) => protocol === "ipcp" && code === 1);
    if (request !== undefined) peer.say(`ipcp 3 ${request.identifier} 03060a0000${"09"}`);
    else peer.advance(3_000);
  }
  assertEquals(peer.told("down"), []);
  assertEquals(peer.told("ipv4Up"), []);
  assertEquals(peer.link.status.open, ["ipv6"]);
});

Deno.test("a looped line is told as one, whatever is asked for on it", () => {
  for (const wishes of [{}, { authenticate: ["chap", "pap"] }, { credentials: user("joe") }]) {
    const peer = new ScriptedLink({ ...IPV4, ...wishes } as PppSettings);
    for (let round = 0; round < 200 && peer.told("down").length === 0; round++) {
      const spoken = peer.hear();
      if (spoken.length === 0) peer.advance(3_000);
      for (const { protocol, code, identifier, data } of spoken) {
        peer.say(`${protocol} ${code} ${identifier} ${data}`);
      }
    }
    assertEquals(peer.only("down").reason, "loop", Deno.inspect(wishes));
  }
});

Deno.test("a line that becomes looped later is found by its echoes", () => {
  const links = linked({ ...IPV4, echoIntervalMs: 1_000 }, { ipv4: { local: "10.0.0.2" } });
  links.run(1_500);
  const echo = links.left.sent.findLast((frame) => frame.startsWith("ff03c02109"))!;
  links.left.link.handleFrame(Uint8Array.fromHex(echo), links.now);
  links.run(10_000);
  assertEquals(links.left.only("down").reason, "loop");
});

Deno.test("a flood of authentication asks the verifier once", () => {
  for (const proof of ["pap", "chap", "ms-chap-v2"] as const) {
    const peer = new ScriptedLink({ ...IPV4, authenticate: [proof] });
    peer.open("lcp", "0506deadbeef");
    const challenge = peer.hear().at(-1);
    for (let round = 0; round < 500; round++) {
      const password = round.toString(16).padStart(4, "0");
      if (proof === "pap") peer.say(`pap 1 ${round & 0xff} 036a6f6502${password}`);
      const value = proof === "chap" ? `10${password.repeat(8)}` : `31${password.repeat(24)}00`;
      if (proof !== "pap") peer.say(`chap 2 ${challenge?.identifier} ${value}6a6f65`);
    }
    assertEquals(peer.told("authenticate").length, 1);
    peer.judge({ accepted: false });
    assertEquals(peer.told("authenticate").length, 1);
    peer.advance(10_000);
    assertEquals(peer.only("down").reason, "authentication-failed");
  }
});

Deno.test("a peer cannot have us answer our own challenge, to say the answer after us", () => {
  for (const [proof, algorithm] of [["chap", "05"], ["ms-chap-v2", "81"]] as const) {
    const settings = { ...IPV4, authenticate: [proof], credentials: user("joe") };
    const peer = new ScriptedLink(settings);
    peer.open("lcp", `0305c223${algorithm}0506deadbeef`);
    const { identifier, data } = peer.hearOne("chap", 1);
    peer.say(`chap 1 ${identifier} ${data}`);
    assertEquals(peer.hear(), []);
    assertEquals(peer.drops, ["reflected"]);
    peer.say(`chap 1 ${identifier} 10${"ab".repeat(16)}`);
    peer.hearOne("chap", 2);
  }
});

Deno.test("a peer that shows no evidence, and a verifier that never answers, are given up", () => {
  const silent = new ScriptedLink({ ...IPV4, authenticate: ["pap"], authenticationMs: 20_000 });
  silent.open("lcp", "0506deadbeef");
  silent.advance(40_000);
  assertEquals(silent.only("down").reason, "authentication-timeout");
  const links = new TwoLinks({ ...IPV4, authenticate: ["chap"] }, {
    ...IPV4,
    credentials: user("joe"),
  });
  links.left.verify = () => undefined;
  links.begin();
  links.run(90_000);
  // The peer is the first to lose patience.
  assertEquals(links.right.only("down").reason, "authentication-timeout");
  assertEquals(links.left.only("down").reason, "terminated");
});

Deno.test("options that do not fit their packet, or are longer than anything, are no crash", () => {
  const peer = new ScriptedLink({ ...IPV4, bridge: {}, ipv6: {}, credentials: user("joe") });
  const { identifier, data } = peer.hearOne("lcp", 1);
  for (const options of ["01", "0100", "0101", "010405", "03ff0102", "0506deadbe"]) {
    peer.say(`lcp 1 1 ${options}`);
  }
  assertEquals(peer.hear(), []);
  assertEquals(peer.drops, Array(6).fill("malformed"));
  const long = `01ff${"55".repeat(253)}`;
  peer.say(`lcp 1 2 ${long}`, `lcp 1 3 05ff${"55".repeat(253)}`);
  assertEquals(peer.hearText(), ["lcp 3 2 010405dc", `lcp 4 3 05ff${"55".repeat(253)}`]);
  peer.say(`lcp 2 ${identifier} ${data}`, "lcp 1 4 0506deadbeef");
  peer.hear();
  for (const protocol of ["ipcp", "ipv6cp", "bcp"]) {
    for (let type = 0; type < 12; type++) {
      const digits = type.toString(16).padStart(2, "0");
      peer.say(`${protocol} 1 1 ${digits}ff${"55".repeat(253)}`, `${protocol} 1 1 ${digits}02`);
    }
  }
  assertEquals(peer.told("ipv4Up"), []);
});

Deno.test("packets cut short are counted, octets behind a packet are padding", () => {
  const peer = new ScriptedLink(IPV4);
  peer.hear();
  for (const frame of ["ff03c021", "ff03c02101", "ff03c02101010005", "ff03c02101010003"]) {
    peer.sayOctets(Uint8Array.fromHex(frame));
  }
  assertEquals(peer.drops, Array(4).fill("malformed"));
  peer.sayOctets(Uint8Array.fromHex("ff03c021010100040000"));
  assertEquals(peer.hearText(), ["lcp 2 1"]);
});

Deno.test("a Code-Reject or Protocol-Reject of what PPP cannot do without ends the link", () => {
  for (const rejection of ["lcp 7 1 01010004", "lcp 8 1 c02101010004"]) {
    const peer = new ScriptedLink(IPV4);
    peer.open("lcp", "0506deadbeef");
    peer.say(rejection);
    peer.advance(20_000);
    assertEquals(peer.only("down").reason, "rejected", rejection);
  }
  const peer = new ScriptedLink(IPV4);
  peer.open("lcp", "0506deadbeef");
  peer.say("lcp 7 1 0c010004", "lcp 12 1 00000000", "lcp 11 1 00000000", "lcp 13 1 00000000");
  peer.advance(1_000);
  assertEquals(peer.told("down"), []);
});

Deno.test("a peer that begins anew for ever is given up, one that does so now and then is not", () => {
  const lines: [pauseMs: number, reasons: string[]][] = [[100, ["not-converging"]], [15_000, []]];
  for (const [pauseMs, reasons] of lines) {
    const peer = new ScriptedLink({ ...IPV4, authenticate: ["pap"] });
    peer.open("lcp", "0506deadbeef");
    for (let round = 0; round < 40; round++) {
      peer.advance(pauseMs);
      peer.say(`lcp 1 ${round} 0506${(round + 1).toString(16).padStart(8, "0")}`);
      const request = peer.hear().find(({ code }) => code === 1);
      if (request !== undefined) peer.say(`lcp 2 ${request.identifier} ${request.data}`);
    }
    peer.advance(10_000);
    assertEquals(peer.told("down").map(({ reason }) => reason), reasons);
  }
});

Deno.test("a peer may begin anew at any time, and is asked anew who it is", () => {
  const links = linked({ ...IPV4, authenticate: ["chap"] }, {
    ipv4: { local: "10.0.0.2" },
    credentials: user("joe"),
  });
  links.left.link.handleFrame(Uint8Array.fromHex("ff03c02101010004"), links.now);
  links.run(30_000);
  for (const end of [links.left, links.right]) {
    assertEquals(end.told("linkUp").length, 2);
    assertEquals(end.effects.map(({ kind }) => kind).filter((kind) => /^ipv4/.test(kind)), [
      "ipv4Up",
      "ipv4Down",
      "ipv4Up",
    ]);
  }
  assertEquals(links.left.told("authenticate").length, 2);
});

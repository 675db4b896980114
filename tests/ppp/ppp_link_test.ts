/** Whole links: two of them, from the first Configure-Request to IP, and to their end. */

import { assert, assertEquals } from "@std/assert";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { linked, PASSWORD, TwoLinks, user, utf8 } from "./two_links.ts";

const SERVER: PppSettings = {
  authenticate: ["ms-chap-v2", "chap", "pap"],
  ipv4: { local: "10.0.0.1", remote: "10.0.0.2", dns: ["10.0.0.53", "10.0.1.53"] },
  ipv6: { localInterfaceId: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) },
};
const CLIENT: PppSettings = { credentials: user("joe"), ipv4: { requestDns: true }, ipv6: {} };

Deno.test("a client proves who it is, and gets its address and its name servers", () => {
  const { left, right } = linked(SERVER, CLIENT);
  assertEquals(left.only("ipv4Up"), {
    kind: "ipv4Up",
    local: "10.0.0.1",
    remote: "10.0.0.2",
    dns: [],
  });
  assertEquals(right.only("ipv4Up"), {
    kind: "ipv4Up",
    local: "10.0.0.2",
    remote: "10.0.0.1",
    dns: ["10.0.0.53", "10.0.1.53"],
  });
  assertEquals(left.only("ipv6Up").localInterfaceId, right.only("ipv6Up").remoteInterfaceId);
  assertEquals(left.only("linkUp").peerProof, "ms-chap-v2");
  assertEquals(left.only("linkUp").peerName, utf8("joe"));
  assertEquals(right.only("linkUp").ownProof, "ms-chap-v2");
  assertEquals(left.link.status, { phase: "network", peerName: "joe", open: ["ipv6", "ipv4"] });
});

for (const proof of ["pap", "chap", "ms-chap-v2"] as const) {
  Deno.test(`${proof}: the right password opens the link, a wrong one ends it for both`, () => {
    const settings: PppSettings = { ...SERVER, authenticate: [proof] };
    assertEquals(linked(settings, CLIENT).left.only("linkUp").peerProof, proof);
    const links = linked(settings, { ...CLIENT, credentials: user("joe", "wrong") });
    links.run(20_000);
    assertEquals(links.left.only("down").reason, "authentication-failed");
    assertEquals(links.right.only("down").reason, "credentials-refused");
    assertEquals(links.left.told("linkUp"), []);
    assertEquals(links.right.told("linkUp"), []);
  });

  Deno.test(`${proof}: two ends can each ask who the other is`, () => {
    const both = { authenticate: [proof], ipv6: {} };
    const { left, right } = linked(
      { ...both, credentials: user("left") },
      { ...both, credentials: user("right") },
    );
    assertEquals(left.only("linkUp").peerName, utf8("right"));
    assertEquals(right.only("linkUp").peerName, utf8("left"));
  });
}

Deno.test("a server that does not know the password is not believed (MS-CHAPv2)", () => {
  const links = new TwoLinks({ ...SERVER, authenticate: ["ms-chap-v2"] }, CLIENT);
  links.left.verify = () => ({ accepted: true, authenticatorResponse: `S=${"0".repeat(40)}` });
  links.begin();
  links.run(20_000);
  assertEquals(links.right.only("down").reason, "authentication-failed");
});

Deno.test("the server's first choice is asked for, the client's best is taken", () => {
  const pap = { ...CLIENT, credentials: { ...user("joe"), protocols: ["pap"] as const } };
  assertEquals(linked(SERVER, pap).left.only("linkUp").peerProof, "pap");
  const strict = { ...SERVER, authenticate: ["pap", "chap"] as const };
  const chap = { ...CLIENT, credentials: { ...user("joe"), protocols: ["chap"] as const } };
  assertEquals(linked(strict, chap).left.only("linkUp").peerProof, "chap");
});

Deno.test("who has no credentials, or no protocol in common, is refused", () => {
  const stranger = linked(SERVER, { ipv4: {} });
  stranger.run(40_000);
  assertEquals(stranger.left.only("down").reason, "authentication-refused");
  assertEquals(stranger.right.only("down").reason, "terminated");
  const pap = { ...CLIENT, credentials: { ...user("joe"), protocols: ["pap"] as const } };
  const links = linked({ ...SERVER, authenticate: ["chap"] }, pap);
  links.run(40_000);
  assertEquals(links.left.only("down").reason, "authentication-refused");
});

Deno.test("a verdict brings the user's own addresses with it", () => {
  const links = new TwoLinks({ authenticate: ["chap"], ipv4: { local: "10.9.0.1" } }, CLIENT);
  links.left.verify = () => ({
    accepted: true,
    ipv4: { local: "10.9.0.1", remote: "10.9.0.77" },
  });
  links.begin();
  links.run(1_000);
  assertEquals(links.right.only("ipv4Up").local, "10.9.0.77");
  assertEquals(links.left.only("ipv4Up").remote, "10.9.0.77");
});

Deno.test("a verdict on evidence that the link has moved on from is nothing to it", () => {
  const links = new TwoLinks({ ...SERVER, authenticate: ["pap"] }, CLIENT);
  links.left.verify = () => undefined;
  links.begin();
  links.run(1_000);
  const { evidence } = links.left.only("authenticate");
  links.left.link.answerAuthentication({ ...evidence }, { accepted: true }, links.now);
  links.run(1_000);
  assertEquals(links.left.told("linkUp"), []);
  links.left.link.answerAuthentication(evidence, { accepted: true }, links.now);
  links.left.link.answerAuthentication(evidence, { accepted: false }, links.now);
  links.run(1_000);
  assertEquals(links.left.told("linkUp").length, 1);
  assertEquals(links.left.told("down"), []);
});

Deno.test("one end closes the link, and both know why it is over", () => {
  const links = linked(SERVER, CLIENT);
  links.right.link.close(links.now);
  links.run(10_000);
  assertEquals(links.right.only("down").reason, "closed");
  assertEquals(links.left.only("down").reason, "terminated");
  assertEquals(links.left.told("ipv4Down").length, 1);
  assertEquals(links.left.told("ipv6Down").length, 1);
  assertEquals(links.left.link.status.open, []);
  assertEquals(links.left.link.nextTimeout(), undefined);
});

Deno.test("a peer that is gone is missed by its echoes", () => {
  const links = linked({ ...SERVER, echoIntervalMs: 1_000, echoLimit: 3 }, CLIENT);
  links.run(60_000);
  assertEquals(links.left.told("down"), []);
  links.right.link.lowerDown(links.now);
  links.run(3_900);
  assertEquals(links.left.told("down"), []);
  links.run(10_000);
  assertEquals(links.left.only("down").reason, "echo-timeout");
  assertEquals(links.left.only("down").cause.code, 8);
});

Deno.test("a session that ends under the link takes everything down", () => {
  const links = linked(SERVER, CLIENT);
  links.left.link.lowerDown(links.now);
  links.run(0);
  const kinds = links.left.effects.slice(-3).map(({ kind }) => kind);
  assertEquals(kinds, ["ipv4Down", "ipv6Down", "down"]);
  assertEquals(links.left.only("down").reason, "lower-layer");
  assertEquals(links.left.link.nextTimeout(), undefined);
});

Deno.test("a link that was ending for a reason keeps it, if the session goes first", () => {
  const links = new TwoLinks({ ipv4: { local: "10.0.0.1" } }, { ipv6: {} });
  const { link } = links.left;
  links.begin();
  while (link.ending === undefined) links.run(10);
  assertEquals(link.ending.text, "no network protocol could be agreed on");
  link.lowerDown(links.now);
  links.run(0);
  assertEquals(links.left.only("down").reason, "no-network-protocol");
  assertEquals(link.ending, undefined);
});

Deno.test("nothing in common to carry ends the link", () => {
  const links = linked({ ipv4: { local: "10.0.0.1" } }, { ipv6: {} });
  links.run(40_000);
  assertEquals(links.left.only("down").reason, "no-network-protocol");
  assertEquals(links.right.told("down").length, 1);
});

Deno.test("what one of two protocols cannot have, the other does not miss", () => {
  const links = linked({ ipv4: { local: "10.0.0.1", remote: "10.0.0.2" }, ipv6: {} }, { ipv6: {} });
  links.run(60_000);
  assertEquals(links.left.told("ipv4Up"), []);
  assertEquals(links.left.link.status.open, ["ipv6"]);
  assertEquals(links.left.told("down"), []);
});

Deno.test("neither frames of news nor the status show a password", () => {
  const chap = linked({ ...SERVER, authenticate: ["chap"] }, CLIENT);
  const said = [...chap.left.sent, ...chap.right.sent].join();
  assert(!said.includes(utf8(PASSWORD).toHex()));
  for (const end of [chap.left, chap.right]) {
    const news = end.effects.filter(({ kind }) => kind !== "authenticate");
    assert(!JSON.stringify([news, end.link.status]).includes(PASSWORD));
  }
});

/** Links that a LAC has begun with its client, and an LNS takes over (RFC 2661 §4.4.5). */

import { assertEquals } from "@std/assert";
import type { ProxyAuthentication, ProxyLcp } from "../../src/model/call_information.ts";
import type { AuthenticationEvidence } from "../../src/ppp/evidence.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import { proxyAuthenticationOf } from "../../src/ppp/proxy_evidence.ts";
import { verifyByPassword } from "../../src/ppp/verification.ts";
import { Prng } from "../harness/prng.ts";
import { ScriptedLink } from "./scripted_link.ts";
import { type End, PASSWORD, TwoLinks, user, utf8 } from "./two_links.ts";

const IPV4: PppSettings = { ipv4: { local: "10.0.0.1", remote: "10.0.0.2" } };

interface Handover {
  readonly client: End;
  readonly links: TwoLinks;
  readonly lcp: Required<ProxyLcp>;
  readonly evidence: AuthenticationEvidence;
}

/** A LAC that gets as far as the client's evidence, and judges nothing. */
function handover(proof: "pap" | "chap" | "ms-chap-v2"): Handover {
  const client = { credentials: user("joe"), ipv4: { local: "10.0.0.2" } };
  const links = new TwoLinks({ authenticate: [proof] }, client);
  links.left.verify = () => undefined;
  links.begin();
  links.run(1_000);
  const { evidence } = links.left.only("authenticate");
  return { client: links.right, links, lcp: links.left.link.lcpRequests, evidence };
}

/** The LNS takes the LAC's place on the client's line. */
function takeOver({ links, client }: Handover, settings: PppSettings): PppLink {
  const lns = new PppLink(settings, new Prng(99));
  lns.open(links.now);
  lns.lowerUp(links.now);
  for (let round = 0; round < 40; round++) {
    for (let effect = lns.poll(); effect !== undefined; effect = lns.poll()) {
      if (effect.kind === "transmit") client.link.handleFrame(effect.octets, links.now);
      if (effect.kind === "authenticate") {
        const verdict = verifyByPassword(effect.evidence, utf8(PASSWORD));
        lns.answerAuthentication(effect.evidence, verdict, links.now);
      }
    }
    const before = client.sent.length;
    client.drain(links.now);
    for (const frame of client.sent.slice(before)) {
      lns.handleFrame(Uint8Array.fromHex(frame), links.now);
    }
  }
  return lns;
}

for (const proof of ["pap", "chap"] as const) {
  Deno.test(`${proof}: the LNS goes on where the LAC has left off; the client notices nothing [V2-PXY-06]`, () => {
    const call = handover(proof);
    const authentication = proxyAuthenticationOf(call.evidence)!;
    const settings = { ...IPV4, authenticate: [proof], proxy: { lcp: call.lcp, authentication } };
    const lns = takeOver(call, settings);
    assertEquals(lns.status, { phase: "network", peerName: "joe", open: ["ipv4"] });
    assertEquals(call.client.told("linkUp").length, 1);
    const requests = call.client.sent.filter((frame) => frame.startsWith("ff03c02101"));
    assertEquals(requests.length, 1, "one LCP negotiation");
  });

  Deno.test(`${proof}: with proxy authentication off the client is asked again [V2-PXY-01, V2-PXY-07]`, () => {
    const call = handover(proof);
    const lns = takeOver(call, { ...IPV4, authenticate: [proof], proxy: { lcp: call.lcp } });
    if (proof === "chap") assertEquals(lns.status.phase, "network");
    const nothing: ProxyAuthentication = {
      type: "none",
      name: new Uint8Array(0),
      challenge: new Uint8Array(0),
      id: 0,
      response: new Uint8Array(0),
    };
    const settings = { ...IPV4, authenticate: [proof] };
    const peer = new ScriptedLink({
      ...settings,
      proxy: { lcp: call.lcp, authentication: nothing },
    });
    assertEquals(peer.told("authenticate"), []);
    assertEquals(peer.hear().map(({ protocol }) => protocol), proof === "chap" ? ["chap"] : []);
  });
}

Deno.test("what a LAC cannot report (MS-CHAPv2) is asked anew, over the LCP that it has opened", () => {
  const call = handover("ms-chap-v2");
  assertEquals(proxyAuthenticationOf(call.evidence), undefined);
  const lns = takeOver(call, {
    ...IPV4,
    authenticate: ["ms-chap-v2"],
    proxy: { lcp: call.lcp },
  });
  assertEquals(lns.status, { phase: "network", peerName: "joe", open: ["ipv4"] });
});

Deno.test("an LCP that is not to the LNS's liking is negotiated anew, and so is who the client is", () => {
  const call = handover("pap");
  const authentication = proxyAuthenticationOf(call.evidence)!;
  const proxy = { lcp: call.lcp, authentication };
  const lns = takeOver(call, { ...IPV4, authenticate: ["chap"], proxy });
  assertEquals(lns.status, { phase: "network", peerName: "joe", open: ["ipv4"] });
  assertEquals(call.client.only("linkUp").ownProof, "chap");
  for (
    const lcp of [{}, { ...call.lcp, lastSent: Uint8Array.of(3) }, {
      ...call.lcp,
      lastReceived: Uint8Array.fromHex("6303aa"),
    }]
  ) {
    const peer = new ScriptedLink({ ...IPV4, authenticate: ["pap"], proxy: { lcp } });
    assertEquals(peer.hear().map(({ protocol, code }) => `${protocol} ${code}`), ["lcp 1"]);
  }
});

Deno.test("a refused client of a LAC is told so by the LNS", () => {
  const call = handover("chap");
  const authentication = {
    ...proxyAuthenticationOf(call.evidence)!,
    response: new Uint8Array(16),
  };
  takeOver(call, { ...IPV4, authenticate: ["chap"], proxy: { lcp: call.lcp, authentication } });
  call.links.run(10_000);
  assertEquals(call.client.only("down").reason, "credentials-refused");
});

Deno.test("what the LAC's client wants is where LCP begins [LCPX-03]", () => {
  const wantedOptions = Uint8Array.fromHex("010405000206000a000007020802");
  const peer = new ScriptedLink({ ...IPV4, wantedOptions });
  const { identifier, data } = peer.hearOne("lcp", 1);
  assertEquals(data.replace(/0506.{8}/, ""), "010405000206000a000007020802");
  peer.say(`lcp 2 ${identifier} ${data}`, "lcp 1 1 0506deadbeef");
  const { local } = peer.only("linkUp");
  assertEquals([local.mru, local.accm, local.protocolFieldCompression], [1280, 0xa0000, true]);
});

/** Control connections between two control planes: secrets, versions, ties, ends and limits. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { ConnectionSettings } from "../../src/core/lcce_config.ts";
import { call, pathOf, SETTINGS, TwoLcces } from "./two_lcces.ts";

const OLD = new TextEncoder().encode("old secret");
const NEW = new TextEncoder().encode("new secret");
const STOPCCN = 4;

/** The message type of a control message over UDP; 0 for a ZLB. */
function typeOf(octets: Uint8Array): number {
  return octets.length > 12 ? octets[18]! << 8 | octets[19]! : 0;
}

function digest(...secrets: Uint8Array[]): Partial<ConnectionSettings> {
  return { authentication: "digest", secrets };
}

Deno.test("during a rollover either end may have the new secret first [V3-AUTH-21]", () => {
  const pair = new TwoLcces(digest(OLD, NEW), {}, digest(NEW, OLD));
  const { a } = pair.connect({ ...digest(OLD, NEW), hideAvps: true });
  pair.openSession(a);
  assertEquals(pair.a.told("sessionUp").length, 1);
  assertEquals([...pair.a.told("dropped"), ...pair.b.told("dropped")], []);
});

Deno.test("a wrong secret meets silence, and the one who asked learns why [V3-AUTH-17, V3-CC-27, V3-REL-16]", () => {
  const pair = new TwoLcces({}, {}, digest(OLD));
  const { a } = pair.connect(digest(NEW));
  pair.advance(71_000);
  assertEquals(pair.b.told("transmit"), []);
  assertEquals(
    new Set(pair.b.told("dropped").map(({ reason }) => reason)),
    new Set(["bad-digest"]),
  );
  const [down] = pair.a.told("connectionDown");
  assertEquals([down?.connection, down?.reason.cause], [a, "timeout"]);
  assertEquals(pair.a.lcce.nextTimeout(), undefined);
});

Deno.test("an answer that cannot be believed is named as the reason of the timeout [V3-AUTH-17]", () => {
  const pair = new TwoLcces(digest(OLD));
  pair.arrives = (octets, from) => {
    if (from === pair.b && typeOf(octets) === 2) octets[octets.length - 1]! ^= 1;
    return true;
  };
  pair.connect(digest(OLD));
  pair.advance(75_000);
  const [down] = pair.a.told("connectionDown");
  assert(down!.reason.text.includes("bad-digest"), down!.reason.text);
});

Deno.test("who asks for authentication is refused where there is no secret, and the other way [V3-AUTH-03]", () => {
  const open = new TwoLcces();
  open.connect(digest(OLD));
  assertEquals(open.b.told("transmit").map(({ octets }) => typeOf(octets)), [STOPCCN]);
  assertEquals(open.b.told("connectionRequested"), []);
  // The refusal bears no digest, and so is not believed either.
  assertEquals(open.a.told("dropped").map(({ reason }) => reason), ["missing-digest"]);
  const closed = new TwoLcces({}, {}, digest(OLD));
  closed.connect();
  assertEquals(closed.b.told("dropped").map(({ reason }) => reason), ["missing-digest"]);
});

Deno.test("a peer that speaks L2TPv2 alone is fallen back to, and proves itself by challenge [V3-CO-05, V2-AUTH-01, V2-CC-01]", () => {
  const settings: Partial<ConnectionSettings> = { ...digest(OLD), version: "auto" };
  const pair = new TwoLcces(settings, {}, { ...digest(OLD), version: 2 });
  const { a } = pair.connect(settings);
  assertEquals(pair.a.told("connectionUp").map(({ peer }) => peer.version), [2]);
  assertEquals(pair.b.told("connectionUp").map(({ peer }) => peer.version), [2]);
  const session = pair.openSession(a);
  assertEquals(pair.a.told("sessionDown").map((down) => down.session), [session]);
  pair.advance(60_000);
  assertEquals(pair.a.lcce.describeConnection(a)?.state, "established");
  pair.a.lcce.closeConnection(a, { resultCode: 6 }, pair.now);
  pair.settle();
  assertEquals(pair.b.told("connectionDown").map(({ reason }) => reason.resultCode), [6]);
});

Deno.test("a wrong response to a challenge is refused with StopCCN 4 [V2-AUTH-02, S2CC-07]", () => {
  const pair = new TwoLcces({}, {}, { ...digest(OLD), version: 2 });
  pair.connect({ ...digest(NEW), version: 2 });
  assertEquals(pair.a.told("connectionUp"), []);
  assertEquals(pair.a.told("connectionDown").map(({ reason }) => reason.resultCode), [4]);
  assertEquals(pair.b.told("connectionDown").map(({ reason }) => reason.resultCode), [4]);
});

Deno.test("a version that the policy does not have is refused, the highest named [V3-MSG-27, A-28]", () => {
  const old = new TwoLcces({}, {}, { version: 2 });
  old.connect();
  assertEquals(
    old.a.told("connectionDown").map(({ reason: { resultCode, errorCode } }) => [
      resultCode,
      errorCode,
    ]),
    [[5, 2]],
  );
  // The one that is asked tells its program as well, which never had to answer.
  assertEquals(old.b.told("connectionRefused").map(({ resultCode, text }) => [resultCode, text]), [
    [
      5,
      'protocol version not supported (result 5): error 2: "version 2 is the highest supported here"',
    ],
  ]);
  assertEquals(old.b.told("connectionRequested"), []);
  const modern = new TwoLcces();
  modern.connect({ version: 2 });
  assertEquals(modern.a.told("connectionDown").map(({ reason }) => reason.errorCode), [3]);
});

Deno.test("who would have to prove itself in the other version meets silence, and is told of here [V3-AUTH-17]", () => {
  const pair = new TwoLcces({}, {}, { ...digest(OLD), version: 2 });
  pair.connect();
  assertEquals(pair.b.told("transmit"), []);
  assertEquals(pair.b.told("dropped").map(({ reason }) => reason), ["other-version"]);
});

Deno.test("L2TPv2 over IP is the caller's mistake [V3-CO-02]", () => {
  const { a } = new TwoLcces();
  const path = pathOf("192.0.2.1", "192.0.2.2", "ip");
  assertThrows(() => a.lcce.connect(path, { ...SETTINGS, version: 2 }, 0), RangeError, "UDP");
});

Deno.test("two requests that cross become one connection, and what waited for either goes on [V3-CC-15, V3-CC-17, S3CC-08, S3CC-10]", () => {
  const pair = new TwoLcces(digest(OLD));
  const settings = { ...SETTINGS, ...digest(OLD) };
  const [a, b] = [pair.a.address, pair.b.address];
  const ofA = pair.a.lcce.connect(pathOf(a, b), settings, pair.now);
  const ofB = pair.b.lcce.connect(pathOf(b, a), settings, pair.now);
  pair.a.lcce.openSession(ofA, call("left"), pair.now);
  pair.b.lcce.openSession(ofB, call("right"), pair.now);
  pair.settle();
  const replaced = [...pair.a.told("connectionReplaced"), ...pair.b.told("connectionReplaced")];
  assertEquals(replaced.length, 1);
  for (const end of [pair.a, pair.b]) {
    assertEquals(end.told("connectionUp").length, 1);
    assertEquals(end.told("sessionUp").length, 2);
    assertEquals(end.told("connectionDown"), []);
    assertEquals(end.told("connectionRequested"), []);
  }
  const { lost, kept } = replaced[0]!;
  const loser = pair.a.told("connectionReplaced").length === 1 ? pair.a : pair.b;
  assertEquals(loser.lcce.describeConnection(lost)?.state, "lingering");
  assertEquals(loser.lcce.describeConnection(kept)?.state, "established");
  pair.advance(71_000);
  assertEquals(loser.lcce.describeConnection(lost), undefined);
});

Deno.test("when the first of two SCCRQs was sent to nobody, the second brings the connection up at once, whoever wins [V3-CC-17, V3-CC-18, V2-CC-10]", () => {
  for (const version of [2, 3] as const) {
    for (const early of ["a", "b"] as const) {
      const pair = new TwoLcces({ version });
      const [first, second] = early === "a" ? [pair.a, pair.b] : [pair.b, pair.a];
      const connect = (from: typeof first, to: typeof first) =>
        from.lcce.connect(pathOf(from.address, to.address), { ...SETTINGS, version }, pair.now);
      pair.arrives = () => false;
      connect(first, second);
      pair.advance(300);
      pair.arrives = () => true;
      connect(second, first);
      pair.settle();
      for (const end of [pair.a, pair.b]) {
        assertEquals(end.told("connectionUp").length, 1, `v${version}, ${early} first`);
        assertEquals(end.told("connectionDown"), []);
      }
    }
  }
});

Deno.test("a peer known by name ties from whatever address it comes [V3-CC-23]", () => {
  const pair = new TwoLcces();
  const elsewhere = pathOf("192.0.2.1", "198.51.100.1");
  pair.arrives = (_, from) => from === pair.b;
  pair.a.lcce.connect(elsewhere, SETTINGS, pair.now, "peer");
  pair.settle();
  pair.b.lcce.connect(pathOf("192.0.2.2", "192.0.2.1"), SETTINGS, pair.now);
  pair.settle();
  const tied = pair.a.told("connectionReplaced").length === 1 ||
    pair.b.told("connectionDown").some(({ reason }) => reason.resultCode === 3);
  assert(tied);
  assertEquals(pair.a.told("connectionRequested"), []);
});

Deno.test("a StopCCN whose acknowledgement was lost is acknowledged again for a whole cycle, then forgotten [V3-CC-29, V3-REL-19, A-24]", () => {
  const pair = new TwoLcces();
  const { a, b } = pair.connect();
  let lost = 0;
  pair.arrives = (octets, from) => from === pair.a || typeOf(octets) !== 0 || ++lost > 5;
  pair.a.lcce.closeConnection(a, { resultCode: 1 }, pair.now);
  pair.advance(10);
  assertEquals(pair.a.lcce.closingConnections, 1);
  pair.advance(40_000);
  assertEquals(lost, 6, "five lost acknowledgements and the one that came");
  assertEquals(pair.a.lcce.closingConnections, 0);
  assertEquals(pair.a.lcce.describeConnection(a), undefined);
  assertEquals(pair.b.lcce.describeConnection(b)?.state, "lingering");
  assertEquals(pair.b.told("connectionDown").length, 1);
  pair.advance(71_000);
  assertEquals(pair.b.lcce.describeConnection(b), undefined);
  assertEquals([pair.a.lcce.nextTimeout(), pair.b.lcce.nextTimeout()], [undefined, undefined]);
});

Deno.test("who has never answered is told of the end, and not waited for", () => {
  const pair = new TwoLcces();
  pair.arrives = (_, from) => from === pair.a;
  const { a } = pair.connect();
  const [request] = pair.b.told("connectionRequested");
  pair.arrives = () => false;
  for (const [end, handle] of [[pair.a, a], [pair.b, request!.connection]] as const) {
    end.lcce.closeConnection(handle, { resultCode: 1 }, pair.now);
    pair.settle();
    assertEquals(typeOf(end.told("transmit").at(-1)!.octets), STOPCCN);
    assertEquals(end.lcce.describeConnection(handle)?.state, "closing");
    assertEquals(end.lcce.closingConnections, 0);
  }
});

Deno.test("who gives up before the answer is found by what it called itself [V3-CC-12, V3-CC-14]", () => {
  for (const settings of [{}, digest(OLD)]) {
    const pair = new TwoLcces(settings);
    pair.arrives = (_, from) => from === pair.a;
    const { a } = pair.connect(settings);
    pair.a.lcce.closeConnection(a, { resultCode: 1 }, pair.now);
    pair.settle();
    assertEquals(pair.b.told("connectionDown").map(({ reason }) => reason.cause), ["remote"]);
  }
});

Deno.test("a peer that acknowledges and never answers is left after a cycle, with StopCCN 7 [V3-REL-32, S3CC-03]", () => {
  const pair = new TwoLcces();
  pair.b.accepts = false;
  pair.connect();
  pair.advance(71_000);
  const [down] = pair.a.told("connectionDown");
  assertEquals([down?.reason.cause, down?.reason.resultCode], ["timeout", 7]);
});

Deno.test("a request that is accepted at once is acknowledged by the answer alone [V3-REL-04]", () => {
  const pair = new TwoLcces();
  pair.connect();
  const types = pair.b.told("transmit").map(({ octets }) => typeOf(octets));
  assertEquals(types, [2, 0], "SCCRP, then a ZLB for the SCCCN");
});

Deno.test("strangers hold no more half-open connections than they may [V3-AUTH-28]", () => {
  const pair = new TwoLcces({}, { b: { limits: { halfOpen: 3 } } });
  pair.b.accepts = false;
  for (let i = 0; i < 5; i++) pair.connect();
  assertEquals(pair.b.told("connectionRequested").length, 3);
  const drops = pair.b.told("dropped").map(({ reason }) => reason);
  assertEquals(drops, ["too-many-connections", "too-many-connections"]);
});

Deno.test("an SCCRP that nobody asked for is told to stop, without any state [S3CC-04, S2CC-04]", () => {
  for (const version of [3, 2] as const) {
    const pair = new TwoLcces({ version });
    let held: Uint8Array | undefined;
    pair.arrives = (octets, from) => {
      if (from !== pair.b || typeOf(octets) !== 2) return true;
      held ??= octets.slice();
      return false;
    };
    pair.connect({ version });
    const forgetful = new TwoLcces({ version });
    forgetful.a.lcce.handleDatagram(pathOf("192.0.2.1", "192.0.2.2"), held!, 0);
    forgetful.arrives = () => false;
    forgetful.settle();
    const [stop] = forgetful.a.told("transmit");
    assertEquals(typeOf(stop!.octets), STOPCCN);
    assertEquals(forgetful.a.lcce.nextTimeout(), undefined);
    // The peer believes it: it lies in the peer's window and names its connection.
    pair.b.lcce.handleDatagram(pathOf("192.0.2.2", "192.0.2.1"), stop!.octets, pair.now);
    pair.settle();
    assertEquals(pair.b.told("connectionDown").map(({ reason }) => reason.resultCode), [7]);
  }
});

Deno.test("an SCCRQ that may fall back is known again when it comes again [V3-REL-03, A-32, V3-CO-04]", () => {
  const pair = new TwoLcces({ version: "auto" });
  let lost = 0;
  pair.arrives = (octets, from) => from === pair.a || typeOf(octets) !== 2 || ++lost > 2;
  const { a } = pair.connect({ version: "auto" });
  pair.advance(10_000);
  assertEquals(pair.b.told("connectionRequested").length, 1);
  assertEquals(pair.b.told("dropped").map(({ reason }) => reason), ["duplicate"]);
  assertEquals(pair.a.lcce.describeConnection(a)?.state, "established");
});

Deno.test("the end of a silent peer says what it left unanswered, and since when [V3-REL-16, V3-KA-04]", () => {
  const pair = new TwoLcces();
  const { a } = pair.connect();
  pair.openSession(a);
  pair.arrives = () => false;
  pair.advance(60_000 + 71_000);
  const [session] = pair.a.told("sessionDown");
  const [connection] = pair.a.told("connectionDown");
  const silence = /^10 retransmissions of HELLO unanswered, last packet heard 1[23]\d s ago$/;
  assertMatch(connection!.reason.text, silence);
  assertEquals(session!.reason.text, `connection closed: ${connection!.reason.text}`);
  assertEquals(session!.reason.because, connection!.reason);
});

Deno.test("a peer that never was is said to have never been heard", () => {
  const pair = new TwoLcces();
  pair.arrives = () => false;
  pair.connect();
  pair.advance(75_000);
  assertEquals(
    pair.a.told("connectionDown")[0]!.reason.text,
    "10 retransmissions of SCCRQ unanswered, nothing was ever heard",
  );
});

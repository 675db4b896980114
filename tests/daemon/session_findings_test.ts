/** What doctor makes of packets that are not as a session has them: which it names, and which not. */

import { assertEquals, assertMatch } from "@std/assert";
import { sessionFindings, type Witness } from "../../src/daemon/session_findings.ts";
import { type Arrival, judgeArrival } from "../../src/endpoint/arrivals.ts";
import type { L2SpecificSublayer } from "../../src/model/session_descriptor.ts";

const PEER = "192.0.2.2";
const COOKIE = [0xc0, 0xff, 0xee, 0, 1, 2, 3, 4];
/** An Ethernet header of an ARP request, and some octets of it. */
const FRAME = [...Array(6).fill(0xff), 2, 0, 0, 0, 0, 1, 0x08, 0x06, ...Array(28).fill(0)];

function arrival(sessionId: number, between: readonly number[], source = PEER): Arrival {
  const payload = Uint8Array.of(0, 3, 0, 0, 0, 0, 0, sessionId, ...between, ...FRAME);
  return { encapsulation: "udp", source, destinationPort: 1701, payload };
}

function witness(
  kind: "static" | "agreed",
  localSessionId: number,
  sublayer: L2SpecificSublayer = "default",
): Witness {
  const [remote, encapsulation, localPort] = [PEER, "udp", 1701] as const;
  const cookie = Uint8Array.from(COOKIE);
  const expected = { remote, encapsulation, localPort, localSessionId, cookie, sublayer };
  return {
    ...kind === "static" ? { kind } : { kind, connection: "peer" },
    name: `s${localSessionId}`,
    localSessionId,
    judge: (each) => judgeArrival(each, expected),
  };
}

function codes(witnesses: readonly Witness[], ...arrivals: Arrival[]): string[] {
  return sessionFindings(witnesses, arrivals).map(({ code, subject }) => `${subject}: ${code}`);
}

const SUBLAYER = [0, 0, 0, 0];

Deno.test("packets for a peer's other session are not a mistake of this one", () => {
  const fitting = [1, 2].map((id) => arrival(id, [...COOKIE, ...SUBLAYER]));
  for (const kind of ["static", "agreed"] as const) {
    assertEquals(codes([witness(kind, 1), witness(kind, 2)], ...fitting), []);
    assertEquals(codes([witness("static", 1), witness(kind, 2)], ...fitting), []);
  }
});

Deno.test("a Session ID that no session has is one of a static session's peer, and of no agreed one's", () => {
  const stray = arrival(3, [...COOKIE, ...SUBLAYER]);
  assertEquals(codes([witness("static", 1)], stray), ["static session s1: wrong-session-id"]);
  assertEquals(codes([witness("agreed", 1)], stray), []);
});

Deno.test("a peer that ignores what was agreed on is named, with the key that would take it", () => {
  const cases = [
    [[0xc0, 0xff, 0xee, 0, ...SUBLAYER], "wrong-cookie-length", /sessions\.s1\.cookie to 4/],
    [SUBLAYER, "wrong-cookie-length", /sessions\.s1\.cookie to 0/],
    [COOKIE, "sublayer-mismatch", /sessions\.s1\.sublayer to none/],
    [[...COOKIE].reverse().concat(SUBLAYER), "wrong-cookie", /^longwire restart peer$/],
  ] as const;
  for (const [between, code, repair] of cases) {
    const [finding, ...more] = sessionFindings([witness("agreed", 1)], [arrival(1, between)]);
    assertEquals([finding?.code, finding?.subject, more], [code, "session peer/s1", []]);
    assertMatch(finding!.repair, /^longwire restart peer/);
    assertMatch(finding!.repair, repair);
    assertEquals(/c0ffee|cookie 0x/i.test(JSON.stringify(finding)), false);
  }
});

Deno.test("another host's packets to an agreed identifier are a collision", () => {
  const stranger = arrival(1, [...COOKIE, ...SUBLAYER], "192.0.2.9");
  assertEquals(codes([witness("agreed", 1)], stranger), ["session peer/s1: id-collision"]);
});

/** Options: what is filled in, and what is refused before anything is opened. */

import { assertEquals, assertThrows } from "@std/assert";
import type { ConnectionOptions, StaticSessionOptions } from "../../src/endpoint/options.ts";
import {
  remoteEndIdText,
  resolveConnectionSettings,
  resolveHostName,
  resolveRouterId,
  resolveSession,
  sessionSettings,
} from "../../src/endpoint/resolve_options.ts";
import { resolveStaticPorts, resolveStaticSession } from "../../src/endpoint/resolve_static.ts";

const octets = (text: string) => new TextEncoder().encode(text);

Deno.test("a connection without options has the RFC's defaults [V3-KA-02, V3-REL-11, V3-REL-17]", () => {
  assertEquals(resolveConnectionSettings({}), {
    version: 3,
    authentication: "none",
    digest: "sha1",
    ecnCapability: false,
    secrets: [],
    hideAvps: false,
    helloMs: 60_000,
    retransmission: { initialMs: 1000, capMs: 8000, limit: 10 },
    receiveWindow: 16,
    perHopBehaviours: [],
  });
});

Deno.test("a secret is used as the version knows how", () => {
  const of = (options: ConnectionOptions) => resolveConnectionSettings(options).authentication;
  assertEquals(of({ secret: "s" }), "digest");
  assertEquals(of({ secret: "s", version: 2 }), "challenge");
  assertEquals(of({ secret: "s", version: "auto" }), "digest");
  assertEquals(of({ secret: "s", authentication: "none" }), "none");
});

Deno.test("two secrets during a rollover, in order", () => {
  const { secrets } = resolveConnectionSettings({ secret: ["new", octets("old")] });
  assertEquals(secrets, [octets("new"), octets("old")]);
});

Deno.test("connection options that cannot be are refused in words", () => {
  const faults: [ConnectionOptions, string][] = [
    [{ version: "auto", encapsulation: "ip" }, "needs encapsulation"],
    [{ secret: "" }, "empty"],
    [{ secret: ["a", "b", "c"] }, "3 secrets"],
    [{ secret: [] }, "0 secrets"],
    [{ authentication: "digest" }, "needs a secret"],
    [{ authentication: "challenge", secret: "s" }, "does not exist in version 3"],
    [{ authentication: "digest", secret: "s", version: 2 }, "does not exist in version 2"],
    [{ hideAvps: true }, "hideAvps"],
    [{ hideAvps: true, secret: "s", authentication: "none" }, "hideAvps"],
    [{ hello: -1 }, "hello"],
    [{ retransmission: { cap: 7999 } }, "retransmission.cap"],
    [{ retransmission: { initial: 0 } }, "retransmission.initial"],
    [{ retransmission: { limit: 0 } }, "retransmission.limit"],
    [{ receiveWindow: 0 }, "receiveWindow"],
    [{ receiveWindow: 65_536 }, "receiveWindow"],
  ];
  for (const [options, words] of faults) {
    assertThrows(() => resolveConnectionSettings(options), Error, words);
  }
});

Deno.test("no error repeats a secret", () => {
  for (const authentication of ["challenge", "digest"] as const) {
    try {
      resolveConnectionSettings({ secret: ["hunter2", ""], authentication });
    } catch (error) {
      assertEquals(String(error).includes("hunter2"), false);
      continue;
    }
    throw new Error("an empty secret was taken");
  }
});

Deno.test("a session's name and Remote End ID stand for each other [ETH-06]", () => {
  assertEquals(resolveSession({ name: "lan" }).remoteEndId, octets("lan"));
  assertEquals(resolveSession({ remoteEndId: "lan" }).name, "lan");
  const id = new Uint8Array([0, 0, 0, 100]);
  assertEquals(resolveSession({ remoteEndId: id }).name, "0x00000064");
  assertEquals(resolveSession({}).remoteEndId, octets(resolveSession({}).name));
});

Deno.test("a session asks for an 8-octet cookie and tells its circuit's state [V3-SEC-01]", () => {
  const session = resolveSession({ name: "lan" });
  assertEquals(session.cookieLength, 8);
  assertEquals(sessionSettings(session, true).circuitStatus, 1);
  assertEquals(sessionSettings(session, false).circuitStatus, 0);
});

Deno.test("session options that cannot be are refused in words [V3-DP-30]", () => {
  assertThrows(
    () => resolveSession({ sequencing: "all", sublayer: "none" }),
    TypeError,
    "sublayer",
  );
  assertThrows(() => resolveSession({ cookie: 5 as 4 }), RangeError, "5 octets");
});

Deno.test("a Remote End ID that is no text is shown in hexadecimal", () => {
  assertEquals(remoteEndIdText(octets("lan-7")), "lan-7");
  assertEquals(remoteEndIdText(octets("a b")), "0x612062");
  assertEquals(remoteEndIdText(new Uint8Array()), "0x");
});

Deno.test("a Router ID is any 32-bit number, or an IPv4 address read as one [V3-CC-07]", () => {
  assertEquals(resolveRouterId("192.0.2.1"), 0xc0000201);
  assertEquals(resolveRouterId(0xffff_ffff), 0xffff_ffff);
  for (const fault of ["192.0.2", "192.0.2.256", "::1", -1, 2 ** 32, 0.5]) {
    assertThrows(() => resolveRouterId(fault), RangeError, "routerId");
  }
});

Deno.test("a Host Name is one word of US-ASCII [V3-CC-06]", () => {
  assertEquals(resolveHostName("lan-a.example"), "lan-a.example");
  for (const fault of ["", "a b", "büro"]) assertThrows(() => resolveHostName(fault), RangeError);
});

const STATIC: StaticSessionOptions = {
  remote: "192.0.2.2",
  localSessionId: 1000,
  remoteSessionId: 2000,
};
const PATH = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "192.0.2.2", port: 1701 },
} as const;

Deno.test("a static session is what its options say, in both directions", () => {
  const descriptor = resolveStaticSession({
    ...STATIC,
    receiveCookie: "0x0011223344556677",
    transmitCookie: new Uint8Array([1, 2, 3, 4]),
    sublayer: "default",
    sequencing: "all",
  }, PATH);
  assertEquals(descriptor.receiveCookie, Uint8Array.fromHex("0011223344556677"));
  assertEquals(descriptor.transmitCookie.length, 4);
  assertEquals([descriptor.receiveSublayer, descriptor.transmitSublayer], ["default", "default"]);
  assertEquals(descriptor.transmitSequencing, "all");
  assertEquals([descriptor.localSessionId, descriptor.remoteSessionId], [1000, 2000]);
});

Deno.test("static options that cannot be are refused in words [V3-IP-05]", () => {
  const faults: [Partial<StaticSessionOptions>, string][] = [
    [{ localSessionId: 0 }, "localSessionId"],
    [{ remoteSessionId: 2 ** 32 }, "remoteSessionId"],
    [{ receiveCookie: "00112233" }, "receiveCookie"],
    [{ receiveCookie: "0x001122" }, "3 octets"],
    [{ transmitCookie: "0x0" }, "transmitCookie"],
    [{ sequencing: "all" }, "sublayer"],
  ];
  for (const [fault, words] of faults) {
    assertThrows(() => resolveStaticSession({ ...STATIC, ...fault }, PATH), Error, words);
  }
  assertThrows(
    () => resolveStaticPorts({ ...STATIC, encapsulation: "ip", localPort: 1 }),
    TypeError,
    "no ports",
  );
  assertEquals(resolveStaticPorts(STATIC), { local: 1701, remote: 1701 });
});

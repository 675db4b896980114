/** Whole exchanges between two control planes, in each way that a connection can be spoken. */

import { assertEquals, assertThrows } from "@std/assert";
import type { ConnectionSettings } from "../../src/core/lcce_config.ts";
import type { Encapsulation } from "../../src/model/path.ts";
import { TwoLcces } from "./two_lcces.ts";

const SECRETS = [new TextEncoder().encode("new secret"), new TextEncoder().encode("old secret")];

const WAYS: readonly [string, Encapsulation, Partial<ConnectionSettings>][] = [
  ["over UDP", "udp", {}],
  ["over IP, where digests stand in for a checksum [V3-IP-07]", "ip", {}],
  ["with HMAC-SHA-1", "udp", { authentication: "digest", secrets: SECRETS }],
  ["with HMAC-MD5 over IP", "ip", { authentication: "digest", digest: "md5", secrets: SECRETS }],
  ["with hidden AVPs", "udp", { authentication: "digest", secrets: SECRETS, hideAvps: true }],
  ["that may fall back [V3-CO-03, V3-CO-04]", "udp", { version: "auto" }],
  ["that may fall back, authenticated", "udp", {
    version: "auto",
    authentication: "digest",
    secrets: SECRETS,
  }],
];

for (const [name, encapsulation, settings] of WAYS) {
  Deno.test(`a connection and a session come up ${name} [V3-CC-01, V3-SES-02]`, () => {
    const pair = new TwoLcces(settings);
    const { a } = pair.connect(settings, encapsulation);
    pair.openSession(a);
    const [up] = pair.a.told("sessionUp");
    const [answer] = pair.b.told("sessionUp");
    assertEquals(up!.descriptor.version, 3);
    assertEquals(up!.descriptor.remoteSessionId, answer!.descriptor.localSessionId);
    assertEquals(up!.descriptor.localSessionId, answer!.descriptor.remoteSessionId);
    assertEquals(up!.descriptor.transmitCookie, answer!.descriptor.receiveCookie);
    assertEquals(up!.descriptor.receiveCookie, answer!.descriptor.transmitCookie);
    assertEquals(pair.a.told("dropped"), []);
    assertEquals(pair.b.told("dropped"), []);
  });
}

Deno.test("names that no AVP could carry are refused before any peer sees them [V3-CC-06, V3-I18N-03, V3-I18N-04]", () => {
  for (const hostName of ["", "käse.example", "x".repeat(1001)]) {
    assertThrows(() => new TwoLcces({}, { a: { hostName } }), RangeError, "US-ASCII");
  }
  assertThrows(() => new TwoLcces({}, { b: { vendorName: "é" } }), RangeError, "vendor name");
  const pair = new TwoLcces({ authentication: "digest", secrets: SECRETS, hideAvps: true });
  const { a } = pair.connect({ authentication: "digest", secrets: SECRETS, hideAvps: true });
  assertThrows(() => pair.openSession(a, "x".repeat(1001)), RangeError, "1001 octets");
  pair.openSession(a, "x".repeat(1000));
  assertEquals(pair.a.told("sessionUp").length, 1);
});

/** Why a link ended, as an L2TP peer is told of it (RFC 3145). */

import { assert, assertEquals } from "@std/assert";
import { disconnectCause } from "../../src/ppp/disconnect_cause.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { linked, user } from "./two_links.ts";

Deno.test("causes name the protocol that they are about, and whose doing they are [PDC-03, PDC-04]", () => {
  const server: PppSettings = { authenticate: ["pap"], ipv4: { local: "10.0.0.1" } };
  const links = linked(server, { ipv4: {}, credentials: user("joe", "wrong") });
  links.run(10_000);
  const { text: said, ...here } = links.left.only("down").cause;
  assertEquals(here, { code: 16, controlProtocol: 0xc023, direction: 2 });
  assert(said.length > 0);
  const { text: heard, ...there } = links.right.only("down").cause;
  assertEquals(there, { code: 16, controlProtocol: 0xc023, direction: 1 });
  assert(heard.length > 0);
});

Deno.test("LCP's causes are LCP's, those of the whole nobody's [PDC-03]", () => {
  for (const reason of ["lcp-timeout", "loop", "echo-timeout"] as const) {
    assertEquals(disconnectCause(reason, 0xc223).controlProtocol, 0xc021, reason);
  }
  for (const reason of ["closed", "terminated", "lower-layer", "no-network-protocol"] as const) {
    assertEquals(disconnectCause(reason, 0xc223).controlProtocol, 0, reason);
  }
  assertEquals(disconnectCause("authentication-refused", 0xc223).controlProtocol, 0xc223);
});

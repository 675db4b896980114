/** Options and a path's MTU become what the data plane does. */

import { assertEquals, assertThrows } from "@std/assert";
import { fitFor, pathStatus } from "../../src/endpoint/session_fit.ts";
import { resolveFit } from "../../src/endpoint/resolve_options.ts";
import { descriptorOf, v2DescriptorOf } from "../dataplane/sessions.ts";

/** IPv4, UDP, flags and version, Session ID, Ethernet. */
const OVERHEAD = 20 + 8 + 4 + 4 + 14;
const DEFAULTS = resolveFit({});

Deno.test("the longest frame is what the path leaves, and its own header", () => {
  const fit = fitFor(DEFAULTS, descriptorOf(), 1400, undefined);
  assertEquals(fit, {
    pathMtu: 1400,
    fragmentation: "allow",
    oversize: "carry",
    longestFrame: 1400 - OVERHEAD + 14,
    segments: { ipv4: 1400 - OVERHEAD - 40, ipv6: 1400 - OVERHEAD - 60 },
    marking: { dscp: 0, ecn: false },
  });
  assertEquals(pathStatus(DEFAULTS, fit).payload, 1400 - OVERHEAD);
  assertEquals(pathStatus(DEFAULTS, undefined).mtu, null);
});

Deno.test("TCP is held to what fits where that is less than the LAN has, or to what is asked", () => {
  const segments = (options: Parameters<typeof resolveFit>[0], path: number, lan?: number) =>
    fitFor(resolveFit(options), descriptorOf(), path, lan).segments;
  assertEquals(segments({}, 1500 + OVERHEAD), undefined);
  assertEquals(segments({}, 1499 + OVERHEAD), { ipv4: 1459, ipv6: 1439 });
  assertEquals(segments({}, 5000 + OVERHEAD, 9000), { ipv4: 4960, ipv6: 4940 });
  assertEquals(segments({}, 9000 + OVERHEAD, 9000), undefined);
  assertEquals(segments({ tcpMss: "keep" }, 1400), undefined);
  assertEquals(segments({ tcpMss: 1200 }, 9000), { ipv4: 1200, ipv6: 1200 });
});

Deno.test("what the two ends of a PPP link take counts where the path would hold more", () => {
  const at = (agreedMtu: number) =>
    fitFor(DEFAULTS, v2DescriptorOf({ framing: "routed" }), 9000, undefined, agreedMtu);
  assertEquals(at(1400).segments, { ipv4: 1360, ipv6: 1340 });
  assertEquals(at(1400).longestFrame, 1400);
  assertEquals(at(1500).segments, undefined);
  const bridged = fitFor(DEFAULTS, v2DescriptorOf({ framing: "bridged" }), 9000, undefined, 1400);
  assertEquals(bridged.longestFrame, 1400 - 2, "flags and MAC type come before the frame");
});

Deno.test("options that cannot be are refused with what can be", () => {
  assertThrows(() => resolveFit({ tcpMss: 40 }), RangeError, "88 to 65495");
  const wrong = (options: Record<string, string>) => () => resolveFit(options);
  assertThrows(wrong({ fragmentation: "never" }), TypeError, "allow, auto, forbid");
  assertThrows(wrong({ oversize: "drop" }), TypeError, "carry, answer, fragment");
  assertThrows(wrong({ tcpMss: "clamp" }), TypeError, "auto, keep");
});

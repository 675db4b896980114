/** What the peer is told when a circuit is deleted here, by the kind of circuit. */

import { assertEquals } from "@std/assert";
import type { PseudowireType } from "../../mod.ts";
import { link, next, openLocal } from "./loopback.ts";

const SECRET = "loopback";
const STREAMS = { kind: "streams" } as const;

const RESULTS: readonly (readonly [PseudowireType, number])[] = [
  ["frame-relay", 17],
  ["hdlc", 20],
  ["ethernet", 3],
];

Deno.test("deleting a PVC, or an HDLC link, is what its CDN says [FR-09, HDLC-05]", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", [{ name: "near", secret: SECRET }]);
  const linked = await link(near, far, { secret: SECRET });
  for (const [pseudowire, result] of RESULTS) {
    const asked = next(linked.far.sessionRequests());
    const opening = linked.near.openSession({ pseudowire, attach: STREAMS, name: pseudowire });
    const there = await (await asked).accept({ attach: STREAMS });
    const here = await opening;
    await here.close();
    assertEquals((await there.closed).resultCode, result);
  }
});

Deno.test("frames of streams are Frame Relay's own, and get the DLCI of the port that they go to [FR-16, FR-20]", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", [{ name: "near", secret: SECRET }]);
  const linked = await link(near, far, { secret: SECRET });
  const asked = next(linked.far.sessionRequests());
  const opening = linked.near.openSession({
    pseudowire: "frame-relay",
    frameRelay: { dlci: 100 },
    attach: STREAMS,
  });
  const there = await (await asked).accept({ frameRelay: { dlci: 200 }, attach: STREAMS });
  const here = await opening;
  const writer = here.writable.getWriter();
  await writer.write(Uint8Array.of(0x18, 0x41, 0x03, 0xcc, 0x45));
  const frame = await next(there.readable.values());
  assertEquals([...frame], [0x30, 0x81, 0x03, 0xcc, 0x45]);
});

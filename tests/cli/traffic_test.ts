/** What the demo's traffic server knows of what it is sent. */

import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { firstDifference, moveOctets, TRAFFIC_PORT } from "../../src/cli/traffic.ts";

const OCTETS = 600_000;
/** Of this run alone: the port is always the same. */
const ADDRESS = `127.7.${Deno.pid >> 8 & 0xff}.${Deno.pid & 0xff}`;

/** All that a client sends behind its first line. */
async function sentOctets(): Promise<Uint8Array> {
  const server = Deno.listen({ hostname: ADDRESS, port: TRAFFIC_PORT });
  try {
    const moving = moveOctets(ADDRESS, OCTETS);
    using connection = await server.accept();
    const line = new TextEncoder().encode(`sink ${OCTETS}\n`).length;
    const octets = new Uint8Array(line + OCTETS);
    for (let got = 0; got < octets.length;) {
      got += (await connection.read(octets.subarray(got))) ?? octets.length;
    }
    await connection.write(new TextEncoder().encode("done\n"));
    await moving;
    return octets.subarray(line);
  } finally {
    server.close();
  }
}

Deno.test("octets that were sent are what they should be, and shifted or exchanged ones are not", async () => {
  const sent = await sentOctets();
  fc.assert(
    fc.property(fc.nat(OCTETS - 1500), fc.integer({ min: 1, max: 1500 }), (from, length) => {
      assertEquals(firstDifference(sent.subarray(from, from + length), from), -1);
    }),
  );
  fc.assert(fc.property(fc.nat(300_000), fc.integer({ min: 1, max: 65_536 }), (from, shift) => {
    const segment = sent.subarray(from + shift, from + shift + 1400);
    const place = firstDifference(segment, from);
    assert(place >= from && place < from + 100, `${shift} octets are missing`);
  }));
});

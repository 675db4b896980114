/** An endpoint that is closed while a static session is just being opened. */

import { assert, assertEquals } from "@std/assert";
import { openEndpoint } from "../../src/endpoint/open_endpoint.ts";

const OPTIONS = {
  remote: "127.0.0.1",
  local: "127.0.0.1",
  remotePort: 5_002,
  localSessionId: 1,
  remoteSessionId: 2,
  attach: { kind: "streams" },
} as const;

/**
 * Turns of the event loop between the wish and the end: opening takes some thirty, of which most,
 * while the workers start, are alike.
 */
const TURNS = [0, 1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40];

/** Below the ports that the kernel hands out. */
const FIRST_PORT = 31_100;

Deno.test("a static session that is being opened ends with its endpoint, whenever that is", async () => {
  for (const turns of TURNS) {
    const endpoint = await openEndpoint({ listen: [] });
    const opening = endpoint.openStaticSession({ ...OPTIONS, localPort: FIRST_PORT + turns });
    const outcome = opening.then((session) => session.closed, (error) => error);
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setTimeout(done, 0));
    await endpoint.close();
    const ended = await outcome;
    if (ended instanceof Error) assertEquals(ended.message, "the endpoint is closed");
    else assert(ended.text.length > 0);
    assertEquals(endpoint.staticSessions, []);
  }
});

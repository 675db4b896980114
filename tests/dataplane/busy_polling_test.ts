/** When a worker looks for the next packet instead of sleeping. */

import { assert, assertEquals } from "@std/assert";
import { BUSY_POLL_MS, BusyPolling } from "../../src/dataplane/busy_polling.ts";

const TAP = 1;
const SOCKET = 2;
/** How soon the packets of a quick exchange follow each other. */
const SOON_MS = BUSY_POLL_MS / 4;

/** A busy polling that has seen a ping go to and fro so often. */
function afterExchange(trips: number): BusyPolling {
  const polling = new BusyPolling();
  for (let trip = 0; trip < trips; trip++) {
    polling.note(TAP, 1, SOON_MS);
    polling.note(SOCKET, 1, SOON_MS);
  }
  return polling;
}

Deno.test("packets that go to and fro one by one are looked for, after a few", () => {
  assert(!new BusyPolling().pays);
  assert(!afterExchange(2).pays);
  assert(afterExchange(50).pays);
});

for (
  const [what, token, packets, waitedMs] of [
    ["a packet that was long in coming", TAP, 1, BUSY_POLL_MS * 2],
    ["several packets at once", TAP, 2, SOON_MS],
    ["a second one from the same side", SOCKET, 1, SOON_MS],
    ["a wait that brought nothing", TAP, 0, SOON_MS],
  ] as const
) {
  Deno.test(`${what} ends it, until there have been a few again`, () => {
    const polling = afterExchange(50);
    polling.note(token, packets, waitedMs);
    assertEquals(polling.pays, false);
    polling.note(SOCKET, 1, SOON_MS);
    assertEquals(polling.pays, false);
    for (let trip = 0; trip < 50; trip++) {
      polling.note(TAP, 1, SOON_MS);
      polling.note(SOCKET, 1, SOON_MS);
    }
    assertEquals(polling.pays, true);
  });
}

Deno.test("a flow that goes one way is waited for, however quick it is", () => {
  const polling = new BusyPolling();
  for (let packet = 0; packet < 1_000; packet++) polling.note(SOCKET, 1, 0);
  assert(!polling.pays);
});

Deno.test("a ping every two milliseconds is waited for: its answers come soon, it does not", () => {
  const polling = new BusyPolling();
  for (let trip = 0; trip < 50; trip++) {
    polling.note(TAP, 1, 2);
    polling.note(SOCKET, 1, SOON_MS);
    assert(!polling.pays);
  }
});

/** `longwire events`, against two daemons of which one dies. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DaemonEvent } from "../../src/daemon/event.ts";
import { root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { formatEvent } from "../../src/cli/events.ts";
import { serverEvents } from "../../src/cli/control_client.ts";
import { typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";
import { TwoSiteFiles } from "./two_daemons.ts";

const SECRET = "QXZEVENTSQXZ";
/** Impatient, so that the end of a peer is seen soon. */
const IMPATIENT = { connection: { hello: "1s", retransmission: { initial: "100ms", limit: 3 } } };

testRequiring(
  [root, tunDevice],
  "a peer that dies: every change is told with its chain of causes, and status keeps it",
  async () => {
    using sites = new TwoSiteFiles(0, "lwLe", SECRET);
    // `b` first: the one that waits is there when the one that begins does.
    await using b = await RunningDaemon.start(sites.write("b", IMPATIENT));
    await using a = await RunningDaemon.start(sites.write("a", IMPATIENT));
    await Promise.all([a.says(/lan: established on/), b.says(/lan: established on/)]);
    const watching = typed("events", "--json", "--recent", "100", "--socket", sites.socket("a"));
    await b.stop("SIGKILL");
    await a.says(/retransmissions of HELLO unanswered/);
    const status = await typed("status", "--json", "--socket", sites.socket("a"));
    await a.stop("SIGTERM");
    const { code, out, err } = await watching;
    assertEquals(code, 3);
    assertStringIncludes(err, "has ended");
    const events = out.trimEnd().split("\n").map((line) => JSON.parse(line) as DaemonEvent);
    const texts = events.map(({ text }) => text);
    const chain =
      /^session lan down: connection closed: 3 retransmissions of HELLO unanswered, last packet heard \d+ s ago$/;
    const down = events.find(({ text }) => chain.test(text));
    assertEquals(down?.causes[0], "connection closed", texts.join("\n"));
    for (
      const pattern of [
        /^the daemon is started$/,
        new RegExp(`^connection peer connecting to 127\\.0\\.0\\.1:${sites.port("b")}$`),
        /^connection peer up: b\.example at 127\.0\.0\.1:\d+$/,
        /^session lan up: lwLea\d+, mtu \d+$/,
        /^session lan: the peer's circuit is up$/,
        /^connection peer waiting: next attempt in [\d.]+ s: 3 retransmissions of HELLO/,
        /^connection peer down: 3 retransmissions of HELLO unanswered, last packet heard/,
        /^the daemon is stopping$/,
      ]
    ) assert(texts.some((text) => pattern.test(text)), `${pattern}\n${texts}`);
    assertEquals(events.map(({ id }) => id), events.map((_, index) => index + 1));
    const [connection] = JSON.parse(status.out).connections;
    assertMatch(connection.lastError, /^3 retransmissions of HELLO unanswered, last packet/);
    assertMatch(connection.sessions[0].lastError, /^connection closed: 3 retransmissions of/);
    assertEquals(out.includes(SECRET), false);
  },
);

Deno.test("an event is one line, whatever a peer has said", () => {
  const event: DaemonEvent = {
    id: 1,
    at: "2026-01-02T03:04:05.000Z",
    kind: "session",
    connection: "site-b",
    session: "lan",
    state: "idle",
    causes: ["x"],
    text: "session lan down: x\n\x1b[2J",
  };
  assertEquals(
    formatEvent(event),
    "2026-01-02T03:04:05.000Z  site-b  session lan down: x??[2J",
  );
});

Deno.test("server-sent events are taken apart wherever the chunks end", async () => {
  const text = ': hello\n\nevent: event\nid: 1\ndata: {"a":1}\n\nevent: missed\nid: 2\ndata: 2\n\n';
  for (let size = 1; size < 12; size++) {
    const chunks = async function* () {
      for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
    };
    assertEquals(await Array.fromAsync(serverEvents(chunks())), [
      { type: "event", data: { a: 1 } },
      { type: "missed", data: 2 },
    ]);
  }
});

Deno.test("what --recent takes is a number", async () => {
  const { code, err } = await typed("events", "--recent", "many");
  assertEquals([code, err], [2, 'longwire: --recent: "many" is no number\n']);
});

Deno.test("without a daemon there is nothing to listen to", async () => {
  assertEquals((await typed("events", "--socket", "/nonexistent/control.sock")).code, 3);
});

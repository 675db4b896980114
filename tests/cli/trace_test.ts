/** `longwire trace`: a connection that comes up, in words, with nothing secret in them. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { formatTrace } from "../../src/cli/trace.ts";
import type { TraceRecord } from "../../src/daemon/control_trace.ts";
import { typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";
import { TwoSiteFiles } from "./two_daemons.ts";

const SECRET = "QXZTRACEQXZ";

/** Traces daemon `a` from before `b` is there until `a` ends, after `b` has been up. */
async function traced(
  sites: TwoSiteFiles,
  until: RegExp,
  ...words: string[]
): Promise<{ readonly out: string; readonly code: number }> {
  await using a = await RunningDaemon.start(sites.file("a"));
  const tracing = typed("trace", ...words, "--socket", sites.socket("a"));
  await using _ = await RunningDaemon.start(sites.file("b"));
  await a.says(until);
  await a.stop("SIGTERM");
  return await tracing;
}

testRequiring([root, tunDevice], "both directions of a whole life, in order", async () => {
  using sites = new TwoSiteFiles(2, "lwLt", SECRET);
  sites.write("a", { connection: { retransmission: { initial: "100ms" } } });
  sites.write("b");
  const { out, code } = await traced(sites, /lan: established on/, "peer");
  assertEquals(code, 3);
  const types = ["SCCRQ", "SCCRP", "SCCCN", "ICRQ", "ICRP", "ICCN", "StopCCN"];
  const arrows = ["->", "<-", "->", "->", "<-", "->", "->"];
  let from = 0;
  for (const [index, type] of types.entries()) {
    const line = new RegExp(
      `^\\S+  peer  ${arrows[index]} 127\\.0\\.0\\.1:${sites.port("b")}  v3 ${type} .*$`,
      "m",
    );
    const found = line.exec(out.slice(from));
    if (found === null) throw new Error(`${line} is not in\n${out.slice(from)}`);
    from += found.index + found[0].length;
  }
  assertStringIncludes(out, 'hostName="a.example"');
  assertStringIncludes(out, "assignedCookie=(8 octets)");
  assertEquals(out.includes(SECRET), false);
});

testRequiring([root, tunDevice], "a wrong secret shows as what is dropped", async () => {
  using sites = new TwoSiteFiles(4, "lwLw", SECRET);
  sites.write("a", { connection: { initiate: false } });
  Deno.writeTextFileSync(`${sites.folder}/other`, "another\n", { mode: 0o600 });
  const secret = { file: "other" };
  const impatient = { initial: "100ms", limit: 3 };
  sites.write("b", { connection: { initiate: true, secret, retransmission: impatient } });
  await using a = await RunningDaemon.start(sites.file("a"));
  const tracing = typed("trace", "--json", "--socket", sites.socket("a"));
  await using b = await RunningDaemon.start(sites.file("b"));
  await b.says(/unanswered/);
  await a.stop("SIGTERM");
  const { out } = await tracing;
  const records = out.trimEnd().split("\n").map((line) => JSON.parse(line) as TraceRecord);
  const [received, dropped] = records;
  assertEquals([received?.direction, received?.connection], ["received", "peer"]);
  assertMatch(received?.text ?? "", /^v3 SCCRQ /);
  assertEquals([dropped?.direction, dropped?.text], ["dropped", "dropped: bad-digest"]);
});

Deno.test("a message is one line, whatever a peer has said", () => {
  const record: TraceRecord = {
    id: 1,
    at: "2026-01-02T03:04:05.000Z",
    connection: null,
    direction: "dropped",
    local: "192.0.2.1:1701",
    remote: "192.0.2.2:1701",
    text: "dropped: \x1b[2J",
  };
  assertEquals(
    formatTrace(record),
    "2026-01-02T03:04:05.000Z  -  <x 192.0.2.2:1701  dropped: ?[2J",
  );
});

testRequiring([root, tunDevice], "a debugged connection's messages are in the log", async () => {
  using sites = new TwoSiteFiles(6, "lwLd", SECRET);
  sites.write("a", { connection: { retransmission: { initial: "100ms" } } });
  sites.write("b");
  await using a = await RunningDaemon.start(sites.file("a"));
  assertEquals((await typed("debug", "nobody", "--socket", sites.socket("a"))).code, 5);
  assertEquals((await typed("debug", "peer", "--socket", sites.socket("a"))).code, 0);
  await a.says(/peer: debugging on, by its operator/);
  await using _ = await RunningDaemon.start(sites.file("b"));
  await a.says(/DEBUG peer: received 127\.0\.0\.1:\d+: v3 ICRP /);
  assertEquals((await typed("debug", "peer", "--off", "--socket", sites.socket("a"))).code, 0);
  await a.says(/peer: debugging off/);
  const quietFrom = a.log.length;
  await a.stop("SIGTERM");
  assertEquals(a.log.slice(quietFrom).includes("DEBUG"), false);
  assertEquals(a.log.includes(SECRET), false);
});

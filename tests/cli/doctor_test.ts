/** `longwire doctor`, of configurations, and with a daemon that answers as it is told. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../src/daemon/session_findings.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import { formatFindings } from "../../src/cli/doctor.ts";
import { typed } from "./recorded_terminal.ts";

async function examined(configuration: unknown, ...words: string[]) {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(configuration));
    const { code, out } = await typed("doctor", file, "--json", "--seconds", "0", ...words);
    const { findings } = JSON.parse(out) as { findings: readonly Finding[] };
    return { code, of: (wanted: string) => findings.filter((each) => each.code === wanted) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("what a configuration needs and the system has not, each with its repair", async () => {
  const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { code, of } = await examined({
    listen: `udp://127.0.0.1:${port}`,
    connections: {
      nameless: { remote: "no-such-host.invalid" },
      one: {
        remote: "127.0.0.1",
        sessions: {
          a: { attach: { namespace: "no-such-namespace" } },
          b: { attach: { bridge: "lw-no-bridge" } },
        },
      },
    },
  });
  taken.close();
  assertEquals(code, 6);
  assertEquals(of("port-in-use")[0]?.repair, `ss -ulpn 'sport = :${port}'`);
  assertEquals(of("no-address")[0]?.subject, "connection nameless");
  assertEquals(of("no-namespace")[0]?.repair, "ip netns add no-such-namespace");
  assertStringIncludes(of("no-bridge")[0]!.repair, "ip link add lw-no-bridge type bridge");
});

Deno.test("a configuration's mistakes are findings, too", async () => {
  const { code, of } = await examined({ connections: { x: { remot: "y" } } });
  assertEquals(code, 6);
  const mistakes = of("configuration-error");
  assert(mistakes.some(({ text }) => text.includes("did you mean remote?")));
  assertStringIncludes(mistakes[0]!.repair, "longwire check ");
});

Deno.test("findings in words are one fault and one repair each", () => {
  const finding = { code: "path-mtu", subject: "session a/b", text: "too\x1b long", repair: "cut" };
  assertEquals(
    formatFindings([finding], true),
    "path-mtu: session a/b: too? long\n  repair: cut\n",
  );
  assertEquals(formatFindings([], true), "nothing is wrong, as far as can be seen\n");
  assertStringIncludes(formatFindings([], false), "no daemon is running");
});

Deno.test("a daemon that was named and is not there is not passed over", async () => {
  assertEquals((await typed("doctor", "--socket", "/tmp/no-such.sock")).code, 3);
  assertEquals((await typed("doctor", "--seconds", "soon")).code, 2);
});

/** What an installed longwire is permitted is enough for all that it tells of its host and of itself. */

import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import type { Finding } from "../../src/daemon/session_findings.ts";
import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { Daemon, installedCommand } from "./daemon.ts";

testRequiring(LINKED_LANS, "an installed daemon knows its host and itself", async () => {
  await using namespaces = new Namespaces("lw-installed");
  const namespace = await namespaces.add("host");
  await using daemon = await Daemon.start(namespaces, namespace, {});

  assertMatch(daemon.log, /listening on udp:\/\/0\.0\.0\.0:1701 udp:\/\/\[::\]:1701/);
  const metrics = String(await daemon.ask("GET", "/metrics"));
  const [, openFiles] = /^l2tp_open_fds (\d+)$/m.exec(metrics) ?? [];
  assertGreater(Number(openFiles), 10, metrics);
});

testRequiring(LINKED_LANS, "an installed doctor is shown what it looks at", async () => {
  await using namespaces = new Namespaces("lw-installed");
  const namespace = await namespaces.add("host");
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, "connections: { other: { remote: 198.51.100.7 } }\n");
    const command = installedCommand("doctor", file, "--json", "--seconds", "0");
    const { stdout, stderr } = await namespaces.run(namespace, command);
    assertEquals(stderr, "");
    const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
    // In an empty namespace there is no way to the peer, and that is all.
    assertEquals(findings.map(({ code }) => code), ["no-route"]);
  } finally {
    await Deno.remove(file);
  }
});

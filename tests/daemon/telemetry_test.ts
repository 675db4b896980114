/** What OpenTelemetry gets: a daemon that exports, and a collector that listens. */

import { assertEquals } from "@std/assert";
import { loadTelemetry } from "../../src/daemon/telemetry.ts";
import { requiresRoot } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Collector } from "./collector.ts";
import { ownCommand } from "../../src/cli/traffic_pair.ts";

Deno.test("nothing is loaded unless the environment asks for it", async () => {
  assertEquals(await loadTelemetry({ get: () => undefined }), undefined);
});

const WANTED = [
  ["/v1/metrics", "l2tp_tunnel_state"],
  ["/v1/metrics", "l2tp_control_retransmits_total"],
  ["/v1/metrics", "nowhere"],
  ["/v1/traces", "l2tp connection set-up"],
  ["/v1/traces", "retransmissions of SCCRQ unanswered"],
] as const;

requiresRoot("metrics, and a set-up that failed, reach the collector", async () => {
  const folder = await Deno.makeTempDir({ prefix: "longwire-telemetry-" });
  await using collector = new Collector();
  await Deno.writeTextFile(
    `${folder}/longwire.yaml`,
    JSON.stringify({
      listen: [`udp://127.0.0.1:${20_000 + Deno.pid % 10_000}`],
      controlSocket: `${folder}/control.sock`,
      connections: {
        nowhere: {
          remote: "127.0.0.1:9",
          retransmission: { initial: "100ms", limit: 1 },
          sessions: {},
        },
      },
    }),
  );
  const [program = "", ...args] = ownCommand("run", `${folder}/longwire.yaml`);
  const daemon = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    env: collector.environment,
  }).spawn();
  try {
    const missing = () =>
      WANTED.filter(([path, words]) => !collector.heard[path].includes(words)).map(([, words]) =>
        words
      );
    await eventually(() => missing().length === 0, () => `not heard: ${missing()}`, 15_000);
    daemon.kill("SIGTERM");
    assertEquals((await daemon.status).code, 0);
  } finally {
    try {
      daemon.kill("SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    await daemon.status;
    await Deno.remove(folder, { recursive: true });
  }
});

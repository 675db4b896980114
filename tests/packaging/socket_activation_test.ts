/** The control socket passed by systemd: it starts the daemon, and is there when that has ended. */

import { assertEquals, assertMatch } from "@std/assert";
import { daemonAt } from "../../src/cli/control_client.ts";
import { ownCommand } from "../../src/cli/traffic_pair.ts";
import { program, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";

testRequiring(
  [program("systemd-socket-activate", "systemd")],
  "the first question starts the daemon, on the socket that was there before it",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-activation-" });
    const [socket, file] = [`${folder}/control.sock`, `${folder}/longwire.yaml`];
    await Deno.writeTextFile(
      file,
      `{ listen: ["udp://127.0.0.1:${20_000 + Deno.pid % 10_000}"], controlSocket: ${socket} }`,
    );
    const waiting = new Deno.Command("systemd-socket-activate", {
      args: [`--listen=${socket}`, "--fdname=control", ...ownCommand("run", file)],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      env: { DENO_NO_UPDATE_CHECK: "1" },
    }).spawn();
    const daemon = daemonAt(socket);
    try {
      await eventually(() => exists(socket), () => "systemd has made no socket");
      const { status, body } = await daemon.ask("GET", "/status");
      assertEquals([status, (body as { readonly schema: number }).schema], [200, 1]);
      assertEquals((await daemon.ask("GET", "/nothing")).status, 404);
      assertEquals((await daemon.ask("POST", "/connections/nobody/up")).status, 404);
      for await (const { data } of daemon.listen("/events?recent=1", AbortSignal.timeout(10_000))) {
        assertMatch(JSON.stringify(data), /started/);
        break;
      }
      waiting.kill("SIGTERM");
      assertEquals((await waiting.status).code, 0);
      assertEquals(exists(socket), true);
    } finally {
      try {
        waiting.kill("SIGKILL");
      } catch {
        // It has ended, as it should.
      }
      await waiting.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
);

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch {
    return false;
  }
}

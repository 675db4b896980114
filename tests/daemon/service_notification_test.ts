/** What systemd is told, and over which socket. */

import { assertEquals } from "@std/assert";
import { notifyService } from "../../src/daemon/service_notification.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-notify-" });
  try {
    await use(folder);
  } finally {
    Deno.env.delete("NOTIFY_SOCKET");
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("systemd is told a state, and the socket it came from is gone again", async () => {
  await withFolder(async (folder) => {
    const systemd = Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/notify` });
    Deno.env.set("NOTIFY_SOCKET", `${folder}/notify`);
    await notifyService("READY=1", folder);
    const [octets] = await systemd.receive();
    systemd.close();
    assertEquals(new TextDecoder().decode(octets), "READY=1");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["notify"]);
  });
});

Deno.test("two states at the same time are both told", async () => {
  await withFolder(async (folder) => {
    const systemd = Deno.listenDatagram({ transport: "unixpacket", path: `${folder}/notify` });
    Deno.env.set("NOTIFY_SOCKET", `${folder}/notify`);
    const states = ["RELOADING=1", "WATCHDOG=1"];
    await Promise.all(states.map((state) => notifyService(state, folder)));
    const told = [await systemd.receive(), await systemd.receive()];
    systemd.close();
    assertEquals(told.map(([octets]) => new TextDecoder().decode(octets)).sort(), states);
  });
});

Deno.test("without systemd, and with one that has gone, nothing happens", async () => {
  await withFolder(async (folder) => {
    Deno.env.delete("NOTIFY_SOCKET");
    await notifyService("READY=1", folder);
    Deno.env.set("NOTIFY_SOCKET", `${folder}/gone`);
    await notifyService("READY=1", folder);
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

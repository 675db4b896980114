/** The control socket: its mode, its place, its predecessors. */

import { assertEquals, assertRejects } from "@std/assert";
import { openControlSocket } from "../../src/daemon/control_socket.ts";

async function withSocketPath(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-control-" });
  try {
    await use(`${folder}/below/control.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const answer = () => new Response("ok");

Deno.test("it is for owner and group, in a folder that is made for it, and goes with its owner", async () => {
  await withSocketPath(async (path) => {
    const before = Deno.umask(0);
    try {
      await using _ = await openControlSocket(path, answer);
      assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o660);
      assertEquals(Deno.umask(0), 0);
    } finally {
      Deno.umask(before);
    }
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  });
});

Deno.test("a socket that a dead daemon left is replaced; one that answers is not", async () => {
  await withSocketPath(async (path) => {
    await Deno.mkdir(path.replace("/control.sock", ""));
    // Nobody listens on a datagram socket, and closing one leaves its name behind.
    Deno.listenDatagram({ transport: "unixpacket", path }).close();
    assertEquals(Deno.lstatSync(path).isSocket, true);
    await using _ = await openControlSocket(path, answer);
    await assertRejects(
      () => openControlSocket(path, answer),
      Error,
      `another daemon is running: it answers on ${path}`,
    );
  });
});

Deno.test("a file that is no socket is left alone", async () => {
  await withSocketPath(async (path) => {
    await Deno.mkdir(path.replace("/control.sock", ""));
    await Deno.writeTextFile(path, "precious");
    await assertRejects(() => openControlSocket(path, answer), Error, "is no socket");
    assertEquals(await Deno.readTextFile(path), "precious");
  });
});

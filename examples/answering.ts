/**
 * An endpoint that waits for peers: each that knows the secret gets a control connection, and each
 * session it asks for becomes a TAP interface in a bridge. Everything is put away on Ctrl-C.
 *
 * Run as root: deno run -A examples/answering.ts SECRET_FILE BRIDGE
 * A peer: deno run -A examples/tap_link.ts ADDRESS SECRET_FILE
 */

import { type ControlConnection, openEndpoint } from "../mod.ts";

const [secretFile, bridge] = Deno.args;
if (secretFile === undefined || bridge === undefined) {
  console.error("usage: answering.ts SECRET_FILE BRIDGE");
  Deno.exit(2);
}
const secret = (await Deno.readTextFile(secretFile)).trim();

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stop.abort());
}

/** Takes every Ethernet session over a connection, until the connection ends. */
async function takeSessions(connection: ControlConnection, bridge: string): Promise<void> {
  for await (const request of connection.sessionRequests()) {
    const id = request.remoteEndIdText;
    if (request.pseudowire !== "ethernet") {
      request.refuse({ text: "Ethernet only" });
      continue;
    }
    request.accept({ attach: { bridge } }).then(
      async (session) => {
        console.log(`${connection.name}: "${id}" is ${session.interfaceName}`);
        console.log(`${connection.name}: "${id}" ended: ${(await session.closed).text}`);
      },
      (error) => console.log(`${connection.name}: "${id}" failed: ${error.message}`),
    );
  }
}

await using endpoint = await openEndpoint({
  peers: [{ name: "anybody", secret, hello: 10_000 }],
  signal: stop.signal,
});
console.log("listening on", endpoint.listening.map(({ address, port }) => `${address} ${port}`));
for await (const request of endpoint.connectionRequests()) {
  const name = `${request.peer.hostName} at ${request.path.remote.address}`;
  console.log(`${name} connects`);
  request.accept({ name }).then(async (connection) => {
    await takeSessions(connection, bridge);
    console.log(`${name} is gone: ${(await connection.closed).text}`);
  }, (error) => console.log(error.message));
}

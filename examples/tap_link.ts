/**
 * A TAP interface joined to a remote one, over and over: the interface stays while the peer comes
 * and goes, and has a carrier whenever frames get through.
 *
 * Run as root: deno run -A examples/tap_link.ts REMOTE SECRET_FILE [INTERFACE] [BRIDGE]
 * The other end: examples/answering.ts, `longwire link --listen`, or any L2TPv3 router.
 */

import { openEndpoint } from "../mod.ts";

const [remote, secretFile, tap = "lw0", bridge] = Deno.args;
if (remote === undefined || secretFile === undefined) {
  console.error("usage: tap_link.ts REMOTE SECRET_FILE [INTERFACE] [BRIDGE]");
  Deno.exit(2);
}
const secret = (await Deno.readTextFile(secretFile)).trim();

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stop.abort());
}

/** Between two attempts: up to ten seconds, not the same at both ends. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 2000 + Math.random() * 8000);
    stop.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

await using endpoint = await openEndpoint();
const attachment = endpoint.createAttachment({ tap, ...(bridge === undefined ? {} : { bridge }) });
while (!stop.signal.aborted) {
  try {
    const { signal } = stop;
    const connection = await endpoint.connect(remote, { secret, hello: 10_000, signal });
    const session = await connection.openSession({
      remoteEndId: "lan",
      attach: attachment,
      signal,
    });
    console.log(`${session.interfaceName} is up, MTU ${session.mtu}`);
    const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await Promise.race([session.closed.then(({ text }) => console.log(`down: ${text}`)), stopped]);
    await connection.close();
  } catch (error) {
    if (!stop.signal.aborted) console.log(error instanceof Error ? error.message : error);
  }
  if (!stop.signal.aborted) await pause();
}

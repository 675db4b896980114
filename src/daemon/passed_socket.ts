/**
 * The control socket as systemd's socket activation passes it: bound and listening already, with
 * the owner, the group and the mode that its `.socket` unit gives it.
 *
 * See sd_listen_fds(3). `Deno.serve` takes no descriptor; node:http does. The tunnel's own sockets
 * cannot be passed: data goes by sockets that share their port (SO_REUSEPORT), which the kernel
 * allows to the user who bound the first one only, and systemd binds as root.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** Descriptors that systemd passes begin here (SD_LISTEN_FDS_START). */
const FIRST_PASSED = 3;
/** The `FileDescriptorName=` that tells the control socket from others. */
const CONTROL_NAME = "control";

/**
 * The descriptor of the control socket that this process was started with; `undefined` where it was
 * given none.
 *
 * @throws {Error} for several sockets of which not one is named `control`.
 */
export function passedControlSocket(
  environment: { get(name: string): string | undefined } = Deno.env,
  pid: number = Deno.pid,
): number | undefined {
  if (Number(environment.get("LISTEN_PID")) !== pid) return undefined;
  const count = Number(environment.get("LISTEN_FDS") ?? 0);
  if (!(count > 0)) return undefined;
  const named = (environment.get("LISTEN_FDNAMES") ?? "").split(":").indexOf(CONTROL_NAME);
  if (named >= 0 && named < count) return FIRST_PASSED + named;
  if (count === 1) return FIRST_PASSED;
  throw new Error(
    `systemd passed ${count} sockets and none is named ${CONTROL_NAME}: ` +
      `write FileDescriptorName=${CONTROL_NAME} into the unit of the control socket, ` +
      `a unix stream socket, which is the only one that can be passed`,
  );
}

/** Serves HTTP on a listening socket that was passed; disposing of it ends every connection. */
export async function servePassedSocket(
  fd: number,
  handler: (request: Request) => Response | Promise<Response>,
): Promise<AsyncDisposable> {
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing, handler));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd }, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** One request as the web has it, and its answer as node has it. */
async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: (request: Request) => Response | Promise<Response>,
): Promise<void> {
  // The API's requests have no body: an order is in its path.
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === "string") headers.set(name, value);
  }
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  try {
    const url = new URL(incoming.url ?? "/", "http://longwire");
    const request = new Request(url, {
      method: incoming.method ?? "GET",
      headers,
      signal: gone.signal,
    });
    const response = await handler(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) outgoing.end();
    else Readable.fromWeb(response.body).on("error", () => outgoing.destroy()).pipe(outgoing);
  } catch {
    outgoing.destroy();
  }
}

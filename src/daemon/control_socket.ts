/**
 * The unix socket that the control API listens on: for its owner and its group alone, and not
 * taken from another daemon that is alive.
 */

import { dirname } from "node:path";
import { passedControlSocket, servePassedSocket } from "./passed_socket.ts";

/** Read and write for owner and group: whoever may connect may do everything. */
const MODE = 0o660;

/** A listening control socket. */
export interface ControlSocket extends AsyncDisposable {
  readonly path: string;
}

/**
 * Listens on `path`, in place of a socket that a dead daemon has left; or on the socket that systemd
 * has passed, which is there before this process and after it.
 *
 * @throws {Error} when another daemon answers there, or the file system says no.
 */
export async function openControlSocket(
  path: string,
  handler: (request: Request) => Response | Promise<Response>,
  passed: number | undefined = passedControlSocket(),
): Promise<ControlSocket> {
  if (passed !== undefined) return { path, ...await servePassedSocket(passed, handler) };
  Deno.mkdirSync(dirname(path), { recursive: true });
  await removeStale(path);
  const stop = new AbortController();
  // The mode is right from the first moment: chmod afterwards would leave one in which it is not.
  const umask = Deno.umask(0o777 & ~MODE);
  let server: Deno.HttpServer;
  try {
    server = Deno.serve({ path, signal: stop.signal, onListen: () => {} }, handler);
  } finally {
    Deno.umask(umask);
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
      await removeStale(path);
    },
  };
}

async function removeStale(path: string): Promise<void> {
  try {
    const { isSocket } = Deno.lstatSync(path);
    if (!isSocket) {
      throw new Error(`${path} exists and is no socket; the control API needs a path of its own`);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    Deno.removeSync(path);
    return;
  }
  throw new Error(`another daemon is running: it answers on ${path}`);
}

/**
 * Tells systemd how the service is (sd_notify): a datagram to the socket in $NOTIFY_SOCKET.
 *
 * Without that variable nothing is sent. Nothing here may stop the daemon: a notification that
 * fails is logged and forgotten.
 */

import { logger } from "./log.ts";

/** What systemd is told: `READY=1`, `RELOADING=1`, `STOPPING=1`. */
export async function notifyService(state: string): Promise<void> {
  const path = Deno.env.get("NOTIFY_SOCKET");
  if (path === undefined || path === "") return;
  // `Deno.listenDatagram` is there with `"unstable": ["net"]`, as deno.json has it.
  if (typeof Deno.listenDatagram !== "function") {
    logger.warn("systemd cannot be told {state}: run with --unstable-net", { state });
    return;
  }
  const directory = Deno.makeTempDirSync({ prefix: "longwire-notify-" });
  try {
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: `${directory}/socket` });
    try {
      // A name that begins with @ is of the abstract kind, whose first octet is zero.
      const target = path.startsWith("@") ? `\0${path.slice(1)}` : path;
      await socket.send(new TextEncoder().encode(state), { transport: "unixpacket", path: target });
    } finally {
      socket.close();
    }
  } catch (error) {
    logger.warn("systemd cannot be told {state}: {problem}", { state, problem: String(error) });
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/**
 * Tells systemd how the service is (sd_notify): a datagram to the socket in $NOTIFY_SOCKET.
 *
 * Without that variable nothing is sent. Nothing here may stop the daemon: a notification that
 * fails is logged and forgotten.
 */

import { logger } from "./log.ts";

/** Sockets made so far: two states may be told at the same time. */
let sockets = 0;

/**
 * Tells systemd a state: `READY=1`, `RELOADING=1`, `WATCHDOG=1`, `STOPPING=1`. The datagram comes from a socket
 * that is made in `directory` for it.
 */
export async function notifyService(state: string, directory: string): Promise<void> {
  const target = Deno.env.get("NOTIFY_SOCKET");
  if (target === undefined || target === "") return;
  const own = `${directory}/notify-${Deno.pid}-${++sockets}.sock`;
  try {
    // `Deno.listenDatagram` is there with `"unstable": ["net"]`, as deno.json has it.
    const socket = Deno.listenDatagram({ transport: "unixpacket", path: own });
    try {
      // A name that begins with @ is of the abstract kind, whose first octet is zero.
      const path = target.startsWith("@") ? `\0${target.slice(1)}` : target;
      await socket.send(new TextEncoder().encode(state), { transport: "unixpacket", path });
    } finally {
      socket.close();
      Deno.removeSync(own);
    }
  } catch (error) {
    logger.warn("systemd cannot be told {state}: {problem}", { state, problem: String(error) });
  }
}

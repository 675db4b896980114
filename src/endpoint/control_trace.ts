/**
 * Control messages in words: what a `ControlSight` shows, on one line, and whose it is.
 *
 * Read wire/dissect.ts first: it keeps cookies, challenges and passwords out of the words.
 */

import { type Encapsulation, type Path, samePath } from "../model/path.ts";
import { decodeControlHeader } from "../wire/control_header.ts";
import { isFailure } from "../wire/decode_failure.ts";
import { dissect } from "../wire/dissect.ts";
import { firstLook } from "../wire/first_look.ts";
import type { ControlSight } from "./observation.ts";
import type { ConnectionStatus } from "./status.ts";

/** The words for a control message, or for what became of it. */
export function describeSight(sight: ControlSight): string {
  if (sight.kind === "dropped") return `dropped: ${sight.reason}`;
  return dissect(sight.octets, sight.path.encapsulation);
}

/** Which connection a control message belongs to: by its identifier, or else by its path. */
export function connectionOfSight<Status extends Pick<ConnectionStatus, "local" | "remote">>(
  sight: ControlSight,
  connections: readonly Status[],
): Status | undefined {
  const id = sight.kind === "dropped" ? 0 : connectionIdOf(sight.octets, sight.path);
  const onPath = connections.filter((connection) => isOnPath(connection, sight.path));
  if (id === 0) return onPath[0];
  if (sight.kind === "sent") return onPath.find(({ remote }) => remote.id === id) ?? onPath[0];
  return connections.find(({ local }) => local.id === id) ?? onPath[0];
}

/** Whether what has arrived is a control message of a version that is known. */
export function isControlMessage(
  { payload, encapsulation }: {
    readonly payload: Uint8Array;
    readonly encapsulation: Encapsulation;
  },
): boolean {
  const look = firstLook(payload, encapsulation);
  return look.kind === "control" && !isFailure(decodeControlHeader(payload, look.offset));
}

/** The identifier that a control message is addressed to; 0 where it bears none. */
function connectionIdOf(octets: Uint8Array, { encapsulation }: Path): number {
  const look = firstLook(octets, encapsulation);
  if (look.kind !== "control") return 0;
  const header = decodeControlHeader(octets, look.offset);
  return isFailure(header) ? 0 : header.connectionId;
}

function isOnPath({ local, remote }: Pick<ConnectionStatus, "local" | "remote">, path: Path) {
  return samePath({ encapsulation: path.encapsulation, local, remote }, path);
}

/** The settings that tests give to both sides, so that a cell means the same in every suite. */

import type { ConnectionSettings } from "../../src/core/lcce_config.ts";
import type { Cell } from "./cells.ts";
import { ascii } from "./peer_message.ts";

/** What both sides share where the cell authenticates. */
export const SECRET = ascii("l2tp-secret");

/** The program's settings for a connection of this cell; the rest is the default. */
export function settingsFor(
  cell: Cell,
  other: Partial<ConnectionSettings> = {},
): ConnectionSettings {
  return {
    version: cell.version,
    authentication: cell.authentication,
    digest: cell.digest,
    secrets: cell.authentication === "none" ? [] : [SECRET],
    hideAvps: false,
    helloMs: 60_000,
    retransmission: { initialMs: 1_000, capMs: 8_000, limit: 10 },
    receiveWindow: 16,
    ...other,
  };
}

/**
 * What both directions of the data plane do with a run of frames of one session, and with its rows.
 */

import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { DirectionCounters } from "./counters.ts";
import { NOT_DROPPED } from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink } from "./frame_port.ts";
import type { ReceiveRow, TransmitRow } from "./session_row.ts";

/** Sends frames `first` to `end`, and counts each as gone, without its header, or as dropped. */
export function sendRun(
  sink: FrameSink,
  batch: FrameBatch,
  first: number,
  end: number,
  counters: DirectionCounters,
): void {
  if (first >= end) return;
  sink.send(batch, first, end - first);
  let frames = 0;
  let octets = 0;
  for (let index = first; index < end; index++) {
    const drop = batch.drops[index]!;
    if (drop === NOT_DROPPED) {
      frames += 1;
      octets += batch.lengthOf(index) - batch.overheads[index]!;
    } else {
      counters.dropped(drop);
    }
  }
  counters.forwarded(frames, octets);
}

/**
 * Says what of PPP may pass.
 *
 * @throws {RangeError} for a session that is not known, or carries no PPP.
 */
export function allowPpp(
  key: number,
  row: TransmitRow | ReceiveRow | undefined,
  protocols: PppProtocols,
): void {
  if (row === undefined) throw new RangeError(`session ${key} is not installed`);
  if (row.pseudowire.setPppProtocols === undefined) {
    throw new RangeError(`session ${key} carries no PPP`);
  }
  row.pseudowire.setPppProtocols(protocols);
  row.pppProtocols = protocols;
}

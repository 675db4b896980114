/**
 * Between the frames of a port and the payloads of a pseudowire that differ from them.
 *
 * Read ../pseudowire/pseudowire.ts first. Called once per frame: nothing here allocates.
 */

import {
  BAD_ADDRESS,
  PROTOCOL_CLOSED,
  TO_MAIN_THREAD,
  UNKNOWN_PROTOCOL,
} from "../pseudowire/pseudowire.ts";
import {
  DROP_ADDRESS,
  DROP_MALFORMED,
  DROP_PROTOCOL,
  DROP_PROTOCOL_CLOSED,
  DROP_SPOOFED,
  type DropCode,
  NOT_DROPPED,
  PUNTED,
} from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { NO_ROUTE, type RouteTable } from "./route_table.ts";
import type { ReceiveRow, TransmitRow } from "./session_row.ts";

/** Makes frame `index` of the batch the session's payload, in place, or says why not. */
export function wrapFrame(row: TransmitRow, batch: FrameBatch, index: number): DropCode {
  const frame = batch.starts[index]!;
  const payload = row.pseudowire.wrap(batch.octets, frame, batch.lengths[index]!);
  if (payload < 0) return dropForAnswer(payload);
  batch.starts[index] = payload;
  batch.lengths[index]! += frame - payload;
  return NOT_DROPPED;
}

/**
 * Makes payload `index` of the batch the port's frame, in place, or says why not. One that is for
 * the main thread is left whole.
 */
export function unwrapPayload(row: ReceiveRow, batch: FrameBatch, index: number): DropCode {
  const { pseudowire } = row;
  const payload = batch.starts[index]!;
  const length = batch.lengths[index]!;
  const end = payload + length - pseudowire.trailerLength(batch.octets, payload, length);
  if (end - payload < pseudowire.shortestPayload) return DROP_MALFORMED;
  const frame = pseudowire.unwrap(batch.octets, payload, end - payload);
  if (frame < 0) return dropForAnswer(frame);
  batch.locate(index, frame, end - frame);
  return row.sources === undefined ? NOT_DROPPED : checkSource(row.sources, batch, index);
}

/** What a peer sends is to come from where packets to it go: RFC 2827's rule, at our edge. */
function checkSource(sources: RouteTable, batch: FrameBatch, index: number): DropCode {
  const key = sources.bySource(batch.view, batch.starts[index]!, batch.lengths[index]!);
  return key === NO_ROUTE ? DROP_SPOOFED : NOT_DROPPED;
}

function dropForAnswer(answer: number): DropCode {
  switch (answer) {
    case TO_MAIN_THREAD:
      return PUNTED;
    case UNKNOWN_PROTOCOL:
      return DROP_PROTOCOL;
    case PROTOCOL_CLOSED:
      return DROP_PROTOCOL_CLOSED;
    case BAD_ADDRESS:
      return DROP_ADDRESS;
    default:
      return DROP_MALFORMED;
  }
}

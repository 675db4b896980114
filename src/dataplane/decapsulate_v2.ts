/**
 * An L2TPv2 data message becomes a frame: which session, where its payload lies behind the optional
 * fields, is it in order.
 *
 * Read RFC 2661 §3.1 and §5.4 first. Called once per packet: nothing here allocates.
 */

import { v2FrameEnd, v2FrameStart, v2Ns, v2SessionId, v2TunnelId } from "../wire/v2_data_header.ts";
import {
  DROP_RECEIVE_CLOSED,
  DROP_RUNT,
  DROP_SHORT,
  type DropCode,
  NOT_DROPPED,
} from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { unwrapPayload } from "./payload.ts";
import { checkOrder } from "./receive_order.ts";
import { type ReceiveRow, v2LookupId } from "./session_row.ts";

/** Whether all fields that the header's flags speak of are there, and the payload where it says. */
export function checkV2DataMessage(batch: FrameBatch, index: number): DropCode {
  const start = batch.starts[index]!;
  const end = start + batch.lengths[index]!;
  const frameStart = v2FrameStart(batch.octets, start, end);
  if (frameStart < 0) return DROP_SHORT;
  return v2FrameEnd(batch.octets, start, end) < frameStart ? DROP_SHORT : NOT_DROPPED;
}

/** What the row of a message is found by that `checkV2DataMessage` found good. */
export function v2LookupIdOf(batch: FrameBatch, index: number): number {
  const start = batch.starts[index]!;
  return v2LookupId(v2TunnelId(batch.octets, start), v2SessionId(batch.octets, start));
}

/** Turns such a message into the session's frame, in place, or says why not. */
export function decapsulateV2(row: ReceiveRow, batch: FrameBatch, index: number): DropCode {
  const start = batch.starts[index]!;
  const end = start + batch.lengths[index]!;
  if (!row.open) return DROP_RECEIVE_CLOSED;
  const payload = v2FrameStart(batch.octets, start, end);
  const payloadLength = v2FrameEnd(batch.octets, start, end) - payload;
  if (payloadLength < row.shortestPayload) return DROP_RUNT;
  const ns = v2Ns(batch.octets, start);
  row.peer?.note(ns >= 0);
  if (ns >= 0) {
    const drop = checkOrder(row, batch, index, payload, payloadLength, ns);
    if (drop !== NOT_DROPPED) return drop;
  }
  batch.locate(index, payload, payloadLength);
  return row.isTransparent ? NOT_DROPPED : unwrapPayload(row, batch, index);
}

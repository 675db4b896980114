/**
 * A data message becomes a frame: which session, is it really that session's, is it in order.
 *
 * Read RFC 3931 §4.1 (headers), §4.5 (the checks) and §4.6 first. Called once per packet: nothing
 * here allocates. The kernel has split control from data before; this is still the authority.
 */

import {
  COOKIE_OFFSET,
  SESSION_ID_OFFSET,
  SUBLAYER_S_BIT,
  SUBLAYER_SEQUENCE_BITS,
} from "../wire/session_header.ts";
import {
  DROP_CONTROL,
  DROP_COOKIE,
  DROP_OVERSIZE,
  DROP_RECEIVE_CLOSED,
  DROP_RUNT,
  DROP_SHORT,
  DROP_VERSION,
  type DropCode,
  NOT_DROPPED,
  V2_DATA,
} from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { unwrapPayload } from "./payload.ts";
import { checkOrder } from "./receive_order.ts";
import type { ReceiveRow } from "./session_row.ts";

/** Of the first 16 bits over UDP. */
const FLAGS_OCTETS = 2;
const T_BIT = 0x8000;
const VERSION_BITS = 0x000f;
const VERSION = 3;
const OLDER_VERSION = 2;

/**
 * Whether packet `index` is an L2TPv3 data message with a whole Session ID; `V2_DATA` where it is
 * one of L2TPv2, of which nothing but this is known.
 */
export function checkDataMessage(
  batch: FrameBatch,
  index: number,
  overUdp: boolean,
): DropCode {
  const start = batch.starts[index]!;
  const length = batch.lengths[index]!;
  if (length >= batch.capacity) return DROP_OVERSIZE;
  return overUdp ? checkOverUdp(batch.view, start, length) : checkOverIp(batch.view, start, length);
}

/** The other bits and the reserved word are ignored (V3-UDP-03, V3-UDP-05). */
function checkOverUdp(view: DataView, start: number, length: number): DropCode {
  if (length < FLAGS_OCTETS) return DROP_SHORT;
  const flags = view.getUint16(start);
  if ((flags & T_BIT) !== 0) return DROP_CONTROL;
  if ((flags & VERSION_BITS) === OLDER_VERSION) return V2_DATA;
  if ((flags & VERSION_BITS) !== VERSION) return DROP_VERSION;
  return length < COOKIE_OFFSET.udp ? DROP_SHORT : NOT_DROPPED;
}

/** Session ID zero means a control message (V3-IP-05). */
function checkOverIp(view: DataView, start: number, length: number): DropCode {
  if (length < COOKIE_OFFSET.ip) return DROP_SHORT;
  return view.getUint32(start) === 0 ? DROP_CONTROL : NOT_DROPPED;
}

/** The Session ID of a data message that `checkDataMessage` found good. */
export function sessionIdOf(batch: FrameBatch, index: number, overUdp: boolean): number {
  return batch.view.getUint32(
    batch.starts[index]! + (overUdp ? SESSION_ID_OFFSET.udp : SESSION_ID_OFFSET.ip),
  );
}

/** Turns packet `index` of the batch into the session's frame, in place, or says why not. */
export function decapsulate(row: ReceiveRow, batch: FrameBatch, index: number): DropCode {
  const start = batch.starts[index]!;
  const payloadLength = batch.lengths[index]! - row.frameOffset;
  if (payloadLength < 0) return DROP_SHORT;
  if (!hasCookie(row, batch.view, start)) return DROP_COOKIE;
  if (!row.open) return DROP_RECEIVE_CLOSED;
  if (payloadLength < row.shortestPayload) return DROP_RUNT;
  if (row.sequenceOffset !== 0) {
    const drop = checkNumber(row, batch, index, start, payloadLength);
    if (drop !== NOT_DROPPED) return drop;
  }
  batch.starts[index] = start + row.frameOffset;
  batch.lengths[index] = payloadLength;
  return row.isTransparent ? NOT_DROPPED : unwrapPayload(row, batch, index);
}

/** Compared after the lookup by Session ID alone (V3-DP-05, V3-DP-06). */
function hasCookie(row: ReceiveRow, view: DataView, start: number): boolean {
  if (row.cookieLength === 0) return true;
  const at = start + row.cookieOffset;
  const first = view.getUint32(at);
  const second = row.cookieLength === 4 ? 0 : view.getUint32(at + 4);
  return (first === row.cookieFirst && second === row.cookieSecond) ||
    (first === row.otherCookieFirst && second === row.otherCookieSecond);
}

/** With S = 0 the number means nothing (V3-DP-13). */
function checkNumber(
  row: ReceiveRow,
  batch: FrameBatch,
  index: number,
  start: number,
  payloadLength: number,
): DropCode {
  const word = batch.view.getUint32(start + row.sequenceOffset);
  if ((word & SUBLAYER_S_BIT) === 0) return NOT_DROPPED;
  const sequence = word & SUBLAYER_SEQUENCE_BITS;
  return checkOrder(row, batch, index, start + row.frameOffset, payloadLength, sequence);
}

/**
 * A frame becomes a data message: payload of its pseudowire first, then the session's header is
 * written into the headroom before it.
 *
 * Read RFC 3931 §4.5 and §4.6, and RFC 2661 §3.1 and §5.4 first. Called once per frame: nothing here
 * allocates.
 */

import { SUBLAYER_S_BIT } from "../wire/session_header.ts";
import { V2_LENGTH_OFFSET, V2_PRIORITY_FLAG } from "../wire/v2_data_header.ts";
import {
  DROP_OVERSIZE,
  DROP_RUNT,
  DROP_TRANSMIT_CLOSED,
  type DropCode,
  NOT_DROPPED,
} from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { wrapFrame } from "./payload.ts";
import { nextSequence } from "./sequencing.ts";
import type { TransmitRow } from "./session_row.ts";

/** The sublayer, and Ns and Nr: the last word of a header that has room for a number. */
const NUMBER_OCTETS = 4;

/** Turns frame `index` of the batch into the session's packet, in place, or says why not. */
export function encapsulate(row: TransmitRow, batch: FrameBatch, index: number): DropCode {
  const refusal = refuse(row, batch, index, row.shortestFrame);
  if (refusal !== NOT_DROPPED) return refusal;
  const frame = batch.starts[index]!;
  const numbered = isSequenced(row, batch, index);
  if (!row.isTransparent) {
    const drop = wrapFrame(row, batch, index);
    if (drop !== NOT_DROPPED) return drop;
  }
  prependHeader(row, batch, index, numbered);
  batch.overheads[index] = frame - batch.starts[index]!;
  return NOT_DROPPED;
}

/** The same for a payload that the main thread made, which the port has not. */
export function encapsulatePayload(row: TransmitRow, batch: FrameBatch, index: number): DropCode {
  const refusal = refuse(row, batch, index, row.pseudowire.shortestPayload);
  if (refusal !== NOT_DROPPED) return refusal;
  const { pseudowire } = row;
  const isKeepalive = pseudowire.isKeepalive?.(
    batch.octets,
    batch.starts[index]!,
    batch.lengths[index]!,
  ) ?? false;
  prependHeader(row, batch, index, row.sequencing !== "none");
  if (isKeepalive && row.hasLength) raisePriority(batch, index);
  return NOT_DROPPED;
}

function refuse(row: TransmitRow, batch: FrameBatch, index: number, shortest: number): DropCode {
  const length = batch.lengthOf(index);
  if (!row.open) return DROP_TRANSMIT_CLOSED;
  if (length < shortest) return DROP_RUNT;
  return length >= batch.capacity ? DROP_OVERSIZE : NOT_DROPPED;
}

function prependHeader(
  row: TransmitRow,
  batch: FrameBatch,
  index: number,
  numbered: boolean,
): void {
  const payload = batch.starts[index]!;
  const start = payload - row.headerLength;
  writeHeader(row, batch.view, start);
  if (row.hasNumber) writeNumber(row, batch.view, payload - NUMBER_OCTETS, numbered);
  batch.starts[index] = start;
  batch.lengths[index]! += row.headerLength;
  if (row.hasLength) batch.view.setUint16(start + V2_LENGTH_OFFSET, batch.lengthOf(index));
}

function writeHeader(row: TransmitRow, view: DataView, start: number): void {
  const header = row.header;
  for (let word = 0; word < header.length; word++) {
    view.setUint32(start + 4 * word, header[word]!);
  }
}

/** S and the next number, or Ns with Nr 0; a number is used up only where one is sent (V3-DP-16). */
function writeNumber(row: TransmitRow, view: DataView, at: number, numbered: boolean): void {
  if (!numbered) return view.setUint32(at, 0);
  const sequence = row.sequence;
  row.sequence = nextSequence(sequence, row.sequenceMask);
  view.setUint32(at, row.hasLength ? sequence << 16 : SUBLAYER_S_BIT | sequence);
}

/** Level 1 spares what is known to be IP (V3-DP-27), level 2 spares nothing (V3-DP-29). */
function isSequenced(row: TransmitRow, batch: FrameBatch, index: number): boolean {
  if (row.sequencing === "none") return false;
  if (row.sequencing === "all") return true;
  return !row.pseudowire.carriesIp(batch.octets, batch.starts[index]!, batch.lengths[index]!);
}

/** Asks for precedence where the network's queues are (V2-HDR-14). */
function raisePriority(batch: FrameBatch, index: number): void {
  const start = batch.starts[index]!;
  batch.view.setUint16(start, batch.view.getUint16(start) | V2_PRIORITY_FLAG);
}

/**
 * A frame becomes a data message: the session's header is written into the headroom before it.
 *
 * Read RFC 3931 §4.5 and §4.6 first. Called once per frame: nothing here allocates.
 */

import { SUBLAYER_LENGTH, SUBLAYER_S_BIT } from "../wire/session_header.ts";
import {
  DROP_OVERSIZE,
  DROP_RUNT,
  DROP_TRANSMIT_CLOSED,
  type DropCode,
  NOT_DROPPED,
} from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { nextSequence } from "./sequencing.ts";
import type { TransmitRow } from "./session_row.ts";

/** Turns frame `index` of the batch into the session's packet, in place, or says why not. */
export function encapsulate(row: TransmitRow, batch: FrameBatch, index: number): DropCode {
  const length = batch.lengthOf(index);
  if (!row.open) return DROP_TRANSMIT_CLOSED;
  if (length < row.pseudowire.shortestFrame) return DROP_RUNT;
  if (length >= batch.capacity) return DROP_OVERSIZE;
  const frame = batch.starts[index]!;
  const start = frame - row.headerLength;
  writeHeader(row, batch.view, start);
  if (row.hasSublayer) {
    batch.view.setUint32(frame - SUBLAYER_LENGTH, sublayerWord(row, batch, index));
  }
  batch.starts[index] = start;
  batch.lengths[index]! += row.headerLength;
  return NOT_DROPPED;
}

function writeHeader(row: TransmitRow, view: DataView, start: number): void {
  const header = row.header;
  for (let word = 0; word < header.length; word++) {
    view.setUint32(start + 4 * word, header[word]!);
  }
}

/** The sublayer of the next packet; a number is used up only where one is sent (V3-DP-16). */
function sublayerWord(row: TransmitRow, batch: FrameBatch, index: number): number {
  if (!isSequenced(row, batch, index)) return 0;
  const sequence = row.sequence;
  row.sequence = nextSequence(sequence);
  return SUBLAYER_S_BIT | sequence;
}

/** Level 1 spares what is known to be IP (V3-DP-27), level 2 spares nothing (V3-DP-29). */
function isSequenced(row: TransmitRow, batch: FrameBatch, index: number): boolean {
  if (row.sequencing === "none") return false;
  if (row.sequencing === "all") return true;
  return !row.pseudowire.carriesIp(batch.octets, batch.starts[index]!, batch.lengths[index]!);
}

/**
 * What order means for a packet of a session: it passes, waits for those before it, or is too late.
 *
 * Read RFC 3931 Appendix C and sequencing.ts first. Called once per numbered packet: nothing here
 * allocates.
 */

import { DROP_SEQUENCE, type DropCode, HELD, NOT_DROPPED } from "./drop_reason.ts";
import type { FrameBatch } from "./frame_batch.ts";
import { sendRun } from "./frame_run.ts";
import { unwrapPayload } from "./payload.ts";
import type { ReorderBuffer } from "./reorder_buffer.ts";
import {
  EXPECTED,
  judgeSequence,
  nextSequence,
  OLD,
  passSequence,
  RESTARTED,
} from "./sequencing.ts";
import type { ReceiveRow } from "./session_row.ts";

/** Judges a numbered packet whose payload lies there in the batch; `HELD` has a copy of it. */
export function checkOrder(
  row: ReceiveRow,
  batch: FrameBatch,
  index: number,
  start: number,
  length: number,
  sequence: number,
): DropCode {
  const { sequence: state, reorder } = row;
  switch (judgeSequence(state, sequence)) {
    case EXPECTED:
      if (reorder !== undefined && reorder.holds(state.expected)) reorder.isDue = true;
      return NOT_DROPPED;
    case RESTARTED:
      reorder?.clear();
      return NOT_DROPPED;
    case OLD:
      return DROP_SEQUENCE;
  }
  row.counters.early();
  if (reorder !== undefined) {
    return reorder.hold(batch, index, start, length, sequence) ? HELD : DROP_SEQUENCE;
  }
  row.counters.lost(passSequence(state, sequence));
  return NOT_DROPPED;
}

/** Where a payload that was held goes that is none of the port's frames. */
export type HeldListener = (
  row: ReceiveRow,
  batch: FrameBatch,
  slot: number,
  why: DropCode,
) => void;

/**
 * Delivers what is due: from the expected number on as far as no number is missing. Where nothing
 * has the expected number, it is given up, and those before the first that is held.
 */
export function releaseHeld(row: ReceiveRow, onEnd: HeldListener): void {
  const { reorder, sequence: state } = row;
  if (reorder === undefined) return;
  reorder.isDue = false;
  let slot = reorder.take(state.expected);
  if (slot < 0 && !reorder.isEmpty) {
    const missing = reorder.distanceToNext(state.expected, state.mask);
    row.counters.lost(missing);
    state.expected = (state.expected + missing) & state.mask;
    slot = reorder.take(state.expected);
  }
  while (slot >= 0) {
    state.expected = nextSequence(state.expected, state.mask);
    deliver(row, reorder, slot, onEnd);
    slot = reorder.take(state.expected);
  }
}

function deliver(
  row: ReceiveRow,
  { batch, sink }: ReorderBuffer,
  slot: number,
  onEnd: HeldListener,
): void {
  const drop = row.isTransparent ? NOT_DROPPED : unwrapPayload(row, batch, slot);
  if (drop !== NOT_DROPPED) return onEnd(row, batch, slot, drop);
  const loss = row.fit === undefined ? NOT_DROPPED : row.fit.receive(batch, slot);
  if (loss !== NOT_DROPPED) return onEnd(row, batch, slot, loss);
  sendRun(sink, batch, slot, slot + 1, row.counters);
}

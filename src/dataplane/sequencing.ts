/**
 * Sequence numbers of the Default L2-Specific Sublayer and of L2TPv2's data header, as the receiver
 * judges them: new packets pass at once or wait for those before them (receive_order.ts), old ones
 * and duplicates are dropped, and a run of old ones that are in order among themselves moves the
 * expectation to where the sender really is.
 *
 * Read RFC 3931 §4.6 and Appendix C, and RFC 2661 §5.4 first.
 */

import type { SequenceLimits } from "../model/sequence_limits.ts";

/** One more than the largest sequence number: 24 bits (V3-DP-11, V3-DP-14). */
export const SEQUENCE_SPACE = 0x1000000;

const SEQUENCE_MASK = SEQUENCE_SPACE - 1;

/** L2TPv2's numbers have 16 bits (V2-HDR-16). */
export const V2_SEQUENCE_SPACE = 0x10000;

/** Half the space is Appendix C's default; 16 is above any reordering that links show by nature. */
export const DEFAULT_SEQUENCE_LIMITS: SequenceLimits = {
  window: SEQUENCE_SPACE / 2,
  resetAfter: 16,
};

/** What a receiver remembers of one session's sequence numbers. */
export class SequenceState {
  readonly window: number;
  readonly resetAfter: number;
  /** The largest number. */
  readonly mask: number;
  /** The last number accepted plus one; a session begins at 0 (V3-DP-15). */
  expected = 0;
  /** Old packets dropped in one run, and the number after the last of them. */
  oldRun = 0;
  afterOld = 0;

  /** @throws {RangeError} for a window or threshold that could never accept or never reset. */
  constructor(
    { window, resetAfter }: SequenceLimits = DEFAULT_SEQUENCE_LIMITS,
    space: number = SEQUENCE_SPACE,
  ) {
    if (!Number.isInteger(window) || window < 1 || window >= SEQUENCE_SPACE) {
      throw new RangeError(
        `sequence window is ${window}; it should be 1 to ${SEQUENCE_SPACE - 1}`,
      );
    }
    if (!Number.isInteger(resetAfter) || resetAfter < 1) {
      throw new RangeError(`sequence reset threshold is ${resetAfter}; it should be 1 or more`);
    }
    this.window = Math.max(1, Math.floor(window * space / SEQUENCE_SPACE));
    this.mask = space - 1;
    this.resetAfter = resetAfter;
  }
}

/** The number after `sequence`, counting through zero (V3-DP-14, V2-HDR-16). */
export function nextSequence(sequence: number, mask: number = SEQUENCE_MASK): number {
  return (sequence + 1) & mask;
}

/** What a packet's number says of it. */
export type SequenceVerdict = number;

/** The one that was expected: the state has moved behind it. */
export const EXPECTED: SequenceVerdict = 0;
/** Old, and yet accepted: the sender has begun anew, and the state has followed. */
export const RESTARTED: SequenceVerdict = 1;
/** New, with others missing before it: `passSequence` moves the state behind it. */
export const AHEAD: SequenceVerdict = 2;
/** Old or a duplicate: to be dropped. */
export const OLD: SequenceVerdict = 3;

/** Judges a number (V3-DP-16..20). */
export function judgeSequence(state: SequenceState, sequence: number): SequenceVerdict {
  const ahead = (sequence - state.expected) & state.mask;
  if (ahead >= state.window) return judgeOld(state, sequence);
  state.oldRun = 0;
  if (ahead > 0) return AHEAD;
  state.expected = nextSequence(sequence, state.mask);
  return EXPECTED;
}

/** Expects what comes after this number next; answers how many before it are given up for lost. */
export function passSequence(state: SequenceState, sequence: number): number {
  const missing = (sequence - state.expected) & state.mask;
  state.expected = nextSequence(sequence, state.mask);
  return missing;
}

/** An old packet: dropped, unless it ends a run long enough to be believed (V3-DP-23). */
function judgeOld(state: SequenceState, sequence: number): SequenceVerdict {
  const inOrder = ((sequence - state.afterOld) & state.mask) < state.window;
  state.oldRun = state.oldRun > 0 && inOrder ? state.oldRun + 1 : 1;
  state.afterOld = nextSequence(sequence, state.mask);
  if (state.oldRun <= state.resetAfter) return OLD;
  state.expected = state.afterOld;
  state.oldRun = 0;
  return RESTARTED;
}

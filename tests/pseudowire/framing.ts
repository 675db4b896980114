/** Pseudowires' frames in a larger buffer, as the data plane has them: for tests of every kind. */

import type { Pseudowire } from "../../src/pseudowire/pseudowire.ts";

const BEFORE = 64;
const BEHIND = 16;

function placed(frame: readonly number[]): Uint8Array {
  const octets = new Uint8Array(BEFORE + frame.length + BEHIND).fill(0xd5);
  octets.set(frame, BEFORE);
  return octets;
}

/** The payload that a frame of the port becomes, or the refusal. */
export function wrapped(pseudowire: Pseudowire, frame: readonly number[]): number[] | number {
  const octets = placed(frame);
  const start = pseudowire.wrap(octets, BEFORE, frame.length);
  return start < 0 ? start : [...octets.subarray(start, BEFORE + frame.length)];
}

/** The frame that a payload becomes, or the answer in place of one. */
export function unwrapped(pseudowire: Pseudowire, payload: readonly number[]): number[] | number {
  const octets = placed(payload);
  const length = payload.length - pseudowire.trailerLength(octets, BEFORE, payload.length);
  const start = pseudowire.unwrap(octets, BEFORE, length);
  return start < 0 ? start : [...octets.subarray(start, BEFORE + length)];
}

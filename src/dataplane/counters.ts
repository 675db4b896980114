/**
 * Counters of a session, in memory that the workers write and the main thread reads without asking.
 *
 * Each direction of each worker has cells of its own, so that every cell has one writer and plain
 * additions do: a reader sees a number that was true a moment ago.
 */

import { DROP_REASONS, type DropCode, type DropReason } from "./drop_reason.ts";

/** `encap` is from the attachment circuit to the network, `decap` the way back. */
export type Direction = "encap" | "decap";

const FRAMES = 0;
const OCTETS = 1;
/** Of numbered packets. */
const EARLY = 2;
const LOST = 3;
/** A drop code counts from 1, so the first reason's cell is the one after `LOST`. */
const DROPS = 3;
const CELLS = DROPS + 1 + DROP_REASONS.length;

/** What one session, or one worker, has carried and dropped. Octets are those of whole frames. */
export interface FrameCounters {
  /** From the peer to the attachment circuit. */
  readonly receivedFrames: number;
  readonly receivedOctets: number;
  /** From the attachment circuit to the peer. */
  readonly transmittedFrames: number;
  readonly transmittedOctets: number;
  /** Numbered packets from the peer that came before another whose turn was first. */
  readonly earlyPackets: number;
  /** Numbers that were missing when a later packet passed; those that come too late are dropped. */
  readonly lostPackets: number;
  /** Frames and packets of both directions that went no further, by reason. */
  readonly drops: Readonly<Record<DropReason, number>>;
}

/** Octets of the counters of one worker. */
const WORKER_OCTETS = 2 * CELLS * Float64Array.BYTES_PER_ELEMENT;

/** Memory for the counters of both directions, of so many workers, all zero. */
export function allocateCounters(workers: number = 1): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * WORKER_OCTETS);
}

/** The cells of one direction; only that direction's worker may write through it. */
export class DirectionCounters {
  readonly #cells: Float64Array;

  constructor(memory: SharedArrayBuffer, direction: Direction, worker: number = 0) {
    this.#cells = cellsOf(memory, direction, worker);
  }

  /** Counts frames that went on. */
  forwarded(frames: number, octets: number): void {
    this.#cells[FRAMES]! += frames;
    this.#cells[OCTETS]! += octets;
  }

  /** Counts a numbered packet that came before its turn. */
  early(): void {
    this.#cells[EARLY]! += 1;
  }

  /** Counts numbers that nobody waits for any more. */
  lost(packets: number): void {
    this.#cells[LOST]! += packets;
  }

  /** Counts one frame or packet that did not. */
  dropped(code: DropCode): void {
    this.#cells[DROPS + code]! += 1;
  }
}

function cellsOf(memory: SharedArrayBuffer, direction: Direction, worker: number): Float64Array {
  return new Float64Array(memory, offsetOf(direction, worker), CELLS);
}

function offsetOf(direction: Direction, worker: number): number {
  return worker * WORKER_OCTETS + (direction === "encap" ? 0 : WORKER_OCTETS / 2);
}

/** A direction's counters, those of all workers together, out of all cells that there are. */
function sumOf(cells: Float64Array, direction: Direction): Float64Array {
  const sum = new Float64Array(CELLS);
  for (let worker = 0; worker * WORKER_OCTETS < cells.byteLength; worker++) {
    const from = offsetOf(direction, worker) / Float64Array.BYTES_PER_ELEMENT;
    for (let cell = 0; cell < CELLS; cell++) sum[cell]! += cells[from + cell]!;
  }
  return sum;
}

/** The counters as they are now; of every session once a second, so it is to be quick. */
export function readCounters(memory: SharedArrayBuffer): FrameCounters {
  const cells = new Float64Array(memory);
  const encap = sumOf(cells, "encap");
  const decap = sumOf(cells, "decap");
  const drops: Partial<Record<DropReason, number>> = {};
  for (let index = 0; index < DROP_REASONS.length; index++) {
    const cell = DROPS + 1 + index;
    drops[DROP_REASONS[index]!] = encap[cell]! + decap[cell]!;
  }
  return {
    receivedFrames: decap[FRAMES]!,
    receivedOctets: decap[OCTETS]!,
    transmittedFrames: encap[FRAMES]!,
    transmittedOctets: encap[OCTETS]!,
    earlyPackets: decap[EARLY]!,
    lostPackets: decap[LOST]!,
    drops: drops as Record<DropReason, number>,
  };
}

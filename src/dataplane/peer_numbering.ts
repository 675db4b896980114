/**
 * Whether an L2TPv2 peer numbers its packets: seen on receipt, obeyed in sending by a LAC that
 * follows its LNS.
 *
 * Read RFC 2661 §5.4 first (V2-DP-03..06). One word of memory that the workers share, so that none
 * waits for another.
 */

const UNKNOWN = 0;
const PLAIN = 1;
const NUMBERED = 2;

/** Memory for what is known of one session's peer. */
export function allocatePeerNumbering(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** One end of the memory; only the decap direction notes. */
export class PeerNumbering {
  readonly #word: Int32Array;
  /** What was noted last, by this end. */
  #noted = UNKNOWN;

  constructor(memory: SharedArrayBuffer) {
    this.#word = new Int32Array(memory);
  }

  /** A packet has come, with a number or without. */
  note(numbered: boolean): void {
    const seen = numbered ? NUMBERED : PLAIN;
    if (seen === this.#noted) return;
    this.#noted = seen;
    Atomics.store(this.#word, 0, seen);
  }

  /** What the peer does; `initial` until it has sent something. */
  numbers(initial: boolean): boolean {
    const seen = Atomics.load(this.#word, 0);
    return seen === UNKNOWN ? initial : seen === NUMBERED;
  }
}

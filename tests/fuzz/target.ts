/** What is fuzzed: a part of the program, and an endless supply of inputs for it. */

import type { Prng } from "../harness/prng.ts";

/** One input and what is done with it. */
export interface Execution {
  readonly octets: Uint8Array;
  /** Gives the input to the program, and nothing else: this is what is measured. */
  readonly run: () => void;
  /** Looks at what came of it; throws where that is wrong. */
  readonly check?: () => void;
}

/** A part of the program. */
export interface Target {
  readonly name: string;
  /** Of a hundred executions of `deno task fuzz`. */
  readonly share: number;
  /** Whether strangers choose its input, so that time and memory are limited. */
  readonly isExposed: boolean;
  /** Whether an execution leaves nothing behind, so that it can be run again by itself. */
  readonly isRepeatable: boolean;
  /** Octets of buffers that any input may cost, however short it is, beside those for its length. */
  readonly fixedOctets: number;
  /** How many executions share one start; a seed replays them all. */
  readonly executions: number;
  /** A fresh start: everything after it is decided by the generator. */
  readonly begin: (prng: Prng) => () => Execution;
}

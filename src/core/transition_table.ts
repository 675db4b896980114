/**
 * State tables as data: (state, input) -> (action, next state), as the RFCs have them.
 *
 * Read RFC 3931 §7 first. The tables themselves are in connection_transitions.ts and
 * session_transitions.ts. Retransmissions never reach them: the reliable channel keeps duplicates
 * out.
 */

/** One row: what is done, and the state that follows. */
export interface Transition<State, Action> {
  /** The row's ID in REQUIREMENTS section 14. */
  readonly rule: string;
  readonly action: Action;
  readonly next: State;
}

/** A row as it is written down: several states or inputs may share one. */
export type Row<State, Input, Action> = readonly [
  rule: string,
  states: readonly State[],
  inputs: readonly Input[],
  action: Action,
  next: State,
];

/** A state table, read with `find`. */
export class TransitionTable<State extends string, Input extends string, Action extends string> {
  readonly #transitions = new Map<string, Transition<State, Action>>();

  constructor(rows: readonly Row<State, Input, Action>[]) {
    for (const [rule, states, inputs, action, next] of rows) {
      for (const state of states) {
        for (const input of inputs) {
          const key = `${state} ${input}`;
          if (this.#transitions.has(key)) throw new Error(`${rule}: ${key} has two rows`);
          this.#transitions.set(key, { rule, action, next });
        }
      }
    }
  }

  /** The row of this state and input; `undefined` where the RFC has none. */
  find(state: State, input: Input): Transition<State, Action> | undefined {
    return this.#transitions.get(`${state} ${input}`);
  }
}

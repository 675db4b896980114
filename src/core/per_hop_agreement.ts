/**
 * How two ends agree on a per-hop behaviour, for control messages or for a session's packets: one
 * proposes a value, the other answers with the same, with another that it would rather have, or
 * not at all, and then none is agreed on.
 *
 * Read RFC 3308 §3 and §4 (DS-01..DS-03) first.
 */

import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";

/** One negotiation, seen from either end. */
export class PerHopAgreement {
  readonly #wanted: readonly PerHopBehaviour[];
  /** What holds; `undefined` where nothing was negotiated. */
  agreed: PerHopBehaviour | undefined;

  /** @param wanted Behaviours that will do, best first; with none there is nothing to negotiate. */
  constructor(wanted: readonly PerHopBehaviour[] = []) {
    this.#wanted = wanted;
  }

  /** What is proposed to the peer, if anything. */
  get proposal(): PerHopBehaviour | undefined {
    return this.#wanted[0];
  }

  /** Takes the peer's proposal; `agreed` is what to answer, and holds if the peer goes on. */
  takeProposal(proposal: PerHopBehaviour | undefined): void {
    if (proposal === undefined) return;
    this.agreed = this.#wanted.includes(proposal) ? proposal : this.#wanted[0];
  }

  /** Takes the peer's answer to our proposal, and says whether it will do; none always does. */
  takeAnswer(answer: PerHopBehaviour | undefined): boolean {
    if (answer === undefined || this.#wanted.length === 0) return true;
    this.agreed = answer;
    return this.#wanted.includes(answer);
  }
}

/**
 * What differs between LCP and the network control protocols: the options. Each protocol has its
 * own negotiation; control_protocol.ts does the rest for all of them.
 *
 * Read RFC 1661 §5.1 to §5.4 first.
 */

import type { ConfigurationOption } from "./control_packet.ts";
import type { PppDownReason } from "./ppp_effect.ts";

/** What is said of an option of the peer's: yes, no, or rather this one. */
export type OptionVerdict = "ack" | "reject" | ConfigurationOption;

/** The options of both ends of one protocol. */
export interface OptionNegotiation {
  /** Why the two can never agree, once that is clear. */
  readonly failure: PppDownReason | undefined;
  /** Forgets what has been agreed on: a new negotiation begins. */
  reset(): void;
  /** What to ask the peer for, as things stand. */
  request(): readonly ConfigurationOption[];
  /** Judges one option of the peer's Configure-Request; `before` are those in front of it. */
  judge(option: ConfigurationOption, before: readonly ConfigurationOption[]): OptionVerdict;
  /** Options that the peer should have asked for, too. */
  missing(options: readonly ConfigurationOption[]): readonly ConfigurationOption[];
  /** The peer's Configure-Request is acknowledged: this holds for it. */
  adopt(options: readonly ConfigurationOption[]): void;
  /** The peer wants these of our options otherwise. */
  handleNak(options: readonly ConfigurationOption[]): void;
  /** The peer wants to hear no more of these of our options. */
  handleReject(options: readonly ConfigurationOption[]): void;
}

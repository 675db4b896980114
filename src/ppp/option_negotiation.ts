/**
 * What differs between LCP and the network control protocols: the options. Each protocol has its
 * own negotiation; control_protocol.ts does the rest for all of them.
 *
 * Read RFC 1661 §5.1 to §5.4 first.
 */

import {
  type ConfigurationOption,
  CONFIGURE_ACK,
  CONFIGURE_NAK,
  CONFIGURE_REJECT,
} from "./control_packet.ts";
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

/** What is answered to a Configure-Request. */
export interface RequestVerdict {
  readonly code: typeof CONFIGURE_ACK | typeof CONFIGURE_NAK | typeof CONFIGURE_REJECT;
  readonly options: readonly ConfigurationOption[];
}

/**
 * Judges a Configure-Request: Rejects come before Naks, Naks before the Ack (PPP-09, PPP-10). Where
 * there have been Max-Failure Naks already, there are no more wishes, and what cannot be had is
 * rejected (RFC 1661 §4.6).
 */
export function judgeRequest(
  negotiation: OptionNegotiation,
  options: readonly ConfigurationOption[],
  mayNak: boolean,
): RequestVerdict {
  const rejected: ConfigurationOption[] = [];
  const preferred: ConfigurationOption[] = [];
  for (const [index, option] of options.entries()) {
    const verdict = negotiation.judge(option, options.slice(0, index));
    if (verdict === "ack") continue;
    if (verdict === "reject" || !mayNak) rejected.push(option);
    else preferred.push(verdict);
  }
  if (rejected.length > 0) return { code: CONFIGURE_REJECT, options: rejected };
  const wishes = mayNak ? [...preferred, ...negotiation.missing(options)] : [];
  return wishes.length > 0
    ? { code: CONFIGURE_NAK, options: wishes }
    : { code: CONFIGURE_ACK, options };
}

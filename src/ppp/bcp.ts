/**
 * BCP's options: which frames either end takes. Both ends are bridges of their own: half bridges and
 * source routing (options 1 and 2) are rejected, as are tinygram compression and the old form of
 * spanning tree's frames.
 *
 * Read RFC 3518 §5 first.
 */

import type { ConfigurationOption } from "./control_packet.ts";
import type { OptionNegotiation, OptionVerdict } from "./option_negotiation.ts";
import { flag } from "./option_values.ts";
import type { PppDownReason } from "./ppp_effect.ts";
import type { BridgeSettings } from "./ppp_settings.ts";

const MAC_SUPPORT = 3;
const MAC_ADDRESS = 6;
const TAGGED_FRAME = 8;
const MANAGEMENT_INLINE = 9;

/** Ethernet, and IEEE 802.3 with canonical addresses. */
const MAC_TYPE_ETHERNET = 1;
const MAC_ADDRESS_OCTETS = 6;

const ENABLED = 1;
const DISABLED = 2;

/** The options of both ends. */
export class BcpNegotiation implements OptionNegotiation {
  readonly failure: PppDownReason | undefined = undefined;
  readonly #settings: BridgeSettings;
  readonly #rejected = new Set<number>();
  #taggedFrames = false;
  #remoteInline = false;

  constructor(settings: BridgeSettings) {
    this.#settings = settings;
  }

  /** Whether the peer takes frames with a VLAN tag (BCP-09). */
  get taggedFrames(): boolean {
    return this.#taggedFrames;
  }

  /** Whether bridges' own frames pass inline: both ends are ready for them (BCP-10). */
  get managementInline(): boolean {
    const isOurs = this.#isInlineWanted() && !this.#rejected.has(MANAGEMENT_INLINE);
    return this.#remoteInline && isOurs;
  }

  reset(): void {
    this.#rejected.clear();
    this.#taggedFrames = false;
    this.#remoteInline = false;
  }

  request(): ConfigurationOption[] {
    const isTagged = this.#settings.taggedFrames ?? true;
    const options = [
      { type: MAC_SUPPORT, value: Uint8Array.of(MAC_TYPE_ETHERNET) },
      { type: TAGGED_FRAME, value: Uint8Array.of(isTagged ? ENABLED : DISABLED) },
      ...(this.#isInlineWanted() ? [flag(MANAGEMENT_INLINE)] : []),
    ];
    return options.filter(({ type }) => !this.#rejected.has(type));
  }

  /** None is ever answered with another value: there is no Nak of ours (BCP-13, BCP-14, BCP-15). */
  judge({ type, value }: ConfigurationOption): OptionVerdict {
    switch (type) {
      case MAC_SUPPORT:
        return value.length === 1 ? "ack" : "reject";
      case MAC_ADDRESS:
        // One that it announces is of no use here; we have none to give (RFC 3518 §5.5).
        return value.length === MAC_ADDRESS_OCTETS && value.some((octet) => octet !== 0)
          ? "ack"
          : "reject";
      case TAGGED_FRAME:
        return value.length === 1 && (value[0] === ENABLED || value[0] === DISABLED)
          ? "ack"
          : "reject";
      case MANAGEMENT_INLINE:
        return value.length === 0 && this.#isInlineWanted() ? "ack" : "reject";
      default:
        return "reject";
    }
  }

  missing(): readonly ConfigurationOption[] {
    return [];
  }

  adopt(options: readonly ConfigurationOption[]): void {
    this.#taggedFrames = options.some(({ type, value }) =>
      type === TAGGED_FRAME && value[0] === ENABLED
    );
    this.#remoteInline = options.some(({ type }) => type === MANAGEMENT_INLINE);
  }

  /** Nothing that we ask for is open to suggestions; what the peer will not have, it can reject. */
  handleNak(): void {}

  handleReject(options: readonly ConfigurationOption[]): void {
    for (const { type } of options) this.#rejected.add(type);
  }

  #isInlineWanted(): boolean {
    return this.#settings.managementInline ?? true;
  }
}

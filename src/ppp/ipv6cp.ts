/**
 * IPV6CP's option: an interface identifier for each end, different from the other's.
 *
 * Read RFC 5072 §4.1 first. Compression is rejected.
 */

import { type Random, randomOctets } from "../crypto/random.ts";
import { type ConfigurationOption, isSameOctets } from "./control_packet.ts";
import type { OptionNegotiation, OptionVerdict } from "./option_negotiation.ts";
import type { PppDownReason } from "./ppp_effect.ts";
import type { Ipv6Settings } from "./ppp_settings.ts";

const INTERFACE_IDENTIFIER = 1;
const IDENTIFIER_OCTETS = 8;

/** The universal/local bit: 0 says that nobody else may know the identifier. */
const UNIVERSAL_BIT = 0x02;

/** The options of both ends. */
export class Ipv6cpNegotiation implements OptionNegotiation {
  readonly failure: PppDownReason | undefined = undefined;
  readonly #settings: Ipv6Settings;
  readonly #random: Random;
  #isRejected = false;
  #local: Uint8Array;
  #remote: Uint8Array | undefined;

  constructor(settings: Ipv6Settings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#local = settings.localInterfaceId ?? this.#tentative();
  }

  /** Our interface identifier. */
  get local(): Uint8Array {
    return this.#local;
  }

  /** The peer's; `undefined` where it has not said. */
  get remote(): Uint8Array | undefined {
    return this.#remote;
  }

  reset(): void {
    this.#isRejected = false;
    this.#remote = undefined;
  }

  request(): ConfigurationOption[] {
    return this.#isRejected ? [] : [identifierOption(this.#local)];
  }

  judge(option: ConfigurationOption, before: readonly ConfigurationOption[]): OptionVerdict {
    const { type, value } = option;
    if (type !== INTERFACE_IDENTIFIER || before.some((other) => other.type === type)) {
      return "reject";
    }
    const isUsable = value.length === IDENTIFIER_OCTETS && !isZero(value) &&
      !isSameOctets(value, this.#local);
    return isUsable ? "ack" : identifierOption(this.#suggestion());
  }

  /** Without an identifier the peer has no address; it is reminded. */
  missing(options: readonly ConfigurationOption[]): readonly ConfigurationOption[] {
    const isThere = options.some(({ type }) => type === INTERFACE_IDENTIFIER);
    return isThere ? [] : [identifierOption(this.#suggestion())];
  }

  adopt(options: readonly ConfigurationOption[]): void {
    this.#remote = options.find(({ type }) => type === INTERFACE_IDENTIFIER)?.value;
  }

  /**
   * Ours is not free: the peer's suggestion is taken if it will do, else another one is made. One that
   * was set may be an interface's for many links; then it is for the peer to change.
   */
  handleNak(options: readonly ConfigurationOption[]): void {
    if (this.#settings.localInterfaceId !== undefined) return;
    for (const { type, value } of options) {
      if (type !== INTERFACE_IDENTIFIER) continue;
      const isUsable = value.length === IDENTIFIER_OCTETS && !isZero(value) &&
        !isSameOctets(value, this.#local);
      this.#local = isUsable ? value.slice() : this.#tentative();
    }
  }

  handleReject(): void {
    this.#isRejected = true;
  }

  #suggestion(): Uint8Array {
    const { remoteInterfaceId } = this.#settings;
    const isFree = remoteInterfaceId !== undefined && !isSameOctets(remoteInterfaceId, this.#local);
    return isFree ? remoteInterfaceId : this.#tentative();
  }

  #tentative(): Uint8Array {
    const identifier = randomOctets(this.#random, IDENTIFIER_OCTETS);
    identifier[0]! &= ~UNIVERSAL_BIT;
    identifier[7]! |= 1;
    return identifier;
  }
}

function identifierOption(value: Uint8Array): ConfigurationOption {
  return { type: INTERFACE_IDENTIFIER, value };
}

function isZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}

/**
 * IPCP's options: an address for each end, and name servers for who asks.
 *
 * Read RFC 1332 §3 and RFC 1877 §1 first. Header compression is rejected (V2-UDP-09), and so are
 * the old IP-Addresses option and NetBIOS name servers.
 */

import { ByteReader } from "../wire/byte_reader.ts";
import type { ConfigurationOption } from "./control_packet.ts";
import type { OptionNegotiation, OptionVerdict } from "./option_negotiation.ts";
import type { PppDownReason } from "./ppp_effect.ts";
import type { Ipv4Settings } from "./ppp_settings.ts";

const IP_ADDRESS = 3;
const PRIMARY_DNS = 129;
const SECONDARY_DNS = 131;
const DNS_TYPES: readonly number[] = [PRIMARY_DNS, SECONDARY_DNS];

/** "Give me one." */
const UNKNOWN = "0.0.0.0";

/** The options of both ends. */
export class IpcpNegotiation implements OptionNegotiation {
  readonly failure: PppDownReason | undefined = undefined;
  readonly #settings: Ipv4Settings;
  readonly #rejected = new Set<number>();
  #local = UNKNOWN;
  #remote: string | undefined;
  /** By option type. */
  readonly #dns = new Map<number, string>();

  constructor(settings: Ipv4Settings) {
    this.#settings = settings;
    this.reset();
  }

  /** Our address; `undefined` where there is none. */
  get local(): string | undefined {
    return this.#local === UNKNOWN ? undefined : this.#local;
  }

  /** The peer's address; `undefined` where it has not said. */
  get remote(): string | undefined {
    return this.#remote;
  }

  /** Name servers that the peer has told us of. */
  get dns(): readonly string[] {
    return [...this.#dns.values()].filter((address) => address !== UNKNOWN);
  }

  reset(): void {
    this.#rejected.clear();
    this.#local = this.#settings.local ?? UNKNOWN;
    this.#remote = this.#settings.remote;
    this.#dns.clear();
    if (this.#settings.requestDns !== true) return;
    for (const type of DNS_TYPES) this.#dns.set(type, UNKNOWN);
  }

  request(): ConfigurationOption[] {
    const options = [addressOption(IP_ADDRESS, this.#local)];
    for (const [type, address] of this.#dns) options.push(addressOption(type, address));
    return options.filter(({ type }) => !this.#rejected.has(type));
  }

  judge(option: ConfigurationOption, before: readonly ConfigurationOption[]): OptionVerdict {
    if (before.some(({ type }) => type === option.type)) return "reject";
    if (option.type === IP_ADDRESS) return this.#judgeAddress(option);
    const index = DNS_TYPES.indexOf(option.type);
    const server = this.#settings.dns?.[index];
    if (server === undefined) return "reject";
    return readAddress(option) === server ? "ack" : addressOption(option.type, server);
  }

  missing(): readonly ConfigurationOption[] {
    return [];
  }

  adopt(options: readonly ConfigurationOption[]): void {
    const option = options.find(({ type }) => type === IP_ADDRESS);
    this.#remote = (option && readAddress(option)) ?? this.#settings.remote;
  }

  handleNak(options: readonly ConfigurationOption[]): void {
    for (const option of options) {
      const address = readAddress(option);
      if (address === undefined) continue;
      if (option.type === IP_ADDRESS) this.#local = this.#settings.local ?? address;
      else if (this.#dns.has(option.type)) this.#dns.set(option.type, address);
    }
  }

  handleReject(options: readonly ConfigurationOption[]): void {
    for (const { type } of options) {
      this.#rejected.add(type);
      this.#dns.delete(type);
    }
  }

  /** An address of its own, unless it is to have another one, or asks for one, or takes ours. */
  #judgeAddress(option: ConfigurationOption): OptionVerdict {
    const wanted = this.#settings.remote;
    const address = readAddress(option);
    if (wanted !== undefined) {
      return address === wanted ? "ack" : addressOption(IP_ADDRESS, wanted);
    }
    const isItsOwn = address !== undefined && address !== UNKNOWN && address !== this.#local;
    return isItsOwn ? "ack" : "reject";
  }
}

function addressOption(type: number, address: string): ConfigurationOption {
  return { type, value: Uint8Array.from(address.split("."), Number) };
}

function readAddress({ value }: ConfigurationOption): string | undefined {
  if (value.length !== 4) return undefined;
  const reader = new ByteReader(value);
  return [reader.u8(), reader.u8(), reader.u8(), reader.u8()].join(".");
}

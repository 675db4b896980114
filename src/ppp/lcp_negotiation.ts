/**
 * LCP's options: MRU, ACCM, authentication, magic numbers, field compression.
 *
 * Read RFC 1661 §6 and RFC 1662 §6 and §7 first. Quality monitoring, callback and multilink are
 * rejected like anything else that is not known (PPP-10).
 */

import { type Random, randomUint32 } from "../crypto/random.ts";
import {
  AUTHENTICATION_PROTOCOL,
  authenticationOption,
  readAuthentication,
} from "./authentication_option.ts";
import { type ConfigurationOption, readOptions } from "./control_packet.ts";
import type { AuthenticationProtocol } from "./evidence.ts";
import type { OptionNegotiation, OptionVerdict } from "./option_negotiation.ts";
import { flag, readUint16, readUint32, uint16Option, uint32Option } from "./option_values.ts";
import type { PppDownReason, ReceiveOptions } from "./ppp_effect.ts";
import type { PppSettings } from "./ppp_settings.ts";

const MRU = 1;
const ACCM = 2;
const MAGIC_NUMBER = 5;
const PROTOCOL_FIELD_COMPRESSION = 7;
const ADDRESS_AND_CONTROL_COMPRESSION = 8;

/** What holds where no option says otherwise (RFC 1661 §6.1). */
const DEFAULT_MRU = 1500;
/** Address, type and VLAN tag come with a bridged frame, and BCP's own two octets (BCP-05). */
const BRIDGED_MRU = 1520;
const DEFAULT_ACCM = 0xffffffff;

/** A peer that takes less could not even be told so. */
const LEAST_MRU = 128;

/** Requests with our own magic number, in one negotiation, that make a loop certain (PPP-16). */
const LOOP_LIMIT = 5;

/** Our order where credentials name none: the safest first. */
const BEST_FIRST: readonly AuthenticationProtocol[] = ["ms-chap-v2", "chap", "pap"];

const WITHOUT_OPTIONS: ReceiveOptions = {
  mru: DEFAULT_MRU,
  protocolFieldCompression: false,
  addressAndControlCompression: false,
  accm: DEFAULT_ACCM,
  magic: 0,
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The options of both ends. */
export class LcpNegotiation implements OptionNegotiation {
  readonly #settings: PppSettings;
  readonly #random: Random;
  /** Types that are not to be asked for again. */
  readonly #rejected = new Set<number>();
  #local: Mutable<ReceiveOptions> = { ...WITHOUT_OPTIONS };
  #remote: ReceiveOptions = WITHOUT_OPTIONS;
  /** What is left of the ways in which the peer may prove who it is; the first is asked for. */
  #proofs: readonly AuthenticationProtocol[] = [];
  #ownProof: AuthenticationProtocol | undefined;
  #loops = 0;
  #failure: PppDownReason | undefined;

  constructor(settings: PppSettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.reset();
  }

  get failure(): PppDownReason | undefined {
    return this.#failure;
  }

  /** What we receive. */
  get local(): ReceiveOptions {
    return this.#local;
  }

  /** What the peer receives. */
  get remote(): ReceiveOptions {
    return this.#remote;
  }

  /** How the peer has to prove who it is. */
  get peerProof(): AuthenticationProtocol | undefined {
    return this.#proofs[0];
  }

  /** How we have to prove who we are. */
  get ownProof(): AuthenticationProtocol | undefined {
    return this.#ownProof;
  }

  reset(): void {
    this.#rejected.clear();
    this.#local = {
      ...WITHOUT_OPTIONS,
      mru: this.#settings.mru ?? (this.#settings.bridge ? BRIDGED_MRU : DEFAULT_MRU),
      magic: this.#newMagic(),
    };
    this.#readWanted();
    this.#remote = WITHOUT_OPTIONS;
    this.#proofs = this.#settings.authenticate ?? [];
    this.#ownProof = undefined;
    this.#loops = 0;
    this.#failure = undefined;
  }

  request(): ConfigurationOption[] {
    const { mru, accm, magic, protocolFieldCompression, addressAndControlCompression } =
      this.#local;
    const proof = this.peerProof;
    const options = [
      ...(mru === DEFAULT_MRU ? [] : [uint16Option(MRU, mru)]),
      ...(accm === DEFAULT_ACCM ? [] : [uint32Option(ACCM, accm)]),
      ...(proof === undefined ? [] : [authenticationOption(proof)]),
      ...(magic === 0 ? [] : [uint32Option(MAGIC_NUMBER, magic)]),
      ...(protocolFieldCompression ? [flag(PROTOCOL_FIELD_COMPRESSION)] : []),
      ...(addressAndControlCompression ? [flag(ADDRESS_AND_CONTROL_COMPRESSION)] : []),
    ];
    return options.filter(({ type }) => !this.#rejected.has(type));
  }

  judge(option: ConfigurationOption, before: readonly ConfigurationOption[]): OptionVerdict {
    if (before.some(({ type }) => type === option.type)) return "reject";
    switch (option.type) {
      case MRU: {
        const mru = readUint16(option);
        return mru !== undefined && mru >= LEAST_MRU ? "ack" : uint16Option(MRU, DEFAULT_MRU);
      }
      case ACCM:
        // Our side of the line is synchronous: any map will do (PPP-20).
        return readUint32(option) === undefined ? "reject" : "ack";
      case AUTHENTICATION_PROTOCOL:
        return this.#judgeAuthentication(option);
      case MAGIC_NUMBER:
        return this.#judgeMagic(option);
      case PROTOCOL_FIELD_COMPRESSION:
      case ADDRESS_AND_CONTROL_COMPRESSION:
        return option.value.length === 0 ? "ack" : "reject";
      default:
        return "reject";
    }
  }

  missing(): readonly ConfigurationOption[] {
    return [];
  }

  adopt(options: readonly ConfigurationOption[]): void {
    this.#remote = readReceiveOptions(options);
    this.#ownProof = proofIn(options);
  }

  handleNak(options: readonly ConfigurationOption[]): void {
    for (const option of options) {
      if (option.type === MRU) this.#lowerMru(readUint16(option));
      if (option.type === ACCM) this.#local.accm |= readUint32(option) ?? 0;
      if (option.type === AUTHENTICATION_PROTOCOL) this.#changeProof(readAuthentication(option));
      if (option.type === MAGIC_NUMBER) this.#local.magic = this.#newMagic();
    }
    this.#local.accm >>>= 0;
  }

  handleReject(options: readonly ConfigurationOption[]): void {
    for (const { type } of options) {
      // On a looped line it is we who reject it; that it is one will be clear soon.
      if (type === AUTHENTICATION_PROTOCOL && this.#loops === 0) {
        this.#failure = "authentication-refused";
      }
      if (type !== AUTHENTICATION_PROTOCOL) this.#rejected.add(type);
      if (type === MRU) this.#local.mru = DEFAULT_MRU;
      if (type === ACCM) this.#local.accm = DEFAULT_ACCM;
      if (type === MAGIC_NUMBER) this.#local.magic = 0;
      if (type === PROTOCOL_FIELD_COMPRESSION) this.#local.protocolFieldCompression = false;
      if (type === ADDRESS_AND_CONTROL_COMPRESSION) {
        this.#local.addressAndControlCompression = false;
      }
    }
  }

  /**
   * Takes what a LAC and its client have agreed on; answers whether it will do for us, too. The
   * LAC spoke in our place: `sent` are options of ours (RFC 2661 §4.4.5).
   */
  adoptProxy(sent: Uint8Array, received: Uint8Array): boolean {
    const ours = readOptions(sent);
    const theirs = readOptions(received);
    if (ours === undefined || theirs === undefined) return false;
    const proof = proofIn(ours);
    const asked = ours.some(({ type }) => type === AUTHENTICATION_PROTOCOL);
    const isProofRight = this.#proofs.length === 0
      ? !asked
      : proof !== undefined && this.#proofs.includes(proof);
    const areTheirsRight = theirs.every((option, index) =>
      this.judge(option, theirs.slice(0, index)) === "ack"
    );
    if (!isProofRight || !areTheirsRight) return false;
    this.#local = { ...readReceiveOptions(ours) };
    this.#proofs = proof === undefined ? [] : [proof];
    this.adopt(theirs);
    return true;
  }

  #judgeAuthentication(option: ConfigurationOption): OptionVerdict {
    const { credentials } = this.#settings;
    if (credentials === undefined) return "reject";
    const ready = credentials.protocols ?? BEST_FIRST;
    const asked = readAuthentication(option);
    if (asked !== undefined && ready.includes(asked)) return "ack";
    return ready[0] === undefined ? "reject" : authenticationOption(ready[0]);
  }

  /** Our own number from the peer is most probably our own request (PPP-16). */
  #judgeMagic(option: ConfigurationOption): OptionVerdict {
    const magic = readUint32(option);
    if (magic === undefined) return "reject";
    if (magic !== 0 && magic !== this.#local.magic) return "ack";
    if (magic !== 0 && ++this.#loops >= LOOP_LIMIT) this.#failure = "loop";
    return uint32Option(MAGIC_NUMBER, this.#newMagic());
  }

  /** To what the peer suggests, if we are ready for that; else to the next best. */
  #changeProof(suggested: AuthenticationProtocol | undefined): void {
    const others = this.#proofs.slice(1);
    const isReady = suggested !== undefined && others.includes(suggested);
    if (this.#loops > 0 || this.#proofs.length === 0) return;
    this.#proofs = isReady ? [suggested, ...others.filter((proof) => proof !== suggested)] : others;
    if (this.#proofs.length === 0) this.#failure = "authentication-refused";
  }

  #lowerMru(mru: number | undefined): void {
    if (mru === undefined || mru < LEAST_MRU) return;
    this.#local.mru = Math.min(this.#local.mru, mru);
  }

  /** What the LAC's client wants is where we begin (LCPX-03); the MRU never beyond our own. */
  #readWanted(): void {
    const options = readOptions(this.#settings.wantedOptions ?? new Uint8Array(0)) ?? [];
    const wanted = readReceiveOptions(options);
    if (options.some(({ type }) => type === MRU)) this.#lowerMru(wanted.mru);
    this.#local.accm = wanted.accm;
    this.#local.protocolFieldCompression = wanted.protocolFieldCompression;
    this.#local.addressAndControlCompression = wanted.addressAndControlCompression;
  }

  #newMagic(): number {
    return randomUint32(this.#random) || 1;
  }
}

function proofIn(options: readonly ConfigurationOption[]): AuthenticationProtocol | undefined {
  const option = options.find(({ type }) => type === AUTHENTICATION_PROTOCOL);
  return option && readAuthentication(option);
}

function readReceiveOptions(options: readonly ConfigurationOption[]): ReceiveOptions {
  const found = (wanted: number) => options.find(({ type }) => type === wanted);
  const [mru, accm, magic] = [found(MRU), found(ACCM), found(MAGIC_NUMBER)];
  return {
    mru: (mru && readUint16(mru)) ?? DEFAULT_MRU,
    accm: (accm && readUint32(accm)) ?? DEFAULT_ACCM,
    magic: (magic && readUint32(magic)) ?? 0,
    protocolFieldCompression: found(PROTOCOL_FIELD_COMPRESSION) !== undefined,
    addressAndControlCompression: found(ADDRESS_AND_CONTROL_COMPRESSION) !== undefined,
  };
}

/**
 * A pool of addresses, or of prefixes, that peers are given one each for as long as they are there.
 *
 * Ranges are inclusive and each of one family; a prefix pool hands out prefixes of one length out of
 * a shorter one. What was given back longest ago is given out first, so that a peer that comes again
 * soon, and packets still under way to it, do not meet somebody else at its address.
 */

import { formatIpAddress, requireIpAddress } from "../io/socket_address.ts";

/** The addresses from `first` to `last`, counted in steps of `2 ** stepBits` addresses. */
interface Range {
  readonly first: bigint;
  readonly count: number;
}

/** More in one range than a program can have sessions is not kept account of. */
const LARGEST_RANGE = 0x100_0000;

/** What the pool's items are: `prefixLength` 32 and 128 are single addresses. */
export interface PoolOptions {
  /** `192.0.2.10-192.0.2.99`, or a prefix `192.0.2.0/24`, `2001:db8::/48`. */
  readonly ranges: readonly string[];
  /** Length of the prefixes given out. Default: single addresses. */
  readonly prefixLength?: number;
}

/** One family's addresses or prefixes. */
export class AddressPool {
  readonly #ranges: readonly Range[];
  readonly #addressLength: number;
  readonly #stepBits: bigint;
  readonly #taken = new Set<string>();
  /** Given back, the longest ago first. */
  readonly #returned = new Set<string>();
  /** The next that has never been given out: range, and place in it. */
  #fresh: { range: number; place: number } = { range: 0, place: 0 };

  /** @throws {TypeError | RangeError} for ranges that are none, or of two families. */
  constructor({ ranges, prefixLength }: PoolOptions) {
    const bounds = ranges.map((range) => parseRange(range, prefixLength));
    const length = bounds[0]?.addressLength ?? 4;
    if (bounds.some(({ addressLength }) => addressLength !== length)) {
      throw new TypeError("the ranges of a pool are all IPv4, or all IPv6");
    }
    this.#addressLength = length;
    this.#stepBits = BigInt(8 * length - (prefixLength ?? 8 * length));
    this.#ranges = bounds.map(({ first, last }) => {
      const count = ((last - first) >> this.#stepBits) + 1n;
      return { first, count: Number(count < LARGEST_RANGE ? count : LARGEST_RANGE) };
    });
  }

  /** How many there are in all. */
  get size(): number {
    return this.#ranges.reduce((sum, { count }) => sum + count, 0);
  }

  /** How many are given out, those from outside the pool too. */
  get taken(): number {
    return this.#taken.size;
  }

  /** One that nobody has; `undefined` when there is none left. */
  take(): string | undefined {
    let address = this.#nextFresh();
    while (address !== undefined && this.#taken.has(address)) address = this.#nextFresh();
    if (address === undefined) [address] = this.#returned;
    if (address === undefined) return undefined;
    this.#returned.delete(address);
    this.#taken.add(address);
    return address;
  }

  /**
   * Takes a certain one, of the pool or from outside: what a user always has, or we have ourselves.
   * Answers whether it was free.
   *
   * @throws {TypeError} when it is no address literal.
   */
  reserve(address: string): boolean {
    const canonical = formatIpAddress(requireIpAddress(address).octets);
    if (this.#taken.has(canonical)) return false;
    this.#returned.delete(canonical);
    this.#taken.add(canonical);
    return true;
  }

  /** Gives one back. */
  release(address: string): void {
    const canonical = formatIpAddress(requireIpAddress(address).octets);
    if (this.#taken.delete(canonical) && this.#has(canonical)) this.#returned.add(canonical);
  }

  #nextFresh(): string | undefined {
    const { range, place } = this.#fresh;
    const at = this.#ranges[range];
    if (at === undefined) return undefined;
    this.#fresh = place + 1 < at.count
      ? { range, place: place + 1 }
      : { range: range + 1, place: 0 };
    const value = at.first + (BigInt(place) << this.#stepBits);
    return formatIpAddress(octetsOf(value, this.#addressLength));
  }

  /** Whether it is one of the pool's own that has been given out before. */
  #has(address: string): boolean {
    const { octets } = requireIpAddress(address);
    if (octets.length !== this.#addressLength) return false;
    const value = numberOf(octets);
    return this.#ranges.some(({ first, count }, range) => {
      const place = (value - first) >> this.#stepBits;
      if (value < first || place >= count || first + (place << this.#stepBits) !== value) {
        return false;
      }
      // What has not come up yet will do so by itself.
      return range < this.#fresh.range ||
        (range === this.#fresh.range && place < this.#fresh.place);
    });
  }
}

interface Bounds {
  readonly first: bigint;
  readonly last: bigint;
  readonly addressLength: number;
}

function parseRange(text: string, prefixLength: number | undefined): Bounds {
  const [from = "", to, ...rest] = text.split("-");
  if (rest.length > 0) throw new TypeError(`"${text}" is no range of addresses`);
  if (to === undefined) return parsePrefix(text, prefixLength);
  const first = requireIpAddress(from.trim()).octets;
  const last = requireIpAddress(to.trim()).octets;
  if (first.length !== last.length) throw new TypeError(`"${text}" has two families`);
  if (prefixLength !== undefined && prefixLength !== 8 * first.length) {
    throw new TypeError(`"${text}": prefixes are given out of a prefix, not of a range`);
  }
  const bounds = { first: numberOf(first), last: numberOf(last), addressLength: first.length };
  if (bounds.last < bounds.first) throw new RangeError(`"${text}" ends before it begins`);
  return bounds;
}

/** Of an IPv4 prefix that is a network, the first and the last address are nobody's (RFC 1122). */
function parsePrefix(text: string, prefixLength: number | undefined): Bounds {
  const [address = "", digits = ""] = text.split("/");
  const { octets } = requireIpAddress(address);
  const bits = 8 * octets.length;
  const length = digits === "" ? bits : Number(digits);
  const given = prefixLength ?? bits;
  if (!Number.isInteger(length) || length < 0 || length > given) {
    throw new RangeError(`"${text}": a prefix of 0 to ${given} bits is possible`);
  }
  const size = 1n << BigInt(bits - length);
  const first = numberOf(octets) / size * size;
  const last = first + size - 1n;
  const isNetwork = bits === 32 && given === 32 && length < 31;
  return isNetwork
    ? { first: first + 1n, last: last - 1n, addressLength: octets.length }
    : { first, last, addressLength: octets.length };
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function octetsOf(value: bigint, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    octets[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return octets;
}

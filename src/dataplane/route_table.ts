/**
 * Which session an IP packet belongs to: the one with the longest prefix that its address is in.
 *
 * A level for each prefix length there is, the longest first, each a hash table. Looking up
 * allocates nothing. See RFC 791 §3.1 and RFC 8200 §3 for where the addresses are.
 */

import { IPV4_VERSION, IPV6_VERSION } from "../pseudowire/ip_packet.ts";

/** An address of 4 or 16 octets, and how many of its bits count. */
export interface RoutePrefix {
  readonly octets: Uint8Array;
  readonly length: number;
  /** As it is written, for messages. */
  readonly text: string;
}

/** The answer where no prefix fits, or the packet is none. */
export const NO_ROUTE = -1;

const IPV4_OCTETS = 4;
const IPV4_SOURCE = 12;
const IPV4_DESTINATION = 16;
const IPV4_HEADER_OCTETS = 20;
const IPV6_SOURCE = 8;
const IPV6_DESTINATION = 24;
const IPV6_HEADER_OCTETS = 40;

/** Everything of both families. */
export const ALL_PREFIXES: readonly RoutePrefix[] = [
  { octets: new Uint8Array(4), length: 0, text: "0.0.0.0/0" },
  { octets: new Uint8Array(16), length: 0, text: "::/0" },
];

/** Four words, the later ones 0 where they do not count, and what they lead to. */
interface Entry {
  readonly words: Int32Array;
  readonly value: number;
  /** Another one of the same hash. */
  next: Entry | undefined;
}

/** The prefixes of one length. */
class Level {
  readonly length: number;
  readonly masks: Int32Array;
  readonly #entries = new Map<number, Entry>();

  constructor(length: number) {
    this.length = length;
    this.masks = Int32Array.from({ length: 4 }, (_, word) => maskOf(length - 32 * word));
  }

  find(a: number, b: number, c: number, d: number): Entry | undefined {
    const masks = this.masks;
    const a0 = a & masks[0]!, b0 = b & masks[1]!, c0 = c & masks[2]!, d0 = d & masks[3]!;
    let entry = this.#entries.get(hashOf(a0, b0, c0, d0));
    while (entry !== undefined && !isAt(entry, a0, b0, c0, d0)) entry = entry.next;
    return entry;
  }

  add(words: Int32Array, value: number): void {
    const masked = words.map((word, index) => word & this.masks[index]!);
    const hash = hashOf(masked[0]!, masked[1]!, masked[2]!, masked[3]!);
    this.#entries.set(hash, { words: masked, value, next: this.#entries.get(hash) });
  }

  /** Answers whether anything is left. */
  remove(entry: Entry): boolean {
    const { words } = entry;
    const hash = hashOf(words[0]!, words[1]!, words[2]!, words[3]!);
    const kept = without(this.#entries.get(hash), entry);
    if (kept === undefined) this.#entries.delete(hash);
    else this.#entries.set(hash, kept);
    return this.#entries.size > 0;
  }
}

function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function hashOf(a: number, b: number, c: number, d: number): number {
  return a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d);
}

function isAt({ words }: Entry, a: number, b: number, c: number, d: number): boolean {
  return words[0] === a && words[1] === b && words[2] === c && words[3] === d;
}

/** A chain of entries with one of them left out. */
function without(chain: Entry | undefined, entry: Entry): Entry | undefined {
  if (chain === undefined || chain === entry) return chain?.next;
  chain.next = without(chain.next, entry);
  return chain;
}

/** The prefixes of one family. */
class FamilyTable {
  /** The longest first. */
  #levels: Level[] = [];

  find(a: number, b: number, c: number, d: number): number {
    for (let index = 0; index < this.#levels.length; index++) {
      const entry = this.#levels[index]!.find(a, b, c, d);
      if (entry !== undefined) return entry.value;
    }
    return NO_ROUTE;
  }

  /** What exactly this prefix leads to. */
  valueOf(prefix: RoutePrefix): number {
    return this.#entryOf(this.#levelOf(prefix), prefix)?.value ?? NO_ROUTE;
  }

  add(prefix: RoutePrefix, value: number): void {
    let level = this.#levelOf(prefix);
    if (level === undefined) {
      level = new Level(prefix.length);
      this.#levels = [...this.#levels, level].sort((a, b) => b.length - a.length);
    }
    level.add(wordsOf(prefix.octets), value);
  }

  remove(prefix: RoutePrefix): void {
    const level = this.#levelOf(prefix);
    const entry = this.#entryOf(level, prefix);
    if (level === undefined || entry === undefined || level.remove(entry)) return;
    this.#levels = this.#levels.filter((candidate) => candidate !== level);
  }

  #levelOf({ length }: RoutePrefix): Level | undefined {
    return this.#levels.find((level) => level.length === length);
  }

  #entryOf(level: Level | undefined, { octets }: RoutePrefix): Entry | undefined {
    const words = wordsOf(octets);
    return level?.find(words[0]!, words[1]!, words[2]!, words[3]!);
  }
}

/** An address as four words; one of IPv4 is the first of them. */
function wordsOf(octets: Uint8Array): Int32Array {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const word = (index: number) => 4 * index < octets.length ? view.getInt32(4 * index) : 0;
  return Int32Array.from({ length: 4 }, (_, index) => word(index));
}

/** Prefixes of both families, each leading to a session's key. */
export class RouteTable {
  readonly #ipv4 = new FamilyTable();
  readonly #ipv6 = new FamilyTable();
  readonly #assigned = new Map<number, readonly RoutePrefix[]>();

  /**
   * Has these prefixes, and no others, lead to `key`.
   *
   * @throws {RangeError} for a prefix that leads to another already; then nothing has changed.
   */
  assign(key: number, prefixes: readonly RoutePrefix[]): void {
    for (const prefix of prefixes) {
      const holder = this.#familyOf(prefix).valueOf(prefix);
      if (holder === NO_ROUTE || holder === key) continue;
      throw new RangeError(`${prefix.text} belongs to session ${holder} already`);
    }
    this.remove(key);
    const assigned: RoutePrefix[] = [];
    for (const prefix of prefixes) {
      const family = this.#familyOf(prefix);
      if (family.valueOf(prefix) === key) continue;
      family.add(prefix, key);
      assigned.push(prefix);
    }
    this.#assigned.set(key, assigned);
  }

  /** Forgets a session. */
  remove(key: number): void {
    for (const prefix of this.#assigned.get(key) ?? []) this.#familyOf(prefix).remove(prefix);
    this.#assigned.delete(key);
  }

  /** Where a packet goes to. */
  byDestination(view: DataView, start: number, length: number): number {
    return this.#find(view, start, length, IPV4_DESTINATION, IPV6_DESTINATION);
  }

  /** Whose packet it is. */
  bySource(view: DataView, start: number, length: number): number {
    return this.#find(view, start, length, IPV4_SOURCE, IPV6_SOURCE);
  }

  #find(view: DataView, start: number, length: number, ipv4: number, ipv6: number): number {
    if (length < IPV4_HEADER_OCTETS) return NO_ROUTE;
    const version = view.getUint8(start) >> 4;
    if (version === IPV4_VERSION) return this.#ipv4.find(view.getInt32(start + ipv4), 0, 0, 0);
    if (version !== IPV6_VERSION || length < IPV6_HEADER_OCTETS) return NO_ROUTE;
    const at = start + ipv6;
    return this.#ipv6.find(
      view.getInt32(at),
      view.getInt32(at + 4),
      view.getInt32(at + 8),
      view.getInt32(at + 12),
    );
  }

  #familyOf({ octets }: RoutePrefix): FamilyTable {
    return octets.length === IPV4_OCTETS ? this.#ipv4 : this.#ipv6;
  }
}

/**
 * IPv4 and IPv6 literals, their one canonical text, and `sockaddr` structs.
 *
 * Text follows RFC 5952; an IPv6 zone (RFC 4007) is a number here (`fe80::1%2`), because names
 * are the namespace's matter. See ip(7) and ipv6(7).
 */

import { AF_INET, AF_INET6, SOCKADDR_IN6_SIZE, SOCKADDR_IN_SIZE } from "./abi.ts";

/** An address in canonical text, and a port: 0 where the protocol has none. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** A parsed literal. */
export interface IpAddress {
  /** 4 or 16 octets. */
  readonly octets: Uint8Array;
  /** Interface index of an IPv6 zone; 0 for none. */
  readonly zone: number;
}

/** Reads a literal; `undefined` when it is none (a name, or a zone that is not a number). */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(":")) {
    const octets = parseIpv4(text);
    return octets && { octets: Uint8Array.from(octets), zone: 0 };
  }
  const [literal = "", zoneText, ...rest] = text.split("%");
  if (rest.length > 0) return undefined;
  const zone = zoneText === undefined ? 0 : parseDecimal(zoneText, 0xffff_ffff);
  const octets = parseIpv6(literal);
  return octets === undefined || zone === undefined ? undefined : { octets, zone };
}

/** The canonical text of 4 or 16 octets (RFC 5952 §4, §5). */
export function formatIpAddress(octets: Uint8Array, zone = 0): string {
  if (octets.length === 4) return octets.join(".");
  const text = isIpv4Mapped(octets)
    ? `::ffff:${octets.subarray(12).join(".")}`
    : formatGroups(octets);
  return zone === 0 ? text : `${text}%${zone}`;
}

/** A literal in canonical text. @throws {TypeError} when it is not a literal. */
export function canonicalIpAddress(text: string): string {
  const { octets, zone } = requireIpAddress(text);
  return formatIpAddress(octets, zone);
}

/** The address family number of a literal: AF_INET or AF_INET6. */
export function familyOf(address: string): number {
  return address.includes(":") ? AF_INET6 : AF_INET;
}

/** Whether the address is 0.0.0.0 or `::`: all of the system's. */
export function isUnspecified(address: string): boolean {
  return address === "" || parseIpAddress(address)?.octets.every((octet) => octet === 0) === true;
}

/** As `parseIpAddress`. @throws {TypeError} when the text is not a literal. */
export function requireIpAddress(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new TypeError(`an IP address literal is expected, not "${text}"`);
  return parsed;
}

/** Writes a `sockaddr_in` or `sockaddr_in6` at `at`; returns its size. */
export function putSocketAddress(struct: DataView, at: number, to: SocketAddress): number {
  const { octets, zone } = requireIpAddress(to.address);
  const size = octets.length === 4 ? SOCKADDR_IN_SIZE : SOCKADDR_IN6_SIZE;
  const target = new Uint8Array(struct.buffer, struct.byteOffset + at, size).fill(0);
  struct.setUint16(at, octets.length === 4 ? AF_INET : AF_INET6, true);
  struct.setUint16(at + 2, to.port);
  target.set(octets, octets.length === 4 ? 4 : 8);
  if (octets.length === 16) struct.setUint32(at + 24, zone, true);
  return size;
}

/** Reads a `sockaddr_in` or `sockaddr_in6`. @throws {TypeError} for another family. */
export function readSocketAddress(struct: DataView, at: number): SocketAddress {
  const family = struct.getUint16(at, true);
  if (family !== AF_INET && family !== AF_INET6) {
    throw new TypeError(`a socket address of family ${AF_INET} or ${AF_INET6}, not ${family}`);
  }
  const length = family === AF_INET ? 4 : 16;
  const start = struct.byteOffset + at + (family === AF_INET ? 4 : 8);
  const zone = family === AF_INET ? 0 : struct.getUint32(at + 24, true);
  return {
    address: formatIpAddress(new Uint8Array(struct.buffer, start, length), zone),
    port: struct.getUint16(at + 2),
  };
}

function parseDecimal(text: string, most: number): number | undefined {
  // No leading zeros: some systems read them as octal, so no reading is right for all.
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

function parseIpv4(text: string): number[] | undefined {
  const octets = text.split(".").map((part) => parseDecimal(part, 255));
  return octets.length === 4 && octets.every((octet) => octet !== undefined) ? octets : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // "::" stands for at least one group (RFC 4291 §2.2).
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** Colon-separated groups as octets; the last may be an IPv4 literal where the text ends with it. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const octets: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (atEnd && index === groups.length - 1 && group.includes(".")) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      octets.push(...ipv4);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    const value = parseInt(group, 16);
    octets.push(value >> 8, value & 0xff);
  }
  return octets;
}

function isIpv4Mapped(octets: Uint8Array): boolean {
  return octets.subarray(0, 10).every((octet) => octet === 0) &&
    octets[10] === 0xff && octets[11] === 0xff;
}

function formatGroups(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2));
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  // A single zero group is not shortened (RFC 5952 §4.2.2).
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The first of the longest runs (RFC 5952 §4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}

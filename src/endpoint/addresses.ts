/**
 * Addresses as people write them: `udp://[::]:1701`, `peer.example:1702`, `192.0.2.0`.
 *
 * Read RFC 3931 §4.1.1 and §4.1.2 for what an encapsulation needs: UDP has a port, IP has none.
 * Nothing here looks anything up; see resolve_host.ts.
 */

import {
  canonicalIpAddress,
  formatIpAddress,
  parseIpAddress,
  requireIpAddress,
} from "../io/socket_address.ts";
import { type Encapsulation, L2TP_PORT } from "../model/path.ts";

export { formatTransportAddress } from "../model/path.ts";

/** Where control connections are listened for. */
export interface ListenAddress {
  /** UDP, or IP protocol 115. */
  readonly encapsulation: Encapsulation;
  /** An address literal; `0.0.0.0` and `::` are every address of their family. */
  readonly address: string;
  /** 0 over IP; 0 over UDP lets the kernel choose. */
  readonly port: number;
}

/** A peer as it is named: an address literal or a name, and a port. */
export interface RemoteName {
  readonly host: string;
  readonly port: number;
}

/** Whether the text is an IPv4 or IPv6 literal, and not a name. */
export function isAddressLiteral(text: string): boolean {
  return ipVersionOf(text) !== undefined;
}

/** The IP version of a literal; `undefined` for what is none. */
export function ipVersionOf(text: string): 4 | 6 | undefined {
  if (parseIpAddress(text) === undefined) return undefined;
  return text.includes(":") ? 6 : 4;
}

/** Whether two literals are one address, however written. Zones are each host's own, and not compared. */
export function isSameAddress(a: string, b: string): boolean {
  const [one, other] = [parseIpAddress(a)?.octets, parseIpAddress(b)?.octets];
  return one !== undefined && other !== undefined &&
    formatIpAddress(one) === formatIpAddress(other);
}

function isIpv6Literal(text: string): boolean {
  return ipVersionOf(text) === 6;
}

/**
 * Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 literal.
 *
 * @throws {RangeError} for anything else, naming what was read.
 */
export function parseRemote(text: string, defaultPort: number = L2TP_PORT): RemoteName {
  if (isIpv6Literal(text)) return { host: text, port: defaultPort };
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) {
    const [, host = "", port] = bracketed;
    if (!isIpv6Literal(host)) throw new RangeError(`"${host}" in "${text}" is no IPv6 address`);
    return { host, port: parsePort(port, text, defaultPort) };
  }
  const named = /^([^\s:/[\]@]+)(?::(\d+))?$/.exec(text);
  if (named === null) {
    throw new RangeError(
      `"${text}" is no address: write a name, an address, ADDRESS:PORT or [IPV6]:PORT`,
    );
  }
  const [, host = "", port] = named;
  if (/^[\d.]+$/.test(host) && !isAddressLiteral(host)) {
    throw new RangeError(`"${host}" is no IPv4 address`);
  }
  return { host, port: parsePort(port, text, defaultPort) };
}

/**
 * Reads `udp://ADDRESS[:PORT]` or `ip://ADDRESS`, the address a literal, IPv6 in brackets.
 *
 * @throws {RangeError} for anything else, naming what was read.
 */
export function parseListen(text: string): ListenAddress {
  const match = /^(udp|ip):\/\/(.+)$/.exec(text);
  if (match === null) {
    throw new RangeError(
      `"${text}" is no listen address: write udp://ADDRESS:PORT or ip://ADDRESS`,
    );
  }
  const encapsulation = match[1] as Encapsulation;
  const rest = match[2] ?? "";
  const { host, port } = parseRemote(rest, encapsulation === "udp" ? L2TP_PORT : 0);
  if (!isAddressLiteral(host)) {
    throw new RangeError(`"${host}" in "${text}" is no address: names cannot be listened on`);
  }
  if (encapsulation === "ip" && port !== 0) {
    throw new RangeError(`"${text}": IP protocol 115 has no ports`);
  }
  return { encapsulation, address: canonicalIpAddress(host), port };
}

/** The form that `parseListen` reads. */
export function formatListen({ encapsulation, address, port }: ListenAddress): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return encapsulation === "udp" ? `udp://${host}:${port}` : `ip://${host}`;
}

function parsePort(digits: string | undefined, text: string, defaultPort: number): number {
  if (digits === undefined) return defaultPort;
  const port = Number(digits);
  if (port > 65_535) throw new RangeError(`port ${digits} in "${text}" is beyond 65535`);
  return port;
}

/** Takes `192.0.2.1/24` apart. @throws {RangeError | TypeError} for anything else. */
export function parsePrefix(text: string): { host: string; prefixLength: number } {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is no ADDRESS/PREFIX-LENGTH`);
  const [, host = "", digits] = match;
  const bits = requireIpAddress(host).octets.length * 8;
  const prefixLength = Number(digits);
  if (prefixLength > bits) throw new RangeError(`"${text}": at most /${bits} is possible`);
  return { host, prefixLength };
}

/** The bits that the addresses of a network have in common. */
export interface NetworkPrefix {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
}

/** Whether an address, of the prefix's family, begins with it. */
export function covers({ prefix, prefixLength }: NetworkPrefix, address: Uint8Array): boolean {
  for (let bit = 0; bit < prefixLength; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((prefix[bit >> 3]! ^ address[bit >> 3]!) & mask) !== 0) return false;
  }
  return true;
}

/** Whether an address literal is in `192.0.2.0/24`. */
export function isWithin(address: string, network: string): boolean {
  const { host, prefixLength } = parsePrefix(network);
  const prefix = requireIpAddress(host).octets;
  const { octets } = requireIpAddress(address);
  return octets.length === prefix.length && covers({ prefix, prefixLength }, octets);
}

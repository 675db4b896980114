/**
 * The forms that single values of the configuration have: durations, addresses, octets, choices.
 *
 * YAML is read without types, so that an unquoted `00112233` or `no` stays what was written; what
 * a value means is decided here, by the key that it belongs to. A reading that fails says what is
 * wrong and what would be right. Each form also says what it is in JSON Schema, for editors.
 */

import { isIP } from "node:net";
import { closestString, levenshteinDistance } from "@std/text";

/** JSON Schema of one value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What reading a text gave: a value, or why there is none. */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };

/** How one kind of value is read, and described to editors. */
export interface Form<T> {
  readonly read: (text: string) => Reading<T>;
  readonly json: JsonSchema;
}

function wrong(text: string, problem: string): { readonly wrong: string } {
  return { wrong: `${JSON.stringify(text)} ${problem}` };
}

/** The nearest of the words to a mistyped one, or `undefined` where none is near. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const nearest = closestString(word, words, { caseSensitive: false });
  const distance = levenshteinDistance(word.toLowerCase(), nearest.toLowerCase());
  return distance <= Math.max(1, Math.floor(word.length / 3)) ? nearest : undefined;
}

/** `a, b or c`. */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** One of a few words. */
export function choice<const W extends string>(...words: readonly W[]): Form<W> {
  return {
    json: { enum: [...words] },
    read: (text) => {
      const found = words.find((word) => word === text);
      if (found !== undefined) return { value: found };
      const nearest = nearestWord(text, words);
      const hint = nearest === undefined ? `write ${listWords(words)}` : `did you mean ${nearest}?`;
      return wrong(text, `is not one of ${listWords(words)}; ${hint}`);
    },
  };
}

/** `true` or `false`, and nothing else. */
export const BOOLEAN: Form<boolean> = {
  json: { type: "boolean" },
  read: (text) => {
    if (text === "true" || text === "false") return { value: text === "true" };
    if (/^(yes|on|y|1|no|off|n|0)$/i.test(text)) {
      const meant = /^(yes|on|y|1)$/i.test(text);
      return wrong(text, `is neither true nor false; write ${meant}`);
    }
    return wrong(text, "is neither true nor false");
  },
};

/** A whole number in decimal, or in hexadecimal after `0x`. */
export function integer(minimum: number, maximum: number): Form<number> {
  const range = `write a whole number from ${minimum} to ${maximum}`;
  return {
    json: { type: "integer", minimum, maximum },
    read: (text) => {
      if (!/^(0|[1-9]\d*|0x[\da-f]+)$/i.test(text)) {
        return wrong(text, `is no whole number; ${range}`);
      }
      const value = Number(text);
      return value >= minimum && value <= maximum
        ? { value }
        : wrong(text, `is out of range; ${range}`);
    },
  };
}

/** One of a few numbers. */
export function numberChoice<const N extends number>(...numbers: readonly N[]): Form<N> {
  const words = numbers.map(String);
  return {
    json: { enum: [...numbers] },
    read: (text) => {
      const value = numbers.find((number) => String(number) === text);
      return value === undefined ? wrong(text, `is not ${listWords(words)}`) : { value };
    },
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function formatDuration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** A duration with its unit, in milliseconds. */
export function duration(minimum: number, maximum: number): Form<number> {
  return {
    json: { type: "string", pattern: "^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h))$" },
    read: (text) => {
      const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text);
      if (match === null) return wrong(text, "is no duration; write for example 500ms, 60s or 2m");
      const [, digits = "", unit] = match;
      if (unit === undefined && Number(digits) !== 0) {
        return wrong(text, `has no unit; write for example ${text}s`);
      }
      const value = Math.round(Number(digits) * (UNITS[unit ?? "ms"] ?? 1));
      if (value < minimum) return wrong(text, `is too short; at least ${formatDuration(minimum)}`);
      if (value > maximum) return wrong(text, `is too long; at most ${formatDuration(maximum)}`);
      return { value };
    },
  };
}

/** Text of at least one character whose octets fit a limit. */
export function text(longest: number, pattern?: RegExp, rule?: string): Form<string> {
  return {
    json: { type: "string", minLength: 1 },
    read: (value) => {
      if (value === "") return { wrong: "nothing is written here" };
      if (pattern !== undefined && !pattern.test(value)) {
        return wrong(value, rule ?? "is not valid");
      }
      const octets = new TextEncoder().encode(value).length;
      if (octets > longest) return wrong(value, `has ${octets} octets; at most ${longest}`);
      return { value };
    },
  };
}

/** A cookie: hexadecimal octets after `0x`. What is wrong does not quote it, for it is a secret. */
export function cookie(lengths: readonly number[]): Form<Uint8Array> {
  const right = `write 0x and ${listWords(lengths.map((length) => String(2 * length)))} digits`;
  return {
    json: { type: "string", pattern: "^0x([0-9a-fA-F]{2})*$" },
    read: (value) => {
      const digits = /^0x((?:[\da-f]{2})*)$/i.exec(value)?.[1];
      if (digits === undefined) return { wrong: `this is not octets in hexadecimal; ${right}` };
      const length = digits.length / 2;
      if (!lengths.includes(length)) return { wrong: `this cookie has ${length} octets; ${right}` };
      return { value: octetsOfHex(digits) };
    },
  };
}

function octetsOfHex(digits: string): Uint8Array {
  const pairs = digits.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

/** A Remote End ID: text, or octets after `0x`. The AVP has room for 1,017 of them. */
export const REMOTE_END_ID: Form<string | Uint8Array> = {
  json: { type: "string", minLength: 1 },
  read: (value) => {
    const digits = /^0x((?:[\da-f]{2})+)$/i.exec(value)?.[1];
    if (digits === undefined) return text(1_017).read(value);
    return digits.length / 2 > 1_017
      ? { wrong: `has ${digits.length / 2} octets; at most 1017` }
      : { value: octetsOfHex(digits) };
  },
};

/** An IPv4 or IPv6 address, no name. */
export const ADDRESS: Form<string> = {
  json: { type: "string" },
  read: (value) =>
    isIP(value) !== 0
      ? { value }
      : wrong(value, "is no IPv4 or IPv6 address; write for example 192.0.2.1 or 2001:db8::1"),
};

/** A Router ID: 32 bits, written like an IPv4 address or as a number (V3-CC-07). */
export const ROUTER_ID: Form<string | number> = {
  json: {
    anyOf: [{ type: "string", format: "ipv4" }, {
      type: "integer",
      minimum: 0,
      maximum: 0xffff_ffff,
    }],
  },
  read: (value) => {
    if (isIP(value) === 4) return { value };
    const reading = integer(0, 0xffff_ffff).read(value);
    return "value" in reading
      ? reading
      : wrong(value, "is no Router ID; write for example 192.0.2.1, or a number");
  },
};

const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*\.?$/;

/** A host and a port, as far as a text says them. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number | undefined;
}

/** Takes `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 literal apart. */
export function splitHostAndPort(value: string): HostAndPort | undefined {
  if (isIP(value) === 6) return { host: value, port: undefined };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(value);
  if (match === null) return undefined;
  const [, bracketed, bare, digits] = match;
  const host = bracketed ?? bare ?? "";
  if (bracketed !== undefined && isIP(host) !== 6) return undefined;
  return { host, port: digits === undefined ? undefined : Number(digits) };
}

/** A peer: an address or a name, with an optional port. */
export const REMOTE: Form<string> = {
  json: { type: "string", minLength: 1 },
  read: (value) => {
    const parts = splitHostAndPort(value);
    const right = "write a name or an address, with a port if need be: HOST:PORT or [IPV6]:PORT";
    if (parts === undefined) return wrong(value, `is no address; ${right}`);
    const { host, port } = parts;
    if (port !== undefined && (port === 0 || port > 65_535)) {
      return wrong(value, `has port ${port}; ports go from 1 to 65535`);
    }
    if (isIP(host) !== 0) return { value };
    if (/^[\d.]+$/.test(host)) return wrong(value, `is no address: ${host} is no IPv4 address`);
    return HOST_NAME.test(host) ? { value } : wrong(value, `is no address; ${right}`);
  },
};

/** `udp://ADDRESS[:PORT]` or `ip://ADDRESS`. */
export const LISTEN: Form<string> = {
  json: { type: "string", pattern: "^(udp|ip)://" },
  read: (value) => {
    const right = "write udp://ADDRESS:PORT or ip://ADDRESS, IPv6 in brackets";
    const match = /^(udp|ip):\/\/(.*)$/.exec(value);
    if (match === null) return wrong(value, `is no listen address; ${right}`);
    const [, scheme = "", rest = ""] = match;
    const parts = splitHostAndPort(rest);
    if (parts === undefined || isIP(parts.host) === 0) {
      return wrong(value, `names no address to listen on; ${right}`);
    }
    if (scheme === "ip" && parts.port !== undefined) {
      return wrong(value, "has a port, but IP protocol 115 has none; leave the port out");
    }
    if ((parts.port ?? 1) > 65_535) return wrong(value, "has a port beyond 65535");
    return { value };
  },
};

/** `http://ADDRESS:PORT` of the metrics listener. */
export const METRICS: Form<string> = {
  json: { type: "string", pattern: "^http://" },
  read: (value) => {
    const parts = splitHostAndPort(/^http:\/\/([^/]*)\/?$/.exec(value)?.[1] ?? "");
    const valid = parts !== undefined && isIP(parts.host) !== 0 && parts.port !== undefined &&
      parts.port > 0 && parts.port <= 65_535;
    return valid
      ? { value }
      : wrong(value, "is no place for metrics; write for example http://127.0.0.1:9701");
  },
};

/** An absolute path of a unix socket; the kernel's `sun_path` has room for 107 octets. */
export const SOCKET_PATH: Form<string> = text(
  107,
  /^\/[^\0]*$/,
  "is no absolute path; write for example /run/longwire/control.sock",
);

/** A network interface's name: at most 15 octets, no slash, no space (`dev_valid_name`). */
export const INTERFACE_NAME: Form<string> = text(
  15,
  /^(?!\.{1,2}$)[^/:\s]+$/,
  "is no interface name; write at most 15 characters without slash, colon or space",
);

/** A namespace: a name below /run/netns, or a path. */
export const NAMESPACE: Form<string> = text(
  255,
  /^(\/.+|(?!\.{1,2}$)[^/\s]+)$/,
  "is no network namespace; write a name of `ip netns`, or a path",
);

/** `auto`, or an MTU that the kernel lets an Ethernet interface have. */
export const MTU: Form<number | "auto"> = {
  json: { anyOf: [{ const: "auto" }, { type: "integer", minimum: 68, maximum: 9_004 }] },
  read: (value) => {
    if (value === "auto") return { value };
    const reading = integer(68, 9_004).read(value);
    return "value" in reading ? reading : { wrong: `${reading.wrong}, or auto` };
  },
};

/** A DSCP as a number, or where it comes from. */
export const DSCP: Form<number | "copy" | "priority"> = {
  json: { anyOf: [{ enum: ["copy", "priority"] }, { type: "integer", minimum: 0, maximum: 63 }] },
  read: (value) => {
    if (value === "copy" || value === "priority") return { value };
    const reading = integer(0, 63).read(value);
    return "value" in reading ? reading : { wrong: `${reading.wrong}, copy or priority` };
  },
};

/** A TCP segment size, or where it comes from. */
export const SEGMENT_SIZE: Form<number | "auto" | "keep"> = {
  json: { anyOf: [{ enum: ["auto", "keep"] }, { type: "integer", minimum: 88, maximum: 65_495 }] },
  read: (value) => {
    if (value === "auto" || value === "keep") return { value };
    const reading = integer(88, 65_495).read(value);
    return "value" in reading ? reading : { wrong: `${reading.wrong}, auto or keep` };
  },
};

/** A unicast MAC address. */
export const MAC: Form<string> = {
  json: { type: "string", pattern: "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$" },
  read: (value) => {
    if (!/^([\da-f]{2}:){5}[\da-f]{2}$/i.test(value)) {
      return wrong(value, "is no MAC address; write for example 02:00:00:00:00:01");
    }
    return (parseInt(value.slice(0, 2), 16) & 1) === 0
      ? { value: value.toLowerCase() }
      : wrong(value, "is a multicast address; the first octet of an interface's own is even");
  },
};

/** An address with its prefix length. */
export const PREFIXED_ADDRESS: Form<string> = {
  json: { type: "string", pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$" },
  read: (value) => {
    const [, address = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
    const family = isIP(address);
    if (family === 0 && isIP(value) !== 0) {
      return wrong(value, `has no prefix length; write for example ${value}/24`);
    }
    if (family === 0) return wrong(value, "is no address with prefix; write 10.0.0.1/24");
    const longest = family === 4 ? 32 : 128;
    return Number(digits) <= longest
      ? { value }
      : wrong(value, `has a prefix beyond ${longest} bits`);
  },
};

/** A prefix, or an address that stands for itself alone. */
export const PREFIX: Form<string> = {
  json: { type: "string", pattern: "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$" },
  read: (value) => {
    const family = isIP(value);
    return family === 0
      ? PREFIXED_ADDRESS.read(value)
      : { value: `${value}/${family === 4 ? 32 : 128}` };
  },
};

/** An IPv4 address, no name. */
export const IPV4_ADDRESS: Form<string> = {
  json: { type: "string", format: "ipv4" },
  read: (value) =>
    isIP(value) === 4 ? { value } : wrong(value, "is no IPv4 address; write for example 10.0.0.1"),
};

/** Addresses to give out: from one to another, or those of a prefix. */
export const ADDRESS_RANGE: Form<string> = {
  json: { type: "string", pattern: "^[0-9a-fA-F.:]+(/[0-9]{1,3}| ?- ?[0-9a-fA-F.:]+)?$" },
  read: (value) => {
    const [, first = "", last = ""] = /^([^-\s]+) ?- ?([^-\s]+)$/.exec(value) ?? [];
    if (first === "") return PREFIX.read(value);
    return isIP(first) !== 0 && isIP(first) === isIP(last)
      ? { value }
      : wrong(value, "is no range of addresses; write for example 10.0.0.10-10.0.0.99");
  },
};

/** A prefix, or `default` for all of IPv4. */
export const ROUTE: Form<string> = {
  json: { anyOf: [{ const: "default" }, PREFIX.json] },
  read: (value) => value === "default" ? { value } : PREFIX.read(value),
};

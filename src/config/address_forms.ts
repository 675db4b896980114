/**
 * The forms of addresses in the configuration: of hosts and peers, of places to listen, of routes and
 * pools, of interfaces. Read forms.ts first.
 */

import { ipVersionOf, isAddressLiteral } from "../endpoint/addresses.ts";
import { type Form, integer, wrong } from "./forms.ts";

/** What to write in an address's place, `usual` as a rule. */
function insteadOf(text: string, usual: string): string {
  return /%[^\]]*[^\]\d]/.test(text)
    ? "write the interface's number, which ip link shows, and not its name: fe80::1%2"
    : usual;
}

/** An IPv4 or IPv6 address, no name. */
export const ADDRESS: Form<string> = {
  json: { type: "string" },
  read: (value) =>
    isAddressLiteral(value) ? { value } : wrong(
      value,
      `is no IPv4 or IPv6 address; ${
        insteadOf(value, "write for example 192.0.2.1 or 2001:db8::1")
      }`,
    ),
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
    if (ipVersionOf(value) === 4) return { value };
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
  if (ipVersionOf(value) === 6) return { host: value, port: undefined };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(value);
  if (match === null) return undefined;
  const [, bracketed, bare, digits] = match;
  const host = bracketed ?? bare ?? "";
  if (bracketed !== undefined && ipVersionOf(host) !== 6) return undefined;
  return { host, port: digits === undefined ? undefined : Number(digits) };
}

/** A peer: an address or a name, with an optional port. */
export const REMOTE: Form<string> = {
  json: { type: "string", minLength: 1 },
  read: (value) => {
    const parts = splitHostAndPort(value);
    const right = insteadOf(
      value,
      "write a name or an address, with a port if need be: HOST:PORT or [IPV6]:PORT",
    );
    if (parts === undefined) return wrong(value, `is no address; ${right}`);
    const { host, port } = parts;
    if (port !== undefined && (port === 0 || port > 65_535)) {
      return wrong(value, `has port ${port}; ports go from 1 to 65535`);
    }
    if (isAddressLiteral(host)) return { value };
    if (/^[\d.]+$/.test(host)) return wrong(value, `is no address: ${host} is no IPv4 address`);
    return HOST_NAME.test(host) ? { value } : wrong(value, `is no address; ${right}`);
  },
};

/** `udp://ADDRESS[:PORT]` or `ip://ADDRESS`. */
export const LISTEN: Form<string> = {
  json: { type: "string", pattern: "^(udp|ip)://" },
  read: (value) => {
    const right = insteadOf(value, "write udp://ADDRESS:PORT or ip://ADDRESS, IPv6 in brackets");
    const match = /^(udp|ip):\/\/(.*)$/.exec(value);
    if (match === null) return wrong(value, `is no listen address; ${right}`);
    const [, scheme = "", rest = ""] = match;
    const parts = splitHostAndPort(rest);
    if (parts === undefined || !isAddressLiteral(parts.host)) {
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
    const valid = parts !== undefined && isAddressLiteral(parts.host) && parts.port !== undefined &&
      parts.port > 0 && parts.port <= 65_535;
    return valid
      ? { value }
      : wrong(value, "is no place for metrics; write for example http://127.0.0.1:9701");
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
    const family = ipVersionOf(address);
    if (family === undefined && isAddressLiteral(value)) {
      return wrong(value, `has no prefix length; write for example ${value}/24`);
    }
    if (family === undefined) return wrong(value, "is no address with prefix; write 10.0.0.1/24");
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
    const family = ipVersionOf(value);
    return family === undefined
      ? PREFIXED_ADDRESS.read(value)
      : { value: `${value}/${family === 4 ? 32 : 128}` };
  },
};

/** An IPv4 address, no name. */
export const IPV4_ADDRESS: Form<string> = {
  json: { type: "string", format: "ipv4" },
  read: (value) =>
    ipVersionOf(value) === 4
      ? { value }
      : wrong(value, "is no IPv4 address; write for example 10.0.0.1"),
};

/** Addresses to give out: from one to another, or those of a prefix. */
export const ADDRESS_RANGE: Form<string> = {
  json: { type: "string", pattern: "^[0-9a-fA-F.:]+(/[0-9]{1,3}| ?- ?[0-9a-fA-F.:]+)?$" },
  read: (value) => {
    const [, first = "", last = ""] = /^([^-\s]+) ?- ?([^-\s]+)$/.exec(value) ?? [];
    if (first === "") return PREFIX.read(value);
    return isAddressLiteral(first) && ipVersionOf(first) === ipVersionOf(last)
      ? { value }
      : wrong(value, "is no range of addresses; write for example 10.0.0.10-10.0.0.99");
  },
};

/** A prefix, or `default` for all of IPv4. */
export const ROUTE: Form<string> = {
  json: { anyOf: [{ const: "default" }, PREFIX.json] },
  read: (value) => value === "default" ? { value } : PREFIX.read(value),
};

/**
 * From the options of a PPP link to what it is made with: defaults are filled in, mistakes are thrown
 * in plain words before anything is opened.
 */

import { isAddressLiteral } from "./addresses.ts";
import type { PppOptions } from "./options.ts";
import type { PppAccess, PppAuthentication } from "./ppp_access.ts";

const DEFAULT_ECHO_MS = 30_000;
/** A PAP field's length is one octet (RFC 1334 §2.2.1); a CHAP name fits a packet. */
const LONGEST_NAME = 255;

/** Who we are, when the peer asks. */
export interface PppIdentity {
  readonly name: Uint8Array;
  readonly password: Uint8Array;
}

/** `PppOptions` with every default filled in. */
export interface ResolvedPpp {
  readonly authenticate: readonly PppAuthentication[];
  readonly access: PppAccess | undefined;
  readonly identity: PppIdentity | undefined;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly address: string | undefined;
  readonly peerAddress: string | undefined;
  readonly dns: readonly string[];
  readonly mru: number | undefined;
  readonly echoMs: number;
  readonly idleMs: number | undefined;
  readonly sessionTimeMs: number | undefined;
}

/** @throws {TypeError | RangeError} for options that contradict each other or are out of range. */
export function resolvePpp(options: PppOptions): ResolvedPpp {
  const { authenticate = [], access, ipv4 = true, ipv6 = true, address, peerAddress } = options;
  if (authenticate.length > 0 && access === undefined) {
    throw new TypeError("ppp.authenticate needs access: somebody who knows the users");
  }
  const dns = options.dns ?? [];
  for (const each of [address, peerAddress, ...dns]) {
    if (each !== undefined && (!isAddressLiteral(each) || each.includes(":"))) {
      throw new RangeError(`ppp: "${each}" is no IPv4 address`);
    }
  }
  if (dns.length > 2) throw new RangeError(`ppp.dns: two are possible, not ${dns.length}`);
  const { mru, echo = DEFAULT_ECHO_MS, idle, sessionTime } = options;
  if (mru !== undefined && !(Number.isInteger(mru) && mru >= 128 && mru <= 65_535)) {
    throw new RangeError(`ppp.mru: ${mru}, 128 to 65535 octets are possible`);
  }
  return {
    authenticate,
    access,
    identity: identityOf(options),
    ipv4,
    ipv6,
    address,
    peerAddress,
    dns,
    mru,
    echoMs: duration("echo", echo) ?? 0,
    idleMs: duration("idle", idle),
    sessionTimeMs: duration("sessionTime", sessionTime),
  };
}

function identityOf({ user, secret }: PppOptions): PppIdentity | undefined {
  if (user === undefined && secret === undefined) return undefined;
  if (user === undefined || secret === undefined) {
    throw new TypeError("ppp: user and secret belong together, one of them is missing");
  }
  const name = new TextEncoder().encode(user);
  const password = typeof secret === "string" ? new TextEncoder().encode(secret) : secret.slice();
  if (name.length > LONGEST_NAME || password.length > LONGEST_NAME) {
    throw new RangeError(`ppp: user and secret have at most ${LONGEST_NAME} octets each`);
  }
  return { name, password };
}

function duration(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
    throw new RangeError(`ppp.${name}: ${value} is no number of milliseconds`);
  }
  return value;
}

/**
 * A checked configuration: what the daemon runs. Every default is filled in, every duration is in
 * milliseconds, and all of it is frozen.
 *
 * Names and meanings are those of the library's options (`endpoint/options.ts`).
 */

import type { PcapAttachment, TapAttachment } from "../endpoint/attachment_options.ts";
import type { FitOptions, LimitOptions, OffloadOptions } from "../endpoint/options.ts";
import type { PayloadOptions } from "../endpoint/payload_options.ts";
import type { CallDirection } from "../model/call_direction.ts";
import type { Encapsulation } from "../model/path.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { DataSequencing, L2SpecificSublayer } from "../model/session_descriptor.ts";
import { Secret } from "./secret.ts";
import type { UserConfiguration } from "./users.ts";

/** Where the daemon's control API listens unless told otherwise. */
export const DEFAULT_CONTROL_SOCKET = "/run/longwire/control.sock";

/** What the log tells, and how it is written. */
export interface LogSettings {
  readonly level: "debug" | "info" | "warning" | "error";
  readonly format: "text" | "json";
}

/** How retransmission of control messages is timed, in milliseconds (RFC 3931 §4.2). */
export interface RetransmissionConfiguration {
  readonly initial: number;
  readonly cap: number;
  readonly limit: number;
}

/** The TAP interface of a session. */
export type TapConfiguration =
  & Readonly<Omit<TapAttachment, "kind" | "address">>
  & { readonly address?: readonly string[] };

/** The TUN interface of a PPP session, or of all sessions of an LNS. */
export interface TunConfiguration {
  readonly tun?: string;
  readonly mtu: number | "auto";
  readonly routes?: readonly string[];
  readonly namespace?: string;
}

/** What is there already: an interface, or another program's socket with one of ours. */
export interface PortConfiguration {
  readonly interface?: string;
  readonly socket?: string;
  readonly pty?: string;
  readonly peer?: string;
  readonly pcap?: PcapConfiguration;
}

/** Capture files in place of a circuit; their paths do not depend on where the daemon runs. */
export type PcapConfiguration = Readonly<Omit<PcapAttachment, "kind">>;

/** The attachment of a session: of a PPP session a TUN, of others a TAP, unless another is named. */
export type AttachConfiguration =
  & TapConfiguration
  & Omit<TunConfiguration, "mtu">
  & PortConfiguration;

/** How a PPP peer proves who it is. */
export type PppAuthentication = "pap" | "chap" | "ms-chap-v2";

/** PPP with one peer, whichever side of it we are; durations in milliseconds. */
export interface PppLinkConfiguration {
  readonly authenticate?: readonly PppAuthentication[];
  readonly mru?: number;
  /** 0: none. */
  readonly echo: number;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly dns?: readonly string[];
  readonly idle?: number;
  readonly sessionTime?: number;
}

/** PPP in a configured session. */
export interface PppConfiguration extends PppLinkConfiguration {
  readonly user?: string;
  readonly secret?: Secret;
  readonly address?: string;
  readonly peerAddress?: string;
}

/** Addresses to give out. */
export interface PoolConfiguration {
  readonly name: string;
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
}

/** How the control messages of a connection are secured and timed. */
export interface ControlConfiguration {
  readonly version: 2 | 3 | "auto";
  readonly secrets: readonly Secret[];
  readonly authentication?: "none" | "digest" | "challenge";
  readonly digest: "sha1" | "md5";
  readonly hideAvps: boolean;
  readonly hello: number;
  readonly retransmission: RetransmissionConfiguration;
  readonly receiveWindow: number;
  readonly diffServ?: readonly number[];
  readonly ecnCapability: boolean;
}

/** Over which connections calls go on. */
export interface ForwardConfiguration {
  readonly to?: string;
  readonly realms: Readonly<Record<string, string>>;
}

/** Access for PPP users. */
export interface LnsConfiguration extends ControlConfiguration, FitConfiguration {
  readonly name: string;
  /** Addresses that may call; absent: any. */
  readonly remote?: readonly string[];
  readonly hostName?: string;
  readonly ppp: PppLinkConfiguration;
  readonly pool?: string;
  readonly forward?: ForwardConfiguration;
  readonly sessionsPerUser?: number;
  readonly attach: TunConfiguration & { readonly address?: string };
}

/** One control connection to one peer. */
export interface ConnectionConfiguration extends ControlConfiguration {
  readonly name: string;
  /** Address or name, with an optional port. */
  readonly remote: string;
  readonly local?: string;
  readonly encapsulation: Encapsulation;
  readonly initiate: boolean;
  /** The connection over which sessions of the peer go on that are not configured here. */
  readonly join?: string;
  readonly sessions: readonly SessionConfiguration[];
}

/** How frames are made to fit the path. */
export type FitConfiguration = Readonly<Required<FitOptions>>;

/** What is in a session's packets; durations in milliseconds. */
export type PayloadConfiguration = Readonly<PayloadOptions>;

/** One session over a control connection. */
export interface SessionConfiguration extends FitConfiguration, PayloadConfiguration {
  readonly name: string;
  readonly pseudowire: PseudowireType;
  readonly call: CallDirection;
  readonly remoteEndId: string | Uint8Array;
  readonly cookie: 0 | 4 | 8;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly attach: AttachConfiguration;
  /** Where PPP is in the pseudowire, or in its HDLC. */
  readonly ppp?: PppConfiguration;
  readonly diffServ?: readonly number[];
  readonly retry?: RetryConfiguration;
}

/** When a session that the peer refuses is asked for again, in milliseconds, and how often. */
export interface RetryConfiguration {
  readonly first: number;
  readonly longest: number;
  /** Absent: without end. */
  readonly attempts?: number;
}

/** One session without a control connection. */
export interface StaticSessionConfiguration extends FitConfiguration, PayloadConfiguration {
  readonly name: string;
  readonly remote: string;
  readonly local?: string;
  readonly encapsulation: Encapsulation;
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly localSessionId: number;
  readonly remoteSessionId: number;
  readonly receiveCookie: Uint8Array;
  readonly otherReceiveCookie?: Uint8Array;
  readonly transmitCookie: Uint8Array;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly receiveSequencing: DataSequencing;
  readonly pseudowire: PseudowireType;
  readonly attach: AttachConfiguration;
  /** Where PPP is in the pseudowire, or in its HDLC. */
  readonly ppp?: PppConfiguration;
}

/** A whole configuration. */
export interface Configuration {
  readonly hostName?: string;
  readonly routerId?: string | number;
  readonly listen: readonly string[];
  /** Absent where no control API is wanted (`longwire link`). */
  readonly controlSocket?: string;
  readonly metrics?: string;
  readonly log: LogSettings;
  readonly acceptUnknownPeers: boolean;
  readonly limits: Readonly<Required<LimitOptions>>;
  readonly offload: Readonly<Required<OffloadOptions>>;
  readonly workers: number;
  readonly users: readonly UserConfiguration[];
  readonly pools: readonly PoolConfiguration[];
  readonly lns: readonly LnsConfiguration[];
  readonly connections: readonly ConnectionConfiguration[];
  readonly static: readonly StaticSessionConfiguration[];
}

/** Freezes a value and everything in it; octets and secrets cannot be frozen and are left. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array || value instanceof Secret) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** Whether two parts of configurations mean the same. */
export function sameConfiguration(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.equals(b);
  }
  const keysOfA = Object.keys(a);
  return keysOfA.length === Object.keys(b).length && keysOfA.every((key) =>
    Object.hasOwn(b, key) &&
    sameConfiguration((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])
  );
}

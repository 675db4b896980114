/**
 * A checked configuration: what the daemon runs. Every default is filled in, every duration is in
 * milliseconds, and all of it is frozen.
 *
 * Names and meanings are those of the library's options (`endpoint/options.ts`).
 */

import type { LimitOptions, OffloadOptions, TapAttachment } from "../endpoint/options.ts";
import type { CallDirection } from "../model/call_direction.ts";
import type { Encapsulation } from "../model/path.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { DataSequencing, L2SpecificSublayer } from "../model/session_descriptor.ts";
import { Secret } from "./secret.ts";

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

/** One control connection to one peer. */
export interface ConnectionConfiguration {
  readonly name: string;
  /** Address or name, with an optional port. */
  readonly remote: string;
  readonly local?: string;
  readonly encapsulation: Encapsulation;
  readonly version: 2 | 3 | "auto";
  readonly initiate: boolean;
  readonly secrets: readonly Secret[];
  readonly authentication?: "none" | "digest" | "challenge";
  readonly digest: "sha1" | "md5";
  readonly hideAvps: boolean;
  readonly hello: number;
  readonly retransmission: RetransmissionConfiguration;
  readonly receiveWindow: number;
  readonly sessions: readonly SessionConfiguration[];
}

/** One session over a control connection. */
export interface SessionConfiguration {
  readonly name: string;
  readonly pseudowire: PseudowireType;
  readonly call: CallDirection;
  readonly remoteEndId: string | Uint8Array;
  readonly cookie: 0 | 4 | 8;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly attach: TapConfiguration;
}

/** One session without a control connection. */
export interface StaticSessionConfiguration {
  readonly name: string;
  readonly remote: string;
  readonly local?: string;
  readonly encapsulation: Encapsulation;
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly localSessionId: number;
  readonly remoteSessionId: number;
  readonly receiveCookie: Uint8Array;
  readonly transmitCookie: Uint8Array;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly pseudowire: PseudowireType;
  readonly attach: TapConfiguration;
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

/**
 * From the library's options, all of them optional, to the settings that the core and the data
 * plane take: defaults are filled in, mistakes are thrown in plain words before anything is opened.
 *
 * Read options.ts and core/lcce_config.ts first; RFC 3931 §4.2 to §4.4 for the numbers.
 */

import type {
  Authentication,
  ConnectionSettings,
  Limits,
  SessionSettings,
} from "../core/lcce_config.ts";
import { CIRCUIT_ACTIVE } from "../model/circuit_status.ts";
import type { CallDirection } from "../model/call_direction.ts";
import type { CallInformation } from "../model/call_information.ts";
import type { OuterFragmentation, OversizePolicy } from "../model/path_fit.ts";
import { type PerHopBehaviour, perHopBehaviourOf } from "../model/per_hop_behaviour.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type {
  DataSequencing,
  L2SpecificSublayer,
  PayloadForm,
} from "../model/session_descriptor.ts";
import type { ResolvedFit } from "./session_fit.ts";
import type {
  ConnectionOptions,
  FitOptions,
  LimitOptions,
  RetransmissionOptions,
  SessionOptions,
} from "./options.ts";
import { type OrderSettings, resolveOrder, resolvePayload } from "./payload_options.ts";
import { type ResolvedPpp, resolvePpp } from "./resolve_ppp.ts";

/** V3-KA-02. */
const DEFAULT_HELLO_MS = 60_000;
/** V3-REL-11, V3-REL-15 and V3-REL-17: 1 s, doubled up to 8 s, given up after 10. */
const DEFAULT_RETRANSMISSION = { initialMs: 1000, capMs: 8000, limit: 10 };
const LEAST_CAP_MS = 8000;
/** V3-REL-23. */
const DEFAULT_RECEIVE_WINDOW = 16;
/** V3-SEC-01: a cookie as long as there is. */
const DEFAULT_COOKIE_LENGTH = 8;

/** What a secret is for, in the version that is spoken first. */
const AUTHENTICATION_WITH_SECRET: Readonly<Record<2 | 3 | "auto", Authentication>> = {
  2: "challenge",
  3: "digest",
  auto: "digest",
};

/** RFC 3931 §4.3 exists in version 3 only, RFC 2661 §5.1.1 in version 2 only. */
const AUTHENTICATIONS: Readonly<Record<2 | 3 | "auto", readonly Authentication[]>> = {
  2: ["none", "challenge"],
  3: ["none", "digest"],
  auto: ["none", "digest", "challenge"],
};

/** @throws {TypeError | RangeError} for options that contradict each other or are out of range. */
export function resolveConnectionSettings(options: ConnectionOptions): ConnectionSettings {
  const version = options.version ?? 3;
  if (version === "auto" && options.encapsulation === "ip") {
    // V3-CO-02: the fallback is to RFC 2661, which knows UDP only.
    throw new TypeError(`version "auto" falls back to L2TPv2, which needs encapsulation "udp"`);
  }
  const secrets = resolveSecrets(options.secret);
  const authentication = resolveAuthentication(options, version, secrets.length > 0);
  const hideAvps = options.hideAvps ?? false;
  if (hideAvps && (secrets.length === 0 || authentication === "none")) {
    throw new TypeError("hideAvps needs a secret, and authentication other than none (V3-HID-01)");
  }
  return {
    version,
    authentication,
    digest: options.digest ?? "sha1",
    secrets,
    hideAvps,
    perHopBehaviours: resolveDiffServ(options.diffServ),
    helloMs: duration("hello", options.hello ?? DEFAULT_HELLO_MS, 0),
    retransmission: resolveRetransmission(options.retransmission ?? {}),
    receiveWindow: integer(
      "receiveWindow",
      options.receiveWindow ?? DEFAULT_RECEIVE_WINDOW,
      1,
      65_535,
    ),
    ecnCapability: options.ecnCapability ?? false,
  };
}

function resolveSecrets(secret: ConnectionOptions["secret"]): Uint8Array[] {
  if (secret === undefined) return [];
  const given = typeof secret === "string" || secret instanceof Uint8Array ? [secret] : secret;
  if (given.length < 1 || given.length > 2) {
    throw new TypeError(`secret: ${given.length} secrets given, one or two are possible`);
  }
  return given.map((one) => {
    const octets = typeof one === "string" ? new TextEncoder().encode(one) : one.slice();
    if (octets.length === 0) throw new TypeError("secret: it is empty");
    return octets;
  });
}

function resolveAuthentication(
  options: ConnectionOptions,
  version: 2 | 3 | "auto",
  secret: boolean,
): Authentication {
  const authentication = options.authentication ??
    (secret ? AUTHENTICATION_WITH_SECRET[version] : "none");
  if (!AUTHENTICATIONS[version].includes(authentication)) {
    throw new TypeError(`authentication "${authentication}" does not exist in version ${version}`);
  }
  if (authentication !== "none" && !secret) {
    throw new TypeError(`authentication "${authentication}" needs a secret`);
  }
  return authentication;
}

function resolveRetransmission(options: RetransmissionOptions) {
  const { initialMs, capMs, limit } = DEFAULT_RETRANSMISSION;
  return {
    initialMs: duration("retransmission.initial", options.initial ?? initialMs, 1),
    capMs: duration("retransmission.cap", options.cap ?? capMs, LEAST_CAP_MS),
    limit: integer("retransmission.limit", options.limit ?? limit, 1, 1000),
  };
}

/** What a session is asked to be: `SessionOptions` with every default filled in. */
export interface ResolvedSession {
  readonly name: string;
  readonly remoteEndId: Uint8Array;
  readonly pseudowire: PseudowireType;
  readonly call: CallDirection;
  readonly cookieLength: 0 | 4 | 8;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly fit: ResolvedFit;
  readonly payload: PayloadForm;
  readonly order: OrderSettings;
  readonly ppp: ResolvedPpp;
  readonly information: CallInformation;
  readonly perHopBehaviours: readonly PerHopBehaviour[];
}

const FRAGMENTATIONS: readonly OuterFragmentation[] = ["allow", "auto", "forbid"];
const POLICIES: readonly OversizePolicy[] = ["carry", "answer", "fragment"];

/** Most sessions have nothing to do with it. */
const DEFAULT_PPP = resolvePpp({});

const UNNAMED = "default";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @throws {TypeError | RangeError} for options that contradict each other or are out of range. */
export function resolveSession(options: SessionOptions): ResolvedSession {
  const { remoteEndId = options.name ?? UNNAMED } = options;
  const octets = typeof remoteEndId === "string"
    ? encoder.encode(remoteEndId)
    : remoteEndId.slice();
  const pseudowire = options.pseudowire ?? "ethernet";
  return {
    name: options.name ?? remoteEndIdText(octets),
    remoteEndId: octets,
    pseudowire,
    call: options.call ?? "incoming",
    cookieLength: resolveCookieLength(options.cookie ?? DEFAULT_COOKIE_LENGTH),
    payload: resolvePayload(pseudowire, options),
    order: resolveOrder(options),
    ...resolveSequencing(options.sublayer ?? "default", options.sequencing ?? "none"),
    fit: resolveFit(options),
    ppp: options.ppp === undefined ? DEFAULT_PPP : resolvePpp(options.ppp),
    information: options.information ?? {},
    perHopBehaviours: resolveDiffServ(options.diffServ),
  };
}

/** What the core is told of a session; the circuit's word is taken at this moment (V3-SLI-02). */
export function sessionSettings(session: ResolvedSession, circuitActive: boolean): SessionSettings {
  const { pseudowire, payload, cookieLength, sublayer, sequencing } = session;
  const { information, perHopBehaviours } = session;
  const circuitStatus = circuitActive ? CIRCUIT_ACTIVE : 0;
  const agreed = { cookieLength, sublayer, sequencing, perHopBehaviours };
  return { pseudowire, payload, ...agreed, circuitStatus, information };
}

/** Sequence numbers travel in the sublayer: without one there can be none (V3-DP-30). */
export function resolveSequencing(
  sublayer: L2SpecificSublayer,
  sequencing: DataSequencing,
): { sublayer: L2SpecificSublayer; sequencing: DataSequencing } {
  if (sequencing !== "none" && sublayer === "none") {
    throw new TypeError(`sequencing "${sequencing}" needs sublayer "default"`);
  }
  return { sublayer, sequencing };
}

/** @throws {TypeError | RangeError} for options that cannot be. */
export function resolveFit(options: FitOptions): ResolvedFit {
  const { fragmentation = "allow", oversize = "carry", tcpMss = "auto" } = options;
  const { dscp = 0, ecn = false } = options;
  requireWord("fragmentation", fragmentation, FRAGMENTATIONS);
  requireWord("oversize", oversize, POLICIES);
  if (typeof tcpMss === "number") integer("tcpMss", tcpMss, 88, 65_495);
  else requireWord("tcpMss", tcpMss, ["auto", "keep"]);
  if (dscp !== "copy" && dscp !== "priority") integer("dscp", dscp, 0, 63);
  return { fragmentation, oversize, tcpMss, dscp, ecn };
}

/** The behaviours that DSCPs stand for (RFC 3140 §2), in the same order. */
function resolveDiffServ(dscps: readonly number[] = []): PerHopBehaviour[] {
  return dscps.map((dscp) => perHopBehaviourOf(integer("diffServ", dscp, 0, 63)));
}

function requireWord(name: string, word: string, words: readonly string[]): void {
  if (!words.includes(word)) throw new TypeError(`${name}: "${word}" is not ${words.join(", ")}`);
}

function resolveCookieLength(length: number): 0 | 4 | 8 {
  if (length === 0 || length === 4 || length === 8) return length;
  throw new RangeError(`cookie: ${length} octets asked for, 0, 4 and 8 are possible`);
}

/** A Remote End ID in words: its text where it is plain ASCII, else `0x…`. */
export function remoteEndIdText(octets: Uint8Array): string {
  const printable = octets.length > 0 && octets.every((octet) => octet > 0x20 && octet < 0x7f);
  return printable ? decoder.decode(octets) : `0x${octets.toHex()}`;
}

/** A Router ID: any 32-bit number, or an IPv4 literal that is read as one (V3-CC-07). */
export function resolveRouterId(routerId: string | number): number {
  if (typeof routerId === "number") return integer("routerId", routerId, 0, 0xffff_ffff);
  const parts = routerId.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && +part < 256);
  if (!valid) throw new RangeError(`routerId: "${routerId}" is no IPv4 address`);
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

/** A Host Name: at least one octet of US-ASCII (V3-CC-06). */
export function resolveHostName(hostName: string): string {
  if (!/^[\x21-\x7e]+$/.test(hostName)) {
    throw new RangeError(`hostName: "${hostName}" is not one word of US-ASCII`);
  }
  return hostName;
}

/** What peers may take of the endpoint; what is left out has the core's default. */
export function resolveLimits(limits: LimitOptions): Partial<Limits> {
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined) integer(`limits.${name}`, value, 1, 1_000_000);
  }
  const { halfOpen, strangersPerSecond, connectionsPerPeer, sessionsPerConnection } = limits;
  return {
    ...(halfOpen === undefined ? {} : { halfOpen }),
    ...(strangersPerSecond === undefined ? {} : { strangersPerSecond }),
    ...(connectionsPerPeer === undefined ? {} : { connectionsPerPeer }),
    ...(sessionsPerConnection === undefined ? {} : { sessionsPerConnection }),
  };
}

function duration(name: string, value: number, least: number): number {
  if (!Number.isFinite(value) || value < least) {
    throw new RangeError(`${name}: ${value} ms, at least ${least} is possible`);
  }
  return value;
}

/** The value, when it is a whole number within bounds. */
export function integer(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name}: ${value}, whole numbers from ${least} to ${most} are possible`);
  }
  return value;
}

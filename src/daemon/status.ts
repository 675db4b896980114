/**
 * What the daemon tells of itself: the endpoint's snapshots, and around them what only the daemon
 * knows: names from the configuration, who waits for what until when, and why it failed last.
 */

import type {
  ConnectionConfiguration,
  SessionConfiguration,
  StaticSessionConfiguration,
} from "../config/configuration.ts";
import { parseRemote } from "../endpoint/addresses.ts";
import { pathStatus } from "../endpoint/session_fit.ts";
import type {
  ConnectionStatus,
  EndpointCounters,
  LifeState,
  PppStatus,
  SessionStatus,
} from "../endpoint/status.ts";

/** The version of the format: higher when a field changes its meaning. */
export const STATUS_SCHEMA = 1;

/** A session, with what is known while there is none. */
export interface KeptSessionStatus extends Omit<SessionStatus, "state"> {
  readonly state: Exclude<LifeState, "closed"> | "idle";
  /** When it is asked for again, ISO 8601; only while that is waited for. */
  readonly retryAt?: string;
}

/** A connection, with what is known while there is none. */
export interface KeptConnectionStatus extends Omit<ConnectionStatus, "state" | "sessions"> {
  readonly state: Exclude<LifeState, "closed"> | "idle" | "waiting";
  /** When the next attempt is, ISO 8601; only in state `waiting`. */
  readonly retryAt?: string;
  /** Attempts that have failed in a row. */
  readonly failures: number;
  readonly sessions: readonly KeptSessionStatus[];
}

/** A user of an LNS, or one who is about to be. */
export interface LnsUserStatus {
  /** Whom he has proved to be; null until then. */
  readonly user: string | null;
  readonly state: PppStatus["state"];
  /** When his session was established, ISO 8601. */
  readonly since: string;
  readonly address: string | null;
  readonly authentication: string | null;
  readonly connection: string;
  readonly session: string;
  /** The LAC's address and port. */
  readonly remote: string;
  readonly hostName: string | null;
  readonly receivedOctets: number;
  readonly transmittedOctets: number;
}

/** An LNS, with its users. */
export interface LnsStatus {
  readonly name: string;
  readonly interface: string | null;
  /** Our address towards the users. */
  readonly localAddress: string | null;
  /** Control connections of LACs. */
  readonly connections: number;
  readonly users: readonly LnsUserStatus[];
}

/** Everything: what `status --json` prints. */
export interface DaemonStatus {
  readonly schema: typeof STATUS_SCHEMA;
  readonly version: string;
  readonly hostName: string;
  readonly startedAt: string;
  /** The configuration file, where there is one. */
  readonly configuration: string | null;
  readonly connections: readonly KeptConnectionStatus[];
  readonly static: readonly KeptSessionStatus[];
  readonly lns: readonly LnsStatus[];
  readonly counters: EndpointCounters;
}

const NO_COUNTERS = {
  receivedFrames: 0,
  receivedOctets: 0,
  transmittedFrames: 0,
  transmittedOctets: 0,
  earlyPackets: 0,
  lostPackets: 0,
  drops: {},
} as const;

/** A state that is over is no state to show: what is configured is idle then. */
export function shownState(state: LifeState): Exclude<LifeState, "closed"> | "idle" {
  return state === "closed" ? "idle" : state;
}

/** A configured session while there is none. */
export function idleSession(
  configuration: SessionConfiguration | StaticSessionConfiguration,
  interfaceName: string | undefined,
  since: Date,
): KeptSessionStatus {
  const { name, pseudowire, sublayer, sequencing } = configuration;
  const ids = "localSessionId" in configuration ? configuration : undefined;
  return {
    name,
    state: "idle",
    since: since.toISOString(),
    pseudowire,
    interface: interfaceName ?? null,
    mtu: null,
    path: pathStatus(configuration, undefined),
    localSessionId: ids?.localSessionId ?? 0,
    remoteSessionId: ids?.remoteSessionId ?? 0,
    sublayer,
    sequencing,
    receiveCookieLength: ids?.receiveCookie.length ?? null,
    transmitCookieLength: ids?.transmitCookie.length ?? null,
    circuit: { local: "down", remote: "down" },
    lastError: null,
    counters: NO_COUNTERS,
  };
}

/** The ends and settings of a configured connection while there is none. */
export function idleConnection(
  configuration: ConnectionConfiguration,
): Pick<
  ConnectionStatus,
  "name" | "version" | "encapsulation" | "local" | "remote" | "retransmissions" | "channel"
> {
  const { name, version, encapsulation, remote, local } = configuration;
  const { host, port } = parseRemote(remote, encapsulation === "udp" ? 1701 : 0);
  return {
    name,
    version: version === "auto" ? 3 : version,
    encapsulation,
    local: { address: local ?? "", port: 0, id: 0 },
    remote: { address: host, port, id: 0, hostName: null },
    retransmissions: 0,
    channel: null,
  };
}

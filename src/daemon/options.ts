/**
 * A configuration in the words of the library: which options the daemon gives to which call.
 */

import { isAddressLiteral, parseRemote } from "../endpoint/addresses.ts";
import type {
  ConnectionOptions,
  ConnectOptions,
  EndpointOptions,
  PeerOptions,
  SessionOptions,
  StaticSessionOptions,
  TapAttachment,
} from "../endpoint/options.ts";
import type {
  Configuration,
  ConnectionConfiguration,
  SessionConfiguration,
  StaticSessionConfiguration,
  TapConfiguration,
} from "../config/configuration.ts";

/** Whether the kernel has IPv6; without it, it has no such file either. */
function systemHasIpv6(): boolean {
  try {
    return Deno.statSync("/proc/net/if_inet6").isFile;
  } catch {
    return false;
  }
}

/**
 * What the endpoint is opened with. "Every IPv6 address" of a system without IPv6 is none, and no
 * reason not to start; a particular address that is not there is one.
 */
export function endpointOptions(
  configuration: Configuration,
  hasIpv6: boolean = systemHasIpv6(),
): EndpointOptions {
  const { hostName, routerId, acceptUnknownPeers, limits, offload } = configuration;
  const listen = configuration.listen.filter((entry) => hasIpv6 || !entry.includes("://[::]"));
  return {
    ...(hostName === undefined ? {} : { hostName }),
    ...(routerId === undefined ? {} : { routerId }),
    listen,
    acceptUnknownPeers,
    limits,
    offload,
    peers: peerOptions(configuration),
  };
}

/**
 * Who may connect: every configured peer, also those that this side connects to, for they may be
 * the first to come back. A peer known by name only must prove itself by its secret.
 */
export function peerOptions({ connections }: Configuration): readonly PeerOptions[] {
  return connections.flatMap((connection): PeerOptions[] => {
    const { host } = parseRemote(connection.remote);
    if (isAddressLiteral(host)) return [{ ...commonOptions(connection), remote: host }];
    const provesItself = connection.secrets.length > 0 && connection.authentication !== "none";
    return provesItself ? [commonOptions(connection)] : [];
  });
}

/** What `connect` is called with. */
export function connectOptions(connection: ConnectionConfiguration): ConnectOptions {
  const { local } = connection;
  return { ...commonOptions(connection), ...(local === undefined ? {} : { local }) };
}

function commonOptions(
  connection: ConnectionConfiguration,
): ConnectionOptions & { readonly name: string } {
  const { name, encapsulation, version, secrets, authentication, digest, hideAvps } = connection;
  const { hello, retransmission, receiveWindow } = connection;
  return {
    name,
    encapsulation,
    version,
    ...(secrets.length > 0 ? { secret: secrets.map((secret) => secret.reveal()) } : {}),
    ...(authentication === undefined ? {} : { authentication }),
    digest,
    hideAvps,
    hello,
    retransmission,
    receiveWindow,
  };
}

/** What a session is opened with, apart from its attachment. */
export function sessionOptions(session: SessionConfiguration): SessionOptions {
  const { attach: _, ppp: __, ...options } = session;
  return options;
}

/** What a static session is opened with, apart from its attachment. */
export function staticSessionOptions(session: StaticSessionConfiguration): StaticSessionOptions {
  const { attach: _, ...options } = session;
  return options;
}

/** What a TAP is made with. */
export function tapOptions(attach: TapConfiguration): TapAttachment {
  return { kind: "tap", ...attach };
}

/** The octets of a Remote End ID, as the peer sends them. */
export function remoteEndIdOctets(remoteEndId: string | Uint8Array): Uint8Array {
  return typeof remoteEndId === "string" ? new TextEncoder().encode(remoteEndId) : remoteEndId;
}

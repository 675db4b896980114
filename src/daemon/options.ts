/**
 * A configuration in the words of the library: which options the daemon gives to which call.
 */

import { isAddressLiteral, parseRemote } from "../endpoint/addresses.ts";
import type {
  InterfaceAttachment,
  InterfacePortAttachment,
  PcapAttachment,
  PtyAttachment,
  SocketAttachment,
  TunAttachment,
} from "../endpoint/attachment_options.ts";
import type {
  ConnectionOptions,
  ConnectOptions,
  EndpointOptions,
  PeerOptions,
  PppOptions,
  SessionOptions,
  StaticSessionOptions,
} from "../endpoint/options.ts";
import type { PppAccess } from "../endpoint/ppp_access.ts";
import type {
  AttachConfiguration,
  Configuration,
  ConnectionConfiguration,
  ControlConfiguration,
  LnsConfiguration,
  PppConfiguration,
  PppLinkConfiguration,
  SessionConfiguration,
  StaticSessionConfiguration,
  TunConfiguration,
} from "../config/configuration.ts";
import { hasIpv6 } from "../endpoint/host_system.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";

/**
 * What the endpoint is opened with. "Every IPv6 address" of a system without IPv6 is none, and no
 * reason not to start; a particular address that is not there is one.
 */
export function endpointOptions(
  configuration: Configuration,
  systemHasIpv6: boolean = hasIpv6(),
): EndpointOptions {
  const { hostName, routerId, acceptUnknownPeers, limits, offload, workers } = configuration;
  const listen = configuration.listen.filter((entry) =>
    systemHasIpv6 || !entry.includes("://[::]")
  );
  return {
    ...(hostName === undefined ? {} : { hostName }),
    ...(routerId === undefined ? {} : { routerId }),
    listen,
    acceptUnknownPeers,
    limits,
    offload,
    workers,
    rehearses: true,
    peers: peerOptions(configuration),
  };
}

/**
 * Who may connect: every configured peer, also those that this side connects to, for they may be
 * the first to come back. A peer known by name only must prove itself by its secret.
 */
export function peerOptions({ connections, lns }: Configuration): readonly PeerOptions[] {
  return [...lns.map(lnsPeerOptions), ...connections.flatMap(connectionPeerOptions)];
}

function connectionPeerOptions(connection: ConnectionConfiguration): readonly PeerOptions[] {
  const { host } = parseRemote(connection.remote);
  if (isAddressLiteral(host)) return [{ ...commonOptions(connection), remote: host }];
  const provesItself = connection.secrets.length > 0 && connection.authentication !== "none";
  return provesItself ? [commonOptions(connection)] : [];
}

const LNS_PEER = "lns/";

/** The name of an LNS's callers among the peers; no connection can have it. */
function lnsPeerName(lns: string): string {
  return `${LNS_PEER}${lns}`;
}

/** The LNS whose caller a peer is; `undefined` for a peer of another kind. */
export function lnsOfPeer(peerName: string): string | undefined {
  return peerName.startsWith(LNS_PEER) ? peerName.slice(LNS_PEER.length) : undefined;
}

function lnsPeerOptions(lns: LnsConfiguration): PeerOptions {
  const { name, remote, hostName } = lns;
  return {
    ...controlOptions(lns),
    name: lnsPeerName(name),
    ...(remote === undefined ? {} : { remote }),
    ...(hostName === undefined ? {} : { hostName }),
    anybody: true,
  };
}

/** What `connect` is called with. */
export function connectOptions(connection: ConnectionConfiguration): ConnectOptions {
  const { local } = connection;
  return { ...commonOptions(connection), ...(local === undefined ? {} : { local }) };
}

function commonOptions(
  connection: ConnectionConfiguration,
): ConnectionOptions & { readonly name: string } {
  const { name, encapsulation } = connection;
  return { ...controlOptions(connection), name, encapsulation };
}

function controlOptions(control: ControlConfiguration): ConnectionOptions {
  const { version, secrets, authentication, digest, hideAvps } = control;
  const { hello, retransmission, receiveWindow, diffServ, ecnCapability } = control;
  return {
    version,
    ...(secrets.length > 0 ? { secret: secrets.map((secret) => secret.reveal()) } : {}),
    ...(authentication === undefined ? {} : { authentication }),
    digest,
    hideAvps,
    hello,
    retransmission,
    receiveWindow,
    ...(diffServ === undefined ? {} : { diffServ }),
    ecnCapability,
  };
}

/** What a session is opened with, apart from its attachment; `access` decides on a PPP peer. */
export function sessionOptions(session: SessionConfiguration, access: PppAccess): SessionOptions {
  const { attach: _, retry: __, ppp, ...options } = session;
  return ppp === undefined ? options : { ...options, ppp: pppOptions(ppp, access) };
}

function pppOptions(
  { secret, authenticate = [], ...link }: PppConfiguration,
  access: PppAccess,
): PppOptions {
  return {
    ...link,
    ...(secret === undefined ? {} : { secret: secret.reveal() }),
    ...(authenticate.length === 0 ? {} : { authenticate, access }),
  };
}

/** What PPP with an LNS's users is. */
export function lnsPppOptions(ppp: PppLinkConfiguration, access: PppAccess): PppOptions {
  return { ...ppp, access };
}

/** The MTU of a TUN that users share whose paths are not known: what most of them carry. */
const SHARED_MTU = 1400;

/** What the TUN of an LNS is made with. */
export function sharedTunOptions(
  { tun, mtu, namespace }: TunConfiguration,
  localAddress: string | undefined,
): TunAttachment {
  return {
    kind: "tun",
    shared: true,
    ...(tun === undefined ? {} : { tun }),
    mtu: mtu === "auto" ? SHARED_MTU : mtu,
    ...(namespace === undefined ? {} : { namespace }),
    ...(localAddress === undefined ? {} : { address: `${localAddress}/32` }),
  };
}

/** What a static session is opened with, apart from its attachment; `access` as above. */
export function staticSessionOptions(
  session: StaticSessionConfiguration,
  access: PppAccess,
): StaticSessionOptions {
  const { attach: _, ppp, ...options } = session;
  return ppp === undefined ? options : { ...options, ppp: pppOptions(ppp, access) };
}

/** What the interface of a session is made with: a TAP, unless it is a TUN's, as PPP's by itself. */
export function interfaceOptions(
  { tun, routes, interface: _, socket: __, peer: ___, pty: ____, pcap: _____, ...attach }:
    AttachConfiguration,
  pseudowire: PseudowireType,
): InterfaceAttachment {
  const isTap = attach.tap !== undefined || (pseudowire !== "ppp" && tun === undefined);
  if (isTap) return { kind: "tap", ...attach };
  const { mtu, address, namespace } = attach;
  return {
    kind: "tun",
    ...(tun === undefined ? {} : { tun }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(address === undefined ? {} : { address }),
    ...(routes === undefined ? {} : { routes }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** What a session is given that has no TAP of its own: what is there already. */
export function portOptions(
  { interface: name, namespace, socket, peer, pty, pcap }: AttachConfiguration,
): InterfacePortAttachment | SocketAttachment | PtyAttachment | PcapAttachment | undefined {
  if (pcap !== undefined) return { kind: "pcap", ...pcap };
  if (pty !== undefined) return { kind: "pty", pty };
  if (socket !== undefined && peer !== undefined) return { kind: "socket", socket, peer };
  if (name === undefined) return undefined;
  return { kind: "interface", interface: name, ...(namespace === undefined ? {} : { namespace }) };
}

/** The octets of a Remote End ID, as the peer sends them. */
export function remoteEndIdOctets(remoteEndId: string | Uint8Array): Uint8Array {
  return typeof remoteEndId === "string" ? new TextEncoder().encode(remoteEndId) : remoteEndId;
}

/**
 * The endpoint's sockets: what it listens on, what it opened to reach somebody, and the data
 * sockets of static sessions with a port of their own.
 *
 * Read dataplane/steering.ts first: a transport is a control socket, read by the driver, and a data
 * socket, lent to the data plane.
 */

import type { Dataplane, MisroutedControl, Stray } from "../dataplane/dataplane.ts";
import { type DataSockets, openDataSocket, openTransport } from "../dataplane/steering.ts";
import type { DatagramSocket } from "../io/datagram_socket.ts";
import { routeTo } from "../io/route.ts";
import { isUnspecified } from "../io/socket_address.ts";
import { KEYED_SESSION_ID, type SessionId } from "../model/identifiers.ts";
import { type Encapsulation, isIpv6, type Path } from "../model/path.ts";
import type { ListenAddress } from "./addresses.ts";
import { logger } from "./logger.ts";
import type { OffloadOptions } from "./options.ts";

/** Sockets bound to one address and port. */
export interface Transport extends ListenAddress {
  /** Names its data socket in the data plane. */
  readonly key: number;
  /** Absent where only static sessions use it. */
  readonly control: DatagramSocket | undefined;
}

interface OpenTransport extends Transport {
  readonly data: DataSockets;
  readonly sockets: { close(): void };
  readonly unwatch: () => void;
  /** The only address that it receives from: the other end of a keyed tunnel. */
  readonly peer: string | undefined;
  /** Static sessions that it was opened for; it is closed with the last. */
  users: number;
}

/** Datagrams that the kernel had no room for, by whose they would have been. */
interface SocketLosses {
  control: number;
  data: number;
}

/** What transports need of the endpoint. */
export interface TransportSurroundings {
  readonly dataplane: Dataplane;
  /** Network namespace of the sockets. */
  readonly namespace: string | undefined;
  readonly offload: Pick<Required<OffloadOptions>, "segmentation" | "aggregation">;
  watch(fd: number, onReadable: () => void): () => void;
  onReadable(control: DatagramSocket, encapsulation: Encapsulation): void;
}

/** Every socket of an endpoint. */
export class Transports {
  readonly #surroundings: TransportSurroundings;
  readonly #open = new Set<OpenTransport>();
  /** What sockets that are closed had lost. */
  readonly #lostBefore: SocketLosses = { control: 0, data: 0 };
  #lastKey = 0;
  /** Settles when everything that was given back until now has been closed. */
  #returning: Promise<unknown> = Promise.resolve();

  constructor(surroundings: TransportSurroundings) {
    this.#surroundings = surroundings;
  }

  /** What control connections are listened for on. */
  get listening(): readonly Transport[] {
    return [...this.#open].filter((transport) => transport.control !== undefined);
  }

  /**
   * Opens the control and data sockets of an address.
   *
   * @throws {SystemError} when the kernel refuses.
   */
  async listen(where: ListenAddress): Promise<Transport> {
    const { namespace, watch, onReadable } = this.#surroundings;
    const { workers: shares } = this.#surroundings.dataplane;
    const sockets = openTransport({ ...where, namespace, shares });
    if (sockets.shares.length < shares) {
      const text = "one worker receives all: the kernel refused sockets for the others";
      logger.warn("{address}: {text}", { address: where.address, text });
    }
    const unwatch = watch(
      sockets.control.descriptor.number,
      () => onReadable(sockets.control, where.encapsulation),
    );
    return await this.#add(where, sockets.control, sockets.shares, sockets, unwatch);
  }

  /**
   * A path to a peer, over a transport that is open, or else one that is opened for it.
   *
   * @throws {SystemError} without a route, or when the kernel refuses a socket.
   */
  async pathTo(
    encapsulation: Encapsulation,
    remote: { readonly address: string; readonly port: number },
    local: string | undefined,
  ): Promise<Path> {
    const { namespace } = this.#surroundings;
    const route = routeTo(remote.address, { local, namespace });
    const candidates = this.listening.filter((transport) =>
      transport.encapsulation === encapsulation &&
      isIpv6(transport.address) === isIpv6(remote.address)
    );
    const transport = candidates.find(({ address }) => address === route.local) ??
      candidates.find(({ address }) => isUnspecified(address)) ??
      (local === undefined ? candidates[0] : undefined) ??
      await this.listen(anywhere(encapsulation, remote.address, local));
    const address = isUnspecified(transport.address) ? route.local : transport.address;
    return { encapsulation, local: { address, port: transport.port }, remote };
  }

  /** The path of a packet that came by the data socket of that key; without control there is none. */
  pathOf({ socketKey, local, remote }: Stray | MisroutedControl): Path | undefined {
    const transport = this.listening.find(({ key }) => key === socketKey);
    if (transport === undefined) return undefined;
    const { encapsulation, address, port } = transport;
    return { encapsulation, local: { address: local ?? address, port }, remote };
  }

  /** The transport whose sockets a path uses, or a session on it, if it is open. */
  find(path: Path, sessionId?: SessionId): Transport | undefined {
    const peer = keyedPeer(path, sessionId);
    return peer === undefined ? this.#find(path) : this.#find(path, peer) ?? this.#find(path);
  }

  /**
   * The transport of a static session, opened for it where there is none: a data socket only. Give
   * it back with `giveBack`.
   */
  async lend(path: Path, sessionId: SessionId): Promise<Transport> {
    const { address, port } = path.local;
    const peer = keyedPeer(path, sessionId);
    await this.#allReturned();
    const found = this.#find(path, peer);
    if (found !== undefined) {
      found.users++;
      return found;
    }
    const { encapsulation } = path;
    const data = openDataSocket({
      encapsulation,
      address,
      port,
      peer,
      namespace: this.#surroundings.namespace,
    });
    const where = { encapsulation, address, port, peer };
    const transport = await this.#add(where, undefined, [data], data);
    transport.users++;
    return transport;
  }

  /** A static session has no more use for its transport. */
  giveBack(lent: Transport): Promise<void> {
    const returned = this.#takeBack(lent);
    this.#returning = Promise.allSettled([this.#returning, returned]);
    return returned;
  }

  /** Sockets that are about to be closed keep their port, and are nobody else's any more. */
  async #allReturned(): Promise<void> {
    let awaited: Promise<unknown>;
    do {
      awaited = this.#returning;
      await awaited;
    } while (awaited !== this.#returning);
  }

  async #takeBack(lent: Transport): Promise<void> {
    for (const transport of this.#open) {
      if (transport !== lent) continue;
      transport.users--;
      if (transport.control !== undefined || transport.users > 0) continue;
      await this.#surroundings.dataplane.removeSocket(transport.key);
      this.#close(transport);
    }
  }

  /** The address of ours that packets to a peer come from. @throws {SystemError} without a route. */
  sourceTo(remote: string, local: string | undefined): string {
    return routeTo(remote, { local, namespace: this.#surroundings.namespace }).local;
  }

  /** The longest IP packet that fits the path, as far as the kernel knows. */
  pathMtu({ local, remote }: Path): number {
    const { namespace } = this.#surroundings;
    return routeTo(remote.address, { local: local.address, namespace }).mtu;
  }

  /** Datagrams that came and found no room in a socket's receive buffer, since the beginning. */
  losses(): Readonly<SocketLosses> {
    const losses = { ...this.#lostBefore };
    for (const transport of this.#open) addLosses(losses, transport);
    return losses;
  }

  /** Closes every socket; the workers have been stopped. */
  close(): void {
    for (const transport of this.#open) this.#close(transport);
  }

  #find({ encapsulation, local }: Path, peer?: string): OpenTransport | undefined {
    let anyAddress: OpenTransport | undefined;
    for (const transport of this.#open) {
      const { address } = transport;
      const fits = transport.peer === peer && transport.encapsulation === encapsulation &&
        transport.port === local.port && isIpv6(address) === isIpv6(local.address);
      if (fits && address === local.address) return transport;
      if (fits && isUnspecified(address)) anyAddress ??= transport;
    }
    return anyAddress;
  }

  async #add(
    { encapsulation, address, peer }: ListenAddress & { readonly peer?: string | undefined },
    control: DatagramSocket | undefined,
    data: DataSockets,
    sockets: { close(): void },
    unwatch: () => void = () => {},
  ): Promise<OpenTransport> {
    const key = ++this.#lastKey;
    const [{ descriptor, local: { port } }] = data;
    const transport = { key, encapsulation, address, port, control, data, sockets, unwatch, peer };
    const open: OpenTransport = { ...transport, users: 0 };
    this.#open.add(open);
    const { dataplane, offload } = this.#surroundings;
    const overUdp = encapsulation === "udp";
    await dataplane.addSocket({
      key,
      fd: descriptor.number,
      shares: data.length === 1 ? undefined : data.map((socket) => socket.descriptor.number),
      encapsulation,
      family: isIpv6(address) ? "ipv6" : "ipv4",
      bound: !isUnspecified(address),
      segments: overUdp && offload.segmentation && data.every((socket) => socket.canSegment()),
      aggregates: overUdp && offload.aggregation &&
        data.every((socket) => socket.enableAggregation()),
    });
    return open;
  }

  #close(transport: OpenTransport): void {
    this.#open.delete(transport);
    addLosses(this.#lostBefore, transport);
    transport.unwatch();
    transport.sockets.close();
  }
}

/** The peer of a session that its addresses alone name (RFC 8159 §2). */
function keyedPeer({ encapsulation, remote }: Path, id: SessionId | undefined): string | undefined {
  return encapsulation === "ip" && id === KEYED_SESSION_ID ? remote.address : undefined;
}

/** One question to the kernel per socket: for whoever looks at counters, not for each packet. */
function addLosses(losses: SocketLosses, { control, data }: OpenTransport): void {
  losses.control += control?.kernelDrops() ?? 0;
  for (const socket of data) losses.data += socket.kernelDrops();
}

/** Whoever only connects may do so from any port (V3-UDP-07). */
function anywhere(
  encapsulation: Encapsulation,
  remote: string,
  local: string | undefined,
): ListenAddress {
  return { encapsulation, address: local ?? (isIpv6(remote) ? "::" : "0.0.0.0"), port: 0 };
}

/**
 * An endpoint: everything one program has of L2TPv3, over the sockets that it listens on.
 *
 * Read RFC 3931 §1.1 (the model: two LCCEs, control connections and sessions between them), then
 * control_connection.ts and session.ts. How the parts work together is in assembly.ts.
 */

import type { ConnectionHandle, Effect, PeerDescription } from "../core/effect.ts";
import { formatTransportAddress, L2TP_PORT, type Path } from "../model/path.ts";
import { type ListenAddress, parseRemote } from "./addresses.ts";
import type { Assembly } from "./assembly.ts";
import { Attachment, interfaceOf } from "./attachment.ts";
import type { CapturedPacket } from "./captured_packets.ts";
import { type Capture, type CaptureSelection, openCapture } from "./capture.ts";
import { type ConnectionInputs, ControlConnection } from "./control_connection.ts";
import { openedOrAborted } from "./lifetime.ts";
import type { EndpointWatcher } from "./observation.ts";
import type { InterfaceAttachment } from "./attachment_options.ts";
import type { ConnectOptions, PeerOptions, StaticSessionOptions } from "./options.ts";
import { type Peers, UNKNOWN_PEER } from "./peers.ts";
import { RequestQueue } from "./request_queue.ts";
import { ConnectionRequest, type RefuseOptions } from "./requests.ts";
import { withFirstAddress } from "./resolve_host.ts";
import { resolveConnectionSettings } from "./resolve_options.ts";
import type { Session } from "./session.ts";
import { StaticSessions } from "./static_sessions.ts";
import type { EndpointCounters, EndpointStatus } from "./status.ts";

/** StopCCN: the requester is not authorised (section 13.7). */
const NOT_AUTHORISED = 4;
/** How long `close` waits for peers to acknowledge their StopCCN. */
const CLOSE_TIMEOUT_MS = 2000;

/** What an endpoint is made of. */
export interface EndpointParts {
  readonly hostName: string;
  readonly routerId: number;
  readonly assembly: Assembly;
  readonly peers: Peers;
  readonly signal: AbortSignal | undefined;
}

/** An endpoint. Made by `openEndpoint`. */
export class Endpoint implements AsyncDisposable {
  /** Its Host Name (AVP 7). */
  readonly hostName: string;
  /** Its Router ID (AVP 60). */
  readonly routerId: number;
  readonly #assembly: Assembly;
  readonly #peers: Peers;
  readonly #requests: RequestQueue<ConnectionRequest>;
  readonly #connections = new Set<ControlConnection>();
  readonly #staticSessions: StaticSessions;
  readonly #attachments = new Set<Attachment>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #forgetSignal: () => void;
  #closing: Promise<void> | undefined;

  /** @ignore Endpoints are opened, not made. */
  constructor({ hostName, routerId, assembly, peers, signal }: EndpointParts) {
    this.hostName = hostName;
    this.routerId = routerId;
    this.#assembly = assembly;
    this.#peers = peers;
    this.#requests = new RequestQueue(assembly.driver.after);
    this.#staticSessions = new StaticSessions(assembly);
    assembly.start({
      onConnectionRequest: (effect) => this.#handleRequest(effect),
      onFault: (error) => this.#fail(error),
    });
    const onAbort = () => void this.close();
    signal?.addEventListener("abort", onAbort);
    this.#forgetSignal = () => signal?.removeEventListener("abort", onAbort);
  }

  /** What it listens on, with the ports that were chosen. */
  get listening(): readonly ListenAddress[] {
    return this.#assembly.transports.listening.map(({ encapsulation, address, port }) => ({
      encapsulation,
      address,
      port,
    }));
  }

  /** The control connections, also those that are not established yet. */
  get connections(): readonly ControlConnection[] {
    return [...this.#connections];
  }

  /** The sessions without a control connection. */
  get staticSessions(): readonly Session[] {
    return this.#staticSessions.list;
  }

  /**
   * Resolves when it has been closed. Rejects when a bug of ours has ended it: nothing is carried
   * any more, and the program had better end too.
   */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Connects to a peer: `ADDRESS`, `NAME`, either with `:PORT`, `[IPV6]:PORT`. The name is resolved
   * at this moment. Resolves when the connection is established.
   *
   * @throws {ControlConnectionError} when the peer refuses or does not answer.
   * @throws {NameResolutionError} when the name has no address.
   * @throws {SystemError} when there is no route.
   * @throws {TypeError | RangeError} for options that cannot be.
   */
  async connect(remote: string, options: ConnectOptions = {}): Promise<ControlConnection> {
    this.#requireOpen();
    const settings = resolveConnectionSettings(options);
    const { encapsulation = "udp", local, name, signal } = options;
    const { host, port } = parseRemote(remote, encapsulation === "udp" ? L2TP_PORT : 0);
    if (encapsulation === "ip" && port !== 0) {
      throw new RangeError(`"${remote}": IP protocol 115 has no ports`);
    }
    signal?.throwIfAborted();
    const { transports } = this.#assembly;
    const path = await withFirstAddress(
      host,
      local,
      (address) => transports.pathTo(encapsulation, { address, port }, local),
    );
    signal?.throwIfAborted();
    this.#requireOpen();
    const handle = this.#assembly.driver.perform((lcce, now) =>
      lcce.connect(path, settings, now, name)
    );
    const { connection, inputs } = this.#add(name ?? remote, handle, path, undefined);
    await openedOrAborted(inputs.opened, signal, () => void connection.close());
    return connection;
  }

  /**
   * The connections that peers ask for, from now on. What came shortly before is there too; what
   * nobody takes within five seconds is refused with a StopCCN.
   */
  connectionRequests(): AsyncIterableIterator<ConnectionRequest> {
    return this.#requests.iterate();
  }

  /**
   * Opens a session without a control connection: both ends are told everything by their operators.
   *
   * @throws {TypeError | RangeError} for options that cannot be.
   * @throws {SystemError | NameResolutionError} when the peer cannot be reached, or the kernel
   * refuses a socket or an interface.
   */
  async openStaticSession(options: StaticSessionOptions): Promise<Session> {
    this.#requireOpen();
    return await this.#staticSessions.open(options);
  }

  /**
   * Makes an interface that outlives sessions: to be given as `attach` to one after the other, or,
   * where it is a `shared` TUN, to many at a time. A TAP has no carrier while there is none.
   *
   * @throws {SystemError} when the kernel refuses: EPERM (needs CAP_NET_ADMIN), EBUSY …
   */
  createAttachment(options: InterfaceAttachment = {}): Attachment {
    this.#requireOpen();
    const lasting = this.#assembly.maker.makeInterface(options);
    const attachment = new Attachment(lasting);
    this.#attachments.add(attachment);
    void lasting.closed.then(() => this.#attachments.delete(attachment));
    return attachment;
  }

  /**
   * Replaces the peers that may connect. Connections that exist stay as they are.
   *
   * @throws {TypeError | RangeError} for a mistake in any of them; then nothing has changed.
   */
  setPeers(peers: readonly PeerOptions[], acceptUnknownPeers: boolean = false): void {
    this.#peers.replace(peers, acceptUnknownPeers);
  }

  /**
   * Has a watcher told of every change of state, and shown every control message, from now on; the
   * answered function ends it.
   */
  watch(watcher: EndpointWatcher): () => void {
    return this.#assembly.observation.watch(watcher);
  }

  /**
   * Captures packets from now on, until the capture is closed.
   *
   * @throws {SystemError} EPERM without CAP_NET_RAW, or where there is no such interface.
   */
  capture(selection: CaptureSelection, handle: (packet: CapturedPacket) => void): Capture {
    this.#requireOpen();
    const { driver } = this.#assembly;
    return openCapture(selection, (fd, onReadable) => driver.watch(fd, onReadable), handle);
  }

  /** What cannot be put down to one session. */
  counters(): EndpointCounters {
    return this.#assembly.counters();
  }

  /** Resolves when both directions of the data plane have answered; one that hangs never does. */
  probe(): Promise<void> {
    return this.#assembly.dataplane.probe();
  }

  /** A snapshot for `status`. */
  status(): EndpointStatus {
    return {
      hostName: this.hostName,
      connections: this.connections.map((connection) => connection.status()),
      static: this.staticSessions.map((session) => session.status()),
      counters: this.counters(),
    };
  }

  /**
   * Sends every peer a StopCCN, waits at most `timeout` milliseconds (default 2,000) for the
   * acknowledgements, and removes everything: sessions, interfaces, sockets, workers.
   */
  close(options: { timeout?: number } = {}): Promise<void> {
    return this.#closing ??= this.#close(options.timeout ?? CLOSE_TIMEOUT_MS);
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new TypeError("the endpoint is closed");
  }

  #add(
    name: string,
    handle: ConnectionHandle,
    path: Path,
    peer: PeerDescription | undefined,
  ): { connection: ControlConnection; inputs: ConnectionInputs } {
    const assembly = this.#assembly;
    let inputs!: ConnectionInputs;
    const connection = new ControlConnection(
      { assembly, name, handle, path, peer },
      (revealed) => inputs = revealed,
    );
    this.#connections.add(connection);
    assembly.connections.set(handle, inputs);
    void connection.closed.then(() => this.#connections.delete(connection));
    return { connection, inputs };
  }

  #handleRequest({ connection: handle, peerName, peer, path }: ConnectionRequested): void {
    const { driver, connectionRequests } = this.#assembly;
    const accept = async ({ name }: { name?: string }) => {
      connectionRequests.delete(handle);
      const byDefault = peerName === UNKNOWN_PEER ? formatTransportAddress(path.remote) : peerName;
      const { connection, inputs } = this.#add(name ?? byDefault, handle, path, peer);
      driver.perform((lcce, now) => lcce.acceptConnection(handle, now));
      await inputs.opened;
      return connection;
    };
    const refuse = (options: RefuseOptions) => {
      connectionRequests.delete(handle);
      const reason = { resultCode: NOT_AUTHORISED, ...options };
      driver.perform((lcce, now) => lcce.refuseConnection(handle, reason, now));
    };
    const parts = { peerName, peer, path };
    const request = new ConnectionRequest(parts, { accept, refuse }, (withdraw) => {
      connectionRequests.set(handle, withdraw);
    });
    this.#requests.offer(request);
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#forgetSignal();
    this.#requests.close();
    await this.#staticSessions.close();
    for (const connection of this.#connections) void connection.close();
    await this.#assembly.close(timeoutMs);
    for (const attachment of this.#attachments) interfaceOf(attachment).close();
    this.#closed.resolve();
  }

  #fail(fault: Error): void {
    this.#forgetSignal();
    this.#closing ??= this.#assembly.abandon(fault);
    this.#requests.close();
    this.#closed.reject(fault);
  }
}

type ConnectionRequested = Extract<Effect, { kind: "connectionRequested" }>;

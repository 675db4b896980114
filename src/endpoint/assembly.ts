/**
 * What an endpoint is assembled from, and who is told what: every effect of the core ends here, at
 * a socket, in the data plane, or at the connection or session that it is about.
 *
 * Read core/effect.ts and driver.ts first; sessions and their circuits are made in session_maker.ts.
 */

import type { ConnectionHandle, Effect, SessionHandle } from "../core/effect.ts";
import { Lcce } from "../core/lcce.ts";
import type { LcceConfig } from "../core/lcce_config.ts";
import { type Dataplane, openDataplane } from "../dataplane/dataplane.ts";
import { TURN_BOUNDS_MS } from "../dataplane/turn_times.ts";
import { monotonicMs } from "../io/clock.ts";
import type { DatagramSocket } from "../io/datagram_socket.ts";
import { kernelEntropy } from "../io/entropy.ts";
import { countsSince, type FragmentCounts, readFragmentCounts } from "../io/fragment_counters.ts";
import { EAGAIN, errnoCode, errnoText } from "../io/system_error.ts";
import type { CloseReason } from "../model/close_reason.ts";
import { type Encapsulation, formatTransportAddress, type Path, samePath } from "../model/path.ts";
import { dscpOf } from "../model/per_hop_behaviour.ts";
import type { ConnectionInputs } from "./control_connection.ts";
import { Driver } from "./driver.ts";
import { durationsOf } from "./durations.ts";
import { logger } from "./logger.ts";
import { Observation } from "./observation.ts";
import type { OffloadOptions } from "./options.ts";
import { PathWatch } from "./path_watch.ts";
import { SessionMaker } from "./session_maker.ts";
import type { SessionInputs } from "./session_parts.ts";
import type { CoreSessionControl } from "./session_control.ts";
import type { Durations, EndpointCounters } from "./status.ts";
import { Transports } from "./transports.ts";

/** Datagrams taken from a socket in one turn; the rest waits for the next. */
const DATAGRAMS_PER_TURN = 64;

/** Keepalives are seconds apart at least: counters need not be read more often than that. */
const ACTIVITY_INTERVAL_MS = 1000;

/** Tells a request that the peer has given up. */
type Withdraw = (reason: CloseReason) => void;

/** What an assembly is made with. */
export interface AssemblyParts {
  readonly config: LcceConfig;
  readonly namespace: string | undefined;
  readonly offload: Required<OffloadOptions>;
  /** Threads that carry data. */
  readonly workers: number;
  /** Whether they practise before there is something to carry. */
  readonly rehearses: boolean;
}

/** What an assembly tells its endpoint. */
export interface AssemblyListener {
  readonly onConnectionRequest: (
    effect: Extract<Effect, { kind: "connectionRequested" }>,
  ) => void;
  /** A bug of ours has stopped the control plane or the data plane. */
  readonly onFault: (error: Error) => void;
}

/** The parts of one endpoint. */
export class Assembly {
  readonly observation = new Observation();
  readonly driver: Driver;
  readonly dataplane: Dataplane;
  readonly transports: Transports;
  readonly maker: SessionMaker;
  readonly connections = new Map<ConnectionHandle, ConnectionInputs>();
  readonly sessions = new Map<
    SessionHandle,
    { readonly inputs: SessionInputs; readonly control: CoreSessionControl }
  >();
  /** Requests that have not been answered yet. */
  readonly connectionRequests = new Map<ConnectionHandle, Withdraw>();
  readonly sessionRequests = new Map<SessionHandle, Withdraw>();
  readonly #lcce: Lcce;
  readonly #controlDrops = new Map<string, number>();
  readonly #namespace: string | undefined;
  readonly #fragmentsBefore: FragmentCounts;
  readonly #sendErrors = new Map<string, number>();
  #listener: AssemblyListener | undefined;
  #running: Promise<void> = Promise.resolve();
  #activityReportedAt = 0;

  constructor({ config, namespace, offload, workers, rehearses }: AssemblyParts) {
    this.#namespace = namespace;
    this.#fragmentsBefore = readFragmentCounts(namespace);
    this.#lcce = new Lcce(config, kernelEntropy);
    this.driver = new Driver(this.#lcce, {
      apply: (effect) => this.#apply(effect),
      handleBeforeTimeout: (now) => this.#reportActivity(now),
    });
    this.dataplane = openDataplane({
      workers,
      rehearses,
      onFault: (error) => this.#listener?.onFault(error),
      onStray: (stray) => {
        const path = this.transports.pathOf(stray);
        if (path !== undefined) this.observation.tellStray(path);
      },
      onControl: (control) => {
        const path = this.transports.pathOf(control);
        if (path !== undefined) this.#handleLate(path, control.octets);
      },
    });
    this.transports = new Transports({
      dataplane: this.dataplane,
      namespace,
      offload,
      watch: (fd, onReadable) => this.driver.watch(fd, onReadable),
      onReadable: (control, encapsulation) => this.#receive(control, encapsulation),
    });
    const { driver, dataplane, transports, observation } = this;
    const paths = new PathWatch({
      pathMtu: (path) => transports.pathMtu(path),
      after: driver.after,
    });
    this.maker = new SessionMaker({ driver, dataplane, transports, paths, observation, offload });
  }

  /** Begins to work. */
  start(listener: AssemblyListener): void {
    this.#listener = listener;
    this.#running = this.driver.run().catch((error) => listener.onFault(error));
  }

  /**
   * Ends everything: waits for what peers have to acknowledge, at most `timeoutMs`, then takes away
   * what is left, from the sessions down to the workers and the sockets.
   */
  async close(timeoutMs: number): Promise<void> {
    await this.driver.until((lcce) => lcce.closingConnections === 0, timeoutMs);
    await Promise.all(this.#endAll({ cause: "local", text: "the endpoint was closed" }));
    await this.#stop();
  }

  /** Ends everything after a fault, as far as it can still be ended; whoever waits is told. */
  async abandon({ message }: Error): Promise<void> {
    const reason = { cause: "local", text: `a fault of this program: ${message}` } as const;
    await Promise.allSettled(this.#endAll(reason));
    await this.#stop();
  }

  #endAll(reason: CloseReason): Promise<void>[] {
    const ending = [...this.sessions.values()].map(({ inputs }) => inputs.handleDown(reason));
    for (const inputs of [...this.connections.values()]) inputs.handleDown(reason);
    return ending;
  }

  /** The workers go before the sockets that they were lent. */
  async #stop(): Promise<void> {
    this.driver.stop();
    await this.#running;
    await this.dataplane.close();
    this.transports.close();
  }

  /** What cannot be put down to one session. */
  counters(): EndpointCounters {
    const lost = this.transports.losses();
    return {
      workerTurns: this.#workerTurns(),
      halfOpen: this.#lcce.halfOpenCount,
      controlDrops: {
        ...Object.fromEntries(this.#controlDrops),
        ...(lost.control === 0 ? {} : { "receive-buffer": lost.control }),
      },
      dataDrops: { ...this.dataplane.workerCounters().drops, receiveBuffer: lost.data },
      sendErrors: Object.fromEntries(this.#sendErrors),
      fragments: countsSince(readFragmentCounts(this.#namespace), this.#fragmentsBefore),
    };
  }

  #workerTurns(): Durations {
    const { classes, sumMs } = this.dataplane.turnTimes();
    return durationsOf(TURN_BOUNDS_MS, classes, sumMs);
  }

  /** The core's view of a connection; `undefined` once it has forgotten it. */
  describeConnection(connection: ConnectionHandle): ReturnType<Lcce["describeConnection"]> {
    return this.#lcce.describeConnection(connection);
  }

  #receive(control: DatagramSocket, encapsulation: Encapsulation): void {
    const now = monotonicMs();
    for (let turn = 0; turn < DATAGRAMS_PER_TURN; turn++) {
      const datagram = control.receive();
      if (datagram === undefined) return;
      const { local, remote, octets } = datagram;
      this.#handle({ encapsulation, local, remote }, octets, now);
    }
  }

  /** A control message that took the way of the data. */
  #handleLate(path: Path, octets: Uint8Array): void {
    this.driver.perform((_, now) => this.#handle(path, octets, now));
  }

  #handle(path: Path, octets: Uint8Array, now: number): void {
    if (this.observation.watchesControl) {
      this.observation.show({ kind: "received", path, octets });
    }
    this.#lcce.handleDatagram(path, octets, now);
  }

  /** Data is a sign of life like a control message; the workers only count it (V3-KA-01). */
  #reportActivity(now: number): void {
    if (now < this.#activityReportedAt + ACTIVITY_INTERVAL_MS) return;
    this.#activityReportedAt = now;
    for (const [connection, inputs] of this.connections) {
      if (inputs.takeActivity()) this.#lcce.handleDataActivity(connection, now);
    }
  }

  #apply(effect: Effect): void | Promise<void> {
    switch (effect.kind) {
      case "transmit":
        return this.#transmit(effect);
      case "installSession": {
        const inputs = this.sessions.get(effect.session)?.inputs;
        return inputs?.handleInstall(effect.descriptor, effect);
      }
      case "updateSession":
        return this.sessions.get(effect.session)?.inputs.handleGates(effect);
      case "removeSession":
        return this.sessions.get(effect.session)?.inputs.handleRemove();
      case "sessionDown":
        return this.#sessionDown(effect.session, effect.reason);
      default:
        return this.#tell(effect);
    }
  }

  /** The effects that are news, and need not be waited for. */
  #tell(effect: Exclude<Effect, { kind: "transmit" | `${string}Session` | "sessionDown" }>): void {
    switch (effect.kind) {
      case "connectionRequested":
        return this.#listener?.onConnectionRequest(effect);
      case "sessionRequested":
        return this.connections.get(effect.connection)
          ?.handleSessionRequest(effect.session, effect.request);
      case "connectionUp":
        return this.connections.get(effect.connection)?.handleUp(effect);
      case "connectionDown":
        return this.#connectionDown(effect.connection, effect.reason);
      case "sessionUp":
        return this.sessions.get(effect.session)?.inputs.handleUp(
          effect.descriptor,
          effect.information,
          effect.perHopBehaviour,
        );
      case "circuitStatus":
        return this.sessions.get(effect.session)?.inputs.handleCircuitStatus(effect.remote);
      case "placeCall":
        return this.driver.perform((lcce, now) => lcce.handleCallPlaced(effect.session, now));
      case "circuitErrors":
        return this.sessions.get(effect.session)?.inputs.handleCircuitErrors(effect.errors);
      case "linkInformation":
        return this.sessions.get(effect.session)?.inputs.handleLinkInformation(effect.information);
      case "connectionReplaced":
        return this.#connectionReplaced(effect.lost, effect.kept);
      case "sessionReplaced":
        return this.#sessionReplaced(effect.lost, effect.kept);
      case "dropped":
        return this.#dropped(effect);
      case "connectionRefused": {
        const { path, resultCode, text } = effect;
        return this.observation.tellRefusal({ reason: "unacceptable", path, resultCode, text });
      }
      default:
        effect satisfies never;
    }
  }

  #dropped(effect: Extract<Effect, { kind: "dropped" }>): void {
    const { reason, path } = effect;
    if (this.observation.watchesControl) this.observation.show(effect);
    count(this.#controlDrops, reason);
    switch (reason) {
      case "unknown-connection":
        return this.observation.tellStray(path);
      case "unknown-peer":
      case "bad-digest":
      case "missing-digest":
      case "other-version":
        return this.observation.tellRefusal({ reason, path });
    }
  }

  /** What the network refuses is lost like what it loses: it is sent again (RFC 3931 §4.2). */
  #transmit({ path, octets, perHopBehaviour }: Extract<Effect, { kind: "transmit" }>): void {
    const control = this.transports.find(path)?.control;
    if (control === undefined) return count(this.#sendErrors, "closed");
    if (this.observation.watchesControl) this.observation.show({ kind: "sent", path, octets });
    // DS-04: the DSCP is the upper six bits of the octet.
    const trafficClass = (dscpOf(perHopBehaviour ?? 0) ?? 0) << 2;
    const errno = control.send(octets, path.local, path.remote, trafficClass);
    if (errno === 0) return;
    count(this.#sendErrors, errnoCode(errno));
    if (errno === EAGAIN) return;
    const remote = formatTransportAddress(path.remote);
    const text = `${remote} cannot be reached: ${errnoText(errno)}`;
    logger.info("{text}", { text });
    for (const inputs of this.connections.values()) {
      if (samePath(inputs.path, path)) inputs.handleSendError(text);
    }
  }

  #connectionDown(connection: ConnectionHandle, reason: CloseReason): void {
    this.connectionRequests.get(connection)?.(reason);
    this.connectionRequests.delete(connection);
    const inputs = this.connections.get(connection);
    this.connections.delete(connection);
    inputs?.handleDown(reason);
  }

  async #sessionDown(session: SessionHandle, reason: CloseReason): Promise<void> {
    this.sessionRequests.get(session)?.(reason);
    this.sessionRequests.delete(session);
    await this.sessions.get(session)?.inputs.handleDown(reason);
  }

  #connectionReplaced(lost: ConnectionHandle, kept: ConnectionHandle): void {
    const inputs = this.connections.get(lost);
    if (inputs === undefined) return;
    this.connections.delete(lost);
    this.connections.set(kept, inputs);
    inputs.handleReplaced(kept);
  }

  #sessionReplaced(lost: SessionHandle, kept: SessionHandle): void {
    const session = this.sessions.get(lost);
    if (session === undefined) return;
    this.sessions.delete(lost);
    this.sessions.set(kept, session);
    session.control.replace(kept);
  }
}

function count(counters: Map<string, number>, name: string): void {
  counters.set(name, (counters.get(name) ?? 0) + 1);
}

/**
 * The data plane as the main thread sees it: sockets and sessions go in, counters come out.
 *
 * The main thread owns every file descriptor and lends it to the workers: it may close one once
 * the promise of the call that took it away has been fulfilled. See DESIGN section 5.
 */

import { type Doorbell, openDoorbell } from "../io/doorbell.ts";
import { type MessagePipe, openMessagePipe } from "../io/message_pipe.ts";
import { requireIpAddress } from "../io/socket_address.ts";
import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { PathFit } from "../model/path_fit.ts";
import type { ReorderLimits, SequenceLimits } from "../model/sequence_limits.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type {
  AttachmentBinding,
  Command,
  DatagramBinding,
  HandoverPipes,
  Report,
  SessionBinding,
  SocketBinding,
  TapBinding,
  TunBinding,
} from "./commands.ts";
import { allocateCounters, type FrameCounters, readCounters } from "./counters.ts";
import type { RoutePrefix } from "./route_table.ts";
import { readerOf } from "./spread.ts";
import { DEFAULT_SEQUENCE_LIMITS } from "./sequencing.ts";
import { checkDescriptor } from "./descriptor_check.ts";
import { allocatePeerNumbering } from "./peer_numbering.ts";
import { allocateTurnTimes, readTurnTimes, type TurnTimes } from "./turn_times.ts";
import { WorkerLink } from "./worker_link.ts";

/** A TUN; `routes` are written `10.0.0.7` and `fd00:7::/64`. See `TunBinding`. */
export interface TunPort extends Omit<TunBinding, "routes"> {
  readonly routes?: readonly string[] | undefined;
}

/** Where a session's frames come from and go to. */
export type SessionPort =
  | (TapBinding | TunPort | DatagramBinding) & {
    /** The interface was deleted under the session, which no frame will leave again. */
    readonly onGone?: () => void;
  }
  | {
    readonly kind: "streams";
    /** Frames from the peer; they belong to the receiver. */
    readonly onFrames: (frames: readonly Uint8Array<ArrayBuffer>[]) => void;
  };

/** A session to carry. */
export interface SessionInstallation {
  /** Names the session; the control plane's handle will do. */
  readonly key: number;
  readonly descriptor: SessionDescriptor;
  /** The socket that its packets leave and arrive by. */
  readonly socketKey: number;
  readonly port: SessionPort;
  /**
   * Payloads from the peer that are the link's own control frames, whole as they came: of PPP all
   * but open network protocols, of Frame Relay Inverse ARP, of Cisco HDLC SLARP. They belong to the
   * receiver. Only where the port is not of the pseudowire's own kind. Default: they are lost.
   */
  readonly onPunt?: (frames: readonly Uint8Array<ArrayBuffer>[]) => void;
  /** Whether it may send from the start. Default false. */
  readonly transmit?: boolean;
  /** Whether what comes for it is taken from the start. Default true. */
  readonly receive?: boolean;
  /** How frames are made to fit the path. Default: they are not, and packets may be fragmented. */
  readonly fit?: PathFit | undefined;
  /** Packets are too long for the path, as the kernel knows it; not told of each. */
  readonly onPathRefused?: () => void;
  /** How order is judged on receipt (V3-DP-19, V3-DP-24). Default: `DEFAULT_SEQUENCE_LIMITS`. */
  readonly sequenceLimits?: SequenceLimits | undefined;
  /** Bounds of holding packets back until their turn. Default: they pass at once (V3-DP-21). */
  readonly reorder?: ReorderLimits | undefined;
}

/** A packet for a session that is not there. */
export type Stray = Omit<Extract<Report, { kind: "stray" }>, "kind">;

/** A control message that the kernel gave to the data plane. */
export type MisroutedControl = Omit<Extract<Report, { kind: "control" }>, "kind">;

/** How a data plane is made. */
export interface DataplaneOptions {
  /**
   * A worker died of a bug of ours: nothing is carried any more, and every later call fails but those
   * that take something away.
   * Default: the error is thrown where nobody catches it, which ends the program.
   */
  readonly onFault?: (error: Error) => void;
  /** Threads that share the work. Default 1. */
  readonly workers?: number;
  /** Whether workers practise before there is something to carry; see rehearsal.ts. Default false. */
  readonly rehearses?: boolean;
  /** A packet came for a session that is not there; not told of every one. */
  readonly onStray?: (stray: Stray) => void;
  /** A control message came by a data socket, aggregated with data. */
  readonly onControl?: (control: MisroutedControl) => void;
}

interface InstalledSession {
  readonly onPathRefused: (() => void) | undefined;
  readonly port: SessionPort;
  readonly onPunt: SessionInstallation["onPunt"];
  readonly counters: SharedArrayBuffer;
}

/**
 * Starts the workers.
 *
 * @throws {SystemError} where descriptors are short (EMFILE, ENFILE): none is kept, and no worker.
 */
export function openDataplane(options: DataplaneOptions = {}): Dataplane {
  return new Dataplane(options);
}

/** Workers, each with both directions of its share. */
export class Dataplane implements AsyncDisposable {
  /** How many workers there are. */
  readonly workers: number;
  readonly #rehearses: boolean;
  readonly #counters: SharedArrayBuffer;
  readonly #turnTimes: SharedArrayBuffer[] = [];
  readonly #sessions = new Map<number, InstalledSession>();
  /** What workers hand each other received frames by; nothing where there is one. */
  readonly #pipes: readonly MessagePipe[];
  readonly #links: readonly WorkerLink[];
  readonly #onFault: (error: Error) => void;
  readonly #onStray: (stray: Stray) => void;
  readonly #onControl: (control: MisroutedControl) => void;
  /** No command is taken any more: it was closed, or a worker has died. */
  #isOver = false;
  #closing: Promise<void> | undefined;

  constructor(options: DataplaneOptions) {
    const { onFault = throwUncaught, onStray = () => {}, onControl = () => {} } = options;
    this.#onFault = onFault;
    this.#onStray = onStray;
    this.#onControl = onControl;
    this.workers = options.workers ?? 1;
    this.#rehearses = options.rehearses ?? false;
    this.#counters = allocateCounters(this.workers);
    const workers = Array.from({ length: this.workers }, (_, worker) => worker);
    // No thread starts before there is all that each of them needs.
    using opening = new DisposableStack();
    const bells = workers.map(() => opening.use(openDoorbell()));
    this.#pipes = this.workers === 1
      ? []
      : workers.map(() => opening.adopt(openMessagePipe(), (pipe) => pipe.close()));
    this.#links = workers.map((worker) => this.#link(worker, bells[worker]!));
    opening.move();
  }

  /** Lends a data socket to the workers, until `removeSocket`. */
  async addSocket(socket: SocketBinding): Promise<void> {
    await this.#all({ kind: "addSocket", socket });
  }

  /**
   * Takes a data socket back; after that it may be closed.
   *
   * @throws {RangeError} while a session uses it.
   */
  async removeSocket(key: number): Promise<void> {
    await this.#takeBack({ kind: "removeSocket", key });
  }

  /**
   * Carries a session: it receives and sends where `receive` and `transmit` say so.
   *
   * @throws {RangeError} for a key or Session ID in use, a socket that was not added, or a
   *   descriptor that cannot be carried; the session is then not there.
   */
  async installSession(installation: SessionInstallation): Promise<void> {
    const { key, descriptor, socketKey, port, transmit = false, receive = true } = installation;
    checkDescriptor(descriptor);
    if (this.#sessions.has(key)) throw new RangeError(`session ${key} is installed already`);
    const { sequenceLimits = DEFAULT_SEQUENCE_LIMITS, reorder, fit } = installation;
    const { onPunt, onPathRefused } = installation;
    const counters = allocateCounters(this.workers);
    const session: SessionBinding = {
      key,
      descriptor,
      socketKey,
      attachment: bindingOf(port),
      transmit,
      receive,
      sequenceLimits,
      reorder,
      counters,
      peerNumbering: allocatePeerNumbering(),
      fit,
    };
    this.#sessions.set(key, { port, onPunt, onPathRefused, counters });
    try {
      await this.#all({ kind: "installSession", session });
    } catch (error) {
      await this.removeSession(key);
      throw error;
    }
  }

  /**
   * Gives a session another descriptor, with the same local Session ID or another; its sequence
   * numbers, counters and gate stay as they are.
   */
  async updateSession(key: number, descriptor: SessionDescriptor): Promise<void> {
    checkDescriptor(descriptor);
    await this.#all({ kind: "updateSession", key, descriptor });
  }

  /** Has a session's frames made to fit its path like this from now on. */
  async setFit(key: number, fit: PathFit): Promise<void> {
    await this.#all({ kind: "setFit", key, fit });
  }

  /** Lets a session send, or stops it: frames from its circuit are then dropped (V3-SLI-05). */
  async setTransmit(key: number, transmit: boolean): Promise<void> {
    await this.#all({ kind: "setTransmit", key, transmit });
  }

  /** Lets a session's packets in, or drops them (ECS-10). */
  async setReceive(key: number, receive: boolean): Promise<void> {
    await this.#all({ kind: "setReceive", key, receive });
  }

  /** Takes a session out; after that its TAP may be closed. One that is not there is no matter. */
  async removeSession(key: number): Promise<void> {
    await this.#takeBack({ kind: "removeSession", key });
    this.#sessions.delete(key);
  }

  /**
   * Says which protocols of a PPP session's peer are open: until then no data passes, and every
   * frame is punted. A payload of a protocol that is not open is dropped and counted.
   */
  async setPppProtocols(key: number, protocols: PppProtocols): Promise<void> {
    await this.#all({ kind: "setPppProtocols", key, protocols });
  }

  /**
   * Gives a session whose port is a TUN other addresses and prefixes; see `TunBinding`.
   *
   * @throws {RangeError | TypeError} for one that cannot be read, or that another session of the
   *   TUN has; the session then keeps what it has.
   */
  async setRoutes(key: number, routes: readonly string[]): Promise<void> {
    await this.#all({ kind: "setRoutes", key, routes: routes.map(parseRoute) });
  }

  /**
   * Sends payloads that are the link's own control frames, whole: those of PPP begin at address and
   * control. They are not among the frames that are counted.
   */
  async transmitPayloads(key: number, payloads: readonly Uint8Array[]): Promise<void> {
    await this.#senderOf(key).command({ kind: "transmitPayloads", key, payloads });
  }

  /**
   * Has the frames that a session with streams receives leave by another one, and no longer come to
   * `onFrames`: the workers see to that alone.
   *
   * @throws {RangeError} where one of the two is not there, or its port is not streams.
   */
  async passOn(key: number, to: number): Promise<void> {
    await this.#all({ kind: "passOn", key, to });
  }

  /**
   * Sends frames of a session whose port is streams; resolves when they have been forwarded or
   * dropped, which is also how fast to send the next.
   */
  async transmitFrames(key: number, frames: readonly Uint8Array[]): Promise<void> {
    await this.#senderOf(key).command({ kind: "transmitFrames", key, frames });
  }

  /** Resolves when all workers have answered; one that hangs never does. */
  async probe(): Promise<void> {
    await this.#all({ kind: "probe" });
  }

  /** What a session has carried and dropped, read without asking a worker. */
  counters(key: number): FrameCounters {
    const session = this.#sessions.get(key);
    if (session === undefined) throw new RangeError(`session ${key} is not installed`);
    return readCounters(session.counters);
  }

  /** Packets that were dropped before they were any session's. */
  workerCounters(): FrameCounters {
    return readCounters(this.#counters);
  }

  /** How long the turns of the workers have taken. */
  turnTimes(): TurnTimes {
    return readTurnTimes(this.#turnTimes);
  }

  /** Stops the workers; every descriptor lent to them may be closed after. */
  close(): Promise<void> {
    this.#isOver = true;
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
    for (const pipe of this.#pipes) pipe.close();
  }

  /** Has the workers give something back; once they have ended they hold nothing. */
  async #takeBack(command: Command): Promise<void> {
    try {
      if (!this.#isOver) return await this.#all(command);
    } catch (error) {
      if (!this.#isOver) throw error;
    }
    await this.close();
  }

  #link(worker: number, bell: Doorbell): WorkerLink {
    const turnTimes = allocateTurnTimes();
    this.#turnTimes.push(turnTimes);
    const { workers } = this;
    const counters = this.#counters;
    const start = {
      worker,
      workers,
      counters,
      turnTimes,
      handover: this.#handoverOf(worker),
      rehearses: this.#rehearses,
    };
    return new WorkerLink(start, bell, {
      onReport: (report) => this.#handle(report),
      onFault: (error) => {
        this.#isOver = true;
        this.#onFault(error);
      },
    });
  }

  #handoverOf(worker: number): HandoverPipes | undefined {
    const own = this.#pipes[worker];
    const writers = this.#pipes.map(({ writer }) => writer.number);
    return own && { reader: own.reader.number, writers };
  }

  /** All workers get a command before any is waited for; all have answered when it returns. */
  async #all(command: Command): Promise<void> {
    const [only, ...others] = this.#links;
    if (others.length === 0) return await only!.command(command);
    const answers = await Promise.allSettled(this.#links.map((link) => link.command(command)));
    for (const answer of answers) {
      if (answer.status === "rejected") throw answer.reason;
    }
  }

  /** The worker that sends what the main thread has for a session: whoever numbers its packets. */
  #senderOf(key: number): WorkerLink {
    const port = this.#sessions.get(key)?.port ?? { kind: "streams" };
    return this.#links[readerOf(port, key, this)]!;
  }

  #handle(report: Exclude<Report, { kind: "answers" }>): void {
    if (report.kind === "stray") return this.#onStray(report);
    if (report.kind === "control") return this.#onControl(report);
    const session = this.#sessions.get(report.key);
    if (session === undefined) return;
    const { port, onPunt, onPathRefused } = session;
    if (report.kind === "pathRefused") onPathRefused?.();
    else if (report.kind === "punted") onPunt?.(report.frames);
    else if (report.kind === "attachmentGone" && port.kind !== "streams") port.onGone?.();
    else if (report.kind === "frames" && port.kind === "streams") port.onFrames(report.frames);
  }
}

/** What of a port can be sent to a worker. */
function bindingOf(port: SessionPort): AttachmentBinding {
  if (port.kind === "streams") return { kind: "streams" };
  if (port.kind === "datagrams") return { kind: "datagrams", fd: port.fd, peer: port.peer };
  const { fd, queues, offloads = false, coalesces = false, isPacketSocket = false } = port;
  if (port.kind === "tap") return { kind: "tap", fd, queues, offloads, coalesces, isPacketSocket };
  return { kind: "tun", fd, queues, offloads, coalesces, routes: port.routes?.map(parseRoute) };
}

/** An address, or a prefix. @throws {TypeError | RangeError} for anything else. */
function parseRoute(text: string): RoutePrefix {
  const slash = text.indexOf("/");
  const { octets } = requireIpAddress(slash < 0 ? text : text.slice(0, slash));
  const bits = 8 * octets.length;
  const digits = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits) {
    throw new RangeError(`"${text}": a prefix length is 0 to ${bits}`);
  }
  return { octets, length: Number(digits), text };
}

function throwUncaught(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}

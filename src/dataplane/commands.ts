/**
 * What the main thread tells its workers, and what they tell it: plain values, one union each.
 *
 * Every command is answered under its number, in order. File descriptors
 * in commands are borrowed: the main thread keeps each open until the command that takes it away
 * has been answered.
 */

import type { Encapsulation, TransportAddress } from "../model/path.ts";
import type { PathFit } from "../model/path_fit.ts";
import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { ReorderLimits, SequenceLimits } from "../model/sequence_limits.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { RoutePrefix } from "./route_table.ts";
import type { WorkerPlace } from "./spread.ts";

/** A data socket that the workers use. */
export interface SocketBinding {
  /** Names the socket here and in `SessionBinding`. */
  readonly key: number;
  readonly fd: number;
  /** One for each worker, where there are several and the kernel gives each its share. */
  readonly shares?: readonly number[] | undefined;
  readonly encapsulation: Encapsulation;
  readonly family: "ipv4" | "ipv6";
  /** It has one address of ours, which packets by it come from anyway. Default false. */
  readonly bound?: boolean;
  /** Received packets of one flow and length may come together (`UDP_GRO`). Default false. */
  readonly aggregates?: boolean;
  /** The kernel can cut a message into packets (`UDP_SEGMENT`). Default false. */
  readonly segments?: boolean;
}

/** A TAP that the workers use. */
export interface TapBinding {
  readonly kind: "tap";
  readonly fd: number;
  /** What is read instead, one for each worker, where there are several. */
  readonly queues?: readonly number[] | undefined;
  /** Each frame is preceded by an offload header, and may be a super-frame. Default false. */
  readonly offloads?: boolean;
  /** Received segments are joined to super-frames; needs `offloads`. Default false. */
  readonly coalesces?: boolean;
  /**
   * It is no TAP but a packet socket on an interface of others, with offload headers and with VLAN
   * tags told aside; needs `offloads`. Default false.
   */
  readonly isPacketSocket?: boolean;
}

/** A Unix datagram socket that the workers use, one frame in each datagram. */
export interface DatagramBinding {
  readonly kind: "datagrams";
  readonly fd: number;
  /** Where frames from the peer are sent: the path of another program's socket. */
  readonly peer: string;
}

/** A TUN that the workers use; the sessions that name one descriptor share the interface. */
export interface TunBinding extends Omit<TapBinding, "kind"> {
  readonly kind: "tun";
  /**
   * Addresses and prefixes behind the session: packets of the TUN to them are the session's, and
   * what comes from the peer must be from them. Default: the TUN is the session's own, and
   * everything passes.
   */
  readonly routes?: readonly RoutePrefix[] | undefined;
}

/** Where a session's frames come from and go to, as the workers see it. */
export type AttachmentBinding =
  | TapBinding
  | TunBinding
  | DatagramBinding
  | { readonly kind: "streams" };

/** A session to carry. */
export interface SessionBinding {
  /** Names the session; the control plane's handle will do. */
  readonly key: number;
  readonly descriptor: SessionDescriptor;
  /** The socket its packets leave and arrive by. */
  readonly socketKey: number;
  readonly attachment: AttachmentBinding;
  /** Whether it may send from the start. */
  readonly transmit: boolean;
  /** Whether what comes for it is taken from the start. */
  readonly receive: boolean;
  /** How order is judged on receipt. Default: `DEFAULT_SEQUENCE_LIMITS`. */
  readonly sequenceLimits: SequenceLimits;
  /** Default: what comes before its turn passes at once. */
  readonly reorder?: ReorderLimits | undefined;
  /** Made by `allocateCounters`. */
  readonly counters: SharedArrayBuffer;
  /** Made by `allocatePeerNumbering`. */
  readonly peerNumbering: SharedArrayBuffer;
  /** Default: nothing is done so that frames fit, and packets may be fragmented. */
  readonly fit?: PathFit | undefined;
}

/** One thing for a worker to do. */
export type Command =
  | { readonly kind: "addSocket"; readonly socket: SocketBinding }
  | { readonly kind: "removeSocket"; readonly key: number }
  | { readonly kind: "installSession"; readonly session: SessionBinding }
  | {
    readonly kind: "updateSession";
    readonly key: number;
    readonly descriptor: SessionDescriptor;
  }
  | { readonly kind: "removeSession"; readonly key: number }
  /** Of what is sent only. */
  | { readonly kind: "setTransmit"; readonly key: number; readonly transmit: boolean }
  /** Of what is received only. */
  | { readonly kind: "setReceive"; readonly key: number; readonly receive: boolean }
  | { readonly kind: "setFit"; readonly key: number; readonly fit: PathFit }
  | { readonly kind: "setPppProtocols"; readonly key: number; readonly protocols: PppProtocols }
  /** Of a session whose attachment is a TUN. */
  | { readonly kind: "setRoutes"; readonly key: number; readonly routes: readonly RoutePrefix[] }
  /**
   * Of a session whose attachment is streams: frames from its peer leave by another one's from now
   * on, without the main thread's seeing them.
   */
  | { readonly kind: "passOn"; readonly key: number; readonly to: number }
  /** Frames of a session whose attachment is streams; to one worker only. */
  | {
    readonly kind: "transmitFrames";
    readonly key: number;
    readonly frames: readonly Uint8Array[];
  }
  /** Payloads that the main thread made; to one worker only. */
  | {
    readonly kind: "transmitPayloads";
    readonly key: number;
    readonly payloads: readonly Uint8Array[];
  }
  /** Nothing but the answer, which only a loop that goes round gives. */
  | { readonly kind: "probe" }
  | { readonly kind: "stop" };

/** A command with the number of its answer. */
export interface NumberedCommand {
  readonly id: number;
  readonly command: Command;
}

/** What became of a command. */
export interface Answer {
  readonly id: number;
  /** Why it was not done, if it was not. */
  readonly refusal: string | undefined;
}

/** The first message to a worker; every later one is a list of commands, announced by the doorbell. */
export interface WorkerStart extends WorkerPlace {
  /**
   * What workers hand each other received frames by, where there are several: the end that this one
   * reads, and those that it writes, the one of each worker in its place.
   */
  readonly handover?: HandoverPipes | undefined;
  /** Whether it practises, as long as there is nothing to do; see rehearsal.ts. */
  readonly rehearses?: boolean;
  /** The doorbell's file descriptor. */
  readonly doorbell: number;
  /** For what belongs to no session; made by `allocateCounters`. */
  readonly counters: SharedArrayBuffer;
  /** How long its turns take; made by `allocateTurnTimes`. */
  readonly turnTimes: SharedArrayBuffer;
}

/** Descriptors of message pipes, of one worker. */
export interface HandoverPipes {
  readonly reader: number;
  readonly writers: readonly number[];
}

/** What a worker tells the main thread. */
export type Report =
  /** To all commands of one message, in their order. */
  | { readonly kind: "answers"; readonly answers: readonly Answer[] }
  /** Frames for a session whose attachment is streams; they belong to the receiver. */
  | {
    readonly kind: "frames";
    readonly key: number;
    readonly frames: readonly Uint8Array<ArrayBuffer>[];
  }
  /** Payloads that are the link's own control frames; they belong to the receiver. */
  | {
    readonly kind: "punted";
    readonly key: number;
    readonly frames: readonly Uint8Array<ArrayBuffer>[];
  }
  /** A packet came for a session that is not there; one of many, where there are many. */
  | {
    readonly kind: "stray";
    /** The socket that it came by. */
    readonly socketKey: number;
    readonly remote: TransportAddress;
    /** The address of ours that it was sent to, where the socket has more than one. */
    readonly local: string | undefined;
  }
  /** A control message that came by a data socket, aggregated with data. */
  | {
    readonly kind: "control";
    readonly socketKey: number;
    readonly remote: TransportAddress;
    readonly local: string | undefined;
    /** They belong to the receiver. */
    readonly octets: Uint8Array<ArrayBuffer>;
  }
  /** A session's packets are too long for the path, as the kernel knows it; not told of each. */
  | { readonly kind: "pathRefused"; readonly key: number }
  /** A session's TAP or TUN was deleted under it: no frame will come from it again. */
  | { readonly kind: "attachmentGone"; readonly key: number };

/**
 * A session compiled for the data path: what each direction needs of a `SessionDescriptor`, as
 * numbers and a stamped header.
 *
 * Read RFC 3931 §4.1.1.1, §4.1.2.1 (the two data headers), §4.6 and §5.4.4, and RFC 2661 §3.1 and
 * §5.4 first. A row belongs to the worker of its direction.
 */

import { KEYED_SESSION_ID } from "../model/identifiers.ts";
import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { DataSequencing, SessionDescriptor } from "../model/session_descriptor.ts";
import {
  COOKIE_OFFSET,
  encodeSessionHeader,
  sessionHeaderLength,
  SUBLAYER_LENGTH,
} from "../wire/session_header.ts";
import { encodeV2DataHeader } from "../wire/v2_data_header.ts";
import type { Pseudowire } from "../pseudowire/pseudowire.ts";
import { pseudowireFor } from "../pseudowire/selection.ts";
import type { DirectionCounters } from "./counters.ts";
import { type FrameFit, portHeaderOf } from "./fit/frame_fit.ts";
import type { PortHeader } from "./fit/inner_ip.ts";
import type { FrameSink } from "./frame_port.ts";
import type { PeerNumbering } from "./peer_numbering.ts";
import type { ReorderBuffer } from "./reorder_buffer.ts";
import type { RouteTable } from "./route_table.ts";
import type { SequenceLimits } from "../model/sequence_limits.ts";
import { ONLY_WORKER } from "./spread.ts";
import { SEQUENCE_SPACE, SequenceState, V2_SEQUENCE_SPACE } from "./sequencing.ts";

/** The direction from the attachment circuit to the peer. */
export class TransmitRow {
  readonly key: number;
  readonly network: FrameSink;
  readonly counters: DirectionCounters;
  readonly pseudowire: Pseudowire;
  readonly isTransparent: boolean;
  readonly shortestFrame: number;
  /** Zero while the peer's id is not known; then the row must not be opened. */
  readonly remoteSessionId: number;
  /** The whole header in words; where it has a number, the last word is its place. */
  header: Uint32Array<ArrayBuffer>;
  headerLength: number;
  /** A Default L2-Specific Sublayer, or Ns and Nr. */
  hasNumber: boolean;
  /** L2TPv2: the header tells the packet's length. */
  readonly hasLength: boolean;
  sequencing: DataSequencing;
  readonly sequenceMask: number;
  /** The next packet's number, if it carries one; a session begins at 0 (V3-DP-15). */
  sequence = 0;
  /** Whether the session may send at all. */
  open = false;
  /** What of PPP may pass, once it has been said. */
  pppProtocols: PppProtocols | undefined;
  readonly #descriptor: SessionDescriptor;
  readonly #peer: PeerNumbering | undefined;
  /** What makes its frames fit the path, where anything does. */
  fit: FrameFit | undefined;
  /** Where answers to the senders of frames that are too long go. */
  answers: FrameSink | undefined;

  /** @param peer is what a LAC follows where the descriptor says so. */
  constructor(
    key: number,
    descriptor: SessionDescriptor,
    network: FrameSink,
    counters: DirectionCounters,
    peer?: PeerNumbering,
  ) {
    this.key = key;
    this.network = network;
    this.counters = counters;
    this.pseudowire = pseudowireFor(descriptor);
    this.remoteSessionId = descriptor.remoteSessionId;
    this.isTransparent = this.pseudowire.isTransparent;
    this.shortestFrame = this.pseudowire.shortestFrame;
    this.hasLength = descriptor.version === 2;
    this.sequenceMask = (this.hasLength ? V2_SEQUENCE_SPACE : SEQUENCE_SPACE) - 1;
    this.sequencing = descriptor.transmitSequencing;
    this.header = stampHeader(descriptor, this.sequencing);
    this.headerLength = this.header.length * 4;
    this.hasNumber = numbersLastWord(descriptor, this.sequencing);
    this.#descriptor = descriptor;
    this.#peer = descriptor.sequencingFollowsPeer === true ? peer : undefined;
  }

  /** Once per batch: numbers packets, or stops it, as the peer does (V2-DP-04..06). */
  followPeer(): void {
    if (this.#peer === undefined) return;
    const numbered = this.#peer.numbers(this.sequencing === "all");
    if (numbered === (this.sequencing === "all")) return;
    this.sequencing = numbered ? "all" : "none";
    this.header = stampHeader(this.#descriptor, this.sequencing);
    this.headerLength = this.header.length * 4;
    this.hasNumber = numbered;
  }

  /** Takes over where an earlier row of the same session stands. */
  continueFrom(earlier: TransmitRow): void {
    this.sequence = earlier.sequence;
    this.open = earlier.open && this.remoteSessionId !== 0;
    this.fit = earlier.fit;
    this.answers = earlier.answers;
    keepPppProtocols(this, earlier);
  }
}

/** What else a row of the way in may be given. */
export interface ReceiveOptions {
  /** How order is judged. Default: `DEFAULT_SEQUENCE_LIMITS`. */
  readonly limits?: SequenceLimits | undefined;
  /** Where it is noted whether an L2TPv2 peer numbers its packets. */
  readonly peer?: PeerNumbering | undefined;
  /** Where packets wait that come before their turn. Default: they pass at once. */
  readonly reorder?: ReorderBuffer | undefined;
  /** The worker that receives for the session, or `ANY_WORKER`. Default: the only one. */
  readonly worker?: number;
}

function lookupIdOf(descriptor: SessionDescriptor, socketKey: number): number {
  const { version, localTunnelId, localSessionId } = descriptor;
  if (version === 2) return v2LookupId(localTunnelId!, localSessionId);
  return localSessionId === KEYED_SESSION_ID ? socketKey : localSessionId;
}

/** The direction from the peer to the attachment circuit. */
export class ReceiveRow {
  readonly key: number;
  readonly attachment: FrameSink;
  readonly counters: DirectionCounters;
  readonly sessionId: number;
  /**
   * What packets are looked up by: the Session ID, L2TPv2's Tunnel ID before it, or, of a keyed
   * tunnel, the socket.
   */
  readonly lookupId: number;
  readonly isV2: boolean;
  /** The socket its packets come by: every raw socket gets a copy of every packet. */
  readonly socketKey: number;
  /** The worker that receives for the session; `ANY_WORKER`: that of each flow. */
  readonly worker: number;
  /** What the port's frames begin with, where flows can be told apart. */
  readonly portHeader: PortHeader | undefined;
  /** From the start of the packet: cookie, sublayer, and the frame itself. */
  readonly cookieOffset: number;
  readonly frameOffset: number;
  readonly pseudowire: Pseudowire;
  readonly isTransparent: boolean;
  readonly shortestPayload: number;
  readonly cookieLength: number;
  readonly cookieFirst: number;
  readonly cookieSecond: number;
  /** Another that is taken too, of the same length; the same one where there is none. */
  readonly otherCookieFirst: number;
  readonly otherCookieSecond: number;
  /** Where the sublayer's sequence number is to be looked at; 0 where it is not (V3-DP-26). */
  readonly sequenceOffset: number;
  sequence: SequenceState;
  /** Where packets wait that come before their turn; where there is none they pass at once. */
  readonly reorder: ReorderBuffer | undefined;
  /** Whether packets are taken at all: not in standby (ECS-10). */
  open = true;
  /** What of PPP may pass, once it has been said. */
  pppProtocols: PppProtocols | undefined;
  /** Where packets may come from, all the same session's; everything where there is none. */
  sources: RouteTable | undefined;
  /** Where an L2TPv2 peer's numbering is noted. */
  readonly peer: PeerNumbering | undefined;
  /** What makes its frames fit the path, where anything does. */
  fit: FrameFit | undefined;

  constructor(
    key: number,
    descriptor: SessionDescriptor,
    socketKey: number,
    attachment: FrameSink,
    counters: DirectionCounters,
    { limits, peer, reorder, worker = ONLY_WORKER.worker }: ReceiveOptions = {},
  ) {
    const cookie = descriptor.receiveCookie;
    const { encapsulation } = descriptor.path;
    const hasSublayer = descriptor.receiveSublayer === "default";
    this.key = key;
    this.attachment = attachment;
    this.counters = counters;
    this.sessionId = descriptor.localSessionId;
    this.isV2 = descriptor.version === 2;
    this.lookupId = lookupIdOf(descriptor, socketKey);
    this.peer = descriptor.sequencingFollowsPeer === true ? peer : undefined;
    this.socketKey = socketKey;
    this.worker = worker;
    this.portHeader = portHeaderOf(descriptor);
    this.cookieOffset = COOKIE_OFFSET[encapsulation];
    this.frameOffset = sessionHeaderLength(encapsulation, cookie.length, hasSublayer);
    this.pseudowire = pseudowireFor(descriptor);
    this.isTransparent = this.pseudowire.isTransparent;
    this.shortestPayload = this.pseudowire.shortestPayload;
    this.cookieLength = cookie.length;
    this.cookieFirst = cookie.length > 0 ? wordOf(cookie, 0) : 0;
    this.cookieSecond = cookie.length > 4 ? wordOf(cookie, 4) : 0;
    const other = descriptor.otherReceiveCookie ?? cookie;
    this.otherCookieFirst = other.length > 0 ? wordOf(other, 0) : 0;
    this.otherCookieSecond = other.length > 4 ? wordOf(other, 4) : 0;
    this.sequenceOffset = hasSublayer && descriptor.receiveSequencing !== "none"
      ? this.frameOffset - SUBLAYER_LENGTH
      : 0;
    this.reorder = reorder;
    this.sequence = new SequenceState(limits, this.isV2 ? V2_SEQUENCE_SPACE : SEQUENCE_SPACE);
  }

  /** Takes over where an earlier row of the same session stands. */
  continueFrom(earlier: ReceiveRow): void {
    this.sequence = earlier.sequence;
    this.open = earlier.open;
    this.sources = earlier.sources;
    this.fit = earlier.fit;
    keepPppProtocols(this, earlier);
  }
}

function keepPppProtocols<Row extends TransmitRow | ReceiveRow>(row: Row, earlier: Row): void {
  if (earlier.pppProtocols === undefined) return;
  row.pppProtocols = earlier.pppProtocols;
  row.pseudowire.setPppProtocols?.(earlier.pppProtocols);
}

function wordOf(octets: Uint8Array, offset: number): number {
  return new DataView(octets.buffer, octets.byteOffset, octets.length).getUint32(offset);
}

/** One number of an L2TPv2 session's two: 32 bits, signed, which a Map finds fastest. */
export function v2LookupId(tunnelId: number, sessionId: number): number {
  return tunnelId << 16 | sessionId;
}

/** The header in words of 32 bits, which is how it is written before each frame. */
function stampHeader(
  descriptor: SessionDescriptor,
  sequencing: DataSequencing,
): Uint32Array<ArrayBuffer> {
  const header = descriptor.version === 2
    ? encodeV2DataHeader({
      tunnelId: descriptor.remoteTunnelId!,
      sessionId: descriptor.remoteSessionId,
      numbered: sequencing === "all",
    })
    : encodeSessionHeader({
      encapsulation: descriptor.path.encapsulation,
      sessionId: descriptor.remoteSessionId,
      cookie: descriptor.transmitCookie,
      hasSublayer: descriptor.transmitSublayer === "default",
    });
  return Uint32Array.from({ length: header.length / 4 }, (_, word) => wordOf(header, 4 * word));
}

/** Whether the header's last word is for a number, or for the sublayer that says there is none. */
function numbersLastWord(descriptor: SessionDescriptor, sequencing: DataSequencing): boolean {
  if (descriptor.version === 2) return sequencing === "all";
  return descriptor.transmitSublayer === "default";
}

/** Whether one worker has to send for the session: packets that have numbers, or may get them. */
export function numbersWhatItSends(descriptor: SessionDescriptor): boolean {
  return descriptor.transmitSequencing !== "none" || descriptor.sequencingFollowsPeer === true;
}

/** Whether one worker has to receive for the session: an L2TPv2 peer may number as it likes. */
export function numbersWhatItReceives(descriptor: SessionDescriptor): boolean {
  return descriptor.version === 2 || descriptor.receiveSequencing !== "none";
}

/**
 * A session compiled for the data path: what each direction needs of a `SessionDescriptor`, as
 * numbers and a stamped header.
 *
 * Read RFC 3931 §4.1.1.1, §4.1.2.1 (the two data headers), §4.6 and §5.4.4 first. A row belongs to
 * the worker of its direction.
 */

import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { DataSequencing, SessionDescriptor } from "../model/session_descriptor.ts";
import {
  COOKIE_OFFSET,
  encodeSessionHeader,
  sessionHeaderLength,
  SUBLAYER_LENGTH,
} from "../wire/session_header.ts";
import { type Pseudowire, pseudowireFor } from "../pseudowire/pseudowire.ts";
import type { DirectionCounters } from "./counters.ts";
import type { FrameSink } from "./frame_port.ts";
import { type SequenceLimits, SequenceState } from "./sequencing.ts";

/**
 * Refuses what no row can be made of.
 *
 * @throws {RangeError} for a version, id, cookie or sequencing that cannot be carried.
 */
export function checkDescriptor(descriptor: SessionDescriptor): void {
  if (descriptor.version === 2) {
    throw new RangeError("an L2TPv2 session cannot be carried: the data plane knows version 3");
  }
  if (descriptor.localSessionId === 0) {
    throw new RangeError("local Session ID is 0; it should be 1 to 4294967295 (V3-IP-05)");
  }
  for (const cookie of [descriptor.receiveCookie, descriptor.transmitCookie]) {
    if (cookie.length !== 0 && cookie.length !== 4 && cookie.length !== 8) {
      throw new RangeError(
        `a cookie has ${cookie.length} octets; it should be 0, 4 or 8 (V3-DP-03)`,
      );
    }
  }
  const unnumbered = (descriptor.transmitSequencing !== "none" &&
    descriptor.transmitSublayer === "none") ||
    (descriptor.receiveSequencing !== "none" && descriptor.receiveSublayer === "none");
  if (unnumbered) {
    throw new RangeError("sequencing needs the default L2-Specific Sublayer (V3-DP-30)");
  }
  pseudowireFor(descriptor);
}

/** The direction from the attachment circuit to the peer. */
export class TransmitRow {
  readonly key: number;
  readonly network: FrameSink;
  readonly counters: DirectionCounters;
  readonly pseudowire: Pseudowire;
  /** Zero while the peer's id is not known; then the row must not be opened. */
  readonly remoteSessionId: number;
  /** The whole header in words; with a sublayer, the last word is its place. */
  readonly header: Uint32Array<ArrayBuffer>;
  readonly headerLength: number;
  readonly hasSublayer: boolean;
  readonly sequencing: DataSequencing;
  /** The next packet's number, if it carries one; a session begins at 0 (V3-DP-15). */
  sequence = 0;
  /** Whether the session may send at all. */
  open = false;
  /** What of PPP may pass, once it has been said. */
  pppProtocols: PppProtocols | undefined;

  constructor(
    key: number,
    descriptor: SessionDescriptor,
    network: FrameSink,
    counters: DirectionCounters,
  ) {
    this.key = key;
    this.network = network;
    this.counters = counters;
    this.pseudowire = pseudowireFor(descriptor);
    this.remoteSessionId = descriptor.remoteSessionId;
    this.header = stampHeader(descriptor);
    this.headerLength = this.header.length * 4;
    this.hasSublayer = descriptor.transmitSublayer === "default";
    this.sequencing = descriptor.transmitSequencing;
  }

  /** Takes over where an earlier row of the same session stands. */
  continueFrom(earlier: TransmitRow): void {
    this.sequence = earlier.sequence;
    this.open = earlier.open && this.remoteSessionId !== 0;
    keepPppProtocols(this, earlier);
  }
}

/** The direction from the peer to the attachment circuit. */
export class ReceiveRow {
  readonly key: number;
  readonly attachment: FrameSink;
  readonly counters: DirectionCounters;
  readonly sessionId: number;
  /** The socket its packets come by: every raw socket gets a copy of every packet. */
  readonly socketKey: number;
  /** From the start of the packet: cookie, sublayer, and the frame itself. */
  readonly cookieOffset: number;
  readonly frameOffset: number;
  readonly pseudowire: Pseudowire;
  readonly shortestPayload: number;
  readonly cookieLength: number;
  readonly cookieFirst: number;
  readonly cookieSecond: number;
  /** Where the sublayer's sequence number is to be looked at; 0 where it is not (V3-DP-26). */
  readonly sequenceOffset: number;
  sequence: SequenceState;
  /** Whether packets are taken at all: not in standby (ECS-10). */
  open = true;
  /** What of PPP may pass, once it has been said. */
  pppProtocols: PppProtocols | undefined;

  constructor(
    key: number,
    descriptor: SessionDescriptor,
    socketKey: number,
    attachment: FrameSink,
    counters: DirectionCounters,
    limits?: SequenceLimits,
  ) {
    const cookie = descriptor.receiveCookie;
    const { encapsulation } = descriptor.path;
    const hasSublayer = descriptor.receiveSublayer === "default";
    this.key = key;
    this.attachment = attachment;
    this.counters = counters;
    this.sessionId = descriptor.localSessionId;
    this.socketKey = socketKey;
    this.cookieOffset = COOKIE_OFFSET[encapsulation];
    this.frameOffset = sessionHeaderLength(encapsulation, cookie.length, hasSublayer);
    this.pseudowire = pseudowireFor(descriptor);
    this.shortestPayload = this.pseudowire.shortestPayload;
    this.cookieLength = cookie.length;
    this.cookieFirst = cookie.length > 0 ? wordOf(cookie, 0) : 0;
    this.cookieSecond = cookie.length > 4 ? wordOf(cookie, 4) : 0;
    this.sequenceOffset = hasSublayer && descriptor.receiveSequencing !== "none"
      ? this.frameOffset - SUBLAYER_LENGTH
      : 0;
    this.sequence = new SequenceState(limits);
  }

  /** Takes over where an earlier row of the same session stands. */
  continueFrom(earlier: ReceiveRow): void {
    this.sequence = earlier.sequence;
    this.open = earlier.open;
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

/** The header in words of 32 bits, which is how it is written before each frame. */
function stampHeader(descriptor: SessionDescriptor): Uint32Array<ArrayBuffer> {
  const header = encodeSessionHeader({
    encapsulation: descriptor.path.encapsulation,
    sessionId: descriptor.remoteSessionId,
    cookie: descriptor.transmitCookie,
    hasSublayer: descriptor.transmitSublayer === "default",
  });
  return Uint32Array.from({ length: header.length / 4 }, (_, word) => wordOf(header, 4 * word));
}

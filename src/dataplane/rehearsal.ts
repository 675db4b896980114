/**
 * A worker's practice before its first packets: one frame goes round and round, in by a socket of
 * loopback and out again, through the very functions that carry everybody's.
 *
 * The engine optimises what has been called hundreds of times, and calls to the C library are
 * direct in optimised code only. A link with little traffic would be slow for a minute.
 */

import { type DatagramSocket, openDatagramSocket } from "../io/datagram_socket.ts";
import { type MessagePipe, openMessagePipe } from "../io/message_pipe.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { SessionBinding, WorkerStart } from "./commands.ts";
import { allocateCounters } from "./counters.ts";
import type { RoomWatch } from "./direction_work.ts";
import { DuplexWork } from "./duplex_work.ts";
import { allocatePeerNumbering } from "./peer_numbering.ts";
import { DEFAULT_SEQUENCE_LIMITS } from "./sequencing.ts";

/** What it takes until nothing gets faster any more; some 50 ms of a processor. */
const ROUNDS = 3000;
/** So few that what comes meanwhile waits for less than a millisecond. */
const ROUNDS_AT_ONCE = 16;

const KEY = 1;
const LOOPBACK = "127.0.0.1";
const COOKIE = new Uint8Array(8);
/** Of the header over UDP (RFC 3931 §4.1.2.1): version 3, and the Session ID. */
const HEADER = [0, 3, 0, 0, 0, 0, 0, KEY];
/** As long as that of a ping. */
const FRAME_OCTETS = 98;
const ETHERTYPE_AT = 12;
const IPV4_AT = 14;
const IPV4_START = [0x45, 0, 0, FRAME_OCTETS - IPV4_AT];

/** One session between a socket and itself, whose interface is a pipe. */
export class Rehearsal implements Disposable {
  readonly #socket: DatagramSocket;
  readonly #pipe: MessagePipe;
  readonly #opened: DisposableStack;
  readonly #work: DuplexWork;
  /** What would be woken in a round, in its order. */
  readonly #tokens: number[] = [];
  #rounds = 0;

  /**
   * @param counters take what the frame has counted.
   * @throws {SystemError} where there is no loopback.
   */
  constructor(place: WorkerStart, counters: SharedArrayBuffer = allocateCounters()) {
    using opening = new DisposableStack();
    this.#socket = opening.use(openDatagramSocket({ kind: "udp", address: LOOPBACK }));
    this.#pipe = opening.adopt(openMessagePipe(), (pipe) => pipe.close());
    const start = { ...place, worker: 0, workers: 1, handover: undefined };
    const watch = watchInto(this.#tokens);
    this.#work = new DuplexWork(watch, watchInto([]), 1, () => {}, { ...start, counters });
    this.#lend(counters);
    const packet = Uint8Array.from([...HEADER, ...COOKIE, ...pingFrame()]);
    this.#socket.send(packet, this.#socket.local, this.#socket.local);
    this.#opened = opening.move();
  }

  /** Practises for a moment; whether it was not the last time. */
  goOn(): boolean {
    for (let round = 0; round < ROUNDS_AT_ONCE; round++) {
      for (const token of this.#tokens) this.#work.turn(token);
    }
    this.#rounds += ROUNDS_AT_ONCE;
    return this.#rounds < ROUNDS;
  }

  [Symbol.dispose](): void {
    this.#opened.dispose();
  }

  #lend(counters: SharedArrayBuffer): void {
    this.#work.apply({
      kind: "addSocket",
      socket: {
        key: KEY,
        fd: this.#socket.descriptor.number,
        encapsulation: "udp",
        family: "ipv4",
        aggregates: this.#socket.enableAggregation(),
        segments: this.#socket.canSegment(),
      },
    });
    this.#work.apply({ kind: "installSession", session: this.#session(counters) });
  }

  #session(counters: SharedArrayBuffer): SessionBinding {
    const { reader, writer } = this.#pipe;
    return {
      key: KEY,
      descriptor: descriptorAt(this.#socket.local),
      socketKey: KEY,
      attachment: {
        kind: "tap",
        fd: writer.number,
        queues: [reader.number],
        offloads: true,
        coalesces: true,
      },
      transmit: true,
      receive: true,
      sequenceLimits: DEFAULT_SEQUENCE_LIMITS,
      counters,
      peerNumbering: allocatePeerNumbering(),
    };
  }
}

/** Nothing is waited for: it only remembers what it was to watch. */
function watchInto(tokens: number[]): RoomWatch {
  return {
    add: (_fd, token) => tokens.push(token),
    remove: () => {},
    wait: () => 0,
    token: () => 0,
    waitForRoom: () => false,
  };
}

function descriptorAt(end: SessionDescriptor["path"]["local"]): SessionDescriptor {
  return {
    version: 3,
    path: { encapsulation: "udp", local: end, remote: end },
    pseudowire: "ethernet",
    localSessionId: KEY,
    remoteSessionId: KEY,
    receiveCookie: COOKIE,
    transmitCookie: COOKIE,
    receiveSublayer: "none",
    transmitSublayer: "none",
    receiveSequencing: "none",
    transmitSequencing: "none",
  };
}

function pingFrame(): Uint8Array {
  const frame = new Uint8Array(FRAME_OCTETS);
  frame[ETHERTYPE_AT] = 8;
  frame.set(IPV4_START, IPV4_AT);
  return frame;
}

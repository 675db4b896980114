/**
 * From the network to attachment circuits, one turn at a time: a batch comes in at a socket, every
 * packet meets its session's row, and runs of frames of one session leave by its port.
 *
 * Knows ports, rows and counters, and no system call: the worker drives it with sockets, TAPs and
 * TUNs, tests with queues. Read RFC 3931 §4.5 first.
 */

import { KEYED_SESSION_ID } from "../model/identifiers.ts";
import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { DirectionCounters } from "./counters.ts";
import { checkDataMessage, decapsulate, sessionIdOf } from "./decapsulate.ts";
import { checkV2DataMessage, decapsulateV2, v2LookupIdOf } from "./decapsulate_v2.ts";
import {
  DROP_CONTROL,
  DROP_PUNTED,
  DROP_UNKNOWN_SESSION,
  DROP_WRONG_TRANSPORT,
  type DropCode,
  HELD,
  NOT_DROPPED,
  PUNTED,
  V2_DATA,
} from "./drop_reason.ts";
import type { FrameFit } from "./fit/frame_fit.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSource } from "./frame_port.ts";
import { allowPpp, sendRun } from "./frame_run.ts";
import type { Handover, HandoverSource } from "./handover.ts";
import { type HeldListener, releaseHeld } from "./receive_order.ts";
import type { RouteTable } from "./route_table.ts";
import type { ReceiveRow } from "./session_row.ts";

/** A socket that packets come by. */
export interface NetworkSource extends FrameSource {
  readonly key: number;
  readonly overUdp: boolean;
}

/** What is told of packets that are no session's frames. */
export interface DecapListener {
  /**
   * Where in the batch a packet for a session that is not there lies, and who received it. At most
   * once per batch, as `onControl`: peers say again what was not acknowledged.
   */
  onStray?(socketKey: number, start: number): void;
  /**
   * Which packet of the batch is a control message. The kernel's split cannot see those that it
   * aggregated with data before it (`UDP_GRO` looks at lengths only).
   */
  onControl?(socketKey: number, index: number): void;
  /** Which packet of a batch is now a payload for the main thread; answers whether it takes it. */
  onPunt?(sessionKey: number, batch: FrameBatch, index: number): DropCode;
}

/** Packets to frames. */
export class DecapForwarder {
  readonly #batch: FrameBatch;
  readonly #bySessionId = new Map<number, ReceiveRow>();
  /** Those of keyed tunnels, by their sockets: the id is the same for all of them (K6-02). */
  readonly #bySocket = new Map<number, ReceiveRow>();
  /** Those of L2TPv2, by Tunnel ID and Session ID. */
  readonly #byV2Id = new Map<number, ReceiveRow>();
  readonly #byKey = new Map<number, ReceiveRow>();
  readonly #counters: DirectionCounters;
  readonly #listener: DecapListener;
  /** Where the batch's first packet for no session lies; -1 where there was none. */
  #stray = -1;
  /** Which of the batch's packets is its first control message over UDP; -1 where there is none. */
  #control = -1;

  /** The sessions whose packets may be held until their turn. */
  readonly #ordered: ReceiveRow[] = [];
  /** A session of which something held is due. */
  #due: ReceiveRow | undefined;
  readonly #onHeldEnd: HeldListener = (row, batch, slot, why) => this.#end(row, batch, slot, why);

  /** Takes what other workers have to do; absent where there are none. */
  readonly #handover: Handover | undefined;

  /** @param counters take what belongs to no session. */
  constructor(
    batch: FrameBatch,
    counters: DirectionCounters,
    listener: DecapListener = {},
    handover?: Handover,
  ) {
    this.#batch = batch;
    this.#counters = counters;
    this.#listener = listener;
    this.#handover = handover;
  }

  /**
   * Makes a session known; one that has its key already goes on with its sequence numbers.
   *
   * @throws {RangeError} where another session has the Session ID.
   */
  install(row: ReceiveRow): void {
    const holder = this.#tableOf(row).get(row.lookupId);
    if (holder !== undefined && holder.key !== row.key) {
      throw new RangeError(`Session ID ${row.sessionId} is in use by another session`);
    }
    const known = this.#byKey.get(row.key);
    if (known !== undefined) {
      row.continueFrom(known);
      this.#forget(known);
    }
    this.#byKey.set(row.key, row);
    this.#tableOf(row).set(row.lookupId, row);
    if (row.reorder !== undefined) this.#ordered.push(row);
  }

  /**
   * Lets a session's packets in, or drops them.
   *
   * @throws {RangeError} for a session that is not known.
   */
  setReceive(key: number, receive: boolean): void {
    const row = this.#byKey.get(key);
    if (row === undefined) throw new RangeError(`session ${key} is not installed`);
    row.open = receive;
  }

  /**
   * Says what of PPP may pass.
   *
   * @throws {RangeError} for a session that is not known, or carries no PPP.
   */
  setPppProtocols(key: number, protocols: PppProtocols): void {
    allowPpp(key, this.#byKey.get(key), protocols);
  }

  /**
   * Has only packets pass that come from these addresses.
   *
   * @throws {RangeError} for a session that is not known.
   */
  setSources(key: number, sources: RouteTable): void {
    const row = this.#byKey.get(key);
    if (row === undefined) throw new RangeError(`session ${key} is not installed`);
    row.sources = sources;
  }

  /**
   * Says what makes a session's frames fit its path.
   *
   * @throws {RangeError} for a session that is not known.
   */
  setFit(key: number, fit: FrameFit | undefined): void {
    const row = this.#byKey.get(key);
    if (row === undefined) throw new RangeError(`session ${key} is not installed`);
    row.fit = fit;
  }

  /** Forgets a session. */
  remove(key: number): void {
    const row = this.#byKey.get(key);
    if (row === undefined) return;
    this.#byKey.delete(key);
    this.#forget(row);
  }

  #forget(row: ReceiveRow): void {
    this.#tableOf(row).delete(row.lookupId);
    const place = this.#ordered.indexOf(row);
    if (place >= 0) this.#ordered.splice(place, 1);
  }

  /**
   * Delivers what has been held for long enough.
   *
   * @returns how many milliseconds from now there will be something to deliver; `Infinity` for
   *   nothing.
   */
  tend(now: number): number {
    let next = Infinity;
    for (const row of this.#ordered) {
      const { reorder } = row;
      if (reorder === undefined || reorder.isEmpty) continue;
      reorder.tend(now);
      if (reorder.isDue) releaseHeld(row, this.#onHeldEnd);
      next = Math.min(next, reorder.tend(now));
    }
    return next;
  }

  #tableOf(row: ReceiveRow): Map<number, ReceiveRow> {
    if (row.isV2) return this.#byV2Id;
    return row.sessionId === KEYED_SESSION_ID ? this.#bySocket : this.#bySessionId;
  }

  /**
   * Forwards what waits at a socket, as much as one read brings.
   *
   * @returns the number of packets, or `SOURCE_GONE`.
   */
  turn(source: NetworkSource): number {
    let count = this.#forward(source);
    while (source.unfinished) count += this.#forward(source);
    return count;
  }

  /** Forwards a message of what another worker has received; the number of frames. */
  turnHandedOver(source: HandoverSource): number {
    const count = source.receive(this.#batch);
    this.#carry(count, undefined, source);
    return count;
  }

  #forward(source: NetworkSource): number {
    const count = source.receive(this.#batch);
    this.#carry(count, source, undefined);
    this.#handover?.flush();
    if (this.#stray >= 0) this.#tellStray(source);
    if (this.#control >= 0) this.#tellControl(source);
    return count;
  }

  /** What lies in the batch, from one of two sources, to the sessions' ports. */
  #carry(
    count: number,
    source: NetworkSource | undefined,
    handedOver: HandoverSource | undefined,
  ): void {
    let row: ReceiveRow | undefined;
    let first = 0;
    for (let index = 0; index < count; index++) {
      const next = source === undefined
        ? this.#acceptHandedOver(handedOver!, index)
        : this.#accept(source, index, row);
      if (next !== row) {
        this.#deliver(row, first, index);
        row = next;
        first = index;
      }
      if (this.#due === undefined) continue;
      this.#deliver(row, first, index + 1);
      row = undefined;
      this.#release();
    }
    this.#deliver(row, first, count);
  }

  /** A packet as `#accept` would take it, or a frame that needs nothing more. */
  #acceptHandedOver({ keys, isPacket }: HandoverSource, index: number): ReceiveRow | undefined {
    const row = this.#byKey.get(keys[index]!);
    if (row === undefined) return this.#drop(DROP_UNKNOWN_SESSION);
    return isPacket[index] === 0 ? row : this.#take(row, index);
  }

  #release(): void {
    const row = this.#due!;
    this.#due = undefined;
    releaseHeld(row, this.#onHeldEnd);
  }

  #tellStray({ key }: NetworkSource): void {
    const start = this.#stray;
    this.#stray = -1;
    this.#listener.onStray?.(key, start);
  }

  #tellControl({ key }: NetworkSource): void {
    const index = this.#control;
    this.#control = -1;
    this.#listener.onControl?.(key, index);
  }

  /**
   * The session whose frame packet `index` now is, or `undefined` where it was dropped. Mostly it is
   * the last one's again, which then need not be looked up.
   */
  #accept(
    source: NetworkSource,
    index: number,
    last: ReceiveRow | undefined,
  ): ReceiveRow | undefined {
    const look = checkDataMessage(this.#batch, index, source.overUdp);
    if (look === V2_DATA) return this.#acceptV2(source, index);
    if (look === DROP_CONTROL && source.overUdp && this.#control < 0) this.#control = index;
    if (look !== NOT_DROPPED) return this.#drop(look);
    const id = sessionIdOf(this.#batch, index, source.overUdp);
    const again = last !== undefined && last.sessionId === id && !last.isV2;
    if (!again && id === KEYED_SESSION_ID) return this.#acceptKeyed(source, index);
    const row = again ? last : this.#bySessionId.get(id);
    if (row === undefined) return this.#dropStray(index);
    return this.#own(row, source, index);
  }

  /** Sockets for every address get a copy of what a keyed tunnel's own socket has got. */
  #acceptKeyed(source: NetworkSource, index: number): ReceiveRow | undefined {
    const row = this.#bySocket.get(source.key);
    if (row !== undefined) return this.#own(row, source, index);
    return this.#bySocket.size > 0 ? this.#drop(DROP_WRONG_TRANSPORT) : this.#dropStray(index);
  }

  #acceptV2(source: NetworkSource, index: number): ReceiveRow | undefined {
    const bad = checkV2DataMessage(this.#batch, index);
    if (bad !== NOT_DROPPED) return this.#drop(bad);
    const row = this.#byV2Id.get(v2LookupIdOf(this.#batch, index));
    if (row === undefined) return this.#dropStray(index);
    return this.#own(row, source, index);
  }

  /** A session's packet: now a frame of its port, if it is for this worker and nothing is wrong. */
  #own(row: ReceiveRow, source: NetworkSource, index: number): ReceiveRow | undefined {
    const batch = this.#batch;
    if (row.socketKey !== source.key) return this.#end(row, batch, index, DROP_WRONG_TRANSPORT);
    const handover = this.#handover;
    if (handover === undefined) return this.#take(row, index);
    if (handover.takesPacket(row, batch, index) || this.#take(row, index) === undefined) return;
    return handover.takesFrame(row, batch, index) ? undefined : row;
  }

  /** A session's packet: now a frame of its port, or not. */
  #take(row: ReceiveRow, index: number): ReceiveRow | undefined {
    const drop = row.isV2
      ? decapsulateV2(row, this.#batch, index)
      : decapsulate(row, this.#batch, index);
    if (row.reorder !== undefined && row.reorder.isDue) this.#due = row;
    if (drop !== NOT_DROPPED) return this.#end(row, this.#batch, index, drop);
    const loss = row.fit === undefined ? NOT_DROPPED : row.fit.receive(this.#batch, index);
    return loss === NOT_DROPPED ? row : this.#end(row, this.#batch, index, loss);
  }

  /** A session's packet that is none of its port's frames, or not yet. */
  #end(row: ReceiveRow, batch: FrameBatch, index: number, drop: DropCode): undefined {
    if (drop === HELD) return;
    const reason = drop === PUNTED ? this.#punt(row.key, batch, index) : drop;
    if (reason !== NOT_DROPPED) row.counters.dropped(reason);
  }

  #punt(key: number, batch: FrameBatch, index: number): DropCode {
    return this.#listener.onPunt?.(key, batch, index) ?? DROP_PUNTED;
  }

  #dropStray(index: number): undefined {
    if (this.#stray < 0) this.#stray = this.#batch.starts[index]!;
    this.#drop(DROP_UNKNOWN_SESSION);
  }

  #drop(code: DropCode): undefined {
    this.#counters.dropped(code);
  }

  #deliver(row: ReceiveRow | undefined, first: number, end: number): void {
    if (row === undefined) return;
    sendRun(row.attachment, this.#batch, first, end, row.counters);
  }
}

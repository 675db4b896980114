/**
 * From attachment circuits to the network, one turn at a time: a batch comes in at a port, every
 * frame meets its session's row, and runs of frames of one session leave by its socket.
 *
 * Knows ports, rows and counters, and no system call: the worker drives it with TAPs, TUNs and
 * sockets, tests with queues. Read RFC 3931 §4.5 first.
 */

import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { DirectionCounters } from "./counters.ts";
import { DROP_NO_ROUTE, DROP_TOO_BIG, NOT_DROPPED } from "./drop_reason.ts";
import { encapsulate, encapsulatePayload } from "./encapsulate.ts";
import { ANSWERED, CARRIED, type FrameFit } from "./fit/frame_fit.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { FrameSink, FrameSource } from "./frame_port.ts";
import { allowPpp, sendRun } from "./frame_run.ts";
import type { RouteTable } from "./route_table.ts";
import type { TransmitRow } from "./session_row.ts";

/** Frames to packets. */
export class EncapForwarder {
  readonly #batch: FrameBatch;
  readonly #rows = new Map<number, TransmitRow>();

  readonly #spare: FrameBatch | undefined;

  /** @param spare is for frames that are made here; it shares the batch's memory. */
  constructor(batch: FrameBatch, spare?: FrameBatch) {
    this.#batch = batch;
    this.#spare = spare;
  }

  /** Makes a session known; one that has its key already goes on with its numbers and its gate. */
  install(row: TransmitRow): void {
    const known = this.#rows.get(row.key);
    if (known !== undefined) row.continueFrom(known);
    this.#rows.set(row.key, row);
  }

  /**
   * Lets a session send, or stops it.
   *
   * @throws {RangeError} for a session that is not known, or may send without the peer's id.
   */
  setTransmit(key: number, transmit: boolean): void {
    const row = this.#rows.get(key);
    if (row === undefined) throw new RangeError(`session ${key} is not installed`);
    if (transmit && row.remoteSessionId === 0) {
      throw new RangeError(`session ${key} cannot send: the peer's Session ID is not known`);
    }
    row.open = transmit;
  }

  /**
   * Says what of PPP may pass.
   *
   * @throws {RangeError} for a session that is not known, or carries no PPP.
   */
  setPppProtocols(key: number, protocols: PppProtocols): void {
    allowPpp(key, this.#rows.get(key), protocols);
  }

  /**
   * Says what makes a session's frames fit its path, and where answers to their senders go.
   *
   * @throws {RangeError} for a session that is not known.
   */
  setFit(key: number, fit: FrameFit | undefined, answers: FrameSink | undefined): void {
    const row = this.#rows.get(key);
    if (row === undefined) throw new RangeError(`session ${key} is not installed`);
    row.fit = fit;
    row.answers = answers;
  }

  /** Forgets a session. */
  remove(key: number): void {
    this.#rows.delete(key);
  }

  /**
   * Forwards what waits at a session's attachment circuit, as much as one read brings.
   *
   * @returns the number of frames, or `SOURCE_GONE`.
   */
  turn(key: number, attachment: FrameSource): number {
    const row = this.#rows.get(key);
    if (row === undefined) return 0;
    let count = this.#forward(row, attachment);
    while (attachment.unfinished) count += this.#forward(row, attachment);
    return count;
  }

  /**
   * Sends what the main thread made for a session's peer: payloads, not frames of the port, which
   * are therefore not among the frames that are counted.
   *
   * @returns the number of payloads.
   */
  sendPayloads(key: number, payloads: FrameSource): number {
    const row = this.#rows.get(key);
    if (row === undefined) return 0;
    const batch = this.#batch;
    const count = payloads.receive(batch);
    row.followPeer();
    for (let index = 0; index < count; index++) {
      batch.trafficClasses[index] = 0;
      batch.drops[index] = encapsulatePayload(row, batch, index);
      if (batch.drops[index] === NOT_DROPPED) row.network.send(batch, index, 1);
      if (batch.drops[index] !== NOT_DROPPED) row.counters.dropped(batch.drops[index]!);
    }
    return count;
  }

  /**
   * Forwards what waits at a TUN that sessions share, each packet by the session that its
   * destination leads to.
   *
   * @param strays take what leads to none.
   * @returns the number of packets, or `SOURCE_GONE`.
   */
  turnShared(tun: FrameSource, routes: RouteTable, strays: DirectionCounters): number {
    let count = this.#distribute(tun, routes, strays);
    while (tun.unfinished) count += this.#distribute(tun, routes, strays);
    return count;
  }

  #distribute(tun: FrameSource, routes: RouteTable, strays: DirectionCounters): number {
    const count = tun.receive(this.#batch);
    for (let first = 0; first < count;) {
      const key = this.#keyOf(routes, first);
      let end = first + 1;
      while (end < count && this.#keyOf(routes, end) === key) end += 1;
      const row = this.#rows.get(key);
      if (row !== undefined) this.#forwardRun(row, first, end);
      else for (let index = first; index < end; index++) strays.dropped(DROP_NO_ROUTE);
      first = end;
    }
    return count;
  }

  #keyOf(routes: RouteTable, index: number): number {
    const { view, starts, lengths } = this.#batch;
    return routes.byDestination(view, starts[index]!, lengths[index]!);
  }

  #forward(row: TransmitRow, attachment: FrameSource): number {
    const count = attachment.receive(this.#batch);
    this.#forwardRun(row, 0, count);
    return count;
  }

  #forwardRun(row: TransmitRow, from: number, end: number): void {
    row.followPeer();
    let first = from;
    for (let index = from; index < end; index++) {
      if (row.fit !== undefined && this.#replace(row, row.fit, first, index)) {
        first = index + 1;
        continue;
      }
      row.fit?.mark(this.#batch, index);
      const drop = encapsulate(row, this.#batch, index);
      if (drop === NOT_DROPPED) continue;
      row.counters.dropped(drop);
      this.#send(row, first, index);
      first = index + 1;
    }
    this.#send(row, first, end);
  }

  /** Makes frame `index` fit. Whether something took its place; those before it are then sent. */
  #replace(row: TransmitRow, fit: FrameFit, first: number, index: number): boolean {
    if (!fit.isTooLong(this.#batch, index)) {
      fit.clamp(this.#batch, index);
      return false;
    }
    if (this.#spare === undefined || !row.open) return false;
    const made = fit.replace(this.#batch, index, this.#spare);
    if (made === CARRIED || (made === ANSWERED && row.answers === undefined)) return false;
    this.#send(row, first, index);
    if (made === ANSWERED) {
      row.counters.dropped(DROP_TOO_BIG);
      row.answers?.send(this.#spare, 0, 1);
    } else {
      this.#sendFragments(row, this.#spare, made);
    }
    return true;
  }

  #sendFragments(row: TransmitRow, fragments: FrameBatch, count: number): void {
    for (let index = 0; index < count; index++) {
      row.fit?.mark(fragments, index);
      const drop = encapsulate(row, fragments, index);
      if (drop === NOT_DROPPED) continue;
      row.counters.dropped(drop);
      count = index;
    }
    sendRun(row.network, fragments, 0, count, row.counters);
  }

  #send(row: TransmitRow, first: number, end: number): void {
    sendRun(row.network, this.#batch, first, end, row.counters);
  }
}

/**
 * Busy sockets are looked at every now and then instead of being waited for, as network cards
 * moderate their interrupts: who sends need not wake the worker for each few packets, and what
 * comes in between is forwarded together.
 *
 * What a busy socket gets waits for up to `INTERVAL_MS`, and what the kernel adds to so short a
 * wait; a lone packet, or a few, never. In the meantime everything else is served.
 */

import type { PausableWatch } from "./direction_work.ts";

/** A socket that has had so many packets at once is busy, until it has had fewer. */
const BUSY_PACKETS = 4;

/**
 * Between two looks, as is usual for the kernel's own (`gro_flush_timeout`): some thirty full-size
 * packets of a TCP stream, where the socket has room for thousands.
 */
const INTERVAL_MS = 0.2;

/** A socket that is watched. */
export interface WatchedSocket {
  readonly fd: number;
}

interface Busy<Socket> {
  readonly socket: Socket;
  /** When to look again; `undefined` where the clock has not been asked yet. */
  due: number | undefined;
}

/** The busy ones among the sockets that a worker reads. */
export class Moderation<Socket extends WatchedSocket> {
  readonly #watch: PausableWatch;
  readonly #read: (socket: Socket) => number;
  readonly #most: number;
  readonly #busy: Busy<Socket>[] = [];

  /**
   * @param read forwards what waits at a socket; how many packets that was.
   * @param most packets at once, after which there may be more.
   */
  constructor(watch: PausableWatch, read: (socket: Socket) => number, most: number) {
    this.#watch = watch;
    this.#read = read;
    this.#most = most;
  }

  /** A socket was read because something waited there: so many packets. */
  note(socket: Socket, packets: number): void {
    if (packets < BUSY_PACKETS || this.#busy.some((busy) => busy.socket === socket)) return;
    this.#watch.pause(socket.fd);
    this.#busy.push({ socket, due: undefined });
  }

  /** A socket is read no longer. */
  forget(socket: Socket): void {
    const place = this.#busy.findIndex((busy) => busy.socket === socket);
    if (place < 0) return;
    this.#busy.splice(place, 1);
    this.#watch.resume(socket.fd);
  }

  /** Looks where it is time; in how many milliseconds it will be again, `Infinity` for never. */
  tend(now: number): number {
    let next = Infinity;
    for (let place = this.#busy.length - 1; place >= 0; place--) {
      const busy = this.#busy[place]!;
      if (busy.due === undefined) busy.due = now + INTERVAL_MS;
      else if (now >= busy.due && !this.#look(busy, now)) continue;
      next = Math.min(next, busy.due - now);
    }
    return next;
  }

  /** Whether the socket is still busy. */
  #look(busy: Busy<Socket>, now: number): boolean {
    const packets = this.#read(busy.socket);
    busy.due = packets < this.#most ? now + INTERVAL_MS : now;
    if (packets < BUSY_PACKETS) this.forget(busy.socket);
    return packets >= BUSY_PACKETS;
  }
}

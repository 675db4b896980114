/**
 * What one worker does: both directions, which share nothing but their thread. See DESIGN section 5.
 *
 * An answer to what has just been received is then sent without another thread's being woken, which
 * is most of what a lone packet waits for. What is received does not wait for a line that is full:
 * while the one direction waits for room to send, the other goes on. See RFC 3931 §4.5.
 */

import type { Command, WorkerStart } from "./commands.ts";
import { DecapWork } from "./decap_work.ts";
import type {
  DirectionWork,
  PausableWatch,
  ReadinessWatch,
  Reporter,
  RoomWatch,
} from "./direction_work.ts";
import { EncapWork } from "./encap_work.ts";
import type { ForwardFrames } from "./onward_sink.ts";

/** The directions' tokens: each has as many as it wants from its first one on. */
const FIRST_DECAP_TOKEN = 0x2000_0000;

/** How long a socket without room may hold up what is to be sent. */
const SEND_WAIT_MS = 10;

/**
 * What the decap direction watches: among all that the worker watches, and, once a line has been
 * full, alone as well. Not before, for each packet that arrives is told to every watch.
 */
class ReceivingWatch implements PausableWatch {
  readonly #all: ReadinessWatch;
  readonly #alone: RoomWatch;
  /** Tokens by descriptor. */
  readonly #watched = new Map<number, number>();
  #isAlone = false;

  constructor(all: ReadinessWatch, alone: RoomWatch) {
    this.#all = all;
    this.#alone = alone;
  }

  add(fd: number, token: number): void {
    this.#all.add(fd, token);
    this.#watched.set(fd, token);
    if (this.#isAlone) this.#alone.add(fd, token);
  }

  remove(fd: number): void {
    this.#all.remove(fd);
    this.#watched.delete(fd);
    if (this.#isAlone) this.#alone.remove(fd);
  }

  pause(fd: number): void {
    this.#all.remove(fd);
  }

  resume(fd: number): void {
    this.#all.add(fd, this.#watched.get(fd)!);
  }

  /** The watch of these alone, whether they are paused or not. */
  alone(): RoomWatch {
    if (!this.#isAlone) {
      for (const [fd, token] of this.#watched) this.#alone.add(fd, token);
      this.#isAlone = true;
    }
    return this.#alone;
  }
}

/** Both directions of a worker. */
export class DuplexWork implements DirectionWork {
  readonly #encap: EncapWork;
  readonly #decap: DecapWork;
  readonly #receiving: ReceivingWatch;

  /**
   * @param receiving is another watch, with nothing in it yet.
   * @param firstToken is the first of the tokens that may be given to the watches.
   */
  constructor(
    watch: ReadinessWatch,
    receiving: RoomWatch,
    firstToken: number,
    report: Reporter,
    start: WorkerStart,
  ) {
    const waitForRoom = (fd: number) => this.#waitForRoom(fd);
    this.#receiving = new ReceivingWatch(watch, receiving);
    this.#encap = new EncapWork(watch, firstToken, report, start, waitForRoom);
    const forward: ForwardFrames = (key, frames) => this.#encap.forward(key, frames);
    this.#decap = new DecapWork(this.#receiving, FIRST_DECAP_TOKEN, report, start, forward);
  }

  apply(command: Command): void {
    this.#encap.apply(command);
    this.#decap.apply(command);
  }

  turn(token: number): number {
    return token < FIRST_DECAP_TOKEN ? this.#encap.turn(token) : this.#decap.turn(token);
  }

  tend(now: number): number {
    return Math.min(this.#encap.tend(), this.#decap.tend(now));
  }

  #waitForRoom(fd: number): boolean {
    // What is received and goes on would go out from within what is being sent.
    const receiving = this.#receiving.alone();
    if (this.#decap.passesOn) return receiving.waitForRoom(fd, SEND_WAIT_MS, false);
    const end = performance.now() + SEND_WAIT_MS;
    for (let left = SEND_WAIT_MS; left > 0; left = end - performance.now()) {
      if (receiving.waitForRoom(fd, Math.ceil(left), true)) return true;
      const ready = receiving.wait(0);
      for (let index = 0; index < ready; index++) this.#decap.turn(receiving.token(index));
    }
    return false;
  }
}

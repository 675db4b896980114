/**
 * What the two directions of the data plane have in common: how the worker's loop drives one, and
 * tables of what the main thread has named.
 */

import type { Command, Report, SessionBinding, SocketBinding } from "./commands.ts";
import type { WorkerPlace } from "./spread.ts";

/** A direction: what commands change and what readiness drives. */
export interface DirectionWork {
  /** @throws {RangeError} for a command that names what is not there, or is there already. */
  apply(command: Command): void;
  /** What was added to the watch under this token is ready; how many packets it brought. */
  turn(token: number): number;
  /**
   * Does what is due by `now`, of the monotonic clock; in how many milliseconds there will be more,
   * `Infinity` for never.
   */
  tend(now: number): number;
}

/** Says when a descriptor is readable: the worker's poller. */
export interface ReadinessWatch {
  add(fd: number, token: number): void;
  remove(fd: number): void;
}

/** One that leaves descriptors out for a while. */
export interface PausableWatch extends ReadinessWatch {
  /** Says no longer that a descriptor is readable. */
  pause(fd: number): void;
  /** Says it again, also of what has come in the meantime. */
  resume(fd: number): void;
}

/** One that can be asked what is ready, and waited with for another descriptor: a poller. */
export interface RoomWatch extends ReadinessWatch {
  /** How many are ready, after at most `timeoutMs`. */
  wait(timeoutMs: number): number;
  /** The token of the `index`-th of those. */
  token(index: number): number;
  /**
   * Blocks until `fd` has room to write, or `timeoutMs` passed; or, where `endsEarly`, something
   * watched is ready. Whether there is room.
   */
  waitForRoom(fd: number, timeoutMs: number, endsEarly: boolean): boolean;
}

/** The way to the main thread; what is in `transfer` changes hands. */
export type Reporter = (report: Report, transfer: Transferable[]) => void;

/** Things under the keys that the main thread gave them. */
export class Registry<Value> {
  readonly #values = new Map<number, Value>();
  readonly #noun: string;

  constructor(noun: string) {
    this.#noun = noun;
  }

  /** @throws {RangeError} for a key that is taken. */
  requireFree(key: number): void {
    if (this.#values.has(key)) throw new RangeError(`${this.#noun} ${key} is there already`);
  }

  /** @throws {RangeError} for a key that is taken. */
  add(key: number, value: Value): void {
    this.requireFree(key);
    this.#values.set(key, value);
  }

  /** @throws {RangeError} for a key that is not there. */
  find(key: number): Value {
    const value = this.#values.get(key);
    if (value === undefined) throw new RangeError(`${this.#noun} ${key} is not there`);
    return value;
  }

  remove(key: number): Value | undefined {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }
}

/** The descriptor of a socket that a worker is to use: its share, where there are several. */
export function shareOf({ fd, shares }: SocketBinding, { worker }: WorkerPlace): number {
  return shares?.[worker] ?? fd;
}

/** @throws {RangeError} where a session still uses the socket. */
export function refuseInUse(
  socketKey: number,
  sessions: Iterable<{ readonly binding: SessionBinding }>,
): void {
  for (const { binding } of sessions) {
    if (binding.socketKey !== socketKey) continue;
    throw new RangeError(`socket ${socketKey} is in use by session ${binding.key}`);
  }
}

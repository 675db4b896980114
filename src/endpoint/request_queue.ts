/**
 * Requests of peers on their way to whoever iterates over them.
 *
 * A request that comes before anybody iterates waits a while, so that a program that has just been
 * given a connection finds what the peer asked for in the meantime. What nobody takes is refused.
 */

/** What can be put in a queue: something that can be refused. */
export interface Refusable {
  /** Says no to the peer, when nobody has said anything yet. */
  refuse(): void;
}

/** Runs an action later, unless the answered function is called before. */
export type Schedule = (delayMs: number, action: () => void) => () => void;

/** How long a request waits for somebody to iterate. */
const HOLD_MS = 5000;
/** More waiting requests than this are refused at once. */
const CAPACITY = 1024;

/** Requests in the order they came, each handed to one iterator. */
export class RequestQueue<T extends Refusable> {
  readonly #schedule: Schedule;
  readonly #waiting: T[] = [];
  readonly #iterators = new Set<RequestIterator<T>>();
  #closed = false;
  #cancelExpiry: (() => void) | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** A peer's request has come. */
  offer(request: T): void {
    if (this.#closed || this.#waiting.length >= CAPACITY) return request.refuse();
    for (const iterator of this.#iterators) {
      if (iterator.give(request)) return;
    }
    this.#waiting.push(request);
    if (this.#iterators.size === 0) this.#expireLater();
  }

  /** The requests from now on; ends when the queue is closed. */
  iterate(): AsyncIterableIterator<T> {
    const iterator = new RequestIterator<T>(
      () => this.#waiting.shift(),
      (left) => this.#leave(left),
    );
    if (this.#closed) void iterator.return();
    else this.#iterators.add(iterator);
    return iterator;
  }

  /** Refuses what waits, and ends every iteration. */
  close(): void {
    this.#closed = true;
    this.#refuseAll();
    this.#cancelExpiry?.();
    for (const iterator of this.#iterators) void iterator.return();
  }

  #leave(iterator: RequestIterator<T>): void {
    this.#iterators.delete(iterator);
    if (this.#iterators.size === 0 && this.#waiting.length > 0) this.#expireLater();
  }

  #expireLater(): void {
    this.#cancelExpiry ??= this.#schedule(HOLD_MS, () => {
      this.#cancelExpiry = undefined;
      if (this.#iterators.size === 0) this.#refuseAll();
    });
  }

  #refuseAll(): void {
    for (const request of this.#waiting.splice(0)) request.refuse();
  }
}

/** One iteration over a queue; a request is given to the iterator that has asked. */
class RequestIterator<T> implements AsyncIterableIterator<T> {
  readonly #shift: () => T | undefined;
  readonly #leave: (iterator: RequestIterator<T>) => void;
  readonly #asked: ((result: IteratorResult<T>) => void)[] = [];
  #ended = false;

  constructor(shift: () => T | undefined, leave: (iterator: RequestIterator<T>) => void) {
    this.#shift = shift;
    this.#leave = leave;
  }

  /** Answers a `next()` that waits, where there is one. */
  give(request: T): boolean {
    const answer = this.#asked.shift();
    answer?.({ value: request, done: false });
    return answer !== undefined;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    const request = this.#shift();
    if (request !== undefined) return Promise.resolve({ value: request, done: false });
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#leave(this);
      for (const answer of this.#asked.splice(0)) answer({ value: undefined, done: true });
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

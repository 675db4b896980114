/**
 * Waiting for many descriptors at once: epoll, level-triggered.
 *
 * Workers block in `wait`; the main thread uses `waitAsync`, which blocks a thread of the pool
 * instead of the event loop. Nothing is allocated by `wait`. See epoll(7).
 */

import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_EVENT_DATA,
  EPOLL_EVENT_SIZE,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  O_CLOEXEC,
  POLLFD_SIZE,
} from "./abi.ts";
import { monotonicMs } from "./clock.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { lastErrno, libc } from "./libc.ts";
import { checked, EINTR, ENOENT, SystemError } from "./system_error.ts";

/** There is something to read. */
export const READABLE = EPOLLIN;
/** There is room to write. */
export const WRITABLE = EPOLLOUT;
/** The descriptor is broken (a TAP whose interface was deleted): always reported. */
export const BROKEN = EPOLLERR | EPOLLHUP;

/** Of a struct timespec. */
const TIMESPEC_SIZE = 16;
const TIMESPEC_NANOSECONDS = 8;

/** Of a struct pollfd. */
const POLLFD_EVENTS = 4;
const POLLFD_REVENTS = 6;
/** The descriptor that is to be written to, and the poller's own. */
const pair = new DataView(new ArrayBuffer(2 * POLLFD_SIZE));

/** Makes a poller that reports at most `capacity` descriptors per wait. */
export function openPoller(capacity = 64): Poller {
  const fd = checked(libc().epoll_create1(O_CLOEXEC), "epoll_create1", "make a poller");
  return new Poller(new FileDescriptor(fd), capacity);
}

/** An epoll set. After a wait, `token(i)` and `readiness(i)` describe what is ready. */
export class Poller implements Disposable {
  readonly #descriptor: FileDescriptor;
  readonly #capacity: number;
  readonly #events: DataView<ArrayBuffer>;
  readonly #change = new DataView(new ArrayBuffer(EPOLL_EVENT_SIZE));
  /** For waits that are shorter than what epoll_wait counts in: the set itself, and how long. */
  readonly #itself = new DataView(new ArrayBuffer(POLLFD_SIZE));
  readonly #briefTime = new DataView(new ArrayBuffer(TIMESPEC_SIZE));
  #waiting = false;

  constructor(descriptor: FileDescriptor, capacity: number) {
    this.#descriptor = descriptor;
    this.#capacity = capacity;
    this.#events = new DataView(new ArrayBuffer(EPOLL_EVENT_SIZE * capacity));
    this.#itself.setInt32(0, descriptor.number, true);
    this.#itself.setInt16(POLLFD_EVENTS, READABLE, true);
  }

  /** Adds a descriptor; `token` (unsigned, 32 bits) is what a wait names it by. */
  add(fd: number, token: number, interest: number = READABLE): void {
    this.#change.setUint32(0, interest, true);
    this.#change.setUint32(EPOLL_EVENT_DATA, token, true);
    checked(
      libc().epoll_ctl(this.#descriptor.number, EPOLL_CTL_ADD, fd, this.#change),
      "epoll_ctl",
      `poll file descriptor ${fd}`,
    );
  }

  /** Removes a descriptor, which must still be open; one that is not in the set is no matter. */
  remove(fd: number): void {
    const result = libc().epoll_ctl(this.#descriptor.number, EPOLL_CTL_DEL, fd, this.#change);
    if (result >= 0) return;
    const errno = lastErrno();
    if (errno !== ENOENT) throw new SystemError("epoll_ctl", errno, `stop polling ${fd}`);
  }

  /**
   * Blocks the thread until something is ready or `timeoutMs` passed (-1: for ever; of more than a
   * millisecond whole ones, rounded up). Returns how many descriptors are ready (0 after a timeout
   * or a signal), or minus errno.
   */
  wait(timeoutMs: number): number {
    const isBrief = timeoutMs > 0 && timeoutMs < 1;
    if (isBrief && this.#staysQuiet(timeoutMs)) return 0;
    const ready = libc().epoll_wait(
      this.#descriptor.number,
      this.#events,
      this.#capacity,
      isBrief ? 0 : Math.ceil(timeoutMs),
    );
    if (ready >= 0) return ready;
    const errno = lastErrno();
    return errno === EINTR ? 0 : -errno;
  }

  /**
   * Looks for up to `timeoutMs` at what is ready without ever sleeping, so that nobody has to wake
   * this thread; others that want the processor get it in between. Answers as `wait` does.
   */
  poll(timeoutMs: number): number {
    const end = monotonicMs() + timeoutMs;
    for (;;) {
      const ready = this.wait(0);
      if (ready !== 0 || monotonicMs() >= end) return ready;
      libc().sched_yield();
    }
  }

  /**
   * Blocks until `fd`, of whatever set, has room to write, or `timeoutMs` passed; or, where
   * `endsEarly`, something of this set is ready. Whether there is room. Allocates nothing.
   */
  waitForRoom(fd: number, timeoutMs: number, endsEarly: boolean): boolean {
    pair.setInt32(0, fd, true);
    pair.setInt16(POLLFD_EVENTS, WRITABLE, true);
    pair.setInt32(POLLFD_SIZE, this.#descriptor.number, true);
    pair.setInt16(POLLFD_SIZE + POLLFD_EVENTS, READABLE, true);
    return libc().poll(pair, endsEarly ? 2 : 1, timeoutMs) > 0 &&
      pair.getInt16(POLLFD_REVENTS, true) !== 0;
  }

  /**
   * As `wait`, without blocking the event loop. The promise keeps the program alive: end it with
   * a doorbell in the set before `close()`. One at a time.
   */
  async waitAsync(timeoutMs: number): Promise<number> {
    if (this.#waiting) throw new Error("this poller is waiting already");
    this.#waiting = true;
    try {
      const ready = await libc().epollWaitElsewhere(
        this.#descriptor.number,
        this.#events,
        this.#capacity,
        timeoutMs,
      );
      // That thread's errno is out of reach; asking again without waiting tells.
      return ready >= 0 ? ready : this.wait(0);
    } finally {
      this.#waiting = false;
    }
  }

  /** Waits for less than a millisecond (and what the kernel adds: 50 µs); whether nothing came. */
  #staysQuiet(timeoutMs: number): boolean {
    this.#briefTime.setUint32(TIMESPEC_NANOSECONDS, timeoutMs * 1_000_000, true);
    return libc().ppoll(this.#itself, 1, this.#briefTime, null) === 0;
  }

  /** The token of the `index`-th ready descriptor. */
  token(index: number): number {
    return this.#events.getUint32(index * EPOLL_EVENT_SIZE + EPOLL_EVENT_DATA, true);
  }

  /** What the `index`-th ready descriptor is ready for: READABLE, WRITABLE, BROKEN bits. */
  readiness(index: number): number {
    return this.#events.getUint32(index * EPOLL_EVENT_SIZE, true);
  }

  /** Closes the set. @throws {Error} while a `waitAsync` is under way. */
  close(): void {
    if (this.#waiting) throw new Error("a poller is closed after its wait has ended, not before");
    this.#descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

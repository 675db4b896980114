/**
 * An owned file descriptor: closed exactly once, by whoever holds this object.
 *
 * Workers borrow the number; `release()` hands ownership over in words.
 */

import { libc } from "./libc.ts";

/** A file descriptor and the duty to close it. */
export class FileDescriptor implements Disposable {
  #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  /** The descriptor's number. @throws {Error} after `close()` or `release()`. */
  get number(): number {
    if (this.#number < 0) throw new Error("the file descriptor is closed, or was released");
    return this.#number;
  }

  /** Whether the descriptor is still ours. */
  get open(): boolean {
    return this.#number >= 0;
  }

  /** Gives the number and the duty to close it to the caller. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    return number;
  }

  /** Closes the descriptor; again is nothing. */
  close(): void {
    if (this.#number < 0) return;
    // Linux frees the number even when close reports an error, so there is nothing to do about one.
    libc().close(this.#number);
    this.#number = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

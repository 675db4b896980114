/**
 * A doorbell: an eventfd that wakes whoever polls it, from any thread.
 *
 * A worker blocked in a system call ignores `terminate()` and messages; its doorbell is in its
 * poller's set, and is rung after a message was posted to it. See eventfd(2).
 */

import { O_CLOEXEC, O_NONBLOCK } from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { libc } from "./libc.ts";
import { checked } from "./system_error.ts";

const increment = new Uint8Array(new BigUint64Array([1n]).buffer);
const value = new Uint8Array(new ArrayBuffer(8));

/** Makes a doorbell; its `descriptor.number` can be handed to another thread. */
export function openDoorbell(): Doorbell {
  const fd = checked(libc().eventfd(0, O_NONBLOCK | O_CLOEXEC), "eventfd", "make a doorbell");
  return new Doorbell(new FileDescriptor(fd));
}

/** Rings a doorbell by its number, from any thread. */
export function ringDoorbell(fd: number): void {
  checked(libc().write(fd, increment, increment.length), "write", "ring a doorbell");
}

/**
 * Silences a doorbell and answers how often it rang since the last time; 0 when it did not.
 * Allocates nothing.
 */
export function answerDoorbell(fd: number): number {
  if (libc().read(fd, value, value.length) < 0) return 0;
  return (value[0] ?? 0) | (value[1] ?? 0) << 8 | (value[2] ?? 0) << 16;
}

/** An eventfd that is owned here. */
export class Doorbell implements Disposable {
  readonly descriptor: FileDescriptor;

  constructor(descriptor: FileDescriptor) {
    this.descriptor = descriptor;
  }

  /** Wakes the poller that has this doorbell in its set. */
  ring(): void {
    ringDoorbell(this.descriptor.number);
  }

  /** Silences the doorbell; how often it rang since the last time. */
  answer(): number {
    return answerDoorbell(this.descriptor.number);
  }

  /** Closes the eventfd. */
  close(): void {
    this.descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Options of sockets whose value is one number. See setsockopt(2) and socket(7). */

import { SOL_SOCKET } from "./abi.ts";
import { libc } from "./libc.ts";
import { checked } from "./system_error.ts";

/**
 * Sets an option.
 *
 * @throws {SystemError} when the kernel refuses; `attempt` says in it what was wanted.
 */
export function setSocketOption(
  fd: number,
  level: number,
  option: number,
  value: number,
  attempt: string,
): void {
  checked(write(fd, level, option, value), "setsockopt", attempt);
}

/** Sets an option that not every kernel knows; whether this one does. */
export function offerSocketOption(
  fd: number,
  level: number,
  option: number,
  value: number,
): boolean {
  return write(fd, level, option, value) === 0;
}

/** Sizes a buffer: beyond net.core.rmem_max and wmem_max with privilege, up to them without. */
export function setSocketBuffer(
  fd: number,
  [force, plain]: readonly [force: number, plain: number],
  octets: number,
  attempt: string,
): void {
  if (offerSocketOption(fd, SOL_SOCKET, force, octets)) return;
  setSocketOption(fd, SOL_SOCKET, plain, octets, attempt);
}

function write(fd: number, level: number, option: number, value: number): number {
  const cell = new Int32Array([value]);
  return libc().setsockopt(fd, level, option, cell, cell.byteLength);
}

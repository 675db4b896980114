/**
 * What the kernel said no to: the error of set-up calls. Hot calls return minus errno instead.
 *
 * See errno(3); numbers are the generic ones that x86-64 and arm64 share.
 */

import { lastErrno } from "./libc.ts";

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const EMFILE = 24;
export const ERANGE = 34;
export const ENOSYS = 38;
export const EBADFD = 77;
export const EDESTADDRREQ = 89;
export const EMSGSIZE = 90;
export const ENOPROTOOPT = 92;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETDOWN = 100;
export const ENETUNREACH = 101;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;
export const EHOSTDOWN = 112;
export const EHOSTUNREACH = 113;

const ERRORS: ReadonlyMap<number, readonly [code: string, text: string]> = new Map([
  [EPERM, ["EPERM", "operation not permitted"]],
  [ENOENT, ["ENOENT", "no such file or directory"]],
  [EINTR, ["EINTR", "interrupted"]],
  [EIO, ["EIO", "input/output error"]],
  [ENXIO, ["ENXIO", "no such device or address"]],
  [EBADF, ["EBADF", "bad file descriptor"]],
  [EAGAIN, ["EAGAIN", "try again"]],
  [ENOMEM, ["ENOMEM", "out of memory"]],
  [EACCES, ["EACCES", "permission denied"]],
  [EFAULT, ["EFAULT", "bad address"]],
  [EBUSY, ["EBUSY", "device or resource busy"]],
  [EEXIST, ["EEXIST", "exists already"]],
  [ENODEV, ["ENODEV", "no such device"]],
  [EINVAL, ["EINVAL", "invalid argument"]],
  [EMFILE, ["EMFILE", "too many open files"]],
  [ERANGE, ["ERANGE", "numerical result out of range"]],
  [ENOSYS, ["ENOSYS", "the kernel has no such call"]],
  [EBADFD, ["EBADFD", "file descriptor in bad state"]],
  [EDESTADDRREQ, ["EDESTADDRREQ", "destination address required"]],
  [EMSGSIZE, ["EMSGSIZE", "message too long"]],
  [ENOPROTOOPT, ["ENOPROTOOPT", "protocol option not available"]],
  [EOPNOTSUPP, ["EOPNOTSUPP", "operation not supported"]],
  [EAFNOSUPPORT, ["EAFNOSUPPORT", "address family not supported"]],
  [EADDRINUSE, ["EADDRINUSE", "address already in use"]],
  [EADDRNOTAVAIL, ["EADDRNOTAVAIL", "address is not ours"]],
  [ENETDOWN, ["ENETDOWN", "network is down"]],
  [ENETUNREACH, ["ENETUNREACH", "network is unreachable"]],
  [ENOBUFS, ["ENOBUFS", "no buffer space"]],
  [ECONNREFUSED, ["ECONNREFUSED", "connection refused"]],
  [EHOSTDOWN, ["EHOSTDOWN", "host is down"]],
  [EHOSTUNREACH, ["EHOSTUNREACH", "no route to host"]],
]);

/** `ENETUNREACH` for 101; `errno 200` for a number without a name here. */
export function errnoCode(errno: number): string {
  return ERRORS.get(errno)?.[0] ?? `errno ${errno}`;
}

/** An errno in words: `network is unreachable (ENETUNREACH)`. */
export function errnoText(errno: number): string {
  const known = ERRORS.get(errno);
  return known === undefined ? `errno ${errno}` : `${known[1]} (${known[0]})`;
}

/** A system call that failed, with what was being attempted. */
export class SystemError extends Error {
  /** The class's name, as `Error` has it. */
  override readonly name: string = "SystemError";
  /** The system call's name. */
  readonly syscall: string;
  /** The kernel's error number. */
  readonly errno: number;
  /** The errno's name, such as `EADDRINUSE`. */
  readonly code: string;
  /** What was attempted, in words: "bind UDP 192.0.2.1:1701". */
  readonly attempt: string;

  /**
   * An error of `syscall` with `errno`, met while `attempt` was being done; `remedy` says what to do,
   * by whoever knows more of it than the kernel.
   */
  constructor(syscall: string, errno: number, attempt: string, remedy?: string) {
    const told = remedy === undefined ? "" : `; ${remedy}`;
    super(`${attempt}: ${syscall}: ${errnoText(errno)}${told}`);
    this.syscall = syscall;
    this.errno = errno;
    this.code = errnoCode(errno);
    this.attempt = attempt;
  }
}

/**
 * Passes the result of a set-up call through, or throws what errno says. To be called with the
 * call as its argument: errno must be read next.
 */
export function checked(result: number, syscall: string, attempt: string): number {
  if (result < 0) throw new SystemError(syscall, lastErrno(), attempt);
  return result;
}

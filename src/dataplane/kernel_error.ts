/**
 * What the kernel's refusals mean on the data path: drop reasons where the network or an interface
 * is the cause, exceptions where only a bug of ours can be. See DESIGN section 5.
 */

import {
  EADDRNOTAVAIL,
  EAGAIN,
  EBADF,
  EBADFD,
  ECONNREFUSED,
  EFAULT,
  EHOSTDOWN,
  EHOSTUNREACH,
  EIO,
  EMSGSIZE,
  ENETDOWN,
  ENETUNREACH,
  ENOBUFS,
  ENOMEM,
  SystemError,
} from "../io/system_error.ts";
import {
  DROP_KERNEL,
  DROP_NO_BUFFER,
  DROP_OVERSIZE,
  DROP_TAP_DOWN,
  DROP_UNREACHABLE,
  type DropCode,
  NOT_DROPPED,
} from "./drop_reason.ts";

/** What a refused send or receive means. @throws {SystemError} where it can only be a bug of ours. */
export function dropForErrno(errno: number, syscall: string): DropCode {
  switch (errno) {
    case EMSGSIZE:
      return DROP_OVERSIZE;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return DROP_NO_BUFFER;
    case EADDRNOTAVAIL:
    case ECONNREFUSED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return DROP_UNREACHABLE;
    case EBADF:
    case EFAULT:
      throw new SystemError(syscall, errno, "forward a batch of frames");
    default:
      return DROP_KERNEL;
  }
}

/** What became of a frame written to a TAP, by what the write answered. */
export function dropForWritten(written: number): DropCode {
  if (written > 0) return NOT_DROPPED;
  if (written === 0) return DROP_NO_BUFFER;
  const errno = -written;
  return errno === EIO || errno === EBADFD || errno === ENETDOWN
    ? DROP_TAP_DOWN
    : dropForErrno(errno, "writev");
}

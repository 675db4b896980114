/**
 * Pseudo-terminals: a serial line between this process and another program, such as a pppd.
 *
 * See pty(7), ptmx(4) and ioctl_tty(2). The line is raw: octets pass as they are. The other program's
 * side is held open here, too, because a line whose last user has left is at its end for good.
 */

import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { cString, lastErrno, libc } from "./libc.ts";
import { checked, EAGAIN, EINTR } from "./system_error.ts";

const O_NOCTTY = 0x100;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;
const TCSETS = 0x5402;
/** struct termios of the kernel: four words of flags, the discipline, 19 control characters. */
const TERMIOS_SIZE = 36;
const TERMIOS_IFLAG = 0;
const TERMIOS_CFLAG = 8;
const TERMIOS_VMIN = 17 + 6;
const IGNBRK = 0x1;
/** 38,400 bit/s, which means nothing here; eight bits, the receiver on, no modem's lines. */
const CFLAG_RAW = 0xf | 0x30 | 0x80 | 0x800;
const READ_ROOM = 4096;

/**
 * Makes a pseudo-terminal.
 *
 * @throws {SystemError} ENOENT without /dev/ptmx, ENOSPC when the system has too many.
 */
export function openPty(): Pty {
  const attempt = "open /dev/ptmx";
  const flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  const fd = checked(libc().open(cString("/dev/ptmx"), flags | O_NONBLOCK, 0), "open", attempt);
  using opened = new DisposableStack();
  const line = opened.use(new FileDescriptor(fd));
  const number = new Int32Array(1);
  checked(libc().ioctl(fd, TIOCSPTLCK, number), "ioctl", "unlock the pseudo-terminal");
  checked(libc().ioctl(fd, TIOCGPTN, number), "ioctl", "name the pseudo-terminal");
  const path = `/dev/pts/${number[0]}`;
  const terminal = checked(libc().open(cString(path), flags, 0), "open", `open ${path}`);
  const pty = new Pty(line, opened.use(new FileDescriptor(terminal)), path);
  checked(libc().ioctl(terminal, TCSETS, rawTermios()), "ioctl", `make ${path} raw`);
  opened.move();
  return pty;
}

/** An open pseudo-terminal, seen from the end of the line that is no terminal. */
export class Pty implements Disposable {
  /** Readable when the other program has written. */
  readonly descriptor: FileDescriptor;
  /** What the other program opens. */
  readonly path: string;
  readonly #terminal: FileDescriptor;
  readonly #room = new Uint8Array(new ArrayBuffer(READ_ROOM));

  constructor(descriptor: FileDescriptor, terminal: FileDescriptor, path: string) {
    this.descriptor = descriptor;
    this.#terminal = terminal;
    this.path = path;
  }

  /** What the other program has written, valid until the next call; empty when there is nothing. */
  read(): Uint8Array {
    const length = libc().read(this.descriptor.number, this.#room, this.#room.length);
    return this.#room.subarray(0, Math.max(0, length));
  }

  /** Writes to the other program; returns how many octets there was room for, or minus errno. */
  write(octets: Uint8Array<ArrayBuffer>): number {
    const written = libc().write(this.descriptor.number, octets, octets.length);
    if (written >= 0) return written;
    const errno = lastErrno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }

  /** Closes both sides: the other program sees that the line has hung up. */
  close(): void {
    this.descriptor.close();
    this.#terminal.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function rawTermios(): DataView {
  const termios = new DataView(new ArrayBuffer(TERMIOS_SIZE));
  termios.setUint32(TERMIOS_IFLAG, IGNBRK, true);
  termios.setUint32(TERMIOS_CFLAG, CFLAG_RAW, true);
  termios.setUint8(TERMIOS_VMIN, 1);
  return termios;
}

/**
 * Unix datagram sockets: whole frames to and from another program of this machine. See unix(7).
 */

import {
  AF_UNIX,
  IOVEC_BASE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
  MSG_DONTWAIT,
  MSGHDR_IOV,
  MSGHDR_IOVLEN,
  MSGHDR_NAME,
  MSGHDR_NAMELEN,
  MSGHDR_SIZE,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SUN_PATH,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import {
  addressOf,
  type BufferAddress,
  cString,
  lastErrno,
  libc,
  putAddress,
  putAddressWords,
} from "./libc.ts";
import type { PacketArena } from "./packet_arena.ts";
import { checked, EAGAIN, EINTR } from "./system_error.ts";

/** Frames that wait for the reader; the kernel counts those against who sent them. */
const SEND_BUFFER = 1 << 20;

function socketName(path: string): Uint8Array<ArrayBuffer> {
  const name = cString(path);
  const address = new Uint8Array(new ArrayBuffer(SUN_PATH + name.length));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, SUN_PATH);
  return address;
}

/**
 * Opens a socket at a path. One that a program left behind that is no more is replaced.
 *
 * @throws {SystemError} when the kernel refuses: EACCES, ENOENT for a missing folder, EADDRINUSE …
 */
export function openUnixDatagram(path: string): FileDescriptor {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const descriptor = new FileDescriptor(checked(fd, "socket", `open the socket ${path}`));
  try {
    const cell = new DataView(new ArrayBuffer(4));
    cell.setInt32(0, SEND_BUFFER, true);
    checked(
      libc().setsockopt(descriptor.number, SOL_SOCKET, SO_SNDBUF, cell, 4),
      "setsockopt",
      `enlarge the buffer of ${path}`,
    );
    if (isSocket(path)) Deno.removeSync(path);
    const name = socketName(path);
    checked(libc().bind(descriptor.number, name, name.length), "bind", `open the socket ${path}`);
    return descriptor;
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Writes frames out of an arena to the socket at another path, whether it is there yet or not. */
export class UnixDatagramWriter {
  // The structs hold addresses, so what they point at has to live as long.
  readonly #arena: PacketArena;
  readonly #name: Uint8Array<ArrayBuffer>;
  readonly #vector = new Uint32Array(new ArrayBuffer(IOVEC_SIZE));
  readonly #base: BufferAddress;
  readonly #header = new DataView(new ArrayBuffer(MSGHDR_SIZE));

  constructor(arena: PacketArena, path: string) {
    this.#arena = arena;
    this.#base = addressOf(arena.octets);
    this.#name = socketName(path);
    putAddress(this.#header, MSGHDR_NAME, addressOf(this.#name), 0);
    this.#header.setUint32(MSGHDR_NAMELEN, this.#name.length, true);
    putAddress(this.#header, MSGHDR_IOV, addressOf(new Uint8Array(this.#vector.buffer)), 0);
    this.#header.setUint32(MSGHDR_IOVLEN, 1, true);
  }

  /** As `FrameWriter.write`; ENOENT or ECONNREFUSED where nobody is there. */
  write(fd: number, offset: number, length: number): number {
    if (offset < 0 || length < 0 || offset + length > this.#arena.octets.length) {
      throw new RangeError("the frame is not in the arena");
    }
    putAddressWords(this.#vector, IOVEC_BASE / 4, this.#base, offset);
    this.#vector[IOVEC_LENGTH / 4] = length;
    const sent = libc().sendmsg(fd, this.#header, MSG_DONTWAIT);
    if (sent >= 0) return sent;
    const errno = lastErrno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }
}

/**
 * Unix datagram sockets: whole frames to and from another program of this machine. See unix(7).
 */

import {
  AF_UNIX,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SUN_PATH,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { cString, libc } from "./libc.ts";
import { MessageHeader } from "./message_header.ts";
import type { PacketArena } from "./packet_arena.ts";
import { setSocketOption } from "./socket_option.ts";
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
    const attempt = `enlarge the buffer of ${path}`;
    setSocketOption(descriptor.number, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER, attempt);
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
  readonly #header: MessageHeader;

  constructor(arena: PacketArena, path: string) {
    const name = socketName(path);
    this.#header = new MessageHeader(arena.octets, name.length, 0);
    new Uint8Array(this.#header.name.buffer).set(name);
  }

  /** As `FrameWriter.write`; ENOENT or ECONNREFUSED where nobody is there. */
  write(fd: number, offset: number, length: number): number {
    const sent = this.#header.send(fd, offset, length, this.#header.name.byteLength, 0);
    return sent === -EAGAIN || sent === -EINTR ? 0 : sent;
  }
}

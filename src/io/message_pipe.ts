/**
 * A way for messages between two threads, which the kernel keeps whole and in order: many can write
 * to one reader, and the reader's poller sees what waits.
 *
 * A pair of connected `SOCK_SEQPACKET` sockets, see unix(7) and socketpair(2); messages are moved by
 * frame_transfer.ts.
 */

import {
  AF_UNIX,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { libc } from "./libc.ts";
import { offerSocketOption } from "./socket_option.ts";
import { checked } from "./system_error.ts";

/** Octets that may wait for the reader, with what the kernel counts for keeping them. */
const WAITING_OCTETS = 4 * 1024 * 1024;

/** Two ends; either can be handed to another thread by its number. */
export interface MessagePipe {
  readonly reader: FileDescriptor;
  readonly writer: FileDescriptor;
  close(): void;
}

/** @throws {SystemError} EMFILE and the like. */
export function openMessagePipe(): MessagePipe {
  const ends = new Int32Array(2);
  const kind = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  checked(libc().socketpair(AF_UNIX, kind, 0, ends), "socketpair", "make a message pipe");
  const [reader, writer] = [new FileDescriptor(ends[0]!), new FileDescriptor(ends[1]!)];
  enlarge(writer.number);
  const close = () => {
    reader.close();
    writer.close();
  };
  return { reader, writer, close };
}

/** As far as the kernel lets us; whoever is no administrator gets what `wmem_max` allows. */
function enlarge(fd: number): void {
  if (offerSocketOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, WAITING_OCTETS)) return;
  offerSocketOption(fd, SOL_SOCKET, SO_SNDBUF, WAITING_OCTETS);
}

/**
 * Frames between a TAP and an arena, one system call each, nothing allocated.
 *
 * A TAP has no recvmmsg; a batch is several calls until one answers 0.
 */

import { IOVEC_BASE, IOVEC_LENGTH, IOVEC_SIZE } from "./abi.ts";
import { addressOf, type BufferAddress, lastErrno, libc, putAddressWords } from "./libc.ts";
import type { PacketArena } from "./packet_arena.ts";
import { EAGAIN, EINTR } from "./system_error.ts";

/** Reads frames into the slots of an arena. */
export class FrameReader {
  readonly #slots: readonly Uint8Array<ArrayBuffer>[];

  constructor(arena: PacketArena) {
    this.#slots = Array.from({ length: arena.slots }, (_, slot) => {
      const start = arena.packetStart(slot);
      return arena.octets.subarray(start, start + arena.capacity);
    });
  }

  /**
   * Reads one frame to the slot's packet start. Returns its length (a frame longer than the slot
   * is cut to it), 0 when there is none now, or minus errno (EBADFD: the interface was deleted).
   */
  read(fd: number, slot: number): number {
    const target = this.#slots[slot];
    if (target === undefined) throw new RangeError("no such slot");
    const length = libc().read(fd, target, target.length);
    if (length >= 0) return length;
    const errno = lastErrno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }
}

/** Writes frames out of an arena, from any offset. */
export class FrameWriter {
  // The vector holds the arena's address, so the arena has to live as long.
  readonly #arena: PacketArena;
  readonly #base: BufferAddress;
  readonly #vector = new Uint32Array(new ArrayBuffer(IOVEC_SIZE));

  constructor(arena: PacketArena) {
    this.#arena = arena;
    this.#base = addressOf(arena.octets);
  }

  /**
   * Writes `length` octets of the arena from `offset` as one frame. Returns the length, 0 when the
   * interface has no room now, or minus errno (EIO: the interface is down).
   */
  write(fd: number, offset: number, length: number): number {
    if (offset < 0 || length < 0 || offset + length > this.#arena.octets.length) {
      throw new RangeError("the frame is not in the arena");
    }
    putAddressWords(this.#vector, IOVEC_BASE / 4, this.#base, offset);
    this.#vector[IOVEC_LENGTH / 4] = length;
    const written = libc().writev(fd, this.#vector, 1);
    if (written >= 0) return written;
    const errno = lastErrno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }
}

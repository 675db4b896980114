/**
 * Frames between a TAP and an arena, one system call each, nothing allocated.
 *
 * A TAP has no recvmmsg; a batch is several calls until one answers 0.
 */

import { IOVEC_BASE, IOVEC_LENGTH, IOVEC_SIZE } from "./abi.ts";
import { addressOf, type BufferAddress, lastErrno, libc, putAddressWords } from "./libc.ts";
import type { PacketArena } from "./packet_arena.ts";
import { EAGAIN, EINTR } from "./system_error.ts";

const VECTOR_WORDS = IOVEC_SIZE / 4;

/** How frames are read that are longer than a slot, or have a header of their own in front. */
export interface FrameReaderOptions {
  /** Octets of each read that lie before the slot's packet start. Default 0. */
  readonly before?: number;
  /** Octets from the packet start on that a read may fill. Default: the arena's capacity. */
  readonly longest?: number;
}

/** What reads frames into slots, one at a time; see `FrameReader.read`. */
export type SlotReader = Pick<FrameReader, "slots" | "read">;

/** What writes frames out of an arena, one at a time; see `FrameWriter.write`. */
export type ArenaWriter = Pick<FrameWriter, "write">;

/** Reads frames into the slots of an arena. */
export class FrameReader {
  /** Slots that can be read into: a long read needs the memory of the slots behind it. */
  readonly slots: number;
  readonly #targets: readonly Uint8Array<ArrayBuffer>[];

  constructor(arena: PacketArena, options: FrameReaderOptions = {}) {
    const { before = 0, longest = arena.capacity } = options;
    const end = arena.slots * arena.slotSize;
    const starts = Array.from({ length: arena.slots }, (_, slot) => arena.packetStart(slot))
      .filter((start) => start + longest <= end);
    this.slots = starts.length;
    this.#targets = starts.map((start) => arena.octets.subarray(start - before, start + longest));
  }

  /**
   * Reads one frame to the slot's packet start. Returns its length, what lies before the start
   * included (a frame longer than there is room for is cut), 0 when there is none now, or minus
   * errno (EBADFD: the interface was deleted).
   */
  read(fd: number, slot: number): number {
    const target = this.#targets[slot];
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

/** Writes frames that are gathered from pieces of an arena, behind a header of their own. */
export class FrameGatherer {
  /** In front of each frame; whoever gathers fills it. */
  readonly header: DataView<ArrayBuffer>;
  readonly #arena: PacketArena;
  readonly #base: BufferAddress;
  readonly #headerBase: BufferAddress;
  readonly #vectors: Uint32Array<ArrayBuffer>;
  #pieces = 0;

  /** @param most pieces of one frame. */
  constructor(arena: PacketArena, headerLength: number, most: number) {
    const header = new Uint8Array(new ArrayBuffer(headerLength));
    this.header = new DataView(header.buffer);
    this.#arena = arena;
    this.#base = addressOf(arena.octets);
    this.#headerBase = addressOf(header);
    this.#vectors = new Uint32Array(new ArrayBuffer((most + 1) * IOVEC_SIZE));
    this.#point(0, this.#headerBase, 0, headerLength);
  }

  /** Begins a frame. */
  begin(): void {
    this.#pieces = 1;
  }

  /** Continues the frame with `length` octets of the arena from `offset`. */
  add(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.#arena.octets.length) {
      throw new RangeError("the piece is not in the arena");
    }
    const at = this.#pieces * VECTOR_WORDS;
    if (at >= this.#vectors.length) throw new RangeError("the frame has too many pieces");
    this.#point(at, this.#base, offset, length);
    this.#pieces += 1;
  }

  /** Writes the frame. Returns what was written, header included, 0 without room, minus errno. */
  write(fd: number): number {
    const written = libc().writev(fd, this.#vectors, this.#pieces);
    if (written >= 0) return written;
    const errno = lastErrno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }

  #point(word: number, base: BufferAddress, offset: number, length: number): void {
    putAddressWords(this.#vectors, word + IOVEC_BASE / 4, base, offset);
    this.#vectors[word + IOVEC_LENGTH / 4] = length;
  }
}

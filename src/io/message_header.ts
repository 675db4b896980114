/**
 * What sendmsg and recvmsg are told: one stretch of memory, and room for an address and for control
 * messages. See recvmsg(2).
 *
 * Everything the kernel is pointed at is a field here, so that it lives as long as the pointers.
 */

import {
  IOVEC_BASE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
  MSG_DONTWAIT,
  MSGHDR_CONTROL,
  MSGHDR_CONTROLLEN,
  MSGHDR_IOV,
  MSGHDR_IOVLEN,
  MSGHDR_NAME,
  MSGHDR_NAMELEN,
  MSGHDR_SIZE,
} from "./abi.ts";
import {
  addressOf,
  type BufferAddress,
  lastErrno,
  libc,
  putAddress,
  putAddressWords,
} from "./libc.ts";

/** A struct msghdr with what it points at, reused for every message. */
export class MessageHeader {
  /** The sender's address of the message received last, or the next one's receiver. */
  readonly name: DataView<ArrayBuffer>;
  /** Control messages of the message received last, or the next one's. */
  readonly control: DataView<ArrayBuffer>;
  readonly #octets: Uint8Array<ArrayBuffer>;
  readonly #base: BufferAddress;
  readonly #vector = new Uint32Array(new ArrayBuffer(IOVEC_SIZE));
  readonly #header = new DataView(new ArrayBuffer(MSGHDR_SIZE));

  constructor(octets: Uint8Array<ArrayBuffer>, nameRoom: number, controlRoom: number) {
    this.name = new DataView(new ArrayBuffer(nameRoom));
    this.control = new DataView(new ArrayBuffer(controlRoom));
    this.#octets = octets;
    this.#base = addressOf(octets);
    const header = this.#header;
    putAddress(header, MSGHDR_IOV, addressOf(new Uint8Array(this.#vector.buffer)), 0);
    header.setUint32(MSGHDR_IOVLEN, 1, true);
    if (nameRoom > 0) {
      putAddress(header, MSGHDR_NAME, addressOf(new Uint8Array(this.name.buffer)), 0);
    }
    if (controlRoom > 0) {
      putAddress(header, MSGHDR_CONTROL, addressOf(new Uint8Array(this.control.buffer)), 0);
    }
  }

  /** How many octets of `control` the message received last has. */
  get controlLength(): number {
    return this.#header.getUint32(MSGHDR_CONTROLLEN, true);
  }

  /** Receives one message into at most `length` octets from `offset` on; its length, or -errno. */
  receive(fd: number, offset: number, length: number): number {
    this.#point(offset, length);
    this.#header.setUint32(MSGHDR_NAMELEN, this.name.byteLength, true);
    this.#header.setUint32(MSGHDR_CONTROLLEN, this.control.byteLength, true);
    const received = libc().recvmsg(fd, this.#header, MSG_DONTWAIT);
    return received >= 0 ? received : -lastErrno();
  }

  /** Sends `length` octets from `offset` on, with so much of `name` and `control`; or -errno. */
  send(
    fd: number,
    offset: number,
    length: number,
    nameLength: number,
    controlLength: number,
  ): number {
    this.#point(offset, length);
    this.#header.setUint32(MSGHDR_NAMELEN, nameLength, true);
    this.#header.setUint32(MSGHDR_CONTROLLEN, controlLength, true);
    const sent = libc().sendmsg(fd, this.#header, MSG_DONTWAIT);
    return sent >= 0 ? sent : -lastErrno();
  }

  #point(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.#octets.length) {
      throw new RangeError("the message is not in its memory");
    }
    putAddressWords(this.#vector, IOVEC_BASE / 4, this.#base, offset);
    this.#vector[IOVEC_LENGTH / 4] = length;
  }
}

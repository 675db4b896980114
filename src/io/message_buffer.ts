/**
 * Room for one datagram of any size with its addresses: what sendmsg and recvmsg need around it.
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
  SOCKADDR_ROOM,
} from "./abi.ts";
import { addressOf, lastErrno, libc, putAddress } from "./libc.ts";
import { putPacketInfo, putTrafficClass, readPacketInfo } from "./packet_info.ts";
import { putSocketAddress, readSocketAddress, type SocketAddress } from "./socket_address.ts";
import { EMSGSIZE } from "./system_error.ts";

/** No IP datagram is longer. */
const LONGEST = 65_536;
/** Packet information, and what else the kernel may add. */
const CONTROL_ROOM = 256;

/** One datagram's memory, reused for every datagram. */
export class MessageBuffer {
  readonly octets: Uint8Array<ArrayBuffer> = new Uint8Array(new ArrayBuffer(LONGEST));
  readonly #header = new DataView(new ArrayBuffer(MSGHDR_SIZE));
  readonly #vector = new DataView(new ArrayBuffer(IOVEC_SIZE));
  readonly #name = new DataView(new ArrayBuffer(SOCKADDR_ROOM));
  readonly #control = new DataView(new ArrayBuffer(CONTROL_ROOM));
  /** How the last datagram was addressed and marked, and what room that takes in structs. */
  #from = "";
  #to: SocketAddress | undefined;
  #trafficClass = 0;
  #nameSize = 0;
  #controlSize = 0;

  constructor() {
    putAddress(this.#vector, IOVEC_BASE, addressOf(this.octets), 0);
    const header = this.#header;
    putAddress(header, MSGHDR_NAME, addressOf(new Uint8Array(this.#name.buffer)), 0);
    putAddress(header, MSGHDR_IOV, addressOf(new Uint8Array(this.#vector.buffer)), 0);
    putAddress(header, MSGHDR_CONTROL, addressOf(new Uint8Array(this.#control.buffer)), 0);
    header.setUint32(MSGHDR_IOVLEN, 1, true);
  }

  /** Receives one datagram into `octets`; its length, or minus errno. */
  receive(fd: number): number {
    this.#vector.setUint32(IOVEC_LENGTH, LONGEST, true);
    this.#to = undefined;
    this.#header.setUint32(MSGHDR_NAMELEN, SOCKADDR_ROOM, true);
    this.#header.setUint32(MSGHDR_CONTROLLEN, CONTROL_ROOM, true);
    const length = libc().recvmsg(fd, this.#header, MSG_DONTWAIT);
    return length >= 0 ? length : -lastErrno();
  }

  /**
   * Sends a copy of `octets`; the length, or minus errno. `trafficClass` is the octet of DSCP and
   * ECN in the packet's header.
   */
  send(
    fd: number,
    octets: Uint8Array,
    from: string,
    to: SocketAddress,
    trafficClass: number,
  ): number {
    if (octets.length > LONGEST) return -EMSGSIZE;
    this.octets.set(octets);
    this.#vector.setUint32(IOVEC_LENGTH, octets.length, true);
    this.#address(from, to, trafficClass);
    const sent = libc().sendmsg(fd, this.#header, MSG_DONTWAIT);
    return sent >= 0 ? sent : -lastErrno();
  }

  /** Writes the structs, where they are to be other than the last time. */
  #address(from: string, to: SocketAddress, trafficClass: number): void {
    const { address, port } = this.#to ?? {};
    if (
      to.address !== address || to.port !== port || from !== this.#from ||
      trafficClass !== this.#trafficClass
    ) {
      this.#nameSize = putSocketAddress(this.#name, 0, to);
      const information = putPacketInfo(this.#control, 0, from);
      const marking = putTrafficClass(this.#control, information, to.address, trafficClass);
      this.#controlSize = information + marking;
      this.#to = to;
      this.#from = from;
      this.#trafficClass = trafficClass;
    }
    this.#header.setUint32(MSGHDR_NAMELEN, this.#nameSize, true);
    this.#header.setUint32(MSGHDR_CONTROLLEN, this.#controlSize, true);
  }

  /** Who sent the datagram received last. */
  remote(): SocketAddress {
    return readSocketAddress(this.#name, 0);
  }

  /** The address of ours that the datagram received last was sent to. */
  localAddress(): string | undefined {
    return readPacketInfo(this.#control, 0, this.#header.getUint32(MSGHDR_CONTROLLEN, true));
  }
}

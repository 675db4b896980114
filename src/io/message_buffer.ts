/** Room for one datagram of any size with its addresses. */

import { SOCKADDR_ROOM } from "./abi.ts";
import { MessageHeader } from "./message_header.ts";
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
  readonly #header = new MessageHeader(this.octets, SOCKADDR_ROOM, CONTROL_ROOM);
  /** The structs that `#remote` and `#local` were read from: most datagrams come as the last did. */
  readonly #remoteName = new DataView(new ArrayBuffer(SOCKADDR_ROOM));
  readonly #localControl = new DataView(new ArrayBuffer(CONTROL_ROOM));
  #remote: SocketAddress | undefined;
  #local: string | undefined;
  #localLength = 0;
  /** How the last datagram was addressed and marked, and what room that takes in structs. */
  #from = "";
  #to: SocketAddress | undefined;
  #trafficClass = 0;
  #nameSize = 0;
  #controlSize = 0;

  /** Receives one datagram into `octets`; its length, or minus errno. */
  receive(fd: number): number {
    this.#to = undefined;
    return this.#header.receive(fd, 0, LONGEST);
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
    this.#address(from, to, trafficClass);
    return this.#header.send(fd, 0, octets.length, this.#nameSize, this.#controlSize);
  }

  /** Writes the structs, where they are to be other than the last time. */
  #address(from: string, to: SocketAddress, trafficClass: number): void {
    const { address, port } = this.#to ?? {};
    if (
      to.address === address && to.port === port && from === this.#from &&
      trafficClass === this.#trafficClass
    ) return;
    const { name, control } = this.#header;
    this.#nameSize = putSocketAddress(name, 0, to);
    const information = putPacketInfo(control, 0, from);
    const marking = putTrafficClass(control, information, to.address, trafficClass);
    this.#controlSize = information + marking;
    this.#to = to;
    this.#from = from;
    this.#trafficClass = trafficClass;
  }

  /** Who sent the datagram received last. */
  remote(): SocketAddress {
    const { name } = this.#header;
    const isOther = copyIfOther(name, this.#remoteName, name.byteLength);
    if (isOther || this.#remote === undefined) this.#remote = readSocketAddress(name, 0);
    return this.#remote;
  }

  /** The address of ours that the datagram received last was sent to. */
  localAddress(): string | undefined {
    const { control, controlLength } = this.#header;
    const isOther = copyIfOther(control, this.#localControl, controlLength);
    if (isOther || controlLength !== this.#localLength) {
      this.#local = readPacketInfo(control, 0, controlLength);
      this.#localLength = controlLength;
    }
    return this.#local;
  }
}

/** Makes `copy` what `struct` is in its first octets; answers whether it was not. */
function copyIfOther(struct: DataView, copy: DataView, length: number): boolean {
  let isOther = false;
  for (let at = 0; at < length; at++) {
    const octet = struct.getUint8(at);
    if (copy.getUint8(at) === octet) continue;
    copy.setUint8(at, octet);
    isOther = true;
  }
  return isOther;
}

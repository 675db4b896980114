/**
 * Where packets go, in the kernel's own structs, which the messages of a batch point at.
 *
 * See sendmsg(2), and IP_PKTINFO in ip(7).
 */

import {
  MSGHDR_CONTROL,
  MSGHDR_CONTROLLEN,
  MSGHDR_NAME,
  MSGHDR_NAMELEN,
  PKTINFO_CONTROL_ROOM,
  SOCKADDR_IN6_SIZE,
  SOCKADDR_ROOM,
} from "./abi.ts";
import { addressOf, type BufferAddress, putAddressWords } from "./libc.ts";
import { putPacketInfo } from "./packet_info.ts";
import { putSocketAddress, type SocketAddress } from "./socket_address.ts";

/** Index of a struct's field among 32-bit words. */
const NAME_WORD = MSGHDR_NAME / 4;
const NAMELEN_WORD = MSGHDR_NAMELEN / 4;
const CONTROL_WORD = MSGHDR_CONTROL / 4;
const CONTROLLEN_WORD = MSGHDR_CONTROLLEN / 4;

/** Where packets go and which address they come from, made once per session or path. */
export class DestinationTable {
  readonly #names: DataView<ArrayBuffer>;
  readonly #controls: DataView<ArrayBuffer>;
  readonly #controlWords: Uint32Array<ArrayBuffer>;
  readonly #nameBase: BufferAddress;
  readonly #controlBase: BufferAddress;
  readonly #nameLengths: Uint32Array;
  readonly #controlLengths: Uint32Array;

  /** @param size most destinations at once. */
  constructor(size: number) {
    this.#names = new DataView(new ArrayBuffer(size * SOCKADDR_ROOM));
    this.#controls = new DataView(new ArrayBuffer(size * PKTINFO_CONTROL_ROOM));
    this.#controlWords = new Uint32Array(this.#controls.buffer);
    this.#nameBase = addressOf(new Uint8Array(this.#names.buffer));
    this.#controlBase = addressOf(new Uint8Array(this.#controls.buffer));
    this.#nameLengths = new Uint32Array(size);
    this.#controlLengths = new Uint32Array(size);
  }

  /** Most destinations at once. */
  get size(): number {
    return this.#nameLengths.length;
  }

  /**
   * Sets a destination. Packets carry `from` as source, unless it is the unspecified address, or
   * `undefined`: the socket's own. The port is the socket's in any case.
   */
  set(index: number, from: string | undefined, to: SocketAddress): void {
    if (index < 0 || index >= this.size) throw new RangeError(`no destination ${index}`);
    this.#nameLengths[index] = putSocketAddress(this.#names, index * SOCKADDR_ROOM, to);
    const control = index * PKTINFO_CONTROL_ROOM;
    this.#controlLengths[index] = from === undefined
      ? 0
      : putPacketInfo(this.#controls, control, from);
  }

  /** Addresses the message at `word` of a batch's structs. For `TransmitBatch`. */
  address(messageWords: Uint32Array, word: number, index: number): void {
    const nameLength = this.#nameLengths[index];
    const controlLength = this.#controlLengths[index];
    if (nameLength === undefined || controlLength === undefined) {
      throw new RangeError("no such destination");
    }
    putAddressWords(messageWords, word + NAME_WORD, this.#nameBase, index * SOCKADDR_ROOM);
    messageWords[word + NAMELEN_WORD] = nameLength;
    const control = index * PKTINFO_CONTROL_ROOM;
    putAddressWords(messageWords, word + CONTROL_WORD, this.#controlBase, control);
    messageWords[word + CONTROLLEN_WORD] = controlLength;
  }

  /** Which IP a destination is reached by. */
  isIpv6(index: number): boolean {
    return this.#nameLengths[index] === SOCKADDR_IN6_SIZE;
  }

  /** Copies a destination's packet information to `word`; its octets. For `TransmitBatch`. */
  copyPacketInfo(words: Uint32Array, word: number, index: number): number {
    const length = this.#controlLengths[index] ?? 0;
    const from = index * (PKTINFO_CONTROL_ROOM / 4);
    for (let at = 0; at < length / 4; at++) words[word + at] = this.#controlWords[from + at]!;
    return length;
  }
}

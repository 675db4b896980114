/**
 * Raw Ethernet frames in and out of an interface, octet for octet, VLAN tags included: what a test
 * needs to see that a frame came through unchanged. See packet(7).
 */

import {
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  IOVEC_BASE,
  IOVEC_LENGTH,
  IOVEC_SIZE,
  MSG_DONTWAIT,
  MSGHDR_CONTROL,
  MSGHDR_CONTROLLEN,
  MSGHDR_IOV,
  MSGHDR_IOVLEN,
  MSGHDR_SIZE,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
} from "../../src/io/abi.ts";
import { FileDescriptor } from "../../src/io/file_descriptor.ts";
import { addressOf, cString, libc, putAddress } from "../../src/io/libc.ts";
import { inNetworkNamespace } from "../../src/io/network_namespace.ts";
import { checked } from "../../src/io/system_error.ts";

const AF_PACKET = 17;
const ETH_P_ALL = 0x0003;
const SOCKADDR_LL_SIZE = 20;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
/** struct tpacket_auxdata: status, len, snaplen (u32 each), mac, net, vlan_tci, vlan_tpid (u16). */
const AUXDATA_STATUS = 0;
const AUXDATA_VLAN_TCI = 16;
const AUXDATA_VLAN_TPID = 18;
const TP_STATUS_VLAN_VALID = 0x10;
const POLLIN = 1;

/** EtherType for experiments (IEEE 802 §9.2.4): nothing else on the wire bears it. */
export const TEST_ETHERTYPE = 0x88b5;

const LONGEST = 65_536;
/** What comes while the test is busy is not lost. */
const RECEIVE_BUFFER = 16 * 1024 * 1024;
const CONTROL_ROOM = 64;

/** A packet socket on one interface. */
export class FrameSocket implements Disposable {
  readonly #descriptor: FileDescriptor;
  readonly #frame = new Uint8Array(new ArrayBuffer(LONGEST));
  readonly #vector = new DataView(new ArrayBuffer(IOVEC_SIZE));
  readonly #control = new DataView(new ArrayBuffer(CONTROL_ROOM));
  readonly #header = new DataView(new ArrayBuffer(MSGHDR_SIZE));

  constructor(namespace: string, networkInterface: string) {
    const where = `${networkInterface} of ${namespace}`;
    this.#descriptor = inNetworkNamespace(namespace, () => {
      const fd = libc().socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
      const descriptor = new FileDescriptor(checked(fd, "socket", `packet socket on ${where}`));
      const index = libc().if_nametoindex(cString(networkInterface));
      if (index === 0) throw new Error(`there is no interface ${where}`);
      const auxdata = new DataView(new Uint32Array([1]).buffer);
      const wanted = libc().setsockopt(descriptor.number, SOL_PACKET, PACKET_AUXDATA, auxdata, 4);
      checked(wanted, "setsockopt", `ask for VLAN tags on ${where}`);
      const room = new DataView(new Uint32Array([RECEIVE_BUFFER]).buffer);
      const given = libc().setsockopt(descriptor.number, SOL_SOCKET, SO_RCVBUFFORCE, room, 4);
      checked(given, "setsockopt", `ask for a large buffer on ${where}`);
      const address = new DataView(new ArrayBuffer(SOCKADDR_LL_SIZE));
      address.setUint16(0, AF_PACKET, true);
      address.setUint16(2, ETH_P_ALL, false);
      address.setInt32(4, index, true);
      const bound = libc().bind(descriptor.number, address, SOCKADDR_LL_SIZE);
      checked(bound, "bind", `bind to ${where}`);
      return descriptor;
    });
    putAddress(this.#vector, IOVEC_BASE, addressOf(this.#frame), 0);
    this.#vector.setUint32(IOVEC_LENGTH, LONGEST, true);
    putAddress(this.#header, MSGHDR_IOV, addressOf(new Uint8Array(this.#vector.buffer)), 0);
    this.#header.setUint32(MSGHDR_IOVLEN, 1, true);
    putAddress(this.#header, MSGHDR_CONTROL, addressOf(new Uint8Array(this.#control.buffer)), 0);
  }

  /** Sends a whole frame, from its destination address on. */
  send(frame: Uint8Array<ArrayBuffer>): void {
    const sent = libc().send(this.#descriptor.number, frame, frame.length, 0);
    checked(sent, "send", `send a frame of ${frame.length} octets`);
  }

  /** The next frame that is wanted within the time; blocks this thread until then. */
  receive(
    withinMs: number,
    isWanted: (frame: Uint8Array) => boolean = isTestFrame,
  ): Uint8Array | undefined {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const left = Math.ceil(deadline - performance.now());
      if (left <= 0 || !this.#readable(left)) return undefined;
      const frame = this.#next();
      if (frame !== undefined && isWanted(frame)) return frame;
    }
  }

  [Symbol.dispose](): void {
    this.#descriptor.close();
  }

  #readable(timeoutMs: number): boolean {
    const request = new DataView(new ArrayBuffer(8));
    request.setInt32(0, this.#descriptor.number, true);
    request.setInt16(4, POLLIN, true);
    return libc().poll(request, 1, timeoutMs) > 0;
  }

  #next(): Uint8Array | undefined {
    this.#header.setUint32(MSGHDR_CONTROLLEN, CONTROL_ROOM, true);
    const length = libc().recvmsg(this.#descriptor.number, this.#header, MSG_DONTWAIT);
    if (length < 0) return undefined;
    const frame = this.#frame.slice(0, length);
    const tag = this.#tag();
    return tag === undefined ? frame : withTag(frame, tag);
  }

  /** The outermost VLAN tag, which the kernel takes off a received frame. */
  #tag(): Uint8Array | undefined {
    const control = this.#control;
    if (
      this.#header.getUint32(MSGHDR_CONTROLLEN, true) < CMSGHDR_SIZE ||
      control.getUint32(CMSGHDR_LEN, true) < CMSGHDR_SIZE + AUXDATA_VLAN_TPID + 2 ||
      control.getInt32(CMSGHDR_LEVEL, true) !== SOL_PACKET ||
      control.getInt32(CMSGHDR_TYPE, true) !== PACKET_AUXDATA
    ) return undefined;
    const status = control.getUint32(CMSGHDR_SIZE + AUXDATA_STATUS, true);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return undefined;
    const tpid = control.getUint16(CMSGHDR_SIZE + AUXDATA_VLAN_TPID, true);
    const tci = control.getUint16(CMSGHDR_SIZE + AUXDATA_VLAN_TCI, true);
    return new Uint8Array([tpid >> 8, tpid & 0xff, tci >> 8, tci & 0xff]);
  }
}

/** A broadcast frame of `length` octets with these VLAN tags, its payload unlike any shifted copy. */
export function testFrame(
  length: number,
  tags: readonly (readonly [tpid: number, tci: number])[] = [],
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(new ArrayBuffer(length));
  frame.fill(0xff, 0, 6);
  frame.set([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01], 6);
  let at = 12;
  for (const half of [...tags.flat(), TEST_ETHERTYPE]) {
    frame[at++] = half >> 8;
    frame[at++] = half & 0xff;
  }
  for (let i = at; i < length; i++) frame[i] = (i * 7 + (i >> 8) * 13) & 0xff;
  return frame;
}

function isTestFrame(frame: Uint8Array): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let at = 12;
  while ([0x8100, 0x88a8].includes(view.getUint16(at))) at += 4;
  return view.getUint16(at) === TEST_ETHERTYPE;
}

function withTag(frame: Uint8Array, tag: Uint8Array): Uint8Array {
  const whole = new Uint8Array(frame.length + tag.length);
  whole.set(frame.subarray(0, 12));
  whole.set(tag, 12);
  whole.set(frame.subarray(12), 12 + tag.length);
  return whole;
}

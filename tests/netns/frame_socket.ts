/**
 * Raw Ethernet frames in and out of an interface, octet for octet, VLAN tags included: what a test
 * needs to see that a frame came through unchanged. See packet(7).
 */

import {
  CMSGHDR_LEN,
  CMSGHDR_LEVEL,
  CMSGHDR_SIZE,
  CMSGHDR_TYPE,
  PACKET_AUXDATA,
  SO_RCVBUFFORCE,
  SOL_PACKET,
  SOL_SOCKET,
  TP_STATUS_VLAN_VALID,
  TPACKET_AUXDATA_STATUS,
  TPACKET_AUXDATA_VLAN_TCI,
  TPACKET_AUXDATA_VLAN_TPID,
} from "../../src/io/abi.ts";
import type { FileDescriptor } from "../../src/io/file_descriptor.ts";
import { libc } from "../../src/io/libc.ts";
import { MessageHeader } from "../../src/io/message_header.ts";
import { openPacketDescriptor } from "../../src/io/packet_descriptor.ts";
import { setSocketOption } from "../../src/io/socket_option.ts";
import { checked } from "../../src/io/system_error.ts";

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
  readonly #header = new MessageHeader(this.#frame, 0, CONTROL_ROOM);

  constructor(namespace: string, networkInterface: string) {
    const attempt = `see frames on ${networkInterface} of ${namespace}`;
    const place = { networkInterface, namespace };
    this.#descriptor = openPacketDescriptor(place, attempt, (fd) => {
      setSocketOption(fd, SOL_PACKET, PACKET_AUXDATA, 1, attempt);
      setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER, attempt);
    }).descriptor;
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
    const length = this.#header.receive(this.#descriptor.number, 0, LONGEST);
    if (length < 0) return undefined;
    const frame = this.#frame.slice(0, length);
    const tag = this.#tag();
    return tag === undefined ? frame : withTag(frame, tag);
  }

  /** The outermost VLAN tag, which the kernel takes off a received frame. */
  #tag(): Uint8Array | undefined {
    const { control, controlLength } = this.#header;
    if (
      controlLength < CMSGHDR_SIZE ||
      control.getUint32(CMSGHDR_LEN, true) < CMSGHDR_SIZE + TPACKET_AUXDATA_VLAN_TPID + 2 ||
      control.getInt32(CMSGHDR_LEVEL, true) !== SOL_PACKET ||
      control.getInt32(CMSGHDR_TYPE, true) !== PACKET_AUXDATA
    ) return undefined;
    const status = control.getUint32(CMSGHDR_SIZE + TPACKET_AUXDATA_STATUS, true);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return undefined;
    const tpid = control.getUint16(CMSGHDR_SIZE + TPACKET_AUXDATA_VLAN_TPID, true);
    const tci = control.getUint16(CMSGHDR_SIZE + TPACKET_AUXDATA_VLAN_TCI, true);
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

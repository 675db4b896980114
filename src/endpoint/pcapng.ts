/**
 * Capture files: pcapng written and read; the older pcap is in pcap.ts.
 *
 * See draft-ietf-opsawg-pcapng §4 (blocks) and §3.5 (options), and the link types of tcpdump.org.
 * What is read may be anything: it ends in a `RangeError` that says where, never in a loop.
 */

import { PER_SECOND, readPcap, type RecordedPacket, withoutCheck, word } from "./pcap.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const OPTION_END = 0;
const OPTION_COMMENT = 1;
const SECTION_APPLICATION = 4;
const INTERFACE_NAME = 2;
const INTERFACE_RESOLUTION = 9;
const INTERFACE_CHECK_LENGTH = 13;
const PACKET_FLAGS = 2;
const STATISTICS_DROPPED = 5;

const NANOSECONDS = 9;

/** A packet to be written. */
export interface PacketToWrite {
  readonly direction: "inbound" | "outbound";
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly octets: Uint8Array;
  readonly comment: string | undefined;
}

type Option = readonly [code: number, value: Uint8Array];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a file begins with: one section, one interface, times in nanoseconds. */
export function pcapngHeader(
  linkType: number,
  interfaceName: string,
  application: string,
): Uint8Array {
  const section = new DataView(new ArrayBuffer(16));
  section.setUint32(0, BYTE_ORDER_MAGIC, true);
  section.setUint16(4, 1, true);
  section.setBigInt64(8, -1n, true);
  const description = new DataView(new ArrayBuffer(8));
  description.setUint16(0, linkType, true);
  return concatenate([
    block(SECTION_HEADER, section, [[SECTION_APPLICATION, encoder.encode(application)]]),
    block(INTERFACE_DESCRIPTION, description, [
      [INTERFACE_NAME, encoder.encode(interfaceName)],
      [INTERFACE_RESOLUTION, new Uint8Array([NANOSECONDS])],
    ]),
  ]);
}

/** One packet. */
export function pcapngPacket(packet: PacketToWrite): Uint8Array {
  const { octets, direction, comment } = packet;
  const body = new DataView(new ArrayBuffer(20 + padded(octets.length)));
  const at = BigInt(packet.seconds) * PER_SECOND + BigInt(packet.nanoseconds);
  body.setUint32(4, Number(at >> 32n), true);
  body.setUint32(8, Number(at & 0xffff_ffffn), true);
  body.setUint32(12, octets.length, true);
  body.setUint32(16, octets.length, true);
  new Uint8Array(body.buffer).set(octets, 20);
  const flags = new Uint8Array([direction === "inbound" ? 1 : 2, 0, 0, 0]);
  const comments: Option[] = comment === undefined
    ? []
    : [[OPTION_COMMENT, encoder.encode(comment)]];
  return block(ENHANCED_PACKET, body, [[PACKET_FLAGS, flags], ...comments]);
}

/** How many packets are not in the file. */
export function pcapngMissed(missed: number): Uint8Array {
  const count = new DataView(new ArrayBuffer(8));
  count.setBigUint64(0, BigInt(missed), true);
  return block(INTERFACE_STATISTICS, new DataView(new ArrayBuffer(12)), [
    [STATISTICS_DROPPED, new Uint8Array(count.buffer)],
  ]);
}

function block(type: number, body: DataView, options: readonly Option[]): Uint8Array {
  const size = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 0);
  const length = 12 + body.byteLength + size + (options.length > 0 ? 4 : 0);
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  octets.set(new Uint8Array(body.buffer), 8);
  let at = 8 + body.byteLength;
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    octets.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length, true);
  return octets;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether a file that begins with these octets says that it is pcapng. */
export function isPcapng(octets: Uint8Array): boolean {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return octets.length >= 4 && view.getUint32(0) === SECTION_HEADER;
}

/**
 * The packets of a pcapng or pcap file, in its order.
 *
 * @throws {RangeError} where the file is neither, or ends in the middle.
 */
export function* readCapture(octets: Uint8Array): Generator<RecordedPacket> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  if (isPcapng(octets)) yield* readPcapng(view);
  else yield* readPcap(view);
}

interface RecordedInterface {
  readonly linkType: number;
  readonly name: string;
  readonly unitsPerSecond: bigint;
  readonly checkOctets: number;
}

function* readPcapng(view: DataView): Generator<RecordedPacket> {
  let little = true;
  let interfaces: RecordedInterface[] = [];
  for (let at = 0; at < view.byteLength;) {
    const type = word(view, at, little);
    if (type === SECTION_HEADER) {
      little = word(view, at + 8, true) === BYTE_ORDER_MAGIC;
      interfaces = [];
    }
    const length = word(view, at + 4, little);
    if (length < 12 || length % 4 !== 0 || at + length > view.byteLength) {
      throw new RangeError(`the block at octet ${at} says that it is ${length} octets long`);
    }
    const body = new DataView(view.buffer, view.byteOffset + at + 8, length - 12);
    if (type === INTERFACE_DESCRIPTION) interfaces.push(readInterface(body, little));
    else if (type === ENHANCED_PACKET) {
      const packet = readEnhanced(body, little, interfaces);
      if (packet !== undefined) yield packet;
    } else if (type === SIMPLE_PACKET && interfaces[0] !== undefined) {
      yield readSimple(body, little, interfaces[0]);
    }
    at += length;
  }
}

function readInterface(body: DataView, little: boolean): RecordedInterface {
  const options = readOptions(body, 8, little);
  const resolution = options.find(([code]) => code === INTERFACE_RESOLUTION)?.[1][0] ?? 6;
  const name = options.find(([code]) => code === INTERFACE_NAME)?.[1];
  const checkLength = options.find(([code]) => code === INTERFACE_CHECK_LENGTH)?.[1][0] ?? 0;
  return {
    linkType: body.byteLength < 2 ? 0 : body.getUint16(0, little),
    name: decoder.decode(name),
    // The highest bit says powers of two.
    unitsPerSecond: resolution >= 128 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution),
    // The draft says bits, and Wireshark takes it for octets.
    checkOctets: checkLength < 8 ? checkLength : checkLength >> 3,
  };
}

function readEnhanced(
  body: DataView,
  little: boolean,
  interfaces: readonly RecordedInterface[],
): RecordedPacket | undefined {
  const from = interfaces[word(body, 0, little)];
  if (from === undefined) return undefined;
  const units = (BigInt(word(body, 4, little)) << 32n) | BigInt(word(body, 8, little));
  const length = Math.min(word(body, 12, little), body.byteLength - 20);
  const options = readOptions(body, 20 + padded(length), little);
  const flags = readFlags(options, little);
  const octets = new Uint8Array(body.buffer, body.byteOffset + 20, length);
  return {
    linkType: from.linkType,
    interfaceName: from.name,
    at: units * PER_SECOND / from.unitsPerSecond,
    direction: (["unknown", "inbound", "outbound", "unknown"] as const)[flags & 3]!,
    // The packet's own word goes before the interface's.
    ...withoutCheck(octets, word(body, 16, little), (flags >> 5 & 0xf) || from.checkOctets),
    comments: options.filter(([code]) => code === OPTION_COMMENT)
      .map(([, value]) => decoder.decode(value)),
  };
}

/** The link-layer word of a packet: its direction, and how long its check is. */
function readFlags(options: readonly Option[], little: boolean): number {
  const value = options.find(([code]) => code === PACKET_FLAGS)?.[1];
  if (value === undefined || value.length < 4) return 0;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, little);
}

function readSimple(body: DataView, little: boolean, from: RecordedInterface): RecordedPacket {
  const originalLength = word(body, 0, little);
  const length = Math.min(originalLength, body.byteLength - 4);
  const octets = new Uint8Array(body.buffer, body.byteOffset + 4, length);
  return {
    linkType: from.linkType,
    interfaceName: from.name,
    at: 0n,
    direction: "unknown",
    ...withoutCheck(octets, originalLength, from.checkOctets),
    comments: [],
  };
}

function readOptions(body: DataView, from: number, little: boolean): Option[] {
  const options: Option[] = [];
  for (let at = from; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, little);
    const length = body.getUint16(at + 2, little);
    if (code === OPTION_END || at + 4 + length > body.byteLength) break;
    options.push([code, new Uint8Array(body.buffer, body.byteOffset + at + 4, length)]);
    at += 4 + padded(length);
  }
  return options;
}

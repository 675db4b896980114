/**
 * The older capture format, pcap: written, and read in either byte order and resolution.
 *
 * See draft-ietf-opsawg-pcap §4 and §5. What is read may be anything, as in pcapng.ts.
 */

/** Nanoseconds of a second. */
export const PER_SECOND = 1_000_000_000n;

/** A packet of a file; its frame check sequence, where the file says that it has one, is taken off. */
export interface RecordedPacket {
  readonly linkType: number;
  readonly interfaceName: string;
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly direction: "inbound" | "outbound" | "unknown";
  readonly octets: Uint8Array;
  readonly originalLength: number;
  readonly comments: readonly string[];
}

/** The 32-bit word at `at`. @throws {RangeError} behind the end. */
export function word(view: DataView, at: number, little: boolean): number {
  if (at + 4 > view.byteLength) throw new RangeError(`the file ends at octet ${view.byteLength}`);
  return view.getUint32(at, little);
}

/** What a file has of a packet without the `checkOctets` that its frame ends with. */
export function withoutCheck(
  octets: Uint8Array,
  originalLength: number,
  checkOctets: number,
): Pick<RecordedPacket, "octets" | "originalLength"> {
  const frameLength = Math.max(0, originalLength - checkOctets);
  return {
    // A packet that was cut has lost its check first.
    octets: checkOctets === 0 ? octets : octets.subarray(0, frameLength),
    originalLength: frameLength,
  };
}

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;

/** Octets of a file before its first packet. */
export const PCAP_HEADER_OCTETS = 24;
const PACKET_HEADER_OCTETS = 16;
/** In the word of the link type: the uppermost four bits say how long frames' checks are. */
const CHECK_LENGTH_PRESENT = 0x0400_0000;
/** Longer than any frame. */
const SNAPSHOT_LENGTH = 262_144;

/** What a file begins with; times are in nanoseconds. */
export function pcapHeader(linkType: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(PCAP_HEADER_OCTETS));
  view.setUint32(0, PCAP_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPSHOT_LENGTH, true);
  view.setUint32(20, linkType, true);
  return new Uint8Array(view.buffer);
}

/** One packet; `at` is in nanoseconds since 1970. */
export function pcapPacket(octets: Uint8Array, at: bigint): Uint8Array {
  const packet = new Uint8Array(PACKET_HEADER_OCTETS + octets.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, Number(at / PER_SECOND), true);
  view.setUint32(4, Number(at % PER_SECOND), true);
  view.setUint32(8, octets.length, true);
  view.setUint32(12, octets.length, true);
  packet.set(octets, PACKET_HEADER_OCTETS);
  return packet;
}

/** The packets of a pcap file. @throws {RangeError} where it is none, or ends in the middle. */
export function* readPcap(view: DataView): Generator<RecordedPacket> {
  if (view.byteLength < PCAP_HEADER_OCTETS) {
    throw new RangeError("it is neither a pcapng nor a pcap file");
  }
  const magics = [PCAP_MICROSECONDS, PCAP_NANOSECONDS];
  const little = magics.includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (!magics.includes(magic)) throw new RangeError("it is neither a pcapng nor a pcap file");
  const perUnit = magic === PCAP_NANOSECONDS ? 1n : 1_000n;
  const link = view.getUint32(20, little);
  // In units of 16 bits: draft-ietf-opsawg-pcap §4.
  const checkOctets = (link & CHECK_LENGTH_PRESENT) === 0 ? 0 : 2 * (link >>> 28);
  for (let at = PCAP_HEADER_OCTETS; at < view.byteLength;) {
    const length = word(view, at + 8, little);
    if (at + PACKET_HEADER_OCTETS + length > view.byteLength) {
      throw new RangeError(`the packet at octet ${at} says that it is ${length} octets long`);
    }
    const start = view.byteOffset + at + PACKET_HEADER_OCTETS;
    const octets = new Uint8Array(view.buffer, start, length);
    yield {
      linkType: link & 0xffff,
      interfaceName: "",
      at: BigInt(word(view, at, little)) * PER_SECOND +
        BigInt(word(view, at + 4, little)) * perUnit,
      direction: "unknown",
      ...withoutCheck(octets, word(view, at + 12, little), checkOctets),
      comments: [],
    };
    at += PACKET_HEADER_OCTETS + length;
  }
}

/**
 * The header in front of each frame of a TAP with offloads: what the kernel left undone in a frame
 * that it hands over, or may take for granted in one that it is given.
 *
 * This is struct virtio_net_hdr in the machine's byte order, which is little-endian wherever we
 * run. See the kernel's include/uapi/linux/virtio_net.h and OASIS Virtio 1.2 §5.1.6.
 */

/** Octets of the header. */
export const OFFLOAD_HEADER_OCTETS = 10;

const FLAGS = 0;
const KIND = 1;
const HEADER_LENGTH = 2;
const SEGMENT_SIZE = 4;
const CHECKSUM_START = 6;
const CHECKSUM_OFFSET = 8;

/** The checksum field holds only the pseudo header's sum. */
const NEEDS_CHECKSUM = 1;

/** What kind of super-frame it is. */
export const WHOLE_FRAME = 0;
export const TCP_OVER_IPV4 = 1;
export const TCP_OVER_IPV6 = 4;
export const UDP_DATAGRAMS = 5;
/** Beside a TCP kind: the first segment's CWR flag belongs to it alone. */
const ECN_BIT = 0x80;

/** One header, read or to be written. */
export class OffloadHeader {
  needsChecksum = false;
  kind: number = WHOLE_FRAME;
  /** Octets of all headers; what the kernel says here is only a hint. */
  headerLength = 0;
  /** Octets of payload in each segment but the last. */
  segmentSize = 0;
  /** From the frame's start to where the checksum begins, and from there to its field. */
  checksumStart = 0;
  checksumOffset = 0;

  /** Reads the header at `at`. */
  read(view: DataView, at: number): void {
    this.needsChecksum = (view.getUint8(at + FLAGS) & NEEDS_CHECKSUM) !== 0;
    this.kind = view.getUint8(at + KIND) & ~ECN_BIT;
    this.headerLength = view.getUint16(at + HEADER_LENGTH, true);
    this.segmentSize = view.getUint16(at + SEGMENT_SIZE, true);
    this.checksumStart = view.getUint16(at + CHECKSUM_START, true);
    this.checksumOffset = view.getUint16(at + CHECKSUM_OFFSET, true);
  }

  /** Writes the header at `at`. */
  write(view: DataView, at: number): void {
    view.setUint8(at + FLAGS, this.needsChecksum ? NEEDS_CHECKSUM : 0);
    view.setUint8(at + KIND, this.kind);
    view.setUint16(at + HEADER_LENGTH, this.headerLength, true);
    view.setUint16(at + SEGMENT_SIZE, this.segmentSize, true);
    view.setUint16(at + CHECKSUM_START, this.checksumStart, true);
    view.setUint16(at + CHECKSUM_OFFSET, this.checksumOffset, true);
  }
}

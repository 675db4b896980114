/**
 * Consecutive segments of a flow become one super-frame, as the kernel's GRO would join them.
 *
 * Only what segmentation gives back octet for octet is joined (see segment.ts): checksums that are
 * right, headers that differ in nothing but what a segment's place in the flow says, FIN and PSH on
 * the last. Everything else passes as it came, a corrupted checksum too. Called per frame: nothing
 * here allocates.
 */

import type { FrameBatch } from "../frame_batch.ts";
import { complement, fold } from "./checksum.ts";
import {
  FIN,
  IPV4_CHECKSUM,
  IPV4_HEADER_OCTETS,
  IPV4_TOTAL_LENGTH,
  IPV6_HEADER_OCTETS,
  IPV6_PAYLOAD_LENGTH,
  PSH,
  sumFields,
  TCP_FLAGS,
  UDP_HEADER_OCTETS,
  UDP_LENGTH,
} from "./inner_headers.ts";
import type { PortHeader } from "../fit/inner_ip.ts";
import { OffloadHeader, TCP_OVER_IPV4, TCP_OVER_IPV6, UDP_DATAGRAMS } from "./offload_header.ts";
import {
  checksumField,
  continues,
  hasGoodChecksums,
  pseudoHeaderSum,
  sameFlow,
  Segment,
} from "./segment_match.ts";

/** What an IP length field can say. */
const LONGEST_IP = 0xffff;
/** The kernel's own limit for one super-frame of datagrams. */
const MOST_SEGMENTS = 64;

/** Joins frames of a batch, one super-frame at a time. Reused for each. */
export class Coalescer {
  /** After `join` answered more than 1: what goes in front of the super-frame. */
  readonly header: OffloadHeader = new OffloadHeader();
  /** What the kernel takes as super-frames. */
  #joinsTcp = true;
  #joinsUdp = true;
  readonly #lead = new Segment();
  readonly #next = new Segment();
  #count = 0;
  /** Payload of all that was joined. */
  #total = 0;
  #lastFlags = 0;
  /** What the lead's header said before it became the super-frame's. */
  #leadLength = 0;
  #leadNetworkChecksum = 0;
  #leadTransportChecksum = 0;
  readonly #port: PortHeader;

  constructor(port: PortHeader = "ethernet") {
    this.#port = port;
  }

  /**
   * Joins frame `first` with those right behind it, up to `end`; how many there are in all. Where
   * that is more than 1, the first frame's headers have become the super-frame's, which goes out
   * as that frame and the payloads of the others.
   */
  join(batch: FrameBatch, first: number, end: number): number {
    const lead = this.#lead;
    if (first + 1 >= end || !this.#read(lead, batch, first)) return 1;
    if ((lead.flags & (PSH | FIN)) !== 0 || !(lead.tcp ? this.#joinsTcp : this.#joinsUdp)) return 1;
    this.#count = 1;
    this.#total = lead.payloadLength;
    while (first + this.#count < end && this.#takes(batch, first + this.#count));
    if (this.#count > 1) this.#stamp(batch.view);
    return this.#count;
  }

  /** Where the payload of a joined frame is, given that it is not the first. */
  payloadStart(batch: FrameBatch, index: number): number {
    return batch.starts[index]! + this.header.headerLength;
  }

  /** Joins no more of the kind that was joined last: the kernel does not take them. */
  refuse(): void {
    if (this.#lead.tcp) this.#joinsTcp = false;
    else this.#joinsUdp = false;
  }

  /** Gives the first frame its own headers back. */
  undo(view: DataView): void {
    const lead = this.#lead;
    this.#stampLength(view, this.#leadLength);
    if (!lead.ipv6) view.setUint16(lead.network + IPV4_CHECKSUM, this.#leadNetworkChecksum);
    if (lead.tcp) view.setUint16(lead.transport + TCP_FLAGS, lead.flags);
    else view.setUint16(lead.transport + UDP_LENGTH, UDP_HEADER_OCTETS + lead.payloadLength);
    view.setUint16(checksumField(lead), this.#leadTransportChecksum);
  }

  #read(segment: Segment, batch: FrameBatch, index: number): boolean {
    return segment.read(batch.view, batch.starts[index]!, batch.lengths[index]!, this.#port);
  }

  /** Whether frame `index` continues what was joined so far; then it is joined. */
  #takes(batch: FrameBatch, index: number): boolean {
    const lead = this.#lead;
    const next = this.#next;
    if (this.#count === MOST_SEGMENTS || this.#isEnded()) return false;
    if (!this.#read(next, batch, index) || next.payloadLength > lead.payloadLength) return false;
    const ipOctets = next.payload - next.network + next.payloadLength + this.#total;
    if (ipOctets > LONGEST_IP || !sameFlow(batch.view, lead, next)) return false;
    if (!continues(batch.view, lead, next, this.#count, this.#total)) return false;
    // The first is looked at only now: most frames that are alone are never summed.
    if (this.#count === 1 && !hasGoodChecksums(batch, lead)) return false;
    if (!hasGoodChecksums(batch, next)) return false;
    this.#count += 1;
    this.#total += next.payloadLength;
    this.#lastFlags = next.flags;
    return true;
  }

  /** A segment that is shorter, or has PSH or FIN, is the last of a super-frame. */
  #isEnded(): boolean {
    if (this.#count === 1) return false;
    return this.#next.payloadLength < this.#lead.payloadLength ||
      (this.#lastFlags & (PSH | FIN)) !== 0;
  }

  /** Makes the lead's headers the super-frame's; the checksum is left to the kernel. */
  #stamp(view: DataView): void {
    const lead = this.#lead;
    const length = lead.payload - lead.transport + this.#total;
    this.#keep(view);
    this.#stampLength(view, lead.payload - lead.network + this.#total);
    if (!lead.ipv6) {
      view.setUint16(lead.network + IPV4_CHECKSUM, 0);
      const sum = sumFields(view, lead.network, IPV4_HEADER_OCTETS);
      view.setUint16(lead.network + IPV4_CHECKSUM, complement(sum));
    }
    if (lead.tcp) view.setUint16(lead.transport + TCP_FLAGS, this.#lastFlags);
    else view.setUint16(lead.transport + UDP_LENGTH, length);
    view.setUint16(checksumField(lead), fold(pseudoHeaderSum(view, lead, length)));
    this.#describe();
  }

  #keep(view: DataView): void {
    const lead = this.#lead;
    this.#leadLength = lead.payload - lead.network + lead.payloadLength;
    this.#leadNetworkChecksum = view.getUint16(lead.network + IPV4_CHECKSUM);
    this.#leadTransportChecksum = view.getUint16(checksumField(lead));
  }

  /** @param octets from the IP header on. */
  #stampLength(view: DataView, octets: number): void {
    const { network, ipv6 } = this.#lead;
    if (ipv6) view.setUint16(network + IPV6_PAYLOAD_LENGTH, octets - IPV6_HEADER_OCTETS);
    else view.setUint16(network + IPV4_TOTAL_LENGTH, octets);
  }

  #describe(): void {
    const { header } = this;
    const lead = this.#lead;
    header.needsChecksum = true;
    if (lead.tcp) header.kind = lead.ipv6 ? TCP_OVER_IPV6 : TCP_OVER_IPV4;
    else header.kind = UDP_DATAGRAMS;
    header.headerLength = lead.payload - lead.start;
    header.segmentSize = lead.payloadLength;
    header.checksumStart = lead.transport - lead.start;
    header.checksumOffset = checksumField(lead) - lead.transport;
  }
}

/**
 * A super-frame becomes frames: a head is made for each segment, and its payload stays where it is.
 *
 * What the kernel's own segmentation would have sent, octet for octet (net/ipv4/tcp_offload.c,
 * udp_offload.c): sequence numbers, identifications, lengths and checksums per segment, FIN and PSH
 * on the last, CWR on the first (RFC 3168 §6.1.2). Called per frame: nothing here allocates.
 */

import { DROP_KERNEL, DROP_OVERSIZE, type DropCode, NOT_DROPPED } from "../drop_reason.ts";
import { type FrameBatch, type FrameMemory, LONGEST_HEAD } from "../frame_batch.ts";
import { complement, fold, sumOctets } from "./checksum.ts";
import { findIp, isIpv6Header, NOT_THERE, type PortHeader } from "../fit/inner_ip.ts";
import {
  CWR,
  FIN,
  IPV4_CHECKSUM,
  IPV4_IDENTIFICATION,
  IPV4_TOTAL_LENGTH,
  IPV6_HEADER_OCTETS,
  IPV6_PAYLOAD_LENGTH,
  PSH,
  sumFields,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER_OCTETS,
  TCP_SEQUENCE,
  tcpHeaderLength,
  UDP_CHECKSUM,
  UDP_HEADER_OCTETS,
  UDP_LENGTH,
  UDP_PORTS_OCTETS,
} from "./inner_headers.ts";
import {
  type OffloadHeader,
  TCP_OVER_IPV4,
  TCP_OVER_IPV6,
  UDP_DATAGRAMS,
} from "./offload_header.ts";

/**
 * Completes the checksum that the kernel left undone in a whole frame: its field holds the pseudo
 * header's sum. Zero is written as 0xffff, as the kernel does for every protocol.
 */
export function completeChecksum(
  memory: FrameMemory,
  start: number,
  length: number,
  header: OffloadHeader,
): DropCode {
  const from = header.checksumStart;
  const field = from + header.checksumOffset;
  if (field + 2 > length) return DROP_KERNEL;
  const sum = sumOctets(memory, start + from, length - from);
  memory.view.setUint16(start + field, complement(sum) || 0xffff);
  return NOT_DROPPED;
}

/** A super-frame on its way to being segments. One per source; reused for each. */
export class Segmentation {
  /** Segments are still to be made. */
  pending = false;
  #start = 0;
  #end = 0;
  #headerLength = 0;
  #segmentSize = 0;
  /** Offsets from the frame's start. */
  #network = 0;
  #transport = 0;
  #ipv6 = false;
  #tcp = false;
  /** Where the next segment's payload is. */
  #payload = 0;
  #made = 0;
  /** What is the same in all segments: of the IPv4 header, and of pseudo and transport header. */
  #networkSum = 0;
  #transportSum = 0;
  #identification = 0;
  #sequence = 0;
  #flags = 0;
  readonly #port: PortHeader;

  constructor(port: PortHeader = "ethernet") {
    this.#port = port;
  }

  /** Takes a super-frame over; says why not where it is not one that can be segmented. */
  begin(memory: FrameMemory, start: number, length: number, header: OffloadHeader): DropCode {
    this.#start = start;
    this.#end = start + length;
    this.#segmentSize = header.segmentSize;
    this.#transport = header.checksumStart;
    this.#tcp = header.kind === TCP_OVER_IPV4 || header.kind === TCP_OVER_IPV6;
    const drop = this.#findHeaders(memory.view, length, header);
    if (drop !== NOT_DROPPED) return drop;
    this.#made = 0;
    this.#payload = start + this.#headerLength;
    this.#readTransport(memory.view);
    if (!this.#ipv6) this.#readIpv4(memory.view);
    this.pending = true;
    return NOT_DROPPED;
  }

  /** Makes the next segment frame `index` of the batch that the super-frame lies in. */
  next(batch: FrameBatch, index: number): void {
    const head = batch.headStart(index);
    const headerLength = this.#headerLength;
    const payloadLength = Math.min(this.#segmentSize, this.#end - this.#payload);
    batch.octets.copyWithin(head, this.#start, this.#start + headerLength);
    if (this.#ipv6) this.#stampIpv6(batch.view, head, payloadLength);
    else this.#stampIpv4(batch.view, head, payloadLength);
    const sum = sumOctets(batch, this.#payload, payloadLength);
    if (this.#tcp) this.#stampTcp(batch.view, head, payloadLength, sum);
    else this.#stampUdp(batch.view, head, payloadLength, sum);
    batch.starts[index] = head;
    batch.lengths[index] = headerLength;
    batch.bodyStarts[index] = this.#payload;
    batch.bodyLengths[index] = payloadLength;
    this.#made += 1;
    this.#payload += payloadLength;
    this.pending = this.#payload < this.#end;
  }

  #findHeaders(view: DataView, length: number, header: OffloadHeader): DropCode {
    const { kind, checksumStart, segmentSize } = header;
    const known = this.#tcp || kind === UDP_DATAGRAMS;
    if (!known || !header.needsChecksum || segmentSize === 0) return DROP_KERNEL;
    const transportLength = this.#tcp ? TCP_HEADER_OCTETS : UDP_HEADER_OCTETS;
    if (checksumStart + transportLength >= length) return DROP_KERNEL;
    const network = findIp(view, this.#start, length, this.#port);
    if (network === NOT_THERE) return DROP_KERNEL;
    this.#network = network - this.#start;
    this.#ipv6 = isIpv6Header(view, network);
    const transport = this.#start + checksumStart;
    this.#headerLength = checksumStart +
      (this.#tcp ? tcpHeaderLength(view, transport) : UDP_HEADER_OCTETS);
    if (this.#headerLength > LONGEST_HEAD) return DROP_OVERSIZE;
    return this.#headerLength < length ? NOT_DROPPED : DROP_KERNEL;
  }

  /** Of the header only what every segment has: not lengths, identification and checksum. */
  #readIpv4(view: DataView): void {
    const at = this.#start + this.#network;
    const all = sumFields(view, at, this.#transport - this.#network);
    this.#identification = view.getUint16(at + IPV4_IDENTIFICATION);
    this.#networkSum = all - this.#identification - view.getUint16(at + IPV4_TOTAL_LENGTH) -
      view.getUint16(at + IPV4_CHECKSUM);
  }

  /**
   * Pseudo header without length, and transport header without what segments differ in. The
   * checksum field holds the pseudo header's sum as its maker knows it: behind a routing header the
   * address that counts is not the one in the IP header (RFC 8200 §8.1).
   */
  #readTransport(view: DataView): void {
    const at = this.#start + this.#transport;
    const withoutLength = ~(this.#end - at) & 0xffff;
    if (!this.#tcp) {
      const pseudo = view.getUint16(at + UDP_CHECKSUM) + withoutLength;
      this.#transportSum = fold(pseudo + sumFields(view, at, UDP_PORTS_OCTETS));
      return;
    }
    this.#sequence = view.getUint32(at + TCP_SEQUENCE);
    this.#flags = view.getUint16(at + TCP_FLAGS);
    // The checksum is one of these fields: it is to be counted once.
    const all = sumFields(view, at, this.#headerLength - this.#transport);
    this.#transportSum = fold(
      all + withoutLength - (this.#sequence >>> 16) - (this.#sequence & 0xffff) - this.#flags,
    );
  }

  #stampIpv4(view: DataView, head: number, payloadLength: number): void {
    const at = head + this.#network;
    const total = this.#headerLength - this.#network + payloadLength;
    const identification = (this.#identification + this.#made) & 0xffff;
    view.setUint16(at + IPV4_TOTAL_LENGTH, total);
    view.setUint16(at + IPV4_IDENTIFICATION, identification);
    view.setUint16(at + IPV4_CHECKSUM, complement(this.#networkSum + total + identification));
  }

  #stampIpv6(view: DataView, head: number, payloadLength: number): void {
    const length = this.#headerLength - this.#network - IPV6_HEADER_OCTETS + payloadLength;
    view.setUint16(head + this.#network + IPV6_PAYLOAD_LENGTH, length);
  }

  #stampTcp(view: DataView, head: number, payloadLength: number, payloadSum: number): void {
    const at = head + this.#transport;
    const done = this.#payload - this.#start - this.#headerLength;
    const sequence = (this.#sequence + done) >>> 0;
    const isLast = this.#payload + payloadLength === this.#end;
    let flags = this.#flags;
    if (!isLast) flags &= ~(FIN | PSH);
    if (this.#made > 0) flags &= ~CWR;
    const length = this.#headerLength - this.#transport + payloadLength;
    const sum = this.#transportSum + (sequence >>> 16) + (sequence & 0xffff) + flags + length +
      payloadSum;
    view.setUint32(at + TCP_SEQUENCE, sequence);
    view.setUint16(at + TCP_FLAGS, flags);
    view.setUint16(at + TCP_CHECKSUM, complement(sum));
  }

  /** A UDP checksum of 0 would say that there is none (RFC 768). */
  #stampUdp(view: DataView, head: number, payloadLength: number, payloadSum: number): void {
    const at = head + this.#transport;
    const length = UDP_HEADER_OCTETS + payloadLength;
    // The length counts twice: in the header itself and in the pseudo header.
    const sum = this.#transportSum + 2 * length + payloadSum;
    view.setUint16(at + UDP_LENGTH, length);
    view.setUint16(at + UDP_CHECKSUM, complement(sum) || 0xffff);
  }
}

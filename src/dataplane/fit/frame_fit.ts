/**
 * What one session does so that its frames fit its path: TCP is told of smaller segments, and a
 * frame that is too long is answered, or becomes fragments.
 *
 * Read RFC 3931 §4.1.4 and model/path_fit.ts first. Where nothing of it is wanted there is no
 * `FrameFit`, and a frame costs one comparison.
 */

import type { Marking, PathFit } from "../../model/path_fit.ts";
import type { SessionDescriptor } from "../../model/session_descriptor.ts";
import { type DropCode, NOT_DROPPED } from "../drop_reason.ts";
import type { FrameBatch } from "../frame_batch.ts";
import {
  findIp,
  IPV4_DONT_FRAGMENT,
  isIpv6Header,
  NOT_THERE,
  type PortHeader,
} from "./inner_ip.ts";
import { IPV4_FRAGMENT } from "../offload/inner_headers.ts";
import { fragmentIpv4 } from "./inner_fragments.ts";
import { MssClamp } from "./mss_clamp.ts";
import { answerTooBig } from "./too_big_answer.ts";
import { fixedClass, outerClass, priorityClass, propagateCongestion } from "./traffic_class.ts";

/** What became of a frame that is too long: it is carried as it is, or its sender is answered. */
export const CARRIED = 0;
export const ANSWERED = -1;

/** What the frames of a session's port begin with; `undefined` where they are neither. */
export function portHeaderOf(
  { pseudowire, framing = "native" }: Pick<SessionDescriptor, "pseudowire" | "framing">,
): PortHeader | undefined {
  if (framing === "routed") return "ip";
  const isEthernet = pseudowire === "ethernet" || pseudowire === "ethernet-vlan";
  return isEthernet || framing === "bridged" ? "ethernet" : undefined;
}

/** Whether outer packets differ by what is in them. */
export function marksEach(port: PortHeader | undefined, { marking }: PathFit): boolean {
  const byTag = marking.dscp === "priority" && port === "ethernet";
  return port !== undefined && (marking.dscp === "copy" || byTag || marking.ecn);
}

/** A `PathFit` for the frames of one port. */
export class FrameFit {
  readonly #port: PortHeader;
  readonly #clamp: MssClamp | undefined;
  readonly #longest: number;
  readonly #fragments: boolean;
  /** Absent where outer packets are all alike. */
  readonly #marking: Marking | undefined;

  /** `undefined` where frames pass as they are. */
  static of(port: PortHeader, fit: PathFit): FrameFit | undefined {
    const isIdle = fit.segments === undefined && fit.oversize === "carry" &&
      !marksEach(port, fit);
    return isIdle ? undefined : new FrameFit(port, fit);
  }

  constructor(port: PortHeader, fit: PathFit) {
    const { longestFrame, oversize, segments } = fit;
    this.#port = port;
    this.#clamp = segments === undefined ? undefined : new MssClamp(port, segments);
    this.#longest = oversize === "carry" ? Infinity : longestFrame;
    this.#fragments = oversize === "fragment";
    this.#marking = marksEach(port, fit) ? fit.marking : undefined;
  }

  /** Whether frame `index` has to be dealt with before it may be carried; if it may be at all. */
  isTooLong(batch: FrameBatch, index: number): boolean {
    const length = batch.lengthOf(index);
    return length > this.#longest && length < batch.capacity;
  }

  /** Lowers the segment size in a SYN. */
  clamp(batch: FrameBatch, index: number): void {
    if (this.#clamp === undefined || batch.bodyLengths[index] !== 0) return;
    this.#clamp.apply(batch.view, batch.starts[index]!, batch.lengths[index]!);
  }

  /** Says what the outer packet of frame `index` is to say. */
  mark(batch: FrameBatch, index: number): void {
    if (this.#marking === undefined) return;
    const ip = this.#findIp(batch, index);
    const byPacket = ip === NOT_THERE
      ? fixedClass(this.#marking)
      : outerClass(this.#marking, batch.view, ip);
    batch.trafficClasses[index] = byPacket | this.#byTag(batch, index);
  }

  #byTag({ view, starts, lengths }: FrameBatch, index: number): number {
    if (this.#marking?.dscp !== "priority" || this.#port !== "ethernet") return 0;
    return priorityClass(view, starts[index]!, lengths[index]!);
  }

  /** Fits a received frame, and tells its packet of congestion; or says why that is a loss. */
  receive(batch: FrameBatch, index: number): DropCode {
    this.clamp(batch, index);
    if (this.#marking?.ecn !== true) return NOT_DROPPED;
    const ip = this.#findIp(batch, index);
    if (ip === NOT_THERE) return NOT_DROPPED;
    return propagateCongestion(batch.view, ip, batch.trafficClasses[index]!);
  }

  #findIp({ view, starts, lengths }: FrameBatch, index: number): number {
    return findIp(view, starts[index]!, lengths[index]!, this.#port);
  }

  /**
   * Makes what replaces a frame in `spare`, which shares the batch's memory.
   *
   * @returns how many fragments, `ANSWERED` where the first frame there goes back to the sender, or
   * `CARRIED`.
   */
  replace(batch: FrameBatch, index: number, spare: FrameBatch): number {
    const start = inOnePiece(batch, index, spare);
    const length = batch.lengthOf(index);
    const ip = findIp(batch.view, start, length, this.#port);
    if (ip === NOT_THERE) return CARRIED;
    const mayBeCut = !isIpv6Header(batch.view, ip) &&
      (batch.view.getUint16(ip + IPV4_FRAGMENT) & IPV4_DONT_FRAGMENT) === 0;
    if (!mayBeCut) {
      return answerTooBig(spare, ANSWER, start, length, ip, this.#longest) ? ANSWERED : CARRIED;
    }
    return this.#fragments ? fragmentIpv4(spare, start, length, ip, this.#longest) : CARRIED;
  }
}

/** Slots of `spare`: a frame of two pieces is put together in the last, answers are in the first. */
const ANSWER = 0;

/** Where the frame begins that is now in one piece. */
function inOnePiece(batch: FrameBatch, index: number, spare: FrameBatch): number {
  const start = batch.starts[index]!;
  const bodyLength = batch.bodyLengths[index]!;
  if (bodyLength === 0) return start;
  const whole = spare.packetStart(spare.slots - 1);
  const headLength = batch.lengths[index]!;
  const body = batch.bodyStarts[index]!;
  batch.octets.copyWithin(whole, start, start + headLength);
  batch.octets.copyWithin(whole + headLength, body, body + bodyLength);
  return whole;
}

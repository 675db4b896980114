/**
 * LCP's echoes: ours, that tell whether the peer is still there, and the answers to the peer's.
 *
 * Read RFC 1661 §5.8 first.
 */

import { ByteReader } from "../wire/byte_reader.ts";
import { ByteWriter } from "../wire/byte_writer.ts";
import type { ControlPacket } from "./control_packet.ts";
import type { PppDownReason, ReceiveOptions } from "./ppp_effect.ts";

export const ECHO_REQUEST = 9;
export const ECHO_REPLY = 10;

const MAGIC_OCTETS = 4;
const PACKET_HEADER_OCTETS = 4;

/** What the echoes of a link need of it. */
export interface EchoLink {
  readonly local: ReceiveOptions;
  readonly remote: ReceiveOptions;
  send(packet: ControlPacket): void;
  nextIdentifier(): number;
  fail(reason: PppDownReason, now: number): void;
}

/** Echoes of one link, which are sent and answered only while LCP is opened (PPP-13). */
export class Echo {
  readonly #link: EchoLink;
  readonly #intervalMs: number;
  readonly #limit: number;
  #nextAt: number | undefined;
  #unanswered = 0;
  #identifier = -1;

  /** @param intervalMs 0 sends none. */
  constructor(link: EchoLink, intervalMs: number, limit: number) {
    this.#link = link;
    this.#intervalMs = intervalMs;
    this.#limit = limit;
  }

  get nextTimeout(): number | undefined {
    return this.#nextAt;
  }

  start(now: number): void {
    this.#unanswered = 0;
    this.#nextAt = this.#intervalMs === 0 ? undefined : now + this.#intervalMs;
  }

  stop(): void {
    this.#nextAt = undefined;
  }

  handleTimeout(now: number): void {
    if (this.#nextAt === undefined || now < this.#nextAt) return;
    if (this.#unanswered >= this.#limit) return this.#link.fail("echo-timeout", now);
    this.#unanswered++;
    this.#nextAt = now + this.#intervalMs;
    this.#identifier = this.#link.nextIdentifier();
    this.#send(ECHO_REQUEST, this.#identifier, new Uint8Array(0));
  }

  handleRequest({ identifier, data }: ControlPacket, now: number): void {
    if (this.#isOwn(data)) return this.#link.fail("loop", now);
    const room = this.#link.remote.mru - PACKET_HEADER_OCTETS;
    this.#send(ECHO_REPLY, identifier, data.subarray(MAGIC_OCTETS, room));
  }

  /** An answer with our own magic number is no sign of the peer. */
  handleReply({ identifier, data }: ControlPacket): void {
    if (identifier === this.#identifier && !this.#isOwn(data)) this.#unanswered = 0;
  }

  #isOwn(data: Uint8Array): boolean {
    const { magic } = this.#link.local;
    return magic !== 0 && new ByteReader(data).u32() === magic;
  }

  #send(code: number, identifier: number, rest: Uint8Array): void {
    const writer = new ByteWriter(MAGIC_OCTETS + rest.length);
    writer.u32(this.#link.local.magic);
    writer.octets(rest);
    this.#link.send({ code, identifier, data: writer.finish() });
  }
}

/**
 * SLARP, by which Cisco HDLC keeps a link alive and tells addresses: keepalives with two numbers
 * each way, and an answer to whoever asks which address we have.
 *
 *     0F 00 80 35 | code | address, or own number | mask, or number last heard | FF FF
 *
 * No RFC tells of it; codes and fields are those of Linux's drivers/net/wan/hdlc_cisco.c. Time is an
 * argument, in milliseconds.
 */

import { CISCO_HEADER_OCTETS, TYPE_SLARP } from "./hdlc.ts";

const REQUEST = 0;
const REPLY = 1;
const KEEPALIVE = 2;

const UNICAST = 0x0f;
const BROADCAST = 0x8f;
const RELIABILITY = 0xffff;
/** Code, two words, reliability. */
const SLARP_OCTETS = 14;

const DEFAULT_INTERVAL_MS = 10_000;

/** An IPv4 address and its network's mask, each as a 32-bit number. */
export interface SlarpAddress {
  readonly address: number;
  readonly mask: number;
}

function compose(to: number, code: number, first: number, second: number): Uint8Array {
  const payload = new Uint8Array(CISCO_HEADER_OCTETS + SLARP_OCTETS);
  const view = new DataView(payload.buffer);
  view.setUint8(0, to);
  view.setUint16(2, TYPE_SLARP);
  view.setUint32(CISCO_HEADER_OCTETS, code);
  view.setUint32(CISCO_HEADER_OCTETS + 4, first);
  view.setUint32(CISCO_HEADER_OCTETS + 8, second);
  view.setUint16(CISCO_HEADER_OCTETS + 12, RELIABILITY);
  return payload;
}

/** What a link does about SLARP: enough for the peer to hold it up, and to learn our address. */
export class Slarp {
  readonly #own: SlarpAddress | undefined;
  readonly #intervalMs: number;
  readonly #outgoing: Uint8Array[] = [];
  #nextAt: number;
  #sent = 0;
  #heard = 0;

  /**
   * @param own is what a peer that asks is told; without it nothing is.
   * @param intervalMs is between two keepalives.
   */
  constructor(
    now: number,
    own: SlarpAddress | undefined,
    intervalMs: number = DEFAULT_INTERVAL_MS,
  ) {
    this.#own = own;
    this.#intervalMs = intervalMs;
    this.#nextAt = now;
  }

  /** When `handleTimeout` is due. */
  nextTimeout(): number {
    return this.#nextAt;
  }

  /** Sends the next keepalive. */
  handleTimeout(now: number): void {
    if (now < this.#nextAt) return;
    this.#nextAt = now + this.#intervalMs;
    this.#sent = (this.#sent + 1) >>> 0;
    this.#outgoing.push(compose(BROADCAST, KEEPALIVE, this.#sent, this.#heard));
  }

  /** Takes a SLARP payload of the peer; whether it could be read. */
  handlePayload(payload: Uint8Array): boolean {
    // Linux, for one, leaves nothing out; the two octets of reliability may be.
    if (payload.length < CISCO_HEADER_OCTETS + SLARP_OCTETS - 2) return false;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (view.getUint16(2) !== TYPE_SLARP) return false;
    const code = view.getUint32(CISCO_HEADER_OCTETS);
    if (code === KEEPALIVE) this.#heard = view.getUint32(CISCO_HEADER_OCTETS + 4);
    else if (code === REQUEST) this.#answer();
    else return code === REPLY;
    return true;
  }

  /** The next payload for the peer. */
  poll(): Uint8Array | undefined {
    return this.#outgoing.shift();
  }

  #answer(): void {
    if (this.#own === undefined) return;
    this.#outgoing.push(compose(UNICAST, REPLY, this.#own.address, this.#own.mask));
  }
}

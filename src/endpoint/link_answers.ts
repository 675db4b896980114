/**
 * What a Frame Relay circuit or a Cisco HDLC link says of itself where its port is an interface:
 * which address is behind it, to a peer that asks, and that it is alive.
 *
 * Read pseudowire/inverse_arp.ts and pseudowire/slarp.ts first.
 */

import { monotonicMs } from "../io/clock.ts";
import { parseIpAddress } from "../io/socket_address.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { answerInverseArp } from "../pseudowire/inverse_arp.ts";
import { Slarp, type SlarpAddress } from "../pseudowire/slarp.ts";
import { parsePrefix } from "./addresses.ts";
import type { DataPath } from "./data_path.ts";
import type { Schedule } from "./request_queue.ts";

/** Our IPv4 address on such a link. */
interface OwnAddress {
  readonly octets: Uint8Array;
  readonly prefixLength: number;
}

/** The first IPv4 address among those of an interface, `192.0.2.1/24`. */
function firstIpv4(addresses: readonly string[]): OwnAddress | undefined {
  for (const text of addresses) {
    const { host, prefixLength } = parsePrefix(text);
    const octets = parseIpAddress(host)?.octets;
    if (octets?.length === 4) return { octets, prefixLength };
  }
}

function slarpAddress({ octets, prefixLength }: OwnAddress): SlarpAddress {
  const address = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
  return { address, mask: prefixLength === 0 ? 0 : ~0 << (32 - prefixLength) >>> 0 };
}

/** The control frames of one session's link. */
export class LinkAnswers {
  readonly #dataPath: DataPath;
  readonly #after: Schedule;
  readonly #own: OwnAddress | undefined;
  #descriptor: SessionDescriptor | undefined;
  #slarp: Slarp | undefined;
  #callOff: () => void = () => {};

  /** @param addresses are those of the interface, with their prefix lengths. */
  constructor(dataPath: DataPath, after: Schedule, addresses: readonly string[]) {
    this.#dataPath = dataPath;
    this.#after = after;
    this.#own = firstIpv4(addresses);
    dataPath.onPunt = (frames) => {
      for (const frame of frames) this.#handle(frame);
    };
  }

  /** The session is established. */
  begin(descriptor: SessionDescriptor): void {
    this.#descriptor = descriptor;
    if (descriptor.hdlc !== "cisco") return;
    const own = this.#own === undefined ? undefined : slarpAddress(this.#own);
    this.#slarp = new Slarp(monotonicMs(), own);
    this.#tick(this.#slarp);
  }

  /** The session is over. */
  end(): void {
    this.#callOff();
    this.#slarp = undefined;
    this.#descriptor = undefined;
  }

  #handle(frame: Uint8Array): void {
    this.#slarp?.handlePayload(frame);
    if (this.#slarp !== undefined) return this.#flush(this.#slarp);
    const address = this.#descriptor?.frameRelay;
    if (address === undefined || this.#own === undefined) return;
    const answer = answerInverseArp(frame, address, this.#own.octets);
    if (answer !== undefined) this.#send(answer);
  }

  #tick(slarp: Slarp): void {
    const now = monotonicMs();
    slarp.handleTimeout(now);
    this.#flush(slarp);
    this.#callOff = this.#after(slarp.nextTimeout() - now, () => this.#tick(slarp));
  }

  #flush(slarp: Slarp): void {
    for (let payload = slarp.poll(); payload !== undefined; payload = slarp.poll()) {
      this.#send(payload);
    }
  }

  /** One that is refused belongs to a session that is being taken away: nobody misses it. */
  #send(payload: Uint8Array): void {
    this.#dataPath.transmitPayloads([payload]).catch(() => {});
  }
}

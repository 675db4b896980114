/**
 * Whether a peer is called back that speaks of a connection which is gone.
 *
 * Read RFC 3931 §3.3 and §4.4 first. Who was killed and comes back has forgotten its connections; the
 * peer has not, and sends over the old one until its HELLO finds that dead, a minute later or more. A
 * side that initiates is there by itself before. One that waits to be called (`initiate: false`) now
 * calls: it was told not to call unasked, and has been asked, by a peer that must not wait. The peer
 * takes the authenticated SCCRQ as that of one that has restarted, beside the old connection
 * (V3-CC-33) and then in place of it. It goes to the address and port that the peer was seen at, and
 * so through a NAT.
 *
 * What was heard may be anybody's, with the peer's address in it. What that can bring about is an
 * SCCRQ to the peer's address now and then, where there is no connection anyway.
 */

import type { ConnectionConfiguration } from "../config/configuration.ts";
import { isAddressLiteral, parseRemote } from "../endpoint/addresses.ts";
import { resolveHost } from "../endpoint/resolve_host.ts";
import type { Path } from "../model/path.ts";

/** Between two calls; also how long the first one is waited for. */
export const CALL_INTERVAL_MS = 3_000;

/** How long a name's addresses are believed. */
const LOOKUP_MS = 3_000;

/** Where time and addresses come from. */
export interface CallBackSurroundings {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly resolve: (host: string) => Promise<readonly string[]>;
}

const SURROUNDINGS: CallBackSurroundings = { now: () => performance.now(), resolve: resolveHost };

/** The calls back to one peer. */
export class CallBack {
  readonly #encapsulation: ConnectionConfiguration["encapsulation"];
  readonly #host: string;
  readonly #surroundings: CallBackSurroundings;
  #addresses: readonly string[] = [];
  #lookUpAt = -Infinity;
  #callAt = -Infinity;

  constructor(
    { remote, encapsulation }: Pick<ConnectionConfiguration, "remote" | "encapsulation">,
    surroundings: CallBackSurroundings = SURROUNDINGS,
  ) {
    this.#encapsulation = encapsulation;
    this.#host = parseRemote(remote).host;
    this.#surroundings = surroundings;
    if (isAddressLiteral(this.#host)) this.#lookUp(Infinity);
  }

  /**
   * Whether to call who speaks from there, at most once in `CALL_INTERVAL_MS`. A name is looked up
   * meanwhile: the peer is recognised when it speaks again.
   */
  isDue({ encapsulation, remote }: Path): boolean {
    const now = this.#surroundings.now();
    if (encapsulation !== this.#encapsulation || now < this.#callAt) return false;
    if (now >= this.#lookUpAt) this.#lookUp(now + LOOKUP_MS);
    if (!this.#addresses.includes(remote.address)) return false;
    this.postpone();
    return true;
  }

  /** A connection has just ended: for a while the peer's last packets about it still come. */
  postpone(): void {
    this.#callAt = this.#surroundings.now() + CALL_INTERVAL_MS;
  }

  #lookUp(nextAt: number): void {
    this.#lookUpAt = nextAt;
    this.#surroundings.resolve(this.#host).then(
      (addresses) => this.#addresses = addresses,
      // The name may be gone for the moment; its last addresses are as good as any.
      () => {},
    );
  }
}

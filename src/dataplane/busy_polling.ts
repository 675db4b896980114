/**
 * Whether to look again at once instead of sleeping, as sockets do that are busily polled: only
 * while packets go to and fro one by one, as those of a ping or of a question and its answer do.
 * What comes next is then what the other side waits for, and waking this thread would take longer
 * than all that is done for it.
 *
 * A flow that goes one way, however quick, or one that comes in batches gains nothing by it, and
 * who has nothing to carry sleeps.
 */

/**
 * How long to look for the next packet; also how soon each must have come for that to begin. Linux
 * guests poll for as long before they halt a processor (`guest_halt_poll_ns`).
 */
export const BUSY_POLL_MS = 0.2;

/** So many lone packets must have come by turns from the one side and from the other. */
const EXCHANGED_PACKETS = 8;

/** What a worker's turns have looked like. */
export class BusyPolling {
  /** Lone packets, each soon after one from the other side. */
  #exchanged = 0;
  #lastToken: number | undefined;

  /** Whether the next packet is worth looking for. */
  get pays(): boolean {
    return this.#exchanged >= EXCHANGED_PACKETS;
  }

  /**
   * A turn began `waitedMs` after the one before it, and brought so many packets in all; where that
   * was one, `token` says from where.
   */
  note(token: number, packets: number, waitedMs: number): void {
    const answers = packets === 1 && token !== this.#lastToken && waitedMs <= BUSY_POLL_MS;
    this.#exchanged = answers ? this.#exchanged + 1 : 0;
    this.#lastToken = token;
  }
}

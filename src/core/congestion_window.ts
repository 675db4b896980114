/**
 * How many messages may be out at once: the peer's window, slow start and congestion avoidance.
 *
 * Read RFC 3931 §4.2 (Receive Window Size) and Appendix A; RFC 2661 Appendix A is the same.
 */

/** The window of a peer that sent no Receive Window Size AVP (V3-REL-22, V2-REL-18). */
const DEFAULT_PEER_WINDOW = 4;

/**
 * More than half of the numbers may not be out at once, whatever the peer's window: it would take
 * the newest for duplicates of what it has had (V3-REL-02, V2-REL-02).
 */
const MOST_IN_FLIGHT = 0x8000;

/** A moment's view of a window. */
export interface WindowSnapshot {
  readonly congestionWindow: number;
  readonly slowStartThreshold: number;
  readonly peerWindow: number;
}

/** The sender's window of one control connection. */
export class CongestionWindow {
  #peerWindow = DEFAULT_PEER_WINDOW;
  #size = 1;
  #slowStartThreshold = DEFAULT_PEER_WINDOW;
  #acksSinceGrowth = 0;

  /** How many messages may be out now (V3-REL-20, V3-REL-21). */
  get limit(): number {
    return Math.min(this.#size, this.#peerWindow);
  }

  /** Takes the peer's Receive Window Size; CWND and SSTHRESH never exceed it (V3-REL-25, V3-REL-28). */
  setPeerWindow(size: number): void {
    this.#peerWindow = Math.min(size, MOST_IN_FLIGHT);
    this.#slowStartThreshold = this.#peerWindow;
    this.#size = Math.min(this.#size, this.#peerWindow);
  }

  /** Opens at least so far, whatever was learnt: for the message that ends it all. */
  openTo(messages: number): void {
    this.#size = Math.max(this.#size, messages);
  }

  /** One acknowledgement that moved the window: App. A (V3-REL-26, V3-REL-27). */
  grow(): void {
    if (this.#size < this.#slowStartThreshold) {
      this.#size++;
    } else if (++this.#acksSinceGrowth >= this.#size) {
      this.#acksSinceGrowth = 0;
      this.#size++;
    }
    this.#size = Math.min(this.#size, this.#peerWindow);
  }

  /**
   * App. A: congestion shows in a retransmission; half the window is remembered, and sending starts
   * again with one message, the oldest (V3-REL-29).
   */
  collapse(): void {
    this.#slowStartThreshold = Math.max(1, this.#size >> 1);
    this.#size = 1;
    this.#acksSinceGrowth = 0;
  }

  snapshot(): WindowSnapshot {
    return {
      congestionWindow: this.#size,
      slowStartThreshold: this.#slowStartThreshold,
      peerWindow: this.#peerWindow,
    };
  }
}

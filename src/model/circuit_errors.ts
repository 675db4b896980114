/**
 * Errors of an attachment circuit, as one end tells the other by WEN.
 *
 * Read RFC 3931 §5.4.5 (Circuit Errors) and §6.13, and A-04 first.
 */

/** Circuit Errors of v3, Call Errors of v2: counted since the call was established (V3-WEN-02). */
export interface CircuitErrors {
  /** Frames with a wrong check sum; 0 where the sender's AVP has no room for it. */
  readonly crc: number;
  /** Frames of a wrong form; 0 where the sender's AVP has no room for it. */
  readonly framing: number;
  /** Times that the hardware lost what it received. */
  readonly hardwareOverruns: number;
  /** Times that there was no buffer for what was received. */
  readonly bufferOverruns: number;
  /** Times that nothing came in time. */
  readonly timeouts: number;
  /** Frames that did not end at an octet's end. */
  readonly alignment: number;
}

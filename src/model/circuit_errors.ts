/**
 * Errors of an attachment circuit, as one end tells the other by WEN.
 *
 * Read RFC 3931 §5.4.5 (Circuit Errors) and §6.13, and A-04 first.
 */

/** Circuit Errors of v3, Call Errors of v2: counted since the call was established (V3-WEN-02). */
export interface CircuitErrors {
  /** 0 where the sender's AVP has no room for it. */
  readonly crc: number;
  /** 0 where the sender's AVP has no room for it. */
  readonly framing: number;
  readonly hardwareOverruns: number;
  readonly bufferOverruns: number;
  readonly timeouts: number;
  readonly alignment: number;
}

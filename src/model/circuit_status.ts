/**
 * Circuit status: what one end says of its attachment circuit (AVP 71).
 *
 * Read RFC 5641 §2 and §3, which give RFC 3931 §5.4.5's bits their present meaning.
 */

/** The bits of the Circuit Status AVP (RFC 5641 §2, ECS-01..03); 0002, New, says nothing any more. */
export const CIRCUIT_ACTIVE = 0x0001;
export const CIRCUIT_RECEIVE_FAULT = 0x0004;
export const CIRCUIT_TRANSMIT_FAULT = 0x0008;
export const CIRCUIT_PSN_RECEIVE_FAULT = 0x0010;
export const CIRCUIT_PSN_TRANSMIT_FAULT = 0x0020;
export const CIRCUIT_STANDBY = 0x0040;

const FAULTS = CIRCUIT_RECEIVE_FAULT | CIRCUIT_TRANSMIT_FAULT |
  CIRCUIT_PSN_RECEIVE_FAULT | CIRCUIT_PSN_TRANSMIT_FAULT;

/** Status bits as they may be sent: Active only where no fault is set (ECS-05, ECS-06). */
export function coherentCircuitStatus(bits: number): number {
  return (bits & FAULTS) !== 0 ? bits & ~CIRCUIT_ACTIVE : bits;
}

/** Whether user traffic may flow: Active, no fault and not standby (V3-SLI-05, ECS-09). */
export function circuitCarriesTraffic(bits: number): boolean {
  return (bits & CIRCUIT_ACTIVE) !== 0 && (bits & (FAULTS | CIRCUIT_STANDBY)) === 0;
}

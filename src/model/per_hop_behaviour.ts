/**
 * Per-hop behaviours: how routers are to treat a packet, as both ends of a tunnel name it.
 *
 * Read RFC 3308 §2 and RFC 3140 §2 first.
 */

/** A PHB identification code of 16 bits (RFC 3140 §2); 0 is the default behaviour. */
export type PerHopBehaviour = number;

/** The code of the standard behaviour that a DSCP is recommended for (RFC 3140 §2, case 1). */
export function perHopBehaviourOf(dscp: number): PerHopBehaviour {
  return dscp << 10;
}

/**
 * The DSCP recommended for a standard behaviour, the lowest of a set of them; `undefined` for a code
 * that IANA has assigned (RFC 3140 §2, case 2): no DSCP follows from it.
 */
export function dscpOf(code: PerHopBehaviour): number | undefined {
  const isAssigned = (code & 0x0001) !== 0;
  return isAssigned ? undefined : code >>> 10;
}

/**
 * Identifiers that L2TP endpoints give each other.
 *
 * Read RFC 3931 §5.4.3 (Assigned Control Connection ID) and §5.4.4 (Local Session ID) first.
 */

/** A Control Connection ID: 32 bits in L2TPv3, 16 in L2TPv2; zero means "not yet known". */
export type ControlConnectionId = number;

/** A Session ID: 32 bits in L2TPv3, 16 in L2TPv2; zero never names a session (V3-IP-05, V3-SES-08). */
export type SessionId = number;

/**
 * The Session ID of a tunnel that its addresses alone name, where it is over IP (RFC 8159 §2, K6-02).
 */
export const KEYED_SESSION_ID: SessionId = 0xffff_ffff;

/** The protocol version in a header: 2 is RFC 2661, 3 is RFC 3931. */
export type ProtocolVersion = 2 | 3;

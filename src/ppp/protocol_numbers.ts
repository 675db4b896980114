/**
 * The numbers of PPP protocols that this program speaks. Read RFC 1661 §2; IANA has the registry.
 */

export const IPCP = 0x8021;
export const BCP = 0x8031;
export const IPV6CP = 0x8057;
export const LCP = 0xc021;
export const PAP = 0xc023;
export const CHAP = 0xc223;

/** Data, which the data plane carries: IPv4, bridged frames, IPv6. */
export const IPV4 = 0x0021;
export const BRIDGED = 0x0031;
export const IPV6 = 0x0057;

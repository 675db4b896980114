/**
 * Pseudowire types: the words of the configuration, and the numbers of AVPs 62 and 68.
 *
 * Read RFC 4719 §2.1 (Ethernet) and REQUIREMENTS section 13.9 first.
 */

/** The pseudowire types that this program knows by name. */
export type PseudowireType = "ethernet" | "ethernet-vlan" | "frame-relay" | "hdlc" | "ppp";

/** The 16-bit number of each type; 0x0007 for PPP is not assigned by IANA. */
export const PSEUDOWIRE_TYPE_NUMBERS: Readonly<Record<PseudowireType, number>> = {
  "frame-relay": 0x0001,
  "ethernet-vlan": 0x0004,
  "ethernet": 0x0005,
  "hdlc": 0x0006,
  "ppp": 0x0007,
};

/** The name of a pseudowire type number, or `undefined` for one this program does not know. */
export function pseudowireTypeOf(number: number): PseudowireType | undefined {
  for (const [name, value] of Object.entries(PSEUDOWIRE_TYPE_NUMBERS)) {
    if (value === number) return name as PseudowireType;
  }
  return undefined;
}

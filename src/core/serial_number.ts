/**
 * The 16-bit serial numbers of control messages: Ns and Nr count modulo 65,536.
 *
 * Read RFC 3931 §4.2 (second paragraph); RFC 2661 §5.8 says the same.
 */

const MODULUS = 0x10000;
const HALF = 0x8000;

/** The serial number that is `count` after this one. */
export function serialAfter(serial: number, count = 1): number {
  return (serial + count) & (MODULUS - 1);
}

/** How far `to` lies ahead of `from`, counting upwards: 0 to 65,535. */
export function serialDistance(from: number, to: number): number {
  return (to - from) & (MODULUS - 1);
}

/**
 * Whether `ns` was received before, when `expected` is the next one awaited: it is the last one
 * received or one of the 32,767 before it (V3-REL-02, V2-REL-02).
 */
export function isAlreadyReceived(ns: number, expected: number): boolean {
  return serialDistance(expected, ns) >= HALF;
}

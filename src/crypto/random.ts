/**
 * Where the control plane's randomness comes from: identifiers, cookies, nonces, tie breakers,
 * random vectors, timer jitter. Production gives it the kernel's CSPRNG (V3-SEC-02, V3-HID-10,
 * V3-AUTH-06), tests a seeded generator.
 */

/** A source of random octets. */
export interface Random {
  /** Fills the whole array. */
  fill(octets: Uint8Array): void;
}

/** A random unsigned 32-bit number. */
export function randomUint32(random: Random): number {
  const octets = new Uint8Array(4);
  random.fill(octets);
  return new DataView(octets.buffer).getUint32(0);
}

/** So many random octets. */
export function randomOctets(random: Random, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  random.fill(octets);
  return octets;
}

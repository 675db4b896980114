/**
 * The path of an L2TP packet: how it is encapsulated, and between which two addresses it goes.
 *
 * Read RFC 3931 §4.1.1 (over IP, protocol 115) and §4.1.2 (over UDP) first.
 */

/** UDP (RFC 3931 §4.1.2), or IP protocol 115 itself (RFC 3931 §4.1.1). */
export type Encapsulation = "udp" | "ip";

/** An address in its canonical text form, and a port; the port is 0 where the encapsulation is IP. */
export interface TransportAddress {
  /** An IPv4 or IPv6 literal. */
  readonly address: string;
  /** A UDP port; 0 over IP. */
  readonly port: number;
}

/** Where a datagram came from or goes to, `local` and `remote` seen from this side. */
export interface Path {
  /** What carries it. */
  readonly encapsulation: Encapsulation;
  /** This side's end. */
  readonly local: TransportAddress;
  /** The peer's end. */
  readonly remote: TransportAddress;
}

/** The UDP port registered for L2TP (RFC 3931 §4.1.2.2, V3-UDP-06). */
export const L2TP_PORT = 1701;

/** The IP protocol number of L2TPv3 over IP (RFC 3931 §4.1.1, V3-IP-03). */
export const L2TP_IP_PROTOCOL = 115;

/** Whether an address is IPv6; addresses here are literals, never names. */
export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** `192.0.2.1:1701`, `[2001:db8::1]:1701`, or the bare address where there is no port. */
export function formatTransportAddress({ address, port }: TransportAddress): string {
  if (port === 0) return address;
  return isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether two paths are the same in every part. */
export function samePath(a: Path, b: Path): boolean {
  return a.encapsulation === b.encapsulation &&
    a.remote.address === b.remote.address && a.remote.port === b.remote.port &&
    a.local.address === b.local.address && a.local.port === b.local.port;
}

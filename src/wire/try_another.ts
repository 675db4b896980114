/**
 * The text of a Result Code AVP with error 9, "try another directed": where to try instead.
 *
 * Read RFC 3931 §5.4.2 first: IPv4 addresses in dotted decimal, IPv6 literals in brackets, separated
 * by a comma and a space (V3-MSG-25).
 */

const SEPARATOR = ", ";
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^\[([0-9A-Fa-f:.]+)\]$/;

/** The text for these IPv4 and IPv6 literals, best first. */
export function formatAddressList(addresses: readonly string[]): string {
  return addresses.map((address) => address.includes(":") ? `[${address}]` : address)
    .join(SEPARATOR);
}

/** The literals of a text as a peer sent it; what is none is left out. */
export function parseAddressList(text: string): string[] {
  return text.split(SEPARATOR).flatMap((entry) => {
    if (IPV4.test(entry)) return [entry];
    const bracketed = IPV6.exec(entry)?.[1];
    return bracketed === undefined ? [] : [bracketed];
  });
}
